"""The engine as the provider sees it: where to tell people of progress, and what to answer when something fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

import grpc
import grpc.aio
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import engine_pb2, provider_pb2, status_pb2
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

_urn: ContextVar[str] = ContextVar("urn", default="")


class Engine:
    """The engine's log."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._stub: EngineStub | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    @contextmanager
    def about(self, urn: str) -> Iterator[None]:
        """Let what is said meanwhile be about a resource."""
        token = _urn.set(urn)
        try:
            yield
        finally:
            _urn.reset(token)

    def say(self, text: str) -> None:
        """Show a line beside the resource that it is about."""
        task = asyncio.get_running_loop().create_task(self._log(text, _urn.get()))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _log(self, text: str, urn: str) -> None:
        if self._stub is None:
            self._stub = EngineStub(grpc.aio.insecure_channel(self._address))
        request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn)
        try:
            await cast("Awaitable[Any]", self._stub.Log(request))
        except grpc.aio.AioRpcError:
            return  # an engine that is gone reads no log


@dataclass(frozen=True)
class Status(grpc.Status):
    """What a call is answered with instead of a result."""

    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


def incomplete(id: str, outputs: Struct, inputs: Struct, reason: str) -> Status:
    """Return the answer for a resource that exists but is not ready, so that the engine keeps it in state."""
    failed = provider_pb2.ErrorResourceInitFailed(id=id, properties=outputs, inputs=inputs, reasons=[reason])
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=reason)
    status.details.add().Pack(failed)
    return Status(code, reason, (("grpc-status-details-bin", status.SerializeToString()),))
