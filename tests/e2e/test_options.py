"""Pulumi's resource options do with these resources what Pulumi's documentation says."""

from __future__ import annotations

import pytest
from e2e.project import DOORS, Project
from pulumi_agentrun.client import BackendType, ModelServiceListInput

pytestmark = pytest.mark.parametrize("door", DOORS)

SERVICE = """
options = pulumi.ResourceOptions({options})
service = ModelService(
    {name!r}, model_type="llm", provider={provider!r}, description={description!r}, opts=options,
    provider_settings={{"base_url": "https://example.com/v1", "api_key": "sk-1", "model_names": ["m"]}},
)
"""


def service(options: str = "", name: str = "qwen", provider: str = "tongyi", description: str = "first") -> str:
    return SERVICE.format(options=options, name=name, provider=provider, description=description)


def names(project: Project) -> list[str | None]:
    return [item.model_service_name for item in project.client.list(ModelServiceListInput())]


def test_an_alias_renames_without_touching_anything(project: Project) -> None:
    project.program(service())
    project.up()
    before = names(project)
    project.program(service("aliases=[pulumi.Alias(name='qwen')]", name="renamed"))
    assert project.up().changed == {}
    assert names(project) == before
    project.program(service(name="renamed"))
    assert project.up().changed == {}
    assert project.resources()["renamed"]["id"] == before[0]


def test_a_component_around_a_resource_changes_nothing_with_an_alias(project: Project) -> None:
    project.program(service())
    project.up()
    project.program(
        "team = pulumi.ComponentResource('acme:index:Team', 'team')\n"
        + service("parent=team, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]")
    )
    assert project.up().changed == {}


def test_a_protected_resource_is_not_deleted(project: Project) -> None:
    project.program(service("protect=True"))
    project.up()
    project.program("")
    assert project.up(check=False).code != 0
    assert len(names(project)) == 1


def test_ignored_changes_are_ignored(project: Project) -> None:
    project.program(service("ignore_changes=['description', 'provider']"))
    project.up()
    project.program(service("ignore_changes=['description', 'provider']", description="second", provider="openai"))
    assert project.up().changed == {}
    assert project.client.get(str(names(project)[0]), BackendType.SERVICE).description == "first"


def test_ignored_changes_reach_into_settings(project: Project, door: str) -> None:
    path = "provider_settings.api_key" if door == "dynamic" else "providerSettings.apiKey"
    options = f"ignore_changes=['{path}']"
    project.program(service(options))
    project.up()
    project.program(service(options).replace("sk-1", "sk-2"))
    assert project.up().changed == {}


def test_a_retained_resource_stays_on_the_platform(project: Project) -> None:
    project.program(service("retain_on_delete=True"))
    project.up()
    project.program("")
    project.up()
    assert project.resources() == {}
    assert len(names(project)) == 1


def test_replace_on_changes_replaces(project: Project, door: str) -> None:
    path = "provider_settings.base_url" if door == "dynamic" else "providerSettings.baseUrl"
    options = f"replace_on_changes=['{path}'], delete_before_replace=True"
    project.program(service(options))
    project.up()
    created = project.client.list(ModelServiceListInput())[0].created_at
    project.program(service(options, description="second"))
    assert project.up().changed == {"qwen": "update"}
    project.program(service(options, description="second").replace("/v1", "/v2"))
    assert "replace" in project.preview().steps["qwen"]
    assert "replace" in project.up().steps["qwen"]
    assert project.client.list(ModelServiceListInput())[0].created_at != created
    assert project.up().changed == {}


def test_delete_before_replace_deletes_first(project: Project) -> None:
    project.program(service("delete_before_replace=True"))
    project.up()
    project.program(service("delete_before_replace=True", provider="openai"))
    assert project.up().steps["qwen"] == "delete-replaced+replace+create-replacement"


def test_dependencies_decide_the_order(project: Project) -> None:
    project.program(service() + service("depends_on=[service]", name="second"))
    run = project.up()
    assert list(run.steps) == ["qwen", "second"]
    assert list(project.destroy().steps) == ["second", "qwen"]


def test_custom_timeouts_are_kept(project: Project, door: str) -> None:
    project.platform.switch(latency=30.0)
    project.program(service("custom_timeouts=pulumi.CustomTimeouts(create='800ms')"))
    run = project.up(check=False)
    assert "was not ready within 0.8 seconds" in run.console
    assert ("nothing is left behind" if door == "dynamic" else "It is kept") in run.console
    assert names(project) == [resource["id"] for resource in project.resources().values()]
