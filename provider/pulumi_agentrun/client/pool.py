"""Keeps connections, one to a pool: httpcore's own pool looks at all of them for every request."""

from __future__ import annotations

import math
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from .addresses import is_loopback
from .bounds import Network
from .errors import ConfigError

KEPT = 64
"""How many idle connections are kept."""
TOTAL = "total"
"""The extension of a request that says how many seconds its whole exchange may take."""
_IDLE = 5.0
"""Seconds that an idle connection is kept, as httpx has it; in threads and on event loops alike, as KEPT is."""


def proxy_for(base_url: str) -> httpx.Proxy | None:
    """Return the HTTP proxy that the environment, or the system, has for an address. Raises ConfigError.

    What is for this machine in clear does not leave it: a proxy elsewhere is not asked for it.
    """
    to = urlsplit(base_url)
    known = getproxies()
    url = known.get(to.scheme) or known.get("all")
    if not url or proxy_bypass(to.netloc):
        return None
    try:
        proxy = httpx.Proxy(url if "://" in url else f"http://{url}")
    except Exception:  # of several classes; the URL may hold a password
        raise ConfigError(
            f"The proxy that the environment names for {to.scheme}:// is no URL such as http://HOST:PORT."
        ) from None
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigError("The environment names a SOCKS proxy, which takes a package more: install httpx[socks].")
    stays = to.scheme == "http" and is_loopback(to.hostname or "")
    return None if stays and not is_loopback(proxy.url.host) else proxy


class Connections(httpx.BaseTransport):
    """As many connections as threads use at once, each exchange over one of them within its total time."""

    def __init__(self, proxy: httpx.Proxy | None = None) -> None:
        self._verify = httpx.create_ssl_context()
        self._proxy = proxy
        self._idle: deque[_Line] = deque()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over an idle connection, or a new one."""
        try:
            line = self._idle.pop()
        except IndexError:
            line = _Line(self._verify, self._proxy)
        try:
            return line.exchange(request, self._give_back)
        except BaseException:
            line.pool.close()
            raise

    def _give_back(self, line: _Line) -> None:
        if len(self._idle) < KEPT:
            self._idle.append(line)
        else:
            line.pool.close()

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().pool.close()


class _Line:
    """One connection, and its network that an exchange sets a limit to."""

    def __init__(self, verify: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        self._network = Network()
        self.pool = _pool(verify, proxy, self._network)

    def exchange(self, request: httpx.Request, done: Callable[[_Line], None]) -> httpx.Response:
        self._network.until = time.monotonic() + request.extensions.get(TOTAL, math.inf)
        url = request.url
        answer = self.pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(answer.stream, Iterable)
        stream = _Stream(answer.stream, answer.close, lambda: done(self))
        return httpx.Response(answer.status, headers=answer.headers, stream=stream)


def _pool(verify: ssl.SSLContext, proxy: httpx.Proxy | None, network: Network) -> httpcore.ConnectionPool:
    # With 64 connections, httpcore 1.0 spends 5 ms on choosing one; with one to a pool there is nothing to choose.
    options: dict[str, Any] = {
        "ssl_context": verify, "max_connections": 1, "keepalive_expiry": _IDLE, "network_backend": network,
    }  # fmt: skip
    if proxy is None:
        return httpcore.ConnectionPool(**options)
    address = httpcore.URL(
        scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=proxy.url.raw_path
    )
    kind = httpcore.SOCKSProxy if proxy.url.scheme.startswith("socks") else httpcore.HTTPProxy
    return kind(proxy_url=address, proxy_auth=proxy.raw_auth, **options)


class AsyncConnections(httpx.AsyncBaseTransport):
    """As many connections as tasks use at once."""

    def __init__(self, proxy: httpx.Proxy | None = None) -> None:
        self._verify = httpx.create_ssl_context()
        self._proxy = proxy
        self._idle: deque[httpx.AsyncHTTPTransport] = deque()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over an idle connection, or a new one."""
        try:
            transport = self._idle.pop()
        except IndexError:
            one = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE)
            transport = httpx.AsyncHTTPTransport(verify=self._verify, limits=one, proxy=self._proxy)
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            await transport.aclose()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _AsyncStream(response.stream, lambda: self._give_back(transport))
        return response

    async def _give_back(self, transport: httpx.AsyncHTTPTransport) -> None:
        if len(self._idle) < KEPT:
            self._idle.append(transport)
        else:
            await transport.aclose()

    async def aclose(self) -> None:
        """Close the idle connections."""
        while self._idle:
            await self._idle.pop().aclose()


class _Stream(httpx.SyncByteStream):
    def __init__(self, inner: Iterable[bytes], close: Callable[[], None], done: Callable[[], None]) -> None:
        self._inner = inner
        self._close = close
        self._done = done

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._inner)

    def close(self) -> None:
        self._close()
        self._done()


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, done: Callable[[], Awaitable[None]]) -> None:
        self._inner = inner
        self._done = done

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._inner)

    async def aclose(self) -> None:
        await self._inner.aclose()
        await self._done()
