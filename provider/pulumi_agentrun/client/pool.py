"""Keeps connections, each used by one exchange at a time.

httpcore's own pool looks at all of its connections for every request: with 64 of them, 5 ms of processor time a call.
So there is none, but where an HTTP proxy has to be spoken to: there, a pool has one connection.
"""

from __future__ import annotations

import logging
import math
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

import anyio
import httpcore
import httpx

from .bounds import Body
from .network import IDLE, LATE, Limit, LoopStream, Network, connect
from .proxies import async_proxied, proxied

KEPT = 64
"""How many idle connections are kept."""
TOTAL = "total"
"""The extension of a request that says how many seconds its whole exchange may take."""
_ENCODED = b"content-encoding"
_OF_THE_BODY = (_ENCODED, b"content-length", b"transfer-encoding")
_IS_OURS = ContextVar("is_ours", default=False)
"""Whether the exchange under way is one of this client's."""


def _is_others(record: logging.LogRecord) -> bool:
    return not _IS_OURS.get()


# At DEBUG, httpcore writes down each answer's headers, in which a peer may repeat what it was sent.
for _name in ("connection", "http11", "proxy", "socks"):
    logging.getLogger(f"httpcore.{_name}").addFilter(_is_others)


@contextmanager
def _unlogged() -> Iterator[None]:
    token = _IS_OURS.set(True)
    try:
        yield
    finally:
        _IS_OURS.reset(token)


class _Kept:
    """What both kinds of connections share: trust, made when it is first needed, for that takes long."""

    def __init__(self, proxy: httpx.Proxy | None = None) -> None:
        self._proxy = proxy
        self._is_closed = False

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        trust = httpx.create_ssl_context()
        trust.set_alpn_protocols(["http/1.1"])
        return trust


class Connections(_Kept, httpx.BaseTransport):
    """As many connections as threads use at once, each exchange over one of them within its total time."""

    def __init__(self, proxy: httpx.Proxy | None = None) -> None:
        super().__init__(proxy)
        self._idle: deque[_Line] = deque()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over an idle connection, or a new one."""
        try:
            line = self._idle.pop()
        except IndexError:
            line = _Line(lambda: self._trust, self._proxy)
        try:
            with _unlogged():
                response = line.exchange(request)
        except BaseException:
            line.close()
            raise
        if line.may_serve and len(self._idle) < KEPT and not self._is_closed:
            self._idle.append(line)
        else:
            line.close()
        return response

    def close(self) -> None:
        """Close the idle connections now, and others once they have served."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()


class _Line:
    """One connection at a time, which is replaced when it has ended."""

    def __init__(self, trust: Callable[[], ssl.SSLContext], proxy: httpx.Proxy | None) -> None:
        self._trust = trust
        self._proxy = proxy
        self._network = Network()
        self._wire: httpcore.ConnectionPool | httpcore.HTTP11Connection | None = None

    def exchange(self, request: httpx.Request) -> httpx.Response:
        self._network.limit.until = _until(request)
        asked = _asked(request)
        if self._proxy is not None:
            self._wire = self._wire or proxied(self._proxy, self._trust(), self._network)
        elif self._wire is None or not _serves(self._wire):
            self.close()
            self._wire = self._connected(asked)
        answer = self._wire.handle_request(asked)
        try:
            body = _body(answer)
            for piece in answer.iter_stream():
                body.add(piece)
        finally:
            answer.close()
        return _whole(answer, body)

    def _connected(self, asked: httpcore.Request) -> httpcore.HTTP11Connection:
        origin, timeout = asked.url.origin, asked.extensions["timeout"]["connect"]
        host = origin.host.decode("ascii")
        stream = self._network.connect_tcp(host, origin.port, timeout)
        if origin.scheme == b"https":
            stream = stream.start_tls(self._trust(), host, timeout)
        return httpcore.HTTP11Connection(origin, stream, IDLE)

    @property
    def may_serve(self) -> bool:
        return not _has_more(self._wire)

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None


