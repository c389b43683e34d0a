"""The network under HTTP, in threads and on event loops: every step ends in time, and a request is one write.

HTTP itself is httpcore's. Its own networks bound each step alone, which does not end an exchange: a peer that sends a
byte a second never runs into that. On event loops they also go through anyio's streams, which takes longer than the
rest.
"""

from __future__ import annotations

import asyncio
import math
import selectors
import ssl
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

import anyio
import httpcore

from .lookup import looked_up, looked_up_async, unreachable

_PIECE = 16 * 1024
"""Bytes written in one step: between two, a peer that takes them slowly is noticed."""
_AHEAD = 64 * 1024
"""Bytes that an event loop takes from a peer before anybody wants them."""
IDLE = 5.0
"""Seconds that an idle connection is kept, as httpx has it, in threads and on event loops alike."""
_ENDLESS = 1_000_000.0
"""Seconds, days of them, that are no limit: sockets take no larger ones."""
LATE = "the time for it is up"
"""What is said of an exchange that is not over in time, whatever network it goes over."""
_SELECTOR: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


class NotSentError(Exception):
    """What went wrong before anything of a request had left."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(type(reason).__name__)
        self.reason = reason


class Limit:
    """When the exchange that a connection serves must be over."""

    def __init__(self) -> None:
        self.until = math.inf
        """On the monotonic clock."""

    def left(self, timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
        """Return how long a step may take that has a timeout of its own. Raises `late` if no time is left."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise late(LATE)
        left = min(left, math.inf if timeout is None else timeout)
        return None if left >= _ENDLESS else left


class TlsSocket(ssl.SSLSocket):
    """A socket that is closed, and not left to the collector, whatever ends its handshake: an interrupt, too."""

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


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
        addresses = looked_up(host, port, self.limit.left(timeout, httpcore.ConnectTimeout))
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
        except (httpcore.WriteError, httpcore.WriteTimeout):
            pass  # who takes no more may have answered

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._limit.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._limit, self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        self._inner.close()


async def connect(host: str, port: int, tls: ssl.SSLContext | None, timeout: float | None, limit: Limit) -> LoopStream:
    """Connect on the running event loop to the first address of a host that answers."""
    loop = asyncio.get_running_loop()
    addresses = await looked_up_async(host, port, limit.left(timeout, httpcore.ConnectTimeout))
    failure: Exception = httpcore.ConnectError(f"{host} has no address")
    for *_, address in addresses:
        try:
            with anyio.fail_after(limit.left(timeout, httpcore.ConnectTimeout)):
                # One address at a time: a race of several, cancelled, leaves open what has won it.
                _, stream = await loop.create_connection(
                    partial(LoopStream, limit), str(address[0]), port, ssl=tls, server_hostname=host if tls else None
                )
            return stream
        except TimeoutError:
            failure = httpcore.ConnectTimeout(f"{host} did not answer in time")
        except OSError as error:
            failure = unreachable(host, error)
    raise failure


class LoopStream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """One connection of an event loop."""

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
        """Take the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep what has come until it is read; take no more for now if that is much."""
        self._received += data
        if len(self._received) > _AHEAD and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Take note that the peer sends no more."""
        self._is_over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that it has ended."""
        self._is_over, self._failure = True, exc
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _give_up(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(httpcore.ReadTimeout(LATE))

    # What httpcore asks for

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Keep what is to be sent until an answer is wanted."""
        self._unsent += buffer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Send what was written, and return what comes; nothing at the end."""
        if self._unsent:
            unsent, self._unsent = self._unsent, bytearray()
            self._transport.write(unsent)
        left = self._limit.left(timeout, httpcore.ReadTimeout)
        if self._received or self._is_over:
            await asyncio.sleep(0)  # a peer may send faster than it is read, and others are to have their turn
        else:
            await self._wait(left)
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

    def abort(self) -> None:
        """Close it in the loop's next turn."""
        self._transport.abort()

    async def aclose(self) -> None:
        """Close it, and wait until it is."""
        self.abort()
        await asyncio.sleep(0)  # the next turn may be the loop's last

    def get_extra_info(self, info: str) -> Any:
        """Say what httpcore wants to know."""
        if info == "is_readable":
            return self._is_over or bool(self._received) or _has_news(self._transport)
        return self._transport.get_extra_info(info)


def _has_news(transport: asyncio.BaseTransport) -> bool:
    """Say whether something has come, the connection's end for instance, that the loop has not told yet."""
    wire = transport.get_extra_info("socket")
    if transport.is_closing() or wire.fileno() < 0:
        return True
    with _SELECTOR() as selector:
        selector.register(wire, selectors.EVENT_READ)
        return bool(selector.select(0))
