"""Each promise of docs/reliability.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    line
    for line in (ROOT / "docs" / "reliability.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| What you do", "| Trouble"))
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:40])
def test_a_row_names_its_tests(row: str) -> None:
    named = re.findall(r"`(test_\w+\.py)(?:::(test_\w+))?`", row)
    assert named
    for file, name in named:
        texts = [path.read_text() for path in (ROOT / "tests").rglob(file)]
        assert any(not name or f"def {name}(" in text for text in texts), f"{file}::{name}"
