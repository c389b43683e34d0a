"""Input that makes no sense, or may be refused later: stopped or warned of in preview, and never a trap."""

from __future__ import annotations

import json

import pytest
from e2e.project import Project

both = pytest.mark.parametrize("door", ["dynamic", "plugin"])
SERVICE = "ModelService('svc', model_type='llm', provider='tongyi', model_service_name={!r},\n"
SETTINGS = "    provider_settings={{'base_url': 'https://example.com/v1'}}, {})\n"
PROXY = "ModelProxy('gateway', model_proxy_name='gw', proxy_config={{'endpoints': [{}]}}, {})\n"


@both
def test_what_makes_no_sense_is_stopped_in_preview(project: Project) -> None:
    project.program(PROXY.format("{'weight': 1}", "network_configuration={'network_mode': 'PRIVATE'}"))
    run = project.preview(check=False)
    assert run.code != 0
    for text in (
        "proxy_config.endpoints[0]: must have a model_service_name or a base_url",
        "network_configuration.vpc_id: must be set, for a private network needs a VPC",
    ):
        assert project.spelled(text) in run.console
    assert "Traceback" not in run.console
    assert not project.data.exists()


@both
def test_what_is_malformed_is_said_where_there_was_no_preview(project: Project) -> None:
    project.program(PROXY.format("{'model_service_name': 's', 'weight': -1}", ""))
    run = project.up(check=False)
    assert run.code != 0
    assert project.spelled("proxy_config.endpoints[0].weight: must be at least 0") in run.console
    assert "unexpected unknown" not in run.console


@both
def test_what_is_in_state_already_can_be_destroyed_whatever_it_says(project: Project) -> None:
    project.program(PROXY.format("{'base_url': 'https://example.com'}", ""))
    project.up()
    state = json.loads(project.state())
    for resource in state["deployment"]["resources"]:
        for props in (resource.get("inputs", {}), resource.get("outputs", {})):
            if project.spelled("proxy_config") in props:
                props[project.spelled("proxy_config")] = {}
    (project.folder / "edited.json").write_text(json.dumps(state))
    project.pulumi("stack", "import", "--stack", "dev", "--file", "edited.json")
    project.destroy()
    assert project.resources() == {}


@both
def test_a_strange_name_is_warned_of_on_its_resource(project: Project) -> None:
    project.program(SERVICE.format("a b!") + SETTINGS.format(""))
    run = project.preview()
    warning = project.spelled("model_service_name: has blanks or signs in it that the service may refuse")
    assert warning in run.console
    said = [event["diagnosticEvent"] for event in run.events if warning in str(event.get("diagnosticEvent"))]
    if project.door == "plugin":
        assert [(one["severity"], one["urn"].rpartition("::")[2]) for one in said] == [("warning", "svc")]
    project.up()
    assert warning not in project.preview().console


def test_a_gateway_says_which_service_has_a_misspelt_argument(project: Project) -> None:
    project.program(
        "from pulumi_agentrun import ModelGateway\n"
        "ModelGateway('chat', services={'stable': {'provider': 'tongyi', 'model_names': ['m'], 'api_kye': 'sk-x'}})\n"
    )
    run = project.preview(check=False)
    assert (
        "Service 'stable' of the ModelGateway: api_kye: there is no such property; did you mean api_key?" in run.console
    )
    assert "Traceback" not in run.console
    assert "sk-x" not in run.console


def test_the_dynamic_door_says_that_it_imports_nothing(project: Project) -> None:
    project.program(SERVICE.format("svc") + SETTINGS.format("opts=pulumi.ResourceOptions(import_='svc')"))
    run = project.preview(check=False)
    assert run.code != 0
    assert "svc cannot be imported: Pulumi imports no dynamic resources." in run.console
    assert "set adopt=True instead" in run.console
    assert "Traceback" not in run.console


def test_a_taken_name_speaks_of_aliases_where_a_renamed_resource_would_keep_it(project: Project) -> None:
    project.program(SERVICE.format("mine") + SETTINGS.format(""))
    project.up()
    project.program(SERVICE.replace("'svc'", "'other'").format("mine") + SETTINGS.format(""))
    run = project.up(check=False)
    assert "Model service mine exists already" in run.console
    assert "If it was renamed in the program, or moved, give it its pulumi.Alias." in run.console


@both
def test_without_any_credentials_the_console_has_one_sentence(project: Project) -> None:
    """With the credential chain of Alibaba Cloud installed, whose modules log what they meet."""
    project.program(SERVICE.format("svc") + SETTINGS.format(""))
    project.pulumi("config", "rm", "agentrun:endpoint")
    alone = {"HOME": str(project.folder), "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}
    run = project.preview(check=False, env=alone)
    assert run.code != 0
    assert run.console.count("No AgentRun credentials are configured: set ") == 1
    assert run.console.count("The credential chain says: ") == 1
    for word in ("Traceback", "  File ", "CredentialException", "raise "):
        assert word not in run.console
