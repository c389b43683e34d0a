"""Keeps connections, each used by one exchange at a time.

httpcore's own pool looks at all of its connections for every request: with 64 of them, 5 ms of processor time a call.
So there is none, but where an HTTP proxy has to be spoken to: there, a pool has one connection.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Callable
from functools import cached_property
from typing import Any

import anyio
import httpcore
import httpx

from .errors import ConfigError
from .exchanges import TOTAL, asked_of, body_of, may_have_sent, unlogged, until_of, whole
from .network import IDLE, LATE, Limit, LoopStream, Network, NotSentError, TlsSocket, connect
from .proxies import async_proxied, proxied

KEPT = 64
"""How many idle connections are kept."""


class _Kept:
    """What both kinds of connections share: trust, made when it is first needed, for that takes long."""

    def __init__(self, proxy: httpx.Proxy | None = None) -> None:
        self._proxy = proxy
        self._is_closed = False

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        try:
            trust = httpx.create_ssl_context()
        except OSError as error:
            reason = "there is no certificate in it" if isinstance(error, ssl.SSLError) else error.strerror
            raise ConfigError(
                f"The certificates to trust cannot be read: {reason}. "
                "Let SSL_CERT_FILE, or SSL_CERT_DIR, lead to some, or unset it."
            ) from None
        trust.sslsocket_class = TlsSocket
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
            with unlogged():
                response = line.exchange(request)
        except BaseException as error:
            line.close()
            if isinstance(error, Exception) and not line.has_sent:
                raise NotSentError(error) from None
            raise
        if line.may_serve and len(self._idle) < KEPT and not self._is_closed:
            self._idle.append(line)
        else:
            line.close()
        if len(self._idle) > 1:
            self._close_oldest()
        return response

    def _close_oldest(self) -> None:
        """Close the connection that has been idle for longest, if it is no use any more."""
        try:
            oldest = self._idle.popleft()
        except IndexError:  # another thread uses it
            return
        if oldest.is_over:
            oldest.close()
        else:
            self._idle.appendleft(oldest)

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
        self.has_sent = False
        """Whether something of the last request may have left."""
        self._wire: httpcore.ConnectionPool | httpcore.HTTP11Connection | None = None

    def exchange(self, request: httpx.Request) -> httpx.Response:
        self.has_sent = False
        self._network.limit.until = until_of(request)
        asked = asked_of(request)
        if self._proxy is not None:
            self._wire = self._wire or proxied(self._proxy, self._trust(), self._network)
            asked.extensions["trace"] = self._passing
        elif self._wire is None or not _serves(self._wire):
            self.close()
            self._wire = self._connected(asked)
        self.has_sent = True
        answer = self._wire.handle_request(asked)
        try:
            body = body_of(answer)
            for piece in answer.iter_stream():
                body.add(piece)
        finally:
            answer.close()
        return whole(answer, body)

    def _connected(self, asked: httpcore.Request) -> httpcore.HTTP11Connection:
        origin, timeout = asked.url.origin, asked.extensions["timeout"]["connect"]
        host, trust = origin.host.decode("ascii"), self._trust() if origin.scheme == b"https" else None
        stream = self._network.connect_tcp(host, origin.port, timeout)
        if trust is not None:
            stream = stream.start_tls(trust, host, timeout)
        return httpcore.HTTP11Connection(origin, stream, IDLE)

    def _passing(self, event: str, info: dict[str, Any]) -> None:
        self.has_sent = may_have_sent(event, info, self.has_sent)

    @property
    def may_serve(self) -> bool:
        return not _has_more(self._wire)

    @property
    def is_over(self) -> bool:
        wires = self._wire.connections if isinstance(self._wire, httpcore.ConnectionPool) else [self._wire]
        return not any(_serves(wire) for wire in wires if wire is not None)

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
            with unlogged():
                response = await self._in_time(line, request)
        except BaseException as error:
            await line.aclose()
            if isinstance(error, Exception) and not line.has_sent:
                raise NotSentError(error) from None
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
        self.has_sent = False
        self._wire: httpcore.AsyncConnectionPool | httpcore.AsyncHTTP11Connection | None = None
        self._stream: LoopStream | None = None

    async def exchange(self, request: httpx.Request) -> httpx.Response:
        self.has_sent = False
        self._limit.until = until_of(request)
        asked = asked_of(request)
        if self._proxy is not None:
            self._wire = self._wire or async_proxied(self._proxy, self._trust())
            asked.extensions["trace"] = self._passing
        elif self._wire is None or not _serves(self._wire):
            await self.aclose()
            self._wire = await self._connected(asked)
        self.has_sent = True
        answer = await self._wire.handle_async_request(asked)
        try:
            body = body_of(answer)
            async for piece in answer.aiter_stream():
                body.add(piece)
        finally:
            await answer.aclose()
        return whole(answer, body)

    async def _connected(self, asked: httpcore.Request) -> httpcore.AsyncHTTP11Connection:
        origin, timeout = asked.url.origin, asked.extensions["timeout"]["connect"]
        trust = self._trust() if origin.scheme == b"https" else None
        self._stream = await connect(origin.host.decode("ascii"), origin.port, trust, timeout, self._limit)
        return httpcore.AsyncHTTP11Connection(origin, self._stream, IDLE)

    async def _passing(self, event: str, info: dict[str, Any]) -> None:
        self.has_sent = may_have_sent(event, info, self.has_sent)

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
