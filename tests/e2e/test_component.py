"""ModelGateway through the plugin, from an SDK that the schema makes and from YAML: the same as the dynamic door's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from e2e.project import Project
from e2e.test_yaml import Yaml
from pulumi_agentrun.client import BackendType

KEY, OTHER = "sk-never-shown-1", "sk-never-shown-2"
HEAD = {
    "dynamic": "from pulumi_agentrun import ModelGateway\n",
    "plugin": "from pulumi_agentrun_sdk import ModelGateway\n",
}
PROGRAM = """
key = pulumi.Config().require_secret("apiKey")
chat = ModelGateway("chat", services={{
    "stable": {{"provider": "tongyi", "model_names": ["max", "plus"], "api_key": key, "base_url": "https://a.example/v1"}},
    "canary": {{"provider": "tongyi", "model_names": ["max3"], "description": {description}}},
    "backup": {{"provider": "deepseek", "model_names": ["chat"], "api_key": "sk-never-shown-2"}},
}}, weights={{"stable": {weight}, "canary": 5}}, ai_guardrail_config={{"check_response": False}}, {more})
pulumi.export("chat", chat.contract)
pulumi.export("endpoint", chat.endpoint)
"""


def program(door: str = "plugin", weight: object = 95, description: str = "'new'", more: str = "") -> str:
    return HEAD[door] + PROGRAM.format(weight=weight, description=description, more=more)


def keyed(made: Project) -> Project:
    made.pulumi("config", "set", "--secret", "apiKey", KEY, "--stack", "dev")
    return made


@pytest.fixture
def door() -> str:
    return "plugin"


def state(project: Project) -> dict[str, dict[str, Any]]:
    """Return the resources in state by type and name, the component and providers too."""
    resources = json.loads(project.state())["deployment"]["resources"]
    return {"::".join(resource["urn"].split("$")[-1].split("::")[-2:]): resource for resource in resources}


SERVICES = [f"agentrun:index:ModelService::chat-{key}" for key in ("backup", "canary", "stable")]
PROXY = "agentrun:index:ModelProxy::chat"
CREATED = {"chat": "create+create", "chat-stable": "create", "chat-backup": "create"}
"""What becomes of the component and the proxy, which have one name, and of the services."""
GATEWAY = "agentrun:index:ModelGateway::chat"


def deployed(project: Project, door: str) -> tuple[list[str], Any, Any]:
    """Deploy the gateway through a door; return its logical names, what the API has of its proxy, and the contract."""
    keyed(project).program(program(door))
    assert "create" in project.preview().changed["chat"]
    project.up()
    found = project.client.get(project.outputs()["chat"]["model_proxy_name"], BackendType.PROXY)
    assert found.proxy_config
    hashes = {str(resource.get("id")): name for name, resource in project.resources().items()}
    text = json.dumps([found.proxy_config.to_state(), found.proxy_mode, found.model_type, project.outputs()["chat"]])
    for name in sorted(hashes, key=len, reverse=True):
        text = text.replace(name, hashes[name])
    return sorted(project.resources()), *json.loads(text)[0:1], json.loads(text)[1:]


def test_both_doors_make_the_same_gateway(make_project: Callable[..., Project]) -> None:
    made = {door: deployed(make_project(name=door, door=door), door) for door in HEAD}
    assert made["plugin"] == made["dynamic"]
    names, config, rest = made["plugin"]
    assert names == ["chat", "chat-backup", "chat-canary", "chat-stable"]
    assert config["policies"]["fallbacks"] == [{"model_service_name": "chat-backup", "model_name": "chat"}]
    assert rest[-1]["model_names"] == ["max", "plus", "max3"]


def test_a_gateway_is_deployed_changed_in_place_and_destroyed(project: Project) -> None:
    keyed(project).program(program())
    consoles = [project.preview().console, project.up().console]
    found = state(project)
    assert {found[name]["parent"].rsplit("::", 1)[0].split("::")[-1] for name in [*SERVICES, PROXY]} == {
        "agentrun:index:ModelGateway"
    }
    urns = [found[name]["urn"] for name in SERVICES]
    assert sorted(found[PROXY]["propertyDependencies"]["proxyConfig"]) == urns
    assert found[PROXY]["propertyDependencies"]["modelType"] == []
    assert len([name for name in found if name.startswith("pulumi:providers:")]) == 1, "that of the program's resources"
    assert project.up().changed == {}

    project.program(program(weight=80, more="fallbacks=[], num_retries=4"))
    assert project.preview().changed == {"chat": "update"}
    run = project.up()
    assert run.changed == {"chat": "update"}
    refreshed = project.refresh()
    assert refreshed.changed == {}
    consoles += [run.console, refreshed.console, project.state(), project.destroy().console]
    assert project.resources() == {}
    assert not [key for key in (KEY, OTHER) for text in consoles if key in text]


def test_what_a_program_hides_stays_hidden_wherever_it_comes(project: Project) -> None:
    hidden = "pulumi.Output.secret('said-to-nobody')"
    secret = program(description=hidden, weight="pulumi.Output.secret(77)").replace('["max3"]', f"[{hidden}]")
    keyed(project).program(secret)
    console = project.up().console
    assert "said-to-nobody" not in console + project.state()
    contract = state(project)[GATEWAY]["outputs"]["contract"]
    assert "ciphertext" in str(contract["model_names"])
    shown = json.loads(project.pulumi("stack", "output", "--json", "--show-secrets", "--stack", "dev").console)
    assert shown["chat"]["model_names"] == ["max", "plus", "said-to-nobody"]
    assert project.up().changed == {}


LATE = """
from pulumi_agentrun_sdk import ModelService
late = ModelService("late", model_type="llm", provider="x", provider_settings={"base_url": "https://a.example/v1"})
"""


def test_a_preview_goes_on_with_values_that_are_not_known_yet(project: Project) -> None:
    late = program(description="late.created_at", weight="late.model_service_id.apply(len)")
    keyed(project).program(LATE + late)
    run = project.preview()
    assert run.changed == CREATED | {"chat-canary": "create", "late": "create"}
    project.up()
    urn = state(project)["agentrun:index:ModelService::late"]["urn"]
    found = state(project)
    assert urn in found["agentrun:index:ModelService::chat-canary"]["propertyDependencies"]["description"]
    assert urn in found[PROXY]["propertyDependencies"]["proxyConfig"]
    assert project.up().changed == {}


def test_keys_that_are_not_known_yet_are_refused_by_their_path(project: Project) -> None:
    late = "late.model_service_id.apply(lambda name: [name])"
    keyed(project).program(
        LATE + program().replace('["max3"]', late).replace("weights={", "fallbacks=" + late + ", weights={")
    )
    run = project.preview(check=False)
    for path in ("services.canary.modelNames", "fallbacks"):
        assert f"{path}: must be known in a preview; only values in it need not be" in run.console


OPTIONS = """
import pulumi_agentrun_sdk as agentrun
eu = agentrun.Provider("eu", endpoint="file://eu")
first = agentrun.ModelService("first", model_type="llm", provider="x", provider_settings={})
"""
OPTS = "opts=pulumi.ResourceOptions({})"


def test_options_of_the_gateway_hold_for_what_is_in_it(project: Project) -> None:
    opts = OPTS.format("protect=True, retain_on_delete=True, depends_on=[first], providers=[eu]")
    keyed(project).program(OPTIONS + program(more=opts))
    project.up()
    found = state(project)
    for name in [*SERVICES, PROXY, GATEWAY]:
        assert (found[name].get("protect"), found[name].get("retainOnDelete")) == (True, True), name
    for name in [*SERVICES, PROXY]:
        assert "::eu::" in found[name]["provider"]
    first = found["agentrun:index:ModelService::first"]
    assert found[GATEWAY]["dependencies"] == [first["urn"]]
    assert first["created"] < found[SERVICES[0]]["created"]

    opts = OPTS.format("aliases=[pulumi.Alias(name='chat')], providers=[eu]")
    renamed = program(more=opts).replace('ModelGateway("chat"', 'ModelGateway("talk"')
    project.program(OPTIONS + renamed)
    run = project.up()
    assert "replace" not in str(run.changed)
    assert "delete" not in str(run.changed), "the children are found under their old names"
    after = state(project)
    ids = {found[name]["id"] for name in [*SERVICES, PROXY]}
    assert {
        r["id"] for r in after.values() if r["type"] in ("agentrun:index:ModelService", "agentrun:index:ModelProxy")
    } == (ids | {first["id"]})


@pytest.mark.parametrize(
    ("edit", "sentences"),
    [
        (('"base_url"', '"base_uri"'), ["services.stable.base_uri: there is no such property; did you mean baseUrl?"]),
        (
            ('"provider": "tongyi", "model_names": ["max3"]', '"model_names": []'),
            ["services.canary.modelNames: must not be empty", "services.canary.provider: must be set"],
        ),
        (('"stable": 95', '"stabel": -1'), ["weights.stabel: must be at least 0"]),
        (('"stable": 95', '"stabel": 1'), ["weights.stabel: there is no service 'stabel'; there are"]),
        (('weights={"stable": 95, "canary": 5}, ', ""), ["weights: must say which of several services take requests"]),
        (('weights={"stable": 95, "canary": 5}', 'weights={"stable": 1}'), ["fallbacks: must say which of several"]),
    ],
)
def test_bad_input_is_told_by_its_path_and_nothing_is_made(
    project: Project, edit: tuple[str, str], sentences: list[str]
) -> None:
    text = program()
    assert edit[0] in text
    keyed(project).program(text.replace(*edit))
    run = project.preview(check=False)
    assert run.code != 0
    assert "resource 'chat' has a problem: " + "; ".join(sentences) in run.console
    assert run.changed == {}
    assert KEY not in run.console
    assert OTHER not in run.console


CONSUMER = """
from pulumi_agentrun import GatewayReference
chat = GatewayReference("organization/e2e/dev", "chat")
pulumi.export("all", [chat.endpoint, chat.model_name, chat.model_names, chat.model_proxy_name, chat.region])
pulumi.export("plain", pulumi.StackReference("organization/e2e/dev").require_output("chat"))
"""


def test_another_stack_reads_the_contract_and_its_version(project: Project) -> None:
    keyed(project).program(program())
    project.up()
    made = project.outputs()
    project.pulumi("stack", "init", "reader")
    project.program(CONSUMER)
    project.pulumi("up", "--yes", "--skip-preview", "--stack", "reader")
    read = json.loads(project.pulumi("stack", "output", "--json", "--stack", "reader").console)
    assert read["plain"] == made["chat"]
    contract = made["chat"]
    assert read["all"] == [contract[k] for k in ("endpoint", "model_name", "model_names", "model_proxy_name", "region")]

    project.program(program().replace("chat.contract", "chat.contract.apply(lambda fields: {**fields, 'version': 2})"))
    project.up()
    project.program(CONSUMER)
    run = project.pulumi("preview", "--stack", "reader", check=False)
    assert "has version 2 of the gateway contract and this program reads version 1" in run.console


PAGE = (Path(__file__).parents[2] / "docs" / "plugin.md").read_text()
READER = """
name: e2e
runtime: yaml
resources:
  other:
    type: pulumi:pulumi:StackReference
    properties: {name: organization/e2e/dev}
