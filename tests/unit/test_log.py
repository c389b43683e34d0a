"""Lines beside resources: what the plugin has the engine show, over the engine's own protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.proto.engine_pb2_grpc import EngineServicer, add_EngineServicer_to_server
from pulumi_agentrun.client.flows import Notice
from pulumi_agentrun.client.wording import Message, Property, Setting
from pulumi_agentrun.engine.log import Engine

URN = "urn:pulumi:dev::p::agentrun:index:ModelService::"


class Listening(EngineServicer):
    """The side of the engine that takes lines."""

    def __init__(self) -> None:
        self.lines: list[Any] = []

    async def Log(self, request: Any, context: Any) -> Empty:
        self.lines.append(request)
        return Empty()


@pytest.fixture
async def listening() -> AsyncIterator[tuple[Listening, str]]:
    server, found = grpc.aio.server(), Listening()
    add_EngineServicer_to_server(found, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield found, f"127.0.0.1:{port}"
    await server.stop(grace=None)


async def test_a_line_is_shown_beside_its_resource_before_the_answer(listening: tuple[Listening, str]) -> None:
    found, address = listening
    engine = Engine(address)
    for name in ("one", "two"):
        async with engine.about(URN + name):
            engine.say(Notice(f"{name} is waited for", is_passing=True))
            engine.say(Notice(f"{name} is odd", is_warning=True))
        assert sorted((line.urn, line.message) for line in found.lines[-2:]) == [
            (URN + name, f"{name} is odd"),
            (URN + name, f"{name} is waited for"),
        ]
    shown = {line.message: (line.severity, line.ephemeral) for line in found.lines}
    assert shown["one is waited for"] == (engine_pb2.INFO, True)
    assert shown["one is odd"] == (engine_pb2.WARNING, False)


async def test_a_line_spells_properties_and_settings_as_the_schema_does(listening: tuple[Listening, str]) -> None:
    found, address = listening
    engine = Engine(address)
    text = Message("{p} by {s}", p=Property(("provider_settings", "api_key")), s=Setting("access_key_id"))
    async with engine.about(URN):
        engine.say(Notice(text))
    assert [line.message for line in found.lines] == ["providerSettings.apiKey by agentrun:accessKeyId"]


async def test_an_engine_that_is_gone_stops_nothing(listening: tuple[Listening, str]) -> None:
    engine = Engine("127.0.0.1:9")
    async with engine.about(URN):
        engine.say(Notice("nobody reads this"))
    assert listening[0].lines == []
