"""What was taken over is not deleted under its older record: across the front doors, and record by record."""

from __future__ import annotations

import pytest
from e2e.project import DOORS, Project
from pulumi_agentrun.client import ModelServiceListInput

SERVICE = """
{module}ModelService(
    "{logical}", model_service_name="fixed", model_type="llm", provider="tongyi", adopt={adopt},
    provider_settings={{"base_url": "https://example.com/v1", "api_key": "sk-1", "model_names": ["m"]}},
)
"""


def service(logical: str, module: str = "", adopt: bool = False) -> str:
    return SERVICE.format(logical=logical, module=module and f"{module}.", adopt=adopt)


def names(project: Project) -> list[str | None]:
    return [item.model_service_name for item in project.client.list(ModelServiceListInput())]


@pytest.mark.parametrize("door", ["plugin"])
@pytest.mark.parametrize(
    ("before", "after"), [("pulumi_agentrun", "pulumi_agentrun_sdk"), ("pulumi_agentrun_sdk", "pulumi_agentrun")]
)
def test_a_take_over_through_the_other_door_is_spared(project: Project, before: str, after: str) -> None:
    project.program(f"import {before}\n" + service("a", before))
    project.up()
    project.program(f"import {after}\n" + service("b", after, adopt=True))
    run = project.up()
    assert "is not deleted" in run.console
    assert names(project) == ["fixed"]
    assert set(project.resources()) == {"b"}
    assert project.up("--refresh").changed == {}


@pytest.mark.parametrize("door", DOORS)
def test_the_older_record_deleted_by_itself_spares_what_was_taken_over(project: Project) -> None:
    project.program(service("a"))
    project.up()
    older = project.resources()["a"]["urn"]
    project.program(service("b", adopt=True))
    project.up("--target", older.removesuffix("a") + "b")
    assert set(project.resources()) == {"a", "b"}
    project.up("--target", older)
    assert names(project) == ["fixed"]
    assert set(project.resources()) == {"b"}
    assert project.up("--refresh").changed == {}
    project.destroy()
    assert names(project) == []
