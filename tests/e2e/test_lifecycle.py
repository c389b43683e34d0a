"""The life of resources as `pulumi` shows it: created, unchanged, updated, replaced, destroyed."""

from __future__ import annotations

import pytest
from e2e.project import DOORS, Project
from pulumi_agentrun.client import BackendType, ModelProxyListInput, ModelServiceListInput

pytestmark = pytest.mark.parametrize("door", DOORS)

SERVICE = """
service = ModelService(
    "qwen",
    model_type="llm",
    provider={provider!r},
    description={description!r},
    provider_settings={{"base_url": "https://example.com/v1", "api_key": "sk-1", "model_names": ["m"]}},
    {more}
)
pulumi.export("name", service.model_service_name)
pulumi.export("status", service.status)
"""
PROXY = """
proxy = ModelProxy(
    "gateway",
    proxy_config={"endpoints": [{"model_service_name": service.model_service_name, "weight": 1}]},
)
pulumi.export("endpoint", proxy.endpoint)
"""


def service(provider: str = "tongyi", description: str = "first", more: str = "") -> str:
    return SERVICE.format(provider=provider, description=description, more=more)


def test_create_update_and_destroy_do_what_the_plan_says(project: Project) -> None:
    project.program(service() + PROXY)
    plan = project.preview()
    assert plan.changed == {"qwen": "create", "gateway": "create"}
    assert project.up().changed == plan.changed
    outputs = project.outputs()
    live = project.client.get(outputs["name"], BackendType.SERVICE)
    assert (live.description, live.status, outputs["status"]) == ("first", "READY", "READY")
    assert live.provider_settings is not None
    assert live.provider_settings.api_key is not None
    assert live.provider_settings.api_key.get_secret_value() == "sk-1"
    assert outputs["endpoint"].startswith("http://127.0.0.1:8080/models/")

    assert project.up().changed == {}

    project.program(service(description="second") + PROXY)
    assert project.preview().changed == {"qwen": "update"}
    assert project.up().changed == {"qwen": "update"}
    assert project.client.get(outputs["name"], BackendType.SERVICE).description == "second"
    assert project.outputs()["name"] == outputs["name"]
    assert project.up().changed == {}

    assert project.destroy().changed == {"gateway": "delete", "qwen": "delete"}
    assert project.client.list(ModelServiceListInput()) == []
    assert project.client.list(ModelProxyListInput()) == []


def test_a_removed_property_is_cleared(project: Project) -> None:
    project.program(service())
    project.up()
    project.program(service().replace("description='first',", ""))
    assert project.up().changed == {"qwen": "update"}
    assert not project.client.get(project.outputs()["name"], BackendType.SERVICE).description
    assert project.up().changed == {}


def test_an_automatic_name_is_replaced_create_first(project: Project) -> None:
    project.program(service() + PROXY)
    project.up()
    before = project.outputs()["name"]
    project.program(service(provider="openai") + PROXY)
    plan = project.preview()
    assert plan.steps["qwen"] == "create-replacement+replace+delete-replaced"
    run = project.up()
    assert run.steps["qwen"] == "create-replacement+replace+delete-replaced"
    assert run.steps["gateway"] == "update"
    after = project.outputs()["name"]
    assert after != before
    assert [item.model_service_name for item in project.client.list(ModelServiceListInput())] == [after]
    assert project.up().changed == {}


def test_an_explicit_name_is_replaced_delete_first(project: Project) -> None:
    named = "model_service_name='fixed',"
    project.program(service(more=named))
    project.up()
    project.program(service(provider="openai", more=named))
    assert project.preview().steps["qwen"] == "delete-replaced+replace+create-replacement"
    assert project.up().steps["qwen"] == "delete-replaced+replace+create-replacement"
    assert project.client.get("fixed", BackendType.SERVICE).provider == "openai"
    assert project.up().changed == {}


def test_refresh_sees_a_change_outside_and_up_puts_it_back(project: Project) -> None:
    from pulumi_agentrun.client import ModelServiceUpdateInput

    project.program(service())
    project.up()
    name = project.outputs()["name"]
    project.client.update(name, ModelServiceUpdateInput(description="by hand"))
    project.refresh()
    assert project.resources()["qwen"]["outputs"]["description"] == "by hand"
    plan = project.preview()
    assert plan.changed == {"qwen": "update"}
    assert "by hand" in plan.console
    project.up()
    assert project.client.get(name, BackendType.SERVICE).description == "first"
    project.refresh()
    assert project.up().changed == {}


def test_refresh_sees_a_deletion_outside_and_up_creates_again(project: Project) -> None:
    project.program(service())
    project.up()
    name = project.outputs()["name"]
    project.client.delete(name, BackendType.SERVICE)
    project.refresh()
    assert "qwen" not in project.resources()
    assert project.up().changed == {"qwen": "create"}
    assert project.client.get(name, BackendType.SERVICE).status == "READY"


def test_what_was_deleted_outside_is_destroyed_without_complaint(project: Project) -> None:
    project.program(service())
    project.up()
    project.client.delete(project.outputs()["name"], BackendType.SERVICE)
    project.destroy()
    assert project.resources() == {}


def test_status_changes_are_told_while_waiting(project: Project) -> None:
    project.platform.switch(latency=1.0)
    project.program(service(more="model_service_name='slow',"))
    console = project.up().console
    assert "model service slow is CREATING" in console
    assert "model service slow is READY" in console
    assert project.outputs()["status"] == "READY"


def test_get_reads_what_exists_and_never_changes_it(project: Project) -> None:
    project.program(service(more="model_service_name='there',"))
    project.up()
    other = Project(
        project.folder.parent / "other", project.folder.parent / "home", {"agentrun:endpoint": f"file://{project.data}"}
    )
    other.program(
        "found = ModelService.get('found', 'there')\n"
        "pulumi.export('model_type', found.model_type)\n"
        "pulumi.export('settings', found.provider_settings)\n"
    )
    other.up()
    assert other.outputs()["model_type"] == "llm"
    assert other.outputs()["settings"]["api_key"] == "sk-1"
    assert "sk-1" not in other.state()
    other.destroy()
    assert project.client.get("there", BackendType.SERVICE).status == "READY"


def test_get_of_nothing_fails_in_preview(project: Project) -> None:
    project.platform.close()
    project.program("ModelService.get('found', 'nowhere')\n")
    run = project.preview(check=False)
    assert run.code != 0
    assert "nowhere" in run.console or "does not exist" in run.console
