"""Stacks that a release has left are previewed, updated and destroyed by the code of today.

What is recorded may never be edited. A new release adds a folder of its own: set RECORD=VERSION and run this test.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from e2e.project import Project

RECORDED = Path(__file__).parent / "recorded"
ENV = {"RECORDED_KEY": "sk-by-reference"}


def record(project: Project, folder: Path) -> None:
    """Deploy the folder's program and keep the state and the platform that it leaves."""
    project.program((folder / "program.py").read_text())
    project.up(env=ENV)
    state = json.loads(project.state())
    for resource in state["deployment"]["resources"]:
        for machine_dependent in ("sourcePosition", "stackTrace"):
            resource.pop(machine_dependent, None)
    (folder / "state.json").write_text(json.dumps(state, indent=1) + "\n")
    project.platform.close()
    shutil.copyfile(project.data / "platform.db", folder / "platform.db")


@pytest.mark.parametrize("release", sorted(path.name for path in RECORDED.iterdir()))
def test_a_stack_of_a_release_lives_on(project: Project, release: str) -> None:
    folder = RECORDED / release
    if os.environ.get("RECORD") == release:
        record(project, folder)
    project.platform.close()
    shutil.copyfile(folder / "platform.db", project.data / "platform.db")
    project.pulumi("stack", "import", "--stack", "dev", "--file", str(folder / "state.json"))
    program = (folder / "program.py").read_text()
    project.program(program)
    assert project.preview(env=ENV).changed == {}
    assert project.up(env=ENV).changed == {}
    project.refresh()
    assert project.up(env=ENV).changed == {}
    project.program(program.replace('"recorded"', '"changed"').replace('provider="openai"', 'provider="custom"'))
    assert project.up(env=ENV).steps == {
        "qwen": "update",
        "named": "delete-replaced+replace+create-replacement",
        "gateway": "update",
    }
    assert project.up(env=ENV | {"RECORDED_KEY": "sk-rotated"}).changed == {"named": "update"}
    project.destroy()
    assert project.resources() == {}
