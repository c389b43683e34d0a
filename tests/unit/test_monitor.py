"""What a component registers, as the engine's resource monitor gets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.proto.alias_pb2 import Alias
from pulumi.runtime.proto.resource_pb2_grpc import ResourceMonitorServicer, add_ResourceMonitorServicer_to_server
from pulumi_agentrun.client.errors import InvalidArgumentError
from pulumi_agentrun.lifecycle.unknown import UNKNOWN
from pulumi_agentrun.plugin import values
from pulumi_agentrun.plugin.components import GATEWAY, construct
from pulumi_agentrun.plugin.provider import Provider
from pulumi_agentrun.plugin.values import Hidden
from unit.test_plugin import Aborted, Quiet, context

ARGUMENTS: dict[str, Any] = {
    "services": {
        "stable": {"provider": "tongyi", "modelNames": ["max", "plus"], "apiKey": Hidden("sk-1")},
        "canary": {"provider": "openai", "modelNames": ["max", "o"], "apiKey": "sk-2", "description": Hidden("d")},
        "backup": {"provider": "deepseek", "modelNames": ["chat"]},
    },
    "weights": {"canary": 5, "stable": 95},
    "workspaceId": "ws",
}


class Recorder(ResourceMonitorServicer):
    """Answer as the engine would, and remember what was registered."""

    def __init__(self, *, fails: bool = False) -> None:
        self.made: dict[str, resource_pb2.RegisterResourceRequest] = {}
        self.outputs: dict[str, Any] = {}
        self.fails = fails

    async def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest, context: Any
    ) -> resource_pb2.RegisterResourceResponse:
        self.made[f"{request.type.rsplit(':', 1)[-1]}::{request.name}"] = request
        name = {"ModelService": "modelServiceName", "ModelProxy": "modelProxyName"}.get(request.type.rsplit(":", 1)[-1])
        own = {name: f"{request.name}-1", "region": "cn-test", "endpoint": "https://gateway.test"} if name else {}
        if self.fails and name == "modelProxyName":
            return resource_pb2.RegisterResourceResponse(urn="failed", result=resource_pb2.FAIL)
        return resource_pb2.RegisterResourceResponse(urn=f"urn:{request.name}:{name}", object=values.write(own))

    async def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: Any
    ) -> Empty:
        self.outputs[request.urn] = values.read(request.outputs)
        return Empty()


async def constructed(recorder: Recorder, arguments: dict[str, Any], **options: Any) -> messages.ConstructResponse:
    server = grpc.aio.server()
    add_ResourceMonitorServicer_to_server(recorder, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        request = messages.ConstructRequest(
            type=GATEWAY, name="chat", monitorEndpoint=f"127.0.0.1:{port}", inputs=values.write(arguments), **options
        )
        return await construct(request)
    finally:
        await server.stop(grace=None)


async def test_services_come_first_and_the_proxy_names_them() -> None:
    recorder = Recorder()
    answer = await constructed(recorder, ARGUMENTS)
    assert next(iter(recorder.made)) == "ModelGateway::chat"
    assert list(recorder.made)[-1] == "ModelProxy::chat"
    found = {name: values.read(request.object) for name, request in recorder.made.items()}
    assert found["ModelGateway::chat"].values == {}
    stable, canary = found["ModelService::chat-stable"], found["ModelService::chat-canary"]
    assert stable.values == {
        "provider": "tongyi",
        "modelType": "llm",
        "workspaceId": "ws",
        "providerSettings": {"apiKey": "sk-1", "modelNames": ["max", "plus"]},
    }
    assert stable.secrets == {("providerSettings", "apiKey")}
    assert canary.secrets == {("providerSettings", "apiKey"), ("description",)}
    config = found["ModelProxy::chat"].values["proxyConfig"]
    assert [(e["modelServiceName"], e["weight"]) for e in config["endpoints"]] == [
        ("chat-stable-1", 95),
        ("chat-canary-1", 5),
    ]
    assert config["policies"]["fallbacks"] == [{"modelServiceName": "chat-backup-1", "modelName": "chat"}]
    for name, request in recorder.made.items():
        assert (request.parent == answer.urn) is (name != "ModelGateway::chat")
        assert request.custom is (name != "ModelGateway::chat")


async def test_the_contract_is_the_same_as_that_of_python_programs() -> None:
    recorder = Recorder()
    answer = await constructed(recorder, ARGUMENTS | {"credentialName": "callers"})
    outputs = values.read(answer.state)
    assert outputs == recorder.outputs[answer.urn]
    assert outputs.secrets == frozenset()
    assert outputs.values["modelServiceNames"] == {key: f"chat-{key}-1" for key in ("backup", "canary", "stable")}
    assert outputs.values["contract"] == {
        "version": 1,
        "endpoint": "https://gateway.test",
        "model_proxy_name": "chat-1",
        "model_name": "max",
        "model_names": ["max", "plus", "o"],
        "credential_name": "callers",
        "region": "cn-test",
    }
    proxy = "urn:chat:modelProxyName"
    assert {tuple(needs.urns) for needs in answer.stateDependencies.values()} == {(proxy,)}


async def test_options_of_the_component_are_passed_on() -> None:
    recorder = Recorder()
    aliases = [Alias(spec=Alias.Spec(name="talk"))]
    options = {
        "parent": "urn:pulumi:dev::p::t::x", "dependencies": ["urn:a"], "providers": {"agentrun": "eu::1"},
        "protect": False, "retainOnDelete": True, "deletedWith": "urn:b", "ignoreChanges": ["c"],
        "customTimeouts": {"create": "5m"}, "resource_hooks": {"before_create": ["h"]},
    }  # fmt: skip
    await constructed(recorder, ARGUMENTS, aliases=aliases, **options)
    made = recorder.made["ModelGateway::chat"]
    assert list(made.aliases) == aliases
    assert made.aliasSpecs
    assert {name: getattr(made, name) for name in ("parent", "protect", "retainOnDelete", "deletedWith")} == {
        name: options[name] for name in ("parent", "protect", "retainOnDelete", "deletedWith")
    }
    assert made.HasField("protect")
    assert dict(made.providers) == options["providers"]
    assert (list(made.dependencies), list(made.ignoreChanges)) == (["urn:a"], ["c"])
    assert (made.customTimeouts.create, list(made.hooks.before_create)) == ("5m", ["h"])
    for name in ("ModelProxy::chat", "ModelService::chat-stable"):
        assert not recorder.made[name].HasField("protect"), "the engine says what a child has of its parent's options"
        assert not recorder.made[name].provider


async def test_each_input_depends_on_what_it_is_made_of() -> None:
    recorder = Recorder()
    of = {
        name: messages.ConstructRequest.PropertyDependencies(urns=[f"urn:{name}"])
        for name in ("services", "weights", "cpu")
    }
    await constructed(recorder, ARGUMENTS | {"cpu": 4}, inputDependencies=of)
    service, proxy = recorder.made["ModelService::chat-stable"], recorder.made["ModelProxy::chat"]
    needs = {name: list(found.urns) for name, found in service.propertyDependencies.items()}
    assert needs == {
        "modelType": [],
        "workspaceId": [],
        "provider": ["urn:services"],
        "providerSettings": ["urn:services"],
    }
    needs = {name: list(found.urns) for name, found in proxy.propertyDependencies.items()}
    services = [f"urn:chat-{key}:modelServiceName" for key in ("backup", "canary", "stable")]
    assert needs["proxyConfig"] == sorted([*services, "urn:services", "urn:weights"])
    assert (needs["cpu"], needs["workspaceId"]) == (["urn:cpu"], [])
    assert list(proxy.dependencies) == sorted([*services, "urn:services", "urn:weights", "urn:cpu"])


async def test_what_a_preview_does_not_know_stays_unknown_and_what_is_secret_stays_secret() -> None:
    recorder = Recorder()
    models = {"provider": "x", "modelNames": [UNKNOWN]}
    answer = await constructed(recorder, {"services": {"a": models}, "description": Hidden("d")}, dryRun=True)
    outputs = values.read(answer.state).values
    assert outputs["modelNames"] is UNKNOWN
    assert outputs["contract"]["model_name"] is UNKNOWN
    assert values.read(recorder.made["ModelProxy::chat"].object).secrets == {("description",)}
    hidden = {"provider": "x", "modelNames": Hidden(["a", "b", "a"])}
    found = values.read((await constructed(recorder, {"services": Hidden({"a": hidden})})).state)
    assert found.values["modelNames"] == ["a", "b"]
    assert {("modelNames",), ("modelName",), ("contract", "model_names")} <= found.secrets


async def test_a_proxy_that_failed_leaves_outputs_unknown() -> None:
    outputs = values.read((await constructed(Recorder(fails=True), ARGUMENTS)).state).values
    assert outputs["endpoint"] is UNKNOWN
    assert outputs["modelNames"] == ["max", "plus", "o"]


async def test_an_engine_that_takes_no_more_resources_is_passed_on(tmp_path: Path) -> None:
    request = messages.ConstructRequest(
        type=GATEWAY, name="chat", monitorEndpoint=f"unix:{tmp_path}/none", inputs=values.write(ARGUMENTS)
    )
    with pytest.raises(Aborted) as caught:
        await Provider(Quiet("")).Construct(request, context())
    assert caught.value.code == grpc.StatusCode.UNAVAILABLE


async def test_bad_arguments_register_nothing_and_show_no_key() -> None:
    recorder = Recorder()
    wrong = {"services": {"a": {"provider": "x", "model_names": ["m"], "apiKye": "sk-never-1"}}, "numRetries": -1}
    with pytest.raises(InvalidArgumentError) as caught:
        await constructed(recorder, wrong)
    assert str(caught.value).split("; ") == [
        "numRetries: must be at least 0",
        "services.a.apiKye: there is no such property",
        "did you mean apiKey?",
        "services.a.model_names: there is no such property",
        "did you mean modelNames?",
    ]
    assert recorder.made == {}
    with pytest.raises(InvalidArgumentError, match=r"There is no component agentrun:index:Other"):
        await construct(messages.ConstructRequest(type="agentrun:index:Other"))
