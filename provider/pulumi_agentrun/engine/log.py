"""The engine as the provider sees it: where to tell people of progress."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import grpc.aio
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

_urn: ContextVar[str] = ContextVar("urn", default="")


class Engine:
    """The engine's log."""

    def __init__(self, address: str) -> None:
        self.address = address
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
            self._stub = EngineStub(grpc.aio.insecure_channel(self.address))
        request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn)
        try:
            await cast("Awaitable[Any]", self._stub.Log(request))
        except grpc.aio.AioRpcError:
            return  # an engine that is gone reads no log
