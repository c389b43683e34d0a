"""Keeps connections, one to a transport: httpcore's own pool looks at all of them for every request."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator

import httpx

KEPT = 64
"""How many idle connections are kept."""

# With 64 connections, httpcore 1.0 spends 5 ms on choosing one; with one to a pool there is nothing to choose.
_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1)


class Connections(httpx.BaseTransport):
    """As many connections as threads use at once."""

    def __init__(self) -> None:
        self._verify = httpx.create_ssl_context()
        self._idle: deque[httpx.HTTPTransport] = deque()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over an idle connection, or a new one."""
        try:
            transport = self._idle.pop()
        except IndexError:
            transport = httpx.HTTPTransport(verify=self._verify, limits=_ONE)
        try:
            response = transport.handle_request(request)
        except BaseException:
            transport.close()
            raise
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Stream(response.stream, lambda: self._give_back(transport))
        return response

    def _give_back(self, transport: httpx.HTTPTransport) -> None:
        if len(self._idle) < KEPT:
            self._idle.append(transport)
        else:
            transport.close()

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()


class AsyncConnections(httpx.AsyncBaseTransport):
    """As many connections as tasks use at once."""

    def __init__(self) -> None:
        self._verify = httpx.create_ssl_context()
        self._idle: deque[httpx.AsyncHTTPTransport] = deque()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over an idle connection, or a new one."""
        try:
            transport = self._idle.pop()
        except IndexError:
            transport = httpx.AsyncHTTPTransport(verify=self._verify, limits=_ONE)
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            await transport.aclose()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _AsyncStream(response.stream, lambda: self._idle.append(transport))
        return response

    async def aclose(self) -> None:
        """Close the idle connections."""
        while self._idle:
            await self._idle.pop().aclose()


class _Stream(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, done: Callable[[], None]) -> None:
        self._inner = inner
        self._done = done

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._inner)

    def close(self) -> None:
        self._inner.close()
        self._done()


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, done: Callable[[], None]) -> None:
        self._inner = inner
        self._done = done

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._inner)

    async def aclose(self) -> None:
        await self._inner.aclose()
        self._done()