class AsyncConnections(_Kept, httpx.AsyncBaseTransport):
    """As many connections as tasks use at once."""

    def __init__(self, proxy: httpx.Proxy | None = None) -> None:
        super().__init__(proxy)
        self._idle: deque[_AsyncLine] = deque()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over an idle connection, or a new one."""
        try:
            line = self._idle.pop()
        except IndexError:
            line = _AsyncLine(lambda: self._trust, self._proxy)
        try:
            with _unlogged():
                response = await self._in_time(line, request)
        except BaseException:
            await line.aclose()
            raise
        if line.may_serve and len(self._idle) < KEPT and not self._is_closed:
            self._idle.append(line)
        else:
            await line.aclose()
        return response

    async def _in_time(self, line: _AsyncLine, request: httpx.Request) -> httpx.Response:
        if self._proxy is None:
            return await line.exchange(request)
        try:  # the network to a proxy is httpcore's own, which bounds no exchange
            with anyio.fail_after(request.extensions.get(TOTAL)):
                return await line.exchange(request)
        except TimeoutError:
            raise httpcore.ReadTimeout(LATE) from None

    async def aclose(self) -> None:
        """Close the idle connections now, and others once they have served."""
        self._is_closed = True
        for line in self._idle:
            line.abort()  # all of them, even if the wait for the first is cancelled
        while self._idle:
            await self._idle.pop().aclose()


class _AsyncLine:
    def __init__(self, trust: Callable[[], ssl.SSLContext], proxy: httpx.Proxy | None) -> None:
        self._trust = trust
        self._proxy = proxy
        self._limit = Limit()
        self._wire: httpcore.AsyncConnectionPool | httpcore.AsyncHTTP11Connection | None = None
        self._stream: LoopStream | None = None

    async def exchange(self, request: httpx.Request) -> httpx.Response:
        self._limit.until = _until(request)
        asked = _asked(request)
        if self._proxy is not None:
            self._wire = self._wire or async_proxied(self._proxy, self._trust())
        elif self._wire is None or not _serves(self._wire):
            await self.aclose()
            self._wire = await self._connected(asked)
        answer = await self._wire.handle_async_request(asked)
        try:
            body = _body(answer)
            async for piece in answer.aiter_stream():
                body.add(piece)
        finally:
            await answer.aclose()
        return _whole(answer, body)

    async def _connected(self, asked: httpcore.Request) -> httpcore.AsyncHTTP11Connection:
        origin, timeout = asked.url.origin, asked.extensions["timeout"]["connect"]
        trust = self._trust() if origin.scheme == b"https" else None
        self._stream = await connect(origin.host.decode("ascii"), origin.port, trust, timeout, self._limit)
        return httpcore.AsyncHTTP11Connection(origin, self._stream, IDLE)

    @property
    def may_serve(self) -> bool:
        return not _has_more(self._wire)

    def abort(self) -> None:
        if self._stream is not None:
            self._stream.abort()

    async def aclose(self) -> None:
        if self._wire is not None:
            await self._wire.aclose()
            self._wire = None


def _until(request: httpx.Request) -> float:
    seconds: float = request.extensions.get(TOTAL, math.inf)
    return time.monotonic() + seconds


def _asked(request: httpx.Request) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def _body(answer: httpcore.Response) -> Body:
    return Body(", ".join(value.decode("latin-1") for name, value in answer.headers if name.lower() == _ENCODED))


def _whole(answer: httpcore.Response, body: Body) -> httpx.Response:
    """Return a response as it is once its body has been read and decompressed."""
    told = [(name, value) for name, value in answer.headers if name.lower() not in _OF_THE_BODY]
    return httpx.Response(answer.status, headers=told, content=body.whole())


def _serves(wire: Any) -> bool:
    """Say whether a connection can take an exchange more."""
    return wire.is_available() and not wire.has_expired()


def _has_more(wire: Any) -> bool:
    """Say whether something came behind an answer, which httpcore would take for the next one."""
    if isinstance(wire, (httpcore.ConnectionPool, httpcore.AsyncConnectionPool)):
        wire = next(iter(wire.connections), None)
    while hasattr(wire, "_connection"):
        wire = wire._connection
    if wire is None or wire.is_closed():
        return False
    state = getattr(wire, "_h11_state", None)  # where another version has none, no connection is kept
    return state is None or bool(state.trailing_data[0])
