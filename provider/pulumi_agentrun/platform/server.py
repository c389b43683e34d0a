"""Serves the platform over HTTP or HTTPS with uvicorn, for any client."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from dataclasses import dataclass

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from .errors import ConnectionDropped
from .platform import Platform


@dataclass(frozen=True)
class Certificate:
    """The files that HTTPS needs."""

    certificate: str
    key: str


def application(platform: Platform) -> ASGIApp:
    """Return the platform as an ASGI application; it can drop connections only where `serve` runs it."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        # Names may hold an encoded slash and signatures cover the bytes, so nothing here is decoded twice.
        query = scope["query_string"]
        target = (scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        try:
            answer = await run_in_threadpool(platform.handle, request.method, target, headers, await request.body())
        except ConnectionDropped:
            await _drop(request)
        else:
            await Response(answer.body, answer.status, dict(answer.headers))(scope, receive, send)

    return respond


def configuration(platform: Platform, certificate: Certificate | None = None) -> uvicorn.Config:
    """Return what uvicorn needs to know to serve the platform."""
    return uvicorn.Config(
        application(platform),
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


def serve(platform: Platform, host: str, port: int, certificate: Certificate | None = None) -> None:
    """Serve until SIGTERM or SIGINT; port 0 takes a free one, and standard output says which."""
    config = configuration(platform, certificate)
    with socket.create_server((host, port), family=_family(host), backlog=config.backlog) as listener:
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
    """Answers without delay, and tells the application which transport it could drop."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Head and body of an answer are written apart; without this, a client waits 40 ms between them.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, "transport": transport}


async def _drop(request: Request) -> None:
    request.state.transport.abort()
    # Returning before uvicorn knows that the connection is gone would make it write an error page.
    while not await request.is_disconnected():
        await asyncio.sleep(0)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
