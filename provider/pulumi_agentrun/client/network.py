"""The network under HTTP, in threads and on event loops: every step ends in time, and a request is one write.

HTTP itself is httpcore's. Its own networks bound each step alone, which does not end an exchange: a peer that sends a
byte a second never runs into that. On event loops they also go through anyio, which takes longer than the rest.
"""

from __future__ import annotations

import asyncio
import math
import selectors
import socket
import ssl
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

import httpcore

_PIECE = 16 * 1024
"""Bytes written in one step: between two, a peer that takes them slowly is noticed."""
_AHEAD = 256 * 1024
"""Bytes that an event loop takes from a peer before anybody wants them."""
_NEXT_ADDRESS = 0.25
"""Seconds after which an event loop tries a host's next address too (RFC 8305)."""
_SELECTOR: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


class Limit:
    """When the exchange that a connection serves must be over."""

    def __init__(self) -> None:
        self.until = math.inf
        """On the monotonic clock."""

    def left(self, timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
        """Return how long a step may take that has a timeout of its own. Raises `late` if no time is left."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise late("the time for it is up")
        return timeout if left == math.inf else min(left, math.inf if timeout is None else timeout)


class Network(httpcore.NetworkBackend):
    """The network of one connection in threads."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()
        self.limit = Limit()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers."""
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host}: {error}") from None
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for *_, address in addresses:
            try:
                left = self.limit.left(timeout, httpcore.ConnectTimeout)
                stream = self._inner.connect_tcp(str(address[0]), port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(self.limit, stream)
        raise failure


class _Stream(httpcore.NetworkStream):
    def __init__(self, limit: Limit, inner: httpcore.NetworkStream) -> None:
        self._limit = limit
        self._inner = inner
        self._unsent = bytearray()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._send(timeout)
        return self._inner.read(max_bytes, self._limit.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._unsent += buffer  # httpcore writes the head and the body apart, and then reads

    def _send(self, timeout: float | None) -> None:
        buffer, self._unsent = self._unsent, bytearray()
        try:
            for start in range(0, len(buffer), _PIECE):
                piece = bytes(buffer[start : start + _PIECE])
                self._inner.write(piece, self._limit.left(timeout, httpcore.WriteTimeout))
        except httpcore.WriteError:
            pass  # who closes before all has come may have answered, as httpcore has it

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._limit.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._limit, self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        self._inner.close()


async def connect(
    host: str, port: int, tls: ssl.SSLContext | None, timeout: float | None, limit: Limit
) -> httpcore.AsyncNetworkStream:
    """Connect on the running event loop to the first address of a host that answers."""
    left = limit.left(timeout, httpcore.ConnectTimeout)
    made = asyncio.get_running_loop().create_connection(
        partial(_LoopStream, limit), host, port, ssl=tls, happy_eyeballs_delay=_NEXT_ADDRESS
    )
    try:
        _, stream = await asyncio.wait_for(made, left)
    except asyncio.TimeoutError:
        raise httpcore.ConnectTimeout(f"{host} did not answer in time") from None
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host}: {error}") from None
    return stream


class _LoopStream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._transport: Any = None
        self._unsent = bytearray()
        self._received = bytearray()
        self._is_paused = self._is_over = False
        self._failure: Exception | None = None
        self._waiting: asyncio.Future[None] | None = None

    # What the loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _AHEAD and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._is_over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over, self._failure = True, exc
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _give_up(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(httpcore.ReadTimeout("the time for it is up"))

    # What httpcore asks for

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._unsent += buffer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._unsent:
            unsent, self._unsent = self._unsent, bytearray()
            self._transport.write(unsent)
        if not self._received and not self._is_over:
            await self._wait(self._limit.left(timeout, httpcore.ReadTimeout))
        if self._received:
            found = bytes(self._received[:max_bytes])
            del self._received[:max_bytes]
            if self._is_paused and len(self._received) <= _AHEAD and not self._is_over:
                self._is_paused = False
                self._transport.resume_reading()
            return found
        if self._failure is not None:
            raise httpcore.ReadError(str(self._failure))
        return b""

    async def _wait(self, seconds: float | None) -> None:
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        timer = None if seconds is None else loop.call_later(seconds, self._give_up)
        try:
            await self._waiting
        finally:
            self._waiting = None
            if timer is not None:
                timer.cancel()

    async def aclose(self) -> None:
        self._transport.abort()
        await asyncio.sleep(0)  # the loop closes it in its next turn, which may be its last

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._is_over or bool(self._received) or _is_readable(self._transport)
        return self._transport.get_extra_info(info)


def _is_readable(transport: asyncio.BaseTransport) -> bool:
    """Say whether something has come, the connection's end for instance, that the loop has not told yet."""
    with _SELECTOR() as selector:
        selector.register(transport.get_extra_info("socket"), selectors.EVENT_READ)
        return bool(selector.select(0))
