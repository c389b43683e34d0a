"""The engine as the provider sees it: where to tell people of progress."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

import grpc.aio
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

from ..client.wording import tell

if TYPE_CHECKING:
    from ..client.flows import Notice

_PATIENCE = 10.0
"""Seconds that the engine may take to show a line."""
_urn: ContextVar[str] = ContextVar("urn", default="")


class Engine:
    """The engine's log."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._channel: grpc.aio.Channel | None = None
        self._stub: EngineStub | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Keep no connection."""
        if self._channel is not None:
            await self._channel.close()

    @asynccontextmanager
    async def about(self, urn: str) -> AsyncIterator[None]:
        """Let what is said meanwhile be about a resource, and be shown before this ends."""
        token = _urn.set(urn)
        try:
            yield
        finally:
            _urn.reset(token)
            await asyncio.gather(*self._under_way)

    def say(self, notice: Notice) -> None:
        """Show a line beside the resource that it is about."""
        task = asyncio.get_running_loop().create_task(self._log(notice, _urn.get()))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _log(self, notice: Notice, urn: str) -> None:
        from ..lifecycle.readers import SCHEMA  # with the models, which a first answer need not wait for

        if self._stub is None:
            self._channel = grpc.aio.insecure_channel(self.address)
            self._stub = EngineStub(self._channel)
        text = tell(notice.text, SCHEMA)
        severity = engine_pb2.WARNING if notice.is_warning else engine_pb2.INFO
        request = engine_pb2.LogRequest(severity=severity, message=text, urn=urn, ephemeral=notice.is_passing)
        try:
            await cast("Awaitable[Any]", self._stub.Log(request, timeout=_PATIENCE))
        except grpc.aio.AioRpcError:
            return  # an engine that is gone reads no log
