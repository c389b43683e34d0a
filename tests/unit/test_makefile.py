"""What make hands to the shell is what a shell can read."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("target", [target for target in TARGETS if target != "test-pythons"])  # it runs make itself
def test_a_recipe_is_shell(target: str) -> None:
    said = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True)
    read = subprocess.run(["sh", "-n"], input=said.stdout, capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")
