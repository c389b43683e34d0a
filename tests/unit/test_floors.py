"""What tests cover is held by folder: lines and branches together, and no folder is left out."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from unit.test_layout import MODULES, PACKAGE

TOOL = Path(__file__).parents[2] / "tools" / "floors.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("floors_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


floors = load()


def file(lines: tuple[int, int], branches: tuple[int, int]) -> dict[str, Any]:
    numbers = {"covered_lines": lines[0], "num_statements": lines[1]}
    return {"summary": numbers | {"covered_branches": branches[0], "num_branches": branches[1]}}


def test_every_folder_has_a_floor() -> None:
    parents = {path.relative_to(PACKAGE).parent for path in MODULES if (path.parent / "__init__.py").exists()}
    assert floors.FLOORS.keys() == {parent.parts[0] if parent.parts else "." for parent in parents}
    assert min(floors.FLOORS["client"], floors.FLOORS["lifecycle"]) >= 95


def test_files_of_a_folder_count_together() -> None:
    found = floors.measured(
        {
            "provider/pulumi_agentrun/testing.py": file((9, 10), (0, 0)),
            "provider/pulumi_agentrun/client/a.py": file((10, 10), (5, 10)),
            "provider/pulumi_agentrun/client/models/b.py": file((0, 20), (0, 0)),
            "provider/pulumi_agentrun/cli/__init__.py": file((0, 0), (0, 0)),
        }
    )
    assert found == {".": 90.0, "client": 37.5}


@pytest.mark.parametrize(("covered", "code"), [(95, 0), (94, 1)])
def test_a_folder_below_its_floor_is_a_failure(
    covered: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(floors, "FLOORS", {"client": 95})
    monkeypatch.setattr(
        floors, "report", lambda: {"provider/pulumi_agentrun/client/a.py": file((covered, 100), (0, 0))}
    )
    assert floors.main() == code
    assert ("client" in capsys.readouterr().out.partition("below its floor")[2]) == bool(code)
