"""What a ModelGateway makes of its arguments, on Pulumi's own mocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pulumi
import pytest
from pulumi_agentrun import ModelGateway, ModelProxy, ModelService
from pulumi_agentrun.lifecycle.gateway import DEFAULT_GUARDRAILS
from unit.running import deploy

PROXY = "pulumi-python:dynamic/agentrun:ModelProxy"
SERVICE = "pulumi-python:dynamic/agentrun:ModelService"
TWO: dict[str, Any] = {
    "stable": {"provider": "tongyi", "model_names": ["qwen-max", "qwen-plus"], "api_key": "sk-1"},
    "canary": {"provider": "openai", "model_names": ["gpt-4o"], "credential_name": "openai"},
}


class Recorder(pulumi.runtime.Mocks):
    """Answer as the engine would, and remember what was registered."""

    def __init__(self) -> None:
        self.made: dict[str, pulumi.runtime.MockResourceArgs] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.made[args.name] = args
        own = {"endpoint": "https://gateway.test/v1", "region": "cn-test"} if args.typ == PROXY else {}
        field = "model_proxy_name" if args.typ == PROXY else "model_service_name"
        return args.name, {field: f"{args.name}-1", **{k: v for k, v in args.inputs.items() if v is not None}, **own}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    mocks = Recorder()
    pulumi.runtime.set_mocks(mocks, project="unit", stack="dev", preview=False)
    yield mocks
    pulumi.runtime.settings.reset_options()


def config_of(recorder: Recorder) -> dict[str, Any]:
    return dict(recorder.made["chat"].inputs["proxy_config"])


def gateway(**more: Any) -> Callable[[], None]:
    def program() -> None:
        ModelGateway("chat", **({"services": TWO} | more))

    return program


def test_the_first_service_takes_everything_and_the_others_are_fallbacks(recorder: Recorder) -> None:
    deploy(gateway())
    config = config_of(recorder)
    assert config["endpoints"] == [
        {"model_service_name": "chat-stable-1", "model_names": ["qwen-max", "qwen-plus"], "weight": 100}
    ]
    assert config["policies"]["fallbacks"] == [{"model_service_name": "chat-canary-1", "model_name": "gpt-4o"}]


def test_weights_share_traffic_and_leave_no_fallbacks(recorder: Recorder) -> None:
    deploy(gateway(weights={"stable": 95, "canary": 5}))
    config = config_of(recorder)
    assert [(e["model_service_name"], e["weight"]) for e in config["endpoints"]] == [
        ("chat-stable-1", 95),
        ("chat-canary-1", 5),
    ]
    assert config["policies"]["fallbacks"] == []


def test_a_service_may_take_requests_and_be_a_fallback(recorder: Recorder) -> None:
    deploy(gateway(weights={"stable": 95, "canary": 5}, fallbacks=["stable"]))
    assert config_of(recorder)["policies"]["fallbacks"] == [
        {"model_service_name": "chat-stable-1", "model_name": "qwen-max"}
    ]


def test_the_proxy_is_always_multi_so_that_endpoints_can_be_added(recorder: Recorder) -> None:
    deploy(gateway())
    assert recorder.made["chat"].inputs["proxy_mode"] == "multi"


def test_guardrails_are_on_and_can_be_changed_one_by_one(recorder: Recorder) -> None:
    deploy(gateway(ai_guardrail_config={"check_response": False, "level": "high"}))
    guardrails = config_of(recorder)["policies"]["ai_guardrail_config"]
    assert guardrails == {**DEFAULT_GUARDRAILS, "check_response": False, "level": "high"}


def test_children_have_a_place_in_the_tree_and_the_common_settings(recorder: Recorder) -> None:
    deploy(gateway(workspace_id="ws", profile="eu", model_type="rerank"))
    types = {name: made.typ for name, made in recorder.made.items() if made.typ in (PROXY, SERVICE)}
    assert types == {"chat-stable": SERVICE, "chat-canary": SERVICE, "chat": PROXY}
    for name in types:
        inputs = recorder.made[name].inputs
        assert (inputs["workspace_id"], inputs["profile"], inputs["model_type"]) == ("ws", "eu", "rerank")
        assert "agentrun:index:ModelGateway$" in inputs["__urn"]


def test_the_contract_has_what_applications_need_and_no_key(recorder: Recorder) -> None:
    def program() -> pulumi.Output[Any]:
        made = ModelGateway("chat", services=TWO, weights={"canary": 1, "stable": 2}, credential_name="callers")
        return pulumi.Output.all(made.contract, made.contract.is_secret())

    contract, is_secret = deploy(program)
    assert contract == {
        "version": 1,
        "endpoint": "https://gateway.test/v1",
        "model_proxy_name": "chat-1",
        "model_name": "gpt-4o",
        "model_names": ["gpt-4o", "qwen-max", "qwen-plus"],
        "credential_name": "callers",
        "region": "cn-test",
    }
    assert is_secret is False


def test_a_key_that_is_plain_in_the_program_is_secret_from_there_on(recorder: Recorder) -> None:
    def program() -> pulumi.Output[Any]:
        made = ModelGateway("chat", services=TWO)
        return pulumi.Output.all(made.services["stable"].provider_settings.is_secret())

    assert deploy(program) == [True]


@dataclass(frozen=True)
class Late:
    """Stands for an output, which only a running program can have."""

    value: Any


def outputs(value: Any) -> Any:
    """Return a value with an output for each that stands for one."""
    if isinstance(value, Late):
        return pulumi.Output.from_input(value.value)
    if isinstance(value, dict):
        return {key: outputs(item) for key, item in value.items()}
    return [outputs(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"services": {}}, "needs at least one service"),
        ({"services": {"a": {"provider": "openai", "model_names": []}}}, "Service 'a' of the ModelGateway needs"),
        ({"services": {"a": {"model_names": ["m"]}}}, "Service 'a' of the ModelGateway needs provider"),
        (
            {"services": {"ok": TWO["stable"], "a": {**TWO["canary"], "api_kye": "sk-x"}}},
            r"^Service 'a' of the ModelGateway: api_kye: there is no such property; did you mean api_key\?$",
        ),
        ({"services": {"a": {"provider": "x", "model_names": "m"}}}, "model_names, a list of at least one model"),
        ({"services": {"a": "openai"}}, "Service 'a' of the ModelGateway must be a map"),
        ({"weights": {}}, "at least one service with a weight"),
        ({"weights": {"canry": 1}}, "no service 'canry'; there are stable, canary"),
        ({"fallbacks": ["spare"]}, "no service 'spare'"),
        ({"services": [TWO["stable"]]}, "^services of the ModelGateway must be a map of keys of your own"),
        ({"services": Late(TWO)}, "^services of the ModelGateway must be a map .*, not an Output"),
        ({"services": None}, "^services of the ModelGateway must be a map"),
        ({"services": {7: TWO["stable"]}}, "^services of the ModelGateway must be a map"),
        (
            {"services": {"a": Late(TWO["stable"])}},
            "'a' of the ModelGateway must be a map .* an Outp",
        ),
        (
            {"weights": Late({"stable": 1})},
            "^weights of the ModelGateway must be a map .* an Output",
        ),
        ({"weights": ["stable"]}, "^weights of the ModelGateway must be a map of keys of services to their shares"),
        ({"weights": "stable"}, "^weights of the ModelGateway must be a map"),
        ({"weights": 7}, "^weights of the ModelGateway must be a map"),
        ({"fallbacks": [{"model": "sk-x"}]}, "^fallbacks of the ModelGateway must be a list of keys of services"),
        ({"fallbacks": [Late("canary")]}, "^fallbacks of the ModelGateway must be a list of keys"),
        (
            {"fallbacks": Late(["canary"])},
            "^fallbacks of the ModelGateway must be a list .* an Output",
        ),
        ({"fallbacks": 7}, "^fallbacks of the ModelGateway must be a list of keys of services"),
        ({"fallbacks": "a"}, "^fallbacks of the ModelGateway must be a list of keys of services"),
        (
            {"ai_guardrail_config": Late({})},
            "^ai_guardrail_config of the ModelGateway must be a map",
        ),
        ({"ai_guardrail_config": 7}, "^ai_guardrail_config of the ModelGateway must be a map"),
        (
            {"opts": pulumi.ResourceOptions(import_="x")},
            "^chat cannot be imported: Pulumi imports no dynamic resources",
        ),
        ({"opts": {"protect": True}}, r"^opts of chat must be pulumi\.ResourceOptions"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(
    recorder: Recorder, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(pulumi.RunError, match=sentence) as raised:
        deploy(gateway(**outputs(arguments)))
    assert "sk-x" not in str(raised.value)
    assert recorder.made == {}


@pytest.mark.parametrize("make", [ModelService, ModelProxy, ModelGateway])
@pytest.mark.parametrize("name", ["", None, 7, Late("a")])
def test_a_resource_without_a_name_is_refused_in_a_sentence(recorder: Recorder, make: Any, name: Any) -> None:
    arguments: dict[Any, dict[str, Any]] = {
        ModelService: {"provider": "x", "model_type": "llm", "provider_settings": {}},
        ModelProxy: {"proxy_config": {}},
        ModelGateway: {"services": TWO},
    }
    sentence = f"^A {make.__name__} needs a name of its own in the program, a string, as its first argument"
    with pytest.raises(pulumi.RunError, match=sentence):
        deploy(lambda: make(outputs(name), **arguments[make]) and None)
    assert recorder.made == {}


def unwanted(resource: pulumi.Resource) -> None:
    """Let go of a resource."""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("a", 5), "^The id of a must be the name of what to look up, a string"),
        (("a", None), "^The id of a must be the name of what to look up, a string"),
        (("a", ""), "^The id of a must be the name of what to look up, a string"),
        (("", "x"), "^A ModelService needs a name of its own in the program"),
    ],
)
def test_a_look_up_of_nothing_is_refused_in_a_sentence(
    recorder: Recorder, arguments: tuple[Any, Any], sentence: str
) -> None:
    with pytest.raises(pulumi.RunError, match=sentence):
        deploy(lambda: unwanted(ModelService.get(*arguments)))
    with pytest.raises(pulumi.RunError, match=r"^opts of a must be pulumi\.ResourceOptions"):
        deploy(lambda: unwanted(ModelService.get("a", "x", opts={})))  # type: ignore[arg-type]
    assert recorder.made == {}
