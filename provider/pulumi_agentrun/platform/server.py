"""Serves the platform over HTTP or HTTPS with uvicorn, for any client."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import uuid

import h11
import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from .answers import refusal
from .errors import ConnectionDropped, Misdirected, PlatformError, TooLarge, TooSlow
from .opening import Certificate
from .platform import Platform

LARGEST_BODY = 1024 * 1024
"""Bytes that the body of a request may have."""
LONGEST_BODY = 30.0
"""Seconds that a body may take to arrive."""
LONGEST_HEAD = 10.0
"""Seconds that a connection may take to send the head of a request."""
_LOCAL = ("localhost", "127.0.0.1", "::1")


def application(platform: Platform, *, is_local: bool = False) -> ASGIApp:
    """Return the platform as an ASGI application; it can drop connections only where `serve` runs it.

    Where it `is_local`, requests to a host that is not this machine are refused.
    """

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        # Names may hold an encoded slash and signatures cover the bytes, so nothing here is decoded twice.
        query = scope["query_string"]
        target = (scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        try:
            if is_local and not _is_local(request.headers.get("host", "")):
                raise Misdirected("this platform is for this machine alone: call it 127.0.0.1 or localhost")
            body = await _body(request)
            answer = await run_in_threadpool(platform.handle, request.method, target, headers, body)
        except ConnectionDropped:
            await _drop(request)
        except PlatformError as error:
            refused = refusal(error, str(uuid.uuid4()).upper(), request.headers.get("host", ""))
            closing = {**dict(refused.headers), "connection": "close"}
            await Response(refused.body, refused.status, closing)(scope, receive, send)
        else:
            await Response(answer.body, answer.status, dict(answer.headers))(scope, receive, send)

    return respond


async def _body(request: Request) -> bytes:
    """Return the body of a request, unless it is too large or comes too slowly."""

    async def read() -> bytes:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST_BODY:
                raise TooLarge(f"the request body is larger than {LARGEST_BODY} bytes")
        return bytes(body)

    try:
        return await asyncio.wait_for(read(), LONGEST_BODY)
    except asyncio.TimeoutError:
        raise TooSlow("the request body took too long") from None
    except ClientDisconnect:
        raise ConnectionDropped from None


def _is_local(host: str) -> bool:
    name = host.rpartition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
    return name.lower() in _LOCAL or name.startswith("127.")


def configuration(
    platform: Platform, certificate: Certificate | None = None, *, is_local: bool = False
) -> uvicorn.Config:
    """Return what uvicorn needs to know to serve the platform."""
    return uvicorn.Config(
        application(platform, is_local=is_local),
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )


def serve(platform: Platform, host: str, listener: socket.socket, certificate: Certificate | None = None) -> None:
    """Serve what arrives at a socket of a host until SIGTERM or SIGINT; standard output says where that is."""
    config = configuration(platform, certificate, is_local=_is_local(f"[{host}]"))
    scheme = "https" if certificate else "http"
    shown = f"[{host}]" if ":" in host else host
    # Uvicorn raises the signal that stopped it once more; that must not end in a traceback.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    _Server(config, f"listening on {scheme}://{shown}:{listener.getsockname()[1]}").run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(f"{self._announcement}\n")
        sys.stdout.flush()


class _Protocol(H11Protocol):
    """Answers without delay, waits for no request's head for ever, and tells which transport could be dropped."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Head and body of an answer are written apart; without this, a client waits 40 ms between them.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, "transport": transport}
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Wait for the rest of a head; uvicorn itself watches connections that are idle after a request."""
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(LONGEST_HEAD, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


async def _drop(request: Request) -> None:
    request.state.transport.abort()
    # Returning before uvicorn knows that the connection is gone would make it write an error page.
    while not await request.is_disconnected():
        await asyncio.sleep(0)
