"""What people wait for at the start: what a plugin or a pack says of itself needs no data of the API and no network."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

SAY_VERSION = """
import sys
from pulumi_agentrun.plugin.__main__ import main
sys.argv = ["pulumi-resource-agentrun", "--version"]
try:
    main()
except SystemExit as end:
    assert not end.code
"""
ANSWER = """
import asyncio
import pulumi_agentrun.plugin.serving
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi_agentrun.engine.log import Engine
from pulumi_agentrun.plugin.provider import Provider

async def ask():
    provider, args = Provider(Engine("127.0.0.1:1")), Struct()
    args.update({"region": "cn-hangzhou"})
    print((await provider.GetPluginInfo(Empty(), None)).version)
    assert (await provider.GetSchema(messages.GetSchemaRequest(), None)).schema
    assert (await provider.Configure(messages.ConfigureRequest(args=args), None)).acceptSecrets

asyncio.run(ask())
"""
TELL_POLICIES = """
from pulumi_agentrun.policy import pack
from pulumi_policy import policy as sdk
servicer = pack.servicer(sdk._PolicyAnalyzerServicer, "production")
served = servicer("agentrun", "0.0.1", pack.policies("production"), sdk.EnforcementLevel.ADVISORY)
told = served.GetAnalyzerInfo(None, None)
assert len(told.policies) > 20
print(told.version)
"""
ANSWER_AS_THE_ENGINE_ASKS = (
    """
import pulumi_agentrun.plugin.__main__ as plugin
plugin._leave_out_sdk()
"""
    + ANSWER
    + """
import pulumi
assert not hasattr(pulumi, "ComponentResource")
"""
)
MODELS = {"pydantic", "pydantic_core", "pulumi_agentrun.client.models", "pulumi_agentrun.client.kinds"}
NETWORK = {"httpx", "httpcore", "sqlite3", "alibabacloud_credentials", "pulumi_agentrun.client.session"}
COMMANDS = {"click", "rich", "pulumi_agentrun.cli"}


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        (SAY_VERSION, MODELS | NETWORK | COMMANDS | {"pulumi", "grpc", "asyncio", "google.protobuf"}),
        (ANSWER, MODELS | NETWORK | COMMANDS),
        (ANSWER_AS_THE_ENGINE_ASKS, MODELS | NETWORK | COMMANDS | {"pulumi.resource", "importlib.metadata"}),
        (TELL_POLICIES, MODELS | NETWORK | COMMANDS | {"pulumi_agentrun.policy.rule", "pulumi_agentrun.policy.rules"}),
    ],
    ids=["--version", "first answers", "first answers, asked by the engine", "the pack's policies"],
)
def test_what_the_engine_waits_for_tells_what_it_is_without_what_only_resources_need(
    code: str, absent: set[str]
) -> None:
    code += f"\nimport sys\nprint(sorted({absent!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    version, loaded = done.stdout.splitlines()
    assert version.removeprefix("pulumi-resource-agentrun ") == metadata.version("pulumi-agentrun")
    assert loaded == "[]"
