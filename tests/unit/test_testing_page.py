"""docs/testing.md: its example is complete, and ends as it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text()


def test_the_example_runs_as_it_stands(tmp_path: Path) -> None:
    files = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert [name for name, _ in files] == ["models.py", "__main__.py", "test_models.py"]
    for name, text in files:
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout
    shown = re.search(r"^\$ python -m pytest\n(.*)$", PAGE, re.MULTILINE)
    assert shown
    assert shown[1] in done.stdout


def test_the_other_examples_are_valid(tmp_path: Path) -> None:
    others = [text for text in re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) if text[0] != "#"]
    (tmp_path / "others.py").write_text("".join(others))
    subprocess.run([sys.executable, "others.py"], cwd=tmp_path, check=True, timeout=60)
