"""Bad input, and input that only looks bad: each gets a clear sentence at its path, or passes for a reason."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi import StringAsset
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.output import UNKNOWN as NOT_YET
from pulumi_agentrun.client import BackendType, ModelClient, ModelServiceCreateInput
from pulumi_agentrun.client import Config as ClientConfig
from pulumi_agentrun.dynamic import KindProvider, ModelProxyProvider, ModelServiceProvider
from pulumi_agentrun.lifecycle.hidden_inputs import URN

SECRET = "sk-planted-where-it-should-not-be"
HUGE = "x" * 1_000_000
SERVICE = {"provider": "tongyi", "model_type": "llm", "provider_settings": {"base_url": "https://a.example"}}
PROXY = {"proxy_config": {"endpoints": [{"model_service_name": "a"}]}}


def settings_(**props: Any) -> dict[str, Any]:
    return {"provider_settings": {"base_url": "https://a.example", **props}}


def endpoints(*items: Any, **policies: Any) -> dict[str, Any]:
    return {"proxy_config": {"endpoints": list(items), "policies": policies}}


def policies(**props: Any) -> dict[str, Any]:
    return endpoints({"model_service_name": "a"}, **props)


CONTROL = "must not have line breaks or other control characters"
UNICODE = "must be whole Unicode text"
ADDRESS = "must be a URL such as https://api.example.com/v1"
ENDPOINT = "must have at least one endpoint, a model_service_name or a base_url"
LARGE = "must be at most 9007199254740991"
DEFAULT = "model_info_configs[0].model_parameter_rules[0].default"


def default(value: Any) -> dict[str, Any]:
    return {"model_info_configs": [{"model_parameter_rules": [{"default": value}]}]}


def nesting(depth: int) -> Any:
    value: Any = True
    for number in range(depth):
        value = {"a": value} if number % 2 else [value]
    return value


BAD_SERVICES: dict[str, tuple[dict[str, Any], str]] = {
    "a name of nothing": ({"model_service_name": ""}, "model_service_name: must not be empty"),
    "a name of blanks": ({"model_service_name": " \t"}, "model_service_name: must not be blank"),
    "a name that is the collection": ({"model_service_name": "."}, "model_service_name: must not be '.'"),
    "a name that is the parent": ({"model_service_name": ".."}, "model_service_name: must not be '..'"),
    "a name with NUL": ({"model_service_name": "a\0b"}, f"model_service_name: {CONTROL}"),
    "a name with a bell": ({"model_service_name": "a\x07"}, f"model_service_name: {CONTROL}"),
    "a name with a line break": ({"model_service_name": "a\n"}, f"model_service_name: {CONTROL}"),
    "a name with half a surrogate pair": ({"model_service_name": "a\ud800"}, f"model_service_name: {UNICODE}"),
    "a name that is a number": ({"model_service_name": 7}, "model_service_name: must be a string, not a number"),
    "a name that is a map": ({"model_service_name": {}}, "model_service_name: must be a string, not an object"),
    "a description with half a pair": ({"description": "\udfff"}, f"description: {UNICODE}"),
    "a description that is true": ({"description": True}, "description: must be a string, not a boolean"),
    "no provider": ({"provider": None}, "provider: must be set"),
    "a provider in a list": ({"provider": ["x"]}, "provider: must be a string, not a list"),
    "a blank model type": ({"model_type": " "}, "model_type: must not be blank"),
    "settings in a list": ({"provider_settings": [SECRET]}, "provider_settings: must be an object, not a list"),
    "settings that are the key": ({"provider_settings": SECRET}, "provider_settings: must be an object, not a string"),
    "a key in a list": (settings_(api_key=[SECRET]), "provider_settings.api_key: must be a string, not a list"),
    "a key with its file's line break": (settings_(api_key=SECRET + "\n"), f"provider_settings.api_key: {CONTROL}"),
    "a key with half a pair": (settings_(api_key=SECRET + "\ud800"), f"provider_settings.api_key: {UNICODE}"),
    "a key twice": (settings_(api_key=SECRET, api_key_from="env:K"), "api_key_from: must not be set beside api_key"),
    "a reference to nowhere": (settings_(api_key_from="vault:k"), "api_key_from: must be env:NAME or file:PATH"),
    "a reference without a name": (settings_(api_key_from="env:"), "api_key_from: must be env:NAME or file:PATH"),
    "a reference to a folder": (settings_(api_key_from="file:/"), "the file / is no regular file"),
    "a reference that is the key": (settings_(api_key_from=SECRET), "api_key_from: must be env:NAME or file:PATH"),
    "a fingerprint": (settings_(api_key_fingerprint="x"), "api_key_fingerprint: there is no such property"),
    "an address that is none": (settings_(base_url="api.example.com"), f"provider_settings.base_url: {ADDRESS}"),
    "an address of a file server": (settings_(base_url="ftp://a.example"), f"provider_settings.base_url: {ADDRESS}"),
    "an address without a host": (settings_(base_url="https:///v1"), f"provider_settings.base_url: {ADDRESS}"),
    "an address with a wrong port": (settings_(base_url="https://a:99999"), f"provider_settings.base_url: {ADDRESS}"),
    "an address with a blank": (settings_(base_url="https://a b"), f"provider_settings.base_url: {ADDRESS}"),
    "models in a string": (settings_(model_names="a,b"), "model_names: must be a list, not a string"),
    "a model of nothing": (settings_(model_names=["a", ""]), "model_names[1]: must not be empty"),
    "a model that is null": (settings_(model_names=[None]), "model_names[0]: must not be null"),
    "a model that is a number": (settings_(model_names=[4.5]), "model_names[0]: must be a string, not a fraction"),
    "camel case": (settings_(baseUrl="x"), "baseUrl: there is no such property; did you mean base_url?"),
    "another case": ({"Provider": "x"}, "Provider: there is no such property; did you mean provider?"),
    "an output as input": ({"status": "READY"}, "status: there is no such property; there are adopt"),
    "a network in a word": ({"network_configuration": "PRIVATE"}, "network_configuration: must be an object"),
    "no network mode": ({"network_configuration": {"network_mode": ""}}, "network_mode: must not be empty"),
    "a private network of no VPC": (
        {"network_configuration": {"network_mode": "PRIVATE", "vswitch_ids": ["v"]}},
        "network_configuration.vpc_id: must be set, for a private network needs a VPC",
    ),
    "a half private network of an empty VPC": (
        {"network_configuration": {"network_mode": "PUBLIC_AND_PRIVATE", "vpc_id": ""}},
        "network_configuration.vpc_id: must be set, for a private network needs a VPC",
    ),
    "one vSwitch in a string": ({"network_configuration": {"vswitch_ids": "v"}}, "vswitch_ids: must be a list"),
    "model infos in a map": ({"model_info_configs": {"m": {}}}, "model_info_configs: must be a list, not an object"),
    "an info that is null": ({"model_info_configs": [None]}, "model_info_configs[0]: must be an object, not null"),
    "a context below nothing": (
        {"model_info_configs": [{"model_properties": {"context_size": -1}}]},
        "model_info_configs[0].model_properties.context_size: must be at least 0",
    ),
    "a least value that is a word": (
        {"model_info_configs": [{"model_parameter_rules": [{"min": "low"}]}]},
        "model_parameter_rules[0].min: must be a number, not a string",
    ),
    "a least value above the greatest": (
        {"model_info_configs": [{"model_parameter_rules": [{"min": 2, "max": 1}]}]},
        "model_info_configs[0].model_parameter_rules[0].min: must not be above max",
    ),
    "a default that is no number": (default(math.nan), f"{DEFAULT}: must be a finite number, not nan"),
    "no number in a default": (default({"a": [1, math.inf]}), f"{DEFAULT}.a[1]: must be a finite number, not inf"),
    "a huge number in a default": (default([2**60]), f"{DEFAULT}[0]: {LARGE}"),
    "half a pair in a default": (default([{"a": SECRET + "\ud800"}]), f"{DEFAULT}[0].a: {UNICODE}"),
    "a key in a default with half a pair": (default({"\ud800": 1}), "its key must be whole Unicode text"),
    "a default without a bottom": (default(nesting(33)), f"{DEFAULT}: must not nest more than 32 deep"),
    "an asset in a default": (default({"a": StringAsset(SECRET)}), f"{DEFAULT}.a: must be a string, a number"),
    "an asset as a default": (default(StringAsset(SECRET)), f"{DEFAULT}: must be a string, a number"),
    "a default deeper than policies read": (default(nesting(400)), f"{DEFAULT}: must not nest more than 32 deep"),
    "adoption by word": ({"adopt": "yes"}, "adopt: must be true or false, not a string"),
    "a profile by number": ({"profile": 1}, "profile: must be a string, not a number"),
    "a profile that is not there": ({"profile": "eu"}, "There is no profile 'eu' in agentrun:profiles"),
}
BAD_PROXIES: dict[str, tuple[dict[str, Any], str]] = {
    "no configuration": ({"proxy_config": None}, "proxy_config: must be set"),
    "endpoints in a map": ({"proxy_config": {"endpoints": {"a": 1}}}, "proxy_config.endpoints: must be a list"),
    "an endpoint that is a name": (endpoints("a"), "endpoints[0]: must be an object, not a string"),
    "no endpoints": ({"proxy_config": {}}, f"proxy_config.endpoints: {ENDPOINT}"),
    "endpoints that are null": ({"proxy_config": {"endpoints": None}}, f"proxy_config.endpoints: {ENDPOINT}"),
    "a list of no endpoints": (endpoints(), f"proxy_config.endpoints: {ENDPOINT}"),
    "no endpoints beside what is not known": (
        {"proxy_config": {"endpoints": [], "policies": NOT_YET}}, f"proxy_config.endpoints: {ENDPOINT}",
    ),
    "an endpoint that leads nowhere": (
        endpoints({"model_service_name": "a"}, {"weight": 1, "model_names": ["m"]}),
        "proxy_config.endpoints[1]: must have a model_service_name or a base_url",
    ),
    "an endpoint to an empty address": (
        endpoints({"base_url": ""}), "endpoints[0]: must have a model_service_name or a base_url",
    ),
    "a fallback that leads nowhere": (
        policies(fallbacks=[{}]), "policies.fallbacks[0]: must have a model_service_name or a model_name",
    ),
    "a private proxy of no VPC": (
        {"network_configuration": {"network_mode": "PRIVATE"}}, "network_configuration.vpc_id: must be set",
    ),
    "an endpoint to nothing": (endpoints({"model_service_name": ""}), "model_service_name: must not be empty"),
    "a negative weight": (endpoints({"weight": -1}), "endpoints[0].weight: must be at least 0"),
    "half a weight": (endpoints({"weight": 0.5}), "endpoints[0].weight: must be a whole number, not a fraction"),
    "a weight in per cent": (endpoints({"weight": "90%"}), "endpoints[0].weight: must be a whole number, not a str"),
    "a huge weight": (endpoints({"weight": 2**70}), f"endpoints[0].weight: {LARGE}"),
    "a weight beyond a wrong one": (
        endpoints(*[{"weight": 1}] * 9_999, {"weight": -1}), "endpoints[9999].weight: must be at least 0",
    ),
    "several endpoints in single": (
        {"proxy_mode": "single", **endpoints({"weight": 1}, {"weight": 2})},
        "proxy_mode: must be multi, for there are several endpoints",
    ),
    "no mode": ({"proxy_mode": ""}, "proxy_mode: must not be empty"),
    "a mode that there is not": ({"proxy_mode": "bogus"}, "proxy_mode: must be single or multi"),
    "a mode in capitals": ({"proxy_mode": "MULTI"}, "proxy_mode: must be single or multi"),
    "a mode that is true": ({"proxy_mode": True}, "proxy_mode: must be a string, not a boolean"),
    "cores that are no number": ({"cpu": math.nan}, "cpu: must be a finite number, not nan"),
    "endless cores": ({"cpu": math.inf}, "cpu: must be a finite number, not inf"),
    "negative cores": ({"cpu": -0.5}, "cpu: must be at least 0"),
    "memory with a unit": ({"memory": "4Gi"}, "memory: must be a whole number, not a string"),
    "memory that is true": ({"memory": True}, "memory: must be a whole number, not a boolean"),
    "memory beyond all numbers": ({"memory": 10**400}, f"memory: {LARGE}"),
    "memory that is no number": ({"memory": math.nan}, "memory: must be a whole number, not nan"),
    "fewer retries than none": (policies(num_retries=-1), "policies.num_retries: must be at least 0"),
    "a timeout with a unit": (policies(request_timeout="30s"), "request_timeout: must be a whole number, not a string"),
    "a cache by number": (policies(cache=7), "policies.cache: must be true or false, not a number"),
    "a fallback that is null": (policies(fallbacks=[None]), "policies.fallbacks[0]: must be an object, not null"),
    "fallbacks in a map": (policies(fallbacks={"a": 1}), "policies.fallbacks: must be a list, not an object"),
    "a fallback to nothing": (policies(fallbacks=[{"model_service_name": ""}]), "model_service_name: must not be em"),
    "a negative rate": (policies(token_rate_limiter={"tpm": -5}), "token_rate_limiter.tpm: must be at least 0"),
    "a misspelled guardrail": (
        policies(ai_guardrail_config={"chek_request": True}), "chek_request: there is no such property; did you mean",
    ),
    "a level by number": (policies(ai_guardrail_config={"level": 3}), "level: must be a string, not a number"),
    "a role with a line break": ({"execution_role_arn": "acs:ram::1\n"}, f"execution_role_arn: {CONTROL}"),
    "policies beside the configuration": (
        {"policies": {}}, "policies: there is no such property",
    ),
}  # fmt: skip

PASSES: dict[str, tuple[type[KindProvider], dict[str, Any]]] = {
    "a name in any script: the service decides": (ModelServiceProvider, {"model_service_name": "模型-🚀-مرحبا"}),
    "a name with a slash: it is sent encoded": (ModelServiceProvider, {"model_service_name": "a/b?c#d"}),
    "a very long name: the service decides": (ModelServiceProvider, {"model_service_name": "n" * 5_000}),
    "a megabyte of description": (ModelServiceProvider, {"description": HUGE}),
    "a description of several lines": (ModelServiceProvider, {"description": "one\ntwo\t\u202ethree"}),
    "a default of several lines": (ModelServiceProvider, default("\n")),
    "a default of any form": (ModelServiceProvider, default({"a b": ["\n", None, {"": 1.5}], "c": NOT_YET})),
    "a default 32 deep": (ModelServiceProvider, default(nesting(32))),
    "a provider that is new": (ModelServiceProvider, {"provider": "brand-new"}),
    "an empty address clears it": (ModelServiceProvider, settings_(base_url="")),
    "a key and a credential: the service decides": (
        ModelServiceProvider, {"credential_name": "c", **settings_(api_key=SECRET)},
    ),
    "a model twice: order and number mean nothing": (ModelServiceProvider, settings_(model_names=["a", "a"])),
    "numbers as text, as stack settings are": (ModelProxyProvider, {"memory": "4096", "cpu": "0.5"}),
    "words for true, as stack settings are": (ModelProxyProvider, policies(cache="true")),
    "whole numbers as floats, as Pulumi carries them": (ModelProxyProvider, {"memory": 4096.0}),
    "10,000 endpoints": (
        ModelProxyProvider, endpoints(*({"model_service_name": f"s{i}", "weight": i} for i in range(10_000))),
    ),
    "endpoints that are not known yet": (ModelProxyProvider, {"proxy_config": {"endpoints": NOT_YET}}),
    "one endpoint that is not known yet": (ModelProxyProvider, endpoints(NOT_YET)),
    "an endpoint whose service is not known yet": (
        ModelProxyProvider, endpoints({"model_service_name": NOT_YET}, {"base_url": NOT_YET}),
    ),
    "a mode that is not known yet": (ModelProxyProvider, {"proxy_mode": NOT_YET}),
    "an endpoint with an address alone": (ModelProxyProvider, endpoints({"base_url": "https://a.example"})),
    "a network that is not known yet": (
        ModelServiceProvider, {"network_configuration": {"network_mode": NOT_YET}},
    ),
    "a VPC that is not known yet": (
        ModelServiceProvider, {"network_configuration": {"network_mode": "PRIVATE", "vpc_id": NOT_YET}},
    ),
    "a private network without vSwitches: the service decides": (
        ModelServiceProvider, {"network_configuration": {"network_mode": "PRIVATE", "vpc_id": "v"}},
    ),
    "a network that is new": (ModelServiceProvider, {"network_configuration": {"network_mode": "MESH"}}),
    "an endpoint without traffic": (ModelProxyProvider, endpoints({"model_service_name": "a", "weight": 0})),
    "a service of another stack": (ModelProxyProvider, endpoints({"model_service_name": "x"})),
    "a fallback to the endpoint: a policy's affair": (
        ModelProxyProvider, policies(fallbacks=[{"model_service_name": "a"}]),
    ),
    "what is not known yet, at any depth": (
        ModelProxyProvider, endpoints({"model_service_name": NOT_YET, "weight": NOT_YET}, fallbacks=[NOT_YET]),
    ),
    "a whole that is not known yet": (ModelServiceProvider, {"provider_settings": NOT_YET}),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("platform")


def configured(kind: type[KindProvider], folder: Path) -> KindProvider:
    provider = kind()
    provider.configure(ConfigureRequest(Config({"agentrun:endpoint": f"file://{folder}"}, "project")))
    return provider


def reasons(kind: type[KindProvider], inputs: dict[str, Any], folder: Path) -> list[str]:
    base = SERVICE if kind is ModelServiceProvider else PROXY
    found = configured(kind, folder).check({}, {URN: "urn:pulumi:dev::p::t::name", **base, **inputs})
    return [failure.reason for failure in found.failures]


ROWS = [
    *((ModelServiceProvider, name, *row) for name, row in BAD_SERVICES.items()),
    *((ModelProxyProvider, name, *row) for name, row in BAD_PROXIES.items()),
]


@pytest.mark.parametrize(("kind", "name", "inputs", "sentence"), ROWS, ids=[row[1] for row in ROWS])
def test_bad_input_gets_a_clear_sentence(
    kind: type[KindProvider], name: str, inputs: dict[str, Any], sentence: str, folder: Path
) -> None:
    found = reasons(kind, inputs, folder)
    assert sentence in "\n".join(found)
    assert SECRET not in "\n".join(found)
    assert max(map(len, found)) < 500


@pytest.mark.parametrize("name", PASSES)
def test_what_only_looks_bad_passes(name: str, folder: Path) -> None:
    assert reasons(*PASSES[name], folder) == []


STRANGE = "model_service_name: has blanks or signs in it that the service may refuse"


@pytest.mark.parametrize(
    ("name", "is_said"),
    [
        ("a b", True),
        ("a!", True),
        ("a/../b", True),
        ("sk@home", True),
        ("模型-1", False),
        ("A_b.c-1", False),
    ],
)
def test_a_name_that_the_service_may_refuse_is_warned_of_until_it_has_taken_it(
    name: str, is_said: bool, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = configured(ModelServiceProvider, folder)
    inputs = {URN: "urn:pulumi:dev::p::t::svc", **SERVICE, "model_service_name": name}
    found = provider.check({}, inputs)
    assert found.failures == []
    assert (STRANGE in capsys.readouterr().out) is is_said
    provider.check(found.inputs, inputs)
    assert capsys.readouterr().out == ""


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
known = st.sampled_from(
    ["provider", "provider_settings", "model_service_name", "description", "proxy_config", "memory", "cpu", "adopt",
     "model_info_configs", "network_configuration", "proxy_mode", "api_key", "endpoints", "policies", "weight"]
)  # fmt: skip
nested = st.recursive(
    json_like, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(known, inner, max_size=4), max_leaves=8
)


@given(kind=st.sampled_from([ModelServiceProvider, ModelProxyProvider]), inputs=st.dictionaries(known, nested))
@settings(max_examples=300)
def test_no_input_raises_and_no_sentence_shows_a_value(
    kind: type[KindProvider], inputs: dict[str, Any], folder: Path
) -> None:
    provider = configured(kind, folder)
    found = provider.check({}, {URN: "urn:pulumi:dev::p::t::name", **inputs})
    assert SECRET not in "".join(failure.reason for failure in found.failures)
    if not found.failures:
        again = provider.check(found.inputs, found.inputs)
        assert (again.inputs, again.failures) == (found.inputs, [])


any_character = st.characters(exclude_categories=())
own_form = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(any_character, max_size=3) | st.just(NOT_YET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(any_character, max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(value=own_form)
@settings(max_examples=300)
def test_a_value_of_the_programs_own_form_is_sent_as_it_stands_or_refused_by_its_path(value: Any, folder: Path) -> None:
    provider = configured(ModelServiceProvider, folder)
    found = provider.check({}, {URN: "urn:pulumi:dev::p::t::name", **SERVICE, **default(value)})
    if found.failures:
        assert all(failure.reason.startswith(DEFAULT) for failure in found.failures)
        return
    kept = found.inputs["model_info_configs"]
    if repr(NOT_YET) in repr(kept):
        return
    carried = Struct()
    carried.update(found.inputs)
    stays = MessageToDict(Struct.FromString(carried.SerializeToString()))["model_info_configs"]
    assert stays == kept
    body = ModelServiceCreateInput(model_service_name="a", **SERVICE, model_info_configs=kept).to_wire()
    sent = json.loads(json.dumps(body["modelInfoConfigs"], allow_nan=False))
    assert sent == [{"modelParameterRules": kept[0]["model_parameter_rules"]}]


@pytest.mark.parametrize("depth", [31, 32])
def test_the_deepest_value_that_passes_comes_back(depth: int, tmp_path: Path) -> None:
    """Found by an attack: what passed was created, and then no answer about it could be read."""
    with ModelClient(ClientConfig(endpoint=f"file://{tmp_path}")) as client:
        given = ModelServiceCreateInput(model_service_name="a", **SERVICE, **default(nesting(depth)))
        client.create(given)
        found = client.get("a", backend_type=BackendType.SERVICE)
    assert found.model_info_configs is not None
    assert found.to_state()["model_info_configs"] == given.to_state()["model_info_configs"]
