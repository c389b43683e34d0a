"""What Pulumi's dynamic host answers when a provider fails, over its own protocol, as it is now and as it was."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto.provider_pb2_grpc import (
    ResourceProviderServicer,
    ResourceProviderStub,
    add_ResourceProviderServicer_to_server,
)
from pulumi_agentrun.client.flows import Notice
from pulumi_agentrun.dynamic import host


class Older(ResourceProviderServicer):
    """The host of SDK 3.25x: what is raised, gRPC answers."""

    def Diff(self, request: Any, context: Any) -> Any:
        return self.fail("Model service a is elsewhere: set it back.")

    def Update(self, request: Any, context: Any) -> Any:
        news = {"__provider": "p"}
        assert news
        host.abort_incomplete("half done", "a", {"b": 1}, {"b": 2})
        raise AssertionError

    def fail(self, sentence: str) -> None:
        """Fail below the host's method, as a provider does."""
        host.abort(sentence, grpc.StatusCode.FAILED_PRECONDITION)


class Newer(Older):
    """The host of SDK 3.27x: it answers what is raised with its traceback."""

    def Diff(self, request: Any, context: Any) -> Any:
        return self._answered(super().Diff, request, context)

    def Update(self, request: Any, context: Any) -> Any:
        return self._answered(super().Update, request, context)

    def _answered(self, method: Any, request: Any, context: Any) -> Any:
        try:
            return method(request, context)
        except Exception:
            context.abort(grpc.StatusCode.UNKNOWN, traceback.format_exc())


@pytest.fixture(params=[Older, Newer])
def stub(request: pytest.FixtureRequest) -> Iterator[ResourceProviderStub]:
    with futures.ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        add_ResourceProviderServicer_to_server(request.param(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield ResourceProviderStub(channel)
        server.stop(None).wait()


def test_a_failure_is_answered_with_its_sentence_alone(stub: ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        stub.Diff(messages.DiffRequest(id="a"))
    error: Any = caught.value
    assert error.details() == "Model service a is elsewhere: set it back."
    assert error.code() == grpc.StatusCode.FAILED_PRECONDITION


def test_what_exists_after_a_failure_is_answered_with_it(stub: ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        stub.Update(messages.UpdateRequest(id="a", news=Struct()))
    error: Any = caught.value
    assert error.details() == "half done"
    (status,) = (value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin")
    assert b"ErrorResourceInitFailed" in status


def test_outside_of_a_host_nothing_happens(capsys: pytest.CaptureFixture[str]) -> None:
    host.say(Notice("nobody but who reads this"))
    assert capsys.readouterr().out == "nobody but who reads this\n"
    host.abort("nobody asked", grpc.StatusCode.UNKNOWN)
    assert host.engine_address() is None