outputs: {url: '${other.outputs["chat"]["endpoint"]}'}
"""
[YAML] = re.findall(r"```yaml\n(name: .*?)```", PAGE, re.DOTALL)


def test_a_gateway_in_yaml(tmp_path: Path) -> None:
    project = Yaml(tmp_path / "project", tmp_path / "home", door="plugin")
    keyed(project).program(YAML)
    project.env["DEEPSEEK_API_KEY"] = OTHER
    assert project.preview().changed == CREATED
    consoles = [project.up().console]
    assert project.outputs()["chat"]["model_names"] == ["qwen-max", "qwen-plus"]
    assert project.up().changed == {}
    project.program(YAML.replace("numRetries: 3", "numRetries: 5"))
    run = project.up()
    assert run.changed == {"chat": "update"}
    project.program(YAML.replace("https://dashscope", "dashscope"))
    bad = project.preview(check=False)
    assert "services.stable.baseUrl: must be a URL such as" in bad.console
    assert "Traceback" not in bad.console

    project.pulumi("stack", "init", "reader")
    project.program(READER)
    project.pulumi("up", "--yes", "--skip-preview", "--stack", "reader")
    read = json.loads(project.pulumi("stack", "output", "--json", "--stack", "reader").console)
    assert read == {"url": project.outputs()["chat"]["endpoint"]}

    consoles += [run.console, project.state(), project.destroy().console]
    assert project.resources() == {}
    assert not [key for key in (KEY, OTHER) for text in consoles if key in text]
