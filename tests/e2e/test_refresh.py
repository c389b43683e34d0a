"""Commands that refresh first: what they compare is deleted, replaced and kept as without the refresh."""

from __future__ import annotations

import pytest
from e2e.project import DOORS, Project
from pulumi_agentrun.client import BackendType, ModelServiceListInput

pytestmark = pytest.mark.parametrize("door", DOORS)

SERVICE = """
ModelService(
    "{logical}", model_type="llm", provider="{provider}", {more}
    provider_settings={{"base_url": "https://example.com/v1", "api_key": "sk-1", "model_names": ["m"]}},
)
"""
BEFORE = "opts=pulumi.ResourceOptions(delete_before_replace=True),"


def service(logical: str = "a", provider: str = "tongyi", more: str = "") -> str:
    return SERVICE.format(logical=logical, provider=provider, more=more)


def live(project: Project) -> dict[str, str]:
    found = project.client.list(ModelServiceListInput())
    return {str(item.model_service_name): str(item.provider) for item in found}


def known(project: Project) -> set[str]:
    return {resource["id"] for resource in project.resources().values()}


def test_what_left_the_program_is_deleted_with_a_refresh_too(project: Project) -> None:
    project.program(service("a") + service("b", more="model_service_name='fixed',"))
    project.up()
    project.program(service("a"))
    assert project.up("--refresh").changed == {"b": "delete"}
    assert set(live(project)) == known(project)
    assert len(live(project)) == 1
    project.destroy("--refresh")
    assert live(project) == {}


def test_a_replacement_with_a_refresh_leaves_nothing_behind(project: Project) -> None:
    fixed = "model_service_name='fixed',"
    project.program(service("a") + service("b", more=fixed))
    project.up()
    project.program(service("a", "openai") + service("b", "openai", more=fixed))
    project.up("--refresh")
    assert set(live(project)) == known(project)
    assert list(live(project).values()) == ["openai", "openai"]
    assert project.up("--refresh").changed == {}


@pytest.mark.parametrize("refresh", [(), ("--refresh",)], ids=["plain", "refreshed"])
def test_a_forced_replacement_with_deletion_first(project: Project, refresh: tuple[str, ...]) -> None:
    project.program(service("a", more=BEFORE))
    project.up()
    (name,) = known(project)
    before = project.client.get(name, BackendType.SERVICE)
    urn = project.resources()["a"]["urn"]
    project.up(*refresh, "--replace", urn)
    assert set(live(project)) == known(project) == {name}
    assert project.client.get(name, BackendType.SERVICE).created_at != before.created_at
    assert project.up("--refresh").changed == {}


@pytest.mark.parametrize("refresh", [(), ("--refresh",)], ids=["plain", "refreshed"])
def test_a_rename_that_takes_over_is_spared_from_its_older_record(project: Project, refresh: tuple[str, ...]) -> None:
    fixed = "model_service_name='fixed',"
    project.program(service("a", more=fixed))
    project.up()
    project.program(service("b", more=fixed))
    run = project.up(*refresh, env={"AGENTRUN_ADOPT": "fixed"})
    assert "is not deleted" in run.console
    assert set(live(project)) == known(project) == {"fixed"}
    assert set(project.resources()) == {"b"}
    assert project.up("--refresh").changed == {}
    project.destroy()
    assert live(project) == {}
