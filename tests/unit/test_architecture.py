"""docs/architecture.md draws what holds: the directions of imports, every module, and the stations of a value."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from unit.test_layout import EMBEDDING, FOLDERS, MODULES, PACKAGE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
STATIONS = [line for line in PAGE.partition("## The modules")[0].splitlines() if line.startswith("| ") and "`" in line]


def test_the_picture_is_the_table_that_the_imports_are_held_to() -> None:
    (drawing,) = re.findall(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)
    arrows = re.findall(r"^ +(\w+) --> (.+)$", drawing, re.MULTILINE)
    drawn = {folder: set(targets.split(" & ")) for folder, targets in arrows}
    assert len(drawn) == len(arrows)
    assert drawn == {folder: allowed for folder, allowed in FOLDERS.items() if allowed}
    ((folder, modules, target),) = re.findall(r"^ +(\w+) -\.->\|(.+)\| (\w+)$", drawing, re.MULTILINE)
    assert (folder, modules.split(", "), target) == ("client", list(EMBEDDING), "platform")
    assert len(drawing.splitlines()) == 1 + len(arrows) + 1


def test_every_module_is_named_once_with_its_duty() -> None:
    rows = re.findall(r"^\| `([\w/]+\.py)` \| (.+) \|$", PAGE.partition("## The modules")[2], re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(path.relative_to(PACKAGE).as_posix() for path in MODULES)


def test_contributing_says_what_each_folder_is() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = re.findall(r"^- `(\w+)(?:/|\.py)` ", text, re.MULTILINE)
    assert sorted(named) == sorted(FOLDERS)


@pytest.mark.parametrize("row", STATIONS, ids=lambda row: row.split("|")[1].strip())
def test_a_station_is_there(row: str) -> None:
    """Each function stands in the file named before it; the first of a row has both."""
    places = re.findall(r"`([\w/]+\.py)`, `([\w.]+)`", row)
    assert places
    for file, name in places:
        assert name in _names(PACKAGE / file), f"{file} has no {name}"


def _names(path: Path) -> set[str]:
    """Return the functions, classes, methods and constants of a module."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            methods = [item for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]
            found |= {node.name, *(f"{node.name}.{item.name}" for item in methods)}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


DECISIONS = sorted(path for path in (ROOT / "docs" / "decisions").glob("*.md") if path.name != "README.md")


def test_every_decision_is_listed() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8")
    listed = dict(re.findall(r"^- \[(.+)\]\((.+)\)$", index, re.MULTILINE))
    assert listed == {path.read_text("utf-8").splitlines()[0].removeprefix("# "): path.name for path in DECISIONS}


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_when_and_why_and_names_what_is_there(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.search(r"^Decided 20\d\d-\d\d-\d\d", text, re.MULTILINE)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["What was weighed", "What follows"]
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert (path.parent / target).exists(), target
    for name in re.findall(r"`([\w/.]+/[\w/.]*)`", text):
        assert any((folder / name).exists() for folder in (ROOT, PACKAGE)), name
