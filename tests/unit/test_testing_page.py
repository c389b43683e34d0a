"""docs/testing.md: its example is complete, and ends as it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text()


def test_the_example_runs_as_it_stands(tmp_path: Path) -> None:
    files = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert [name for name, _ in files] == ["models.py", "__main__.py", "test_models.py", "test_gateway.py"]
    for name, text in files[:3]:  # the last needs an engine: e2e/test_testing_stacks.py
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_models.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout
    shown = re.search(r"^\$ python -m pytest test_models.py\n(.*)$", PAGE, re.MULTILINE)
    assert shown
    assert shown[1] in done.stdout


def test_the_other_examples_run(tmp_path: Path) -> None:
    others = [text for text in re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) if text[0] != "#"]
    (models,) = re.findall(r"^```python\n# models\.py\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "models.py").write_text(models)
    (tmp_path / "test_others.py").write_text("".join(others))
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert "1 passed" in done.stdout, done.stdout
