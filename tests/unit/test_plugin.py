"""The plugin's edges: Pulumi's protobuf values, camelCase names, and what it answers without an engine."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi_agentrun.client.flows import Notice
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.engine.failures import Status
from pulumi_agentrun.engine.log import Engine
from pulumi_agentrun.lifecycle.casing import from_schema, properties, to_schema
from pulumi_agentrun.lifecycle.check import Failure
from pulumi_agentrun.lifecycle.unknown import UNKNOWN
from pulumi_agentrun.platform import Platform
from pulumi_agentrun.plugin import values
from pulumi_agentrun.plugin.provider import Provider
from pulumi_agentrun.plugin.values import Hidden

UNKNOWN_VALUE = rpc.UNKNOWN
URN = "urn:pulumi:dev::p::agentrun:index:ModelService::svc"
SETTINGS = {"baseUrl": "https://a.example", "apiKey": "sk-1"}
INPUTS = {"modelType": "llm", "provider": "openai", "providerSettings": SETTINGS}

leaves = st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=8) | st.just(UNKNOWN)
keys = st.text(st.characters(categories=["Ll", "Lu"]), min_size=1, max_size=6)
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return [without_none(item) for item in value] if isinstance(value, list) else value


@given(st.dictionaries(keys, trees, max_size=4))
def test_values_come_back_as_they_went(tree: dict[str, Any]) -> None:
    assert values.read(values.write(tree)).values == without_none(tree)


@given(st.dictionaries(keys, trees, min_size=1, max_size=4), st.data())
def test_a_secret_stays_one_and_hides_no_neighbour(tree: dict[str, Any], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(tree)))
    found = values.read(values.write(values.hide(tree, [(key,)])))
    assert found.values == without_none(tree)
    assert found.secrets == (frozenset() if tree[key] is None else {(key,)})


def test_the_wire_format_is_that_of_the_sdk() -> None:
    found = rpc.deserialize_properties(values.write({"a": Hidden({"b": [1]}), "c": UNKNOWN}), keep_unknowns=True)
    assert rpc.is_rpc_secret(found["a"])
    assert rpc.unwrap_rpc_secret(found["a"]) == {"b": [1]}
    assert isinstance(found["c"], Unknown)


def test_a_secret_in_a_list_hides_the_list() -> None:
    found = values.read(values.write({"a": [{"b": Hidden("s")}, 1]}))
    assert found.secrets == {("a",)}
    assert "sk-9" not in repr(values.Hidden("sk-9")) + repr(values.read(values.write({"a": "sk-9"})))


@pytest.mark.parametrize("kind", [SERVICE, PROXY])
def test_names_come_back_as_they_went(kind: Any) -> None:
    shapes = properties(kind)
    tree = {
        "description": "a_b",
        "proxy_config": {"endpoints": [{"model_service_name": "a"}], "policies": {"num_retries": 1}},
        "provider_settings": {"base_url": "u", "no_such": {"as_is": 1}},
    }
    known = {key: value for key, value in tree.items() if key in shapes}
    failures: list[Failure] = []
    assert without_unknown_keys(from_schema(shapes, to_schema(shapes, known), failures)) == without_unknown_keys(known)
    assert not failures


def without_unknown_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_unknown_keys(v) for k, v in value.items() if k not in ("no_such", "noSuch")}
    return [without_unknown_keys(item) for item in value] if isinstance(value, list) else value


def test_a_name_spelled_as_in_python_is_refused_by_its_path() -> None:
    failures: list[Failure] = []
    from_schema(properties(PROXY), {"proxyConfig": {"endpoints": [{"model_service_name": "a"}]}}, failures)
    assert [str(failure) for failure in failures] == [
        "proxyConfig.endpoints[0].model_service_name: there is no such property; did you mean modelServiceName?"
    ]


async def test_messages_spell_properties_as_the_schema_does_and_leave_names_alone(provider: Provider) -> None:
    """A resource may be named as a property is."""
    named = {**INPUTS, "modelServiceName": "credential_name", "providerSettings": {**SETTINGS, "apiKeyFrom": "env:X"}}
    reasons = [failure.reason for failure in (await checked(provider, named)).failures]
    assert "providerSettings.apiKeyFrom: must not be set beside apiKey" in reasons
    named["providerSettings"] = SETTINGS
    inputs = (await checked(provider, named)).inputs
    await provider.Create(messages.CreateRequest(urn=URN, properties=inputs), context())
    with pytest.raises(Aborted, match="Model service credential_name exists already") as caught:
        await provider.Create(messages.CreateRequest(urn=URN, properties=inputs), context())
    assert "AGENTRUN_ADOPT=credential_name pulumi up once" in str(caught.value)
    assert "choose another modelServiceName." in str(caught.value)


class Aborted(Exception):
    """What a call was answered with instead of a result."""

    def __init__(self, code: object, text: str, metadata: tuple[tuple[str, bytes], ...] = ()) -> None:
        super().__init__(text)
        self.code, self.metadata = code, metadata


class Context:
    """The side of a call that can refuse it."""

    async def abort(self, code: grpc.StatusCode, text: str) -> None:
        raise Aborted(code, text)

    async def abort_with_status(self, status: Status) -> None:
        raise Aborted(status.code, status.details, status.trailing_metadata)


class Quiet(Engine):
    """An engine that nobody listens to."""

    def say(self, notice: Notice) -> None:
        """Say nothing."""


@pytest.fixture
async def provider(tmp_path: Path) -> Provider:
    """Return a provider on an embedded platform of its own."""
    made = Provider(Quiet(""))
    await made.Configure(messages.ConfigureRequest(args=values.write({"endpoint": f"file://{tmp_path}"})), context())
    return made


def context() -> Any:
    return Context()


async def checked(
    provider: Provider, news: dict[str, Any], olds: dict[str, Any] | None = None
) -> messages.CheckResponse:
    request = messages.CheckRequest(urn=URN, news=values.write(news), olds=values.write(olds or {}))
    return await provider.Check(request, context())


async def test_check_completes_and_hides(provider: Provider) -> None:
    response = await checked(provider, {**INPUTS, "description": Hidden("hush")})
    found = values.read(response.inputs)
    assert found.secrets == {("providerSettings", "apiKey"), ("description",)}
    assert found.values["modelServiceName"].startswith("svc-")
    assert not response.failures
    again = await checked(provider, {**INPUTS, "description": "hush"}, found.values)
    assert values.read(again.inputs).values == found.values


async def test_a_property_in_the_other_spelling_is_said_beside_all_else(provider: Provider) -> None:
    response = await checked(
        provider, {"modelType": "llm", "provider": 7, "provider_settings": {}, "network_configuration": {}, "nope": 1}
    )
    assert [failure.reason.partition("; there are")[0] for failure in response.failures] == [
        "network_configuration: there is no such property; did you mean networkConfiguration?",
        "nope: there is no such property",
        "provider: must be a string, not a number",
        "provider_settings: there is no such property; did you mean providerSettings?",
    ]


async def test_check_names_what_is_wrong_and_no_value(provider: Provider) -> None:
    response = await checked(provider, {"modelType": "llm", "providerSettings": "sk-in-the-wrong-place"})
    reasons = [failure.reason for failure in response.failures]
    assert reasons == ["provider: must be set", "providerSettings: must be an object, not a string"]
    assert {failure.property for failure in response.failures} == {""}


async def test_a_preview_knows_the_inputs_and_no_more(provider: Provider) -> None:
    inputs = (await checked(provider, INPUTS)).inputs
    response = await provider.Create(messages.CreateRequest(urn=URN, properties=inputs, preview=True), context())
    planned = values.read(response.properties)
    assert planned.values["status"] is UNKNOWN
    assert planned.values["modelServiceId"] is UNKNOWN
    assert planned.values["region"] == "embedded"
    assert planned.values["providerSettings"] == SETTINGS
    assert ("providerSettings", "apiKey") in planned.secrets


async def test_a_preview_of_what_was_not_checked_is_no_failure(provider: Provider) -> None:
    """The engine asks so about what needs something that has failed."""
    given = values.write(INPUTS)
    response = await provider.Create(messages.CreateRequest(urn=URN, properties=given, preview=True), context())
    assert values.read(response.properties).values["status"] is UNKNOWN


async def test_a_configuration_that_is_not_known_yet_is_no_failure() -> None:
    provider = Provider(Quiet(""))
    given = values.write({"endpoint": UNKNOWN})
    assert not (await provider.CheckConfig(messages.CheckRequest(news=given), context())).failures
    await provider.Configure(messages.ConfigureRequest(args=given), context())
    response = await checked(provider, INPUTS)
    assert not response.failures
    planned = await provider.Create(
        messages.CreateRequest(urn=URN, properties=response.inputs, preview=True), context()
    )
    assert values.read(planned.properties).values["region"] is UNKNOWN
    with pytest.raises(Aborted, match="known only once"):
        await provider.Read(messages.ReadRequest(urn=URN, id="x"), context())


async def test_credentials_are_kept_secret_and_another_is_no_replacement() -> None:
    provider = Provider(Quiet(""))
    news = {"region": "cn-a", "accessKeyId": "id", "accessKeySecret": "s3cret"}
    response = await provider.CheckConfig(messages.CheckRequest(news=values.write(news)), context())
    assert values.read(response.inputs).secrets == {("accessKeySecret",)}
    request = messages.DiffRequest(olds=values.write({**news, "accessKeySecret": "old"}), news=values.write(news))
    found = await provider.DiffConfig(request, context())
    assert (list(found.replaces), list(found.diffs)) == ([], ["accessKeySecret"])


FIXED = "https://agentrun.example.com"


@pytest.mark.parametrize(
    ("olds", "news"),
    [
        ({"region": "cn-a"}, {"region": "cn-b"}),
        ({"region": "cn-a"}, {"region": UNKNOWN}),
        ({"region": "cn-a"}, {}),
        ({"region": "cn-a", "endpoint": FIXED}, {"region": "cn-b", "endpoint": FIXED}),
        ({"region": "cn-a", "endpoint": FIXED}, {"region": "cn-b"}),
        ({"endpoint": "file://here"}, {"endpoint": FIXED}),
    ],
)
async def test_no_configuration_replaces_for_the_engine_would_not_ask_about_resources(
    olds: dict[str, Any], news: dict[str, Any]
) -> None:
    request = messages.DiffRequest(olds=values.write(olds), news=values.write(news))
    found = await Provider(Quiet("")).DiffConfig(request, context())
    changed = sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key))
    assert (list(found.replaces), list(found.diffs)) == ([], changed)


async def configured(provider: Provider, settings: dict[str, Any]) -> None:
    await provider.Configure(messages.ConfigureRequest(args=values.write(settings)), context())


async def test_a_second_configuration_leads_nothing_elsewhere(provider: Provider, tmp_path: Path) -> None:
    await configured(provider, {"endpoint": f"file://{tmp_path}"})
    with pytest.raises(Aborted, match="was configured before, with other settings"):
        await configured(provider, {"endpoint": f"file://{tmp_path}/other"})
    place = await provider.runs.of(context()).settings.place()
    assert place is not None
    assert place.address == f"file://{tmp_path}"
    late = Provider(Quiet(""))
    await configured(late, {"endpoint": UNKNOWN})
    await configured(late, {"endpoint": f"file://{tmp_path}"})


async def test_a_cancelled_creation_is_answered_with_what_exists(provider: Provider, tmp_path: Path) -> None:
    Platform.open(tmp_path, {}).switch(latency=60.0)
    inputs = (await checked(provider, INPUTS)).inputs
    creation = asyncio.ensure_future(
        provider.Create(messages.CreateRequest(urn=URN, properties=inputs, timeout=600), context())
    )
    await asyncio.wait([creation], timeout=0.2)
    await provider.Cancel(Empty(), context())
    with pytest.raises(Aborted, match="cancelled while it waited") as caught:
        await creation
    ((_, details),) = caught.value.metadata
    name = values.read(inputs).values["modelServiceName"]
    assert name.encode() in details
    assert caught.value.code == grpc.StatusCode.UNKNOWN


async def test_a_cancelled_update_is_answered_with_what_is_there(provider: Provider, tmp_path: Path) -> None:
    inputs = (await checked(provider, INPUTS)).inputs
    made = await provider.Create(messages.CreateRequest(urn=URN, properties=inputs, timeout=600), context())
    Platform.open(tmp_path, {}).switch(latency=60.0)
    news = (await checked(provider, {**INPUTS, "description": "changed"}, INPUTS)).inputs
    request = messages.UpdateRequest(urn=URN, id=made.id, olds=made.properties, news=news, timeout=600)
    change = asyncio.ensure_future(provider.Update(request, context()))
    await asyncio.wait([change], timeout=0.2)
    await provider.Cancel(Empty(), context())
    with pytest.raises(Aborted, match=r"cancelled while it waited.*The next pulumi up tries it again\.") as caught:
        await change
    ((_, details),) = caught.value.metadata
    assert b"changed" in details
    assert b"UPDATING" in details


async def test_the_yaml_example_passes_every_check(provider: Provider) -> None:
    example = Path(__file__).parents[2] / "examples" / "yaml" / "Pulumi.yaml"
    resources = yaml.safe_load(re.sub(r"\$\{[^}]*\}", UNKNOWN_VALUE, example.read_text()))["resources"]
    assert len(resources) == 2
    for name, resource in resources.items():
        module, kind = resource["type"].split(":")
        urn = f"urn:pulumi:dev::p::{module}:index:{kind}::{name}"
        news = ParseDict(resource["properties"], Struct())
        response = await provider.Check(messages.CheckRequest(urn=urn, news=news), context())
        assert not response.failures


async def test_an_unknown_function_is_refused_in_a_sentence(provider: Provider) -> None:
    with pytest.raises(
        Aborted, match="There is no function agentrun:index:nope; there are agentrun:index:getCredential, "
    ):
        await provider.Invoke(messages.InvokeRequest(tok="agentrun:index:nope"), context())
    with pytest.raises(Aborted, match="modelServiceName must be a non-empty string"):
        await provider.Invoke(messages.InvokeRequest(tok="agentrun:index:getModelService"), context())


async def test_a_misspelt_filter_is_refused_in_a_sentence(provider: Provider) -> None:
    for args, expected in (
        (
            {"modelTyp": "llm"},
            "agentrun:index:listModelServices: ModelServiceListInput: there is no modelTyp: did you mean modelType?",
        ),
        (
            {"workspaceId": 7},
            "agentrun:index:listModelServices: ModelServiceListInput: workspaceId: it should be a valid string",
        ),
    ):
        request = messages.InvokeRequest(tok="agentrun:index:listModelServices", args=values.write(args))
        with pytest.raises(Aborted, match=re.escape(expected)):
            await provider.Invoke(request, context())
