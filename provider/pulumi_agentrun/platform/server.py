"""Serves the platform, its data plane too, over HTTP or HTTPS with uvicorn, for any client."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import uuid

import anyio
import httptools
import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .answers import refusal
from .errors import ConnectionDropped, Misdirected, PlatformError, TooLarge, TooSlow
from .gateway import serving
from .gateway.calls import Gateway
from .kinds import MODELS_PATH
from .loopback import is_loopback, is_to_loopback
from .opening import Certificate, address
from .page.serving import Page
from .platform import Platform
from .store import Busy

LARGEST_BODY = 1024 * 1024
"""Bytes that the body of a request may have."""
LONGEST_BODY = 30.0
"""Seconds that a body may take to arrive."""
LARGEST_HEAD = 64 * 1024
"""Bytes that the head of a request may have."""
LONGEST_HEAD = 10.0
"""Seconds that a connection may take to send the head of a request."""


def application(platform: Platform, gateway: Gateway | None = None, *, is_local: bool = False) -> ASGIApp:
    """Return the platform as an ASGI application; it can drop connections only where `serve` runs it.

    Where it `is_local`, requests to a host that is not this machine are refused. No gateway means no data plane, and
    no page.
    """
    page = None if gateway is None else Page(platform, gateway, is_local=is_local)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope.setdefault("state", {})["page"] = page
            await _live(gateway, receive, send)
        elif gateway is not None and scope["raw_path"].startswith(MODELS_PATH.encode()):
            await call(gateway, scope, receive, send)
        else:
            await respond(scope, receive, send)

    async def call(gateway: Gateway, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        hosts = request.headers.getlist("host")
        try:
            # The official SDK sends an empty one; no browser does.
            if is_local and any(host and not is_to_loopback(host) for host in hosts):
                raise Misdirected("this gateway is for this machine alone: call it 127.0.0.1 or localhost")
            body = await _body(request, serving.LARGEST_BODY)
        except ConnectionDropped:
            await _drop(request)
        except PlatformError as error:
            await serving.refuse(error, send)
        else:
            await serving.respond(gateway, scope, receive, send, body)

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        # Names may hold an encoded slash and signatures cover the bytes, so nothing here is decoded twice.
        query = scope["query_string"]
        target = (scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        try:
            if is_local and not all(map(is_to_loopback, request.headers.getlist("host") or [""])):
                raise Misdirected("this platform is for this machine alone: call it 127.0.0.1 or localhost")
            body = await _body(request, LARGEST_BODY)
            if page is not None and page.has(scope["path"]):
                await page.respond(scope, receive, send, body)
                return
            try:
                answer = platform.handle(request.method, target, headers, body, is_patient=False)
            except Busy:  # a thread for each call would cost more than all the rest of it
                answer = await run_in_threadpool(platform.handle, request.method, target, headers, body)
        except ConnectionDropped:
            await _drop(request)
        except PlatformError as error:
            refused = refusal(error, str(uuid.uuid4()).upper(), request.headers.get("host", ""))
            closing = {**dict(refused.headers), "connection": "close"}
            await Response(refused.body, refused.status, closing)(scope, receive, send)
        else:
            await Response(answer.body, answer.status, dict(answer.headers))(scope, receive, send)

    return serve


async def _live(gateway: Gateway | None, receive: Receive, send: Send) -> None:
    """Close the gateway's connections when the server stops."""
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    if gateway is not None:
        await gateway.aclose()
    await send({"type": "lifespan.shutdown.complete"})


async def _body(request: Request, largest: int) -> bytes:
    """Return the body of a request, unless it is too large or comes too slowly."""
    if not ("content-length" in request.headers or "transfer-encoding" in request.headers):
        return b""  # as most requests have none, and to watch the time for one takes longer than all else here

    async def read() -> bytes:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > largest:
                raise TooLarge(f"the request body is larger than {largest} bytes")
        return bytes(body)

    try:
        with anyio.fail_after(LONGEST_BODY):
            return await read()
    except TimeoutError:
        raise TooSlow("the request body took too long") from None
    except ClientDisconnect:
        raise ConnectionDropped from None


def configuration(
    platform: Platform,
    certificate: Certificate | None = None,
    *,
    gateway: Gateway | None = None,
    is_local: bool = False,
) -> uvicorn.Config:
    """Return what uvicorn needs to know to serve the platform."""
    return uvicorn.Config(
        application(platform, gateway, is_local=is_local),
        http=_Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )


def serve(
    platform: Platform, gateway: Gateway, host: str, listener: socket.socket, certificate: Certificate | None = None
) -> None:
    """Serve what arrives at a socket of a host until SIGTERM or SIGINT; standard output says where that is."""
    config = configuration(platform, certificate, gateway=gateway, is_local=is_loopback(listener.getsockname()[0]))
    scheme, port = "https" if certificate else "http", listener.getsockname()[1]
    platform.served_at(address(scheme, host, port))
    shown = f"[{host}]" if ":" in host else host
    # Uvicorn raises the signal that stopped it once more; that must not end in a traceback.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    _Server(config, f"listening on {scheme}://{shown}:{port}").run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(f"{self._announcement}\n")
        sys.stdout.flush()


class _Protocol(HttpToolsProtocol):
    """Answers without delay, waits for no request's head for ever, and tells which transport could be dropped."""

    _waiting: asyncio.TimerHandle | None = None
    _is_in_head = True
    _unread = 0
    """The bytes that have come since a head began, or since there was something of a body."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Head and body of an answer are written apart; without this, a client waits 40 ms between them.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, "transport": transport}
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._unread += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as asked:
            self._stay(data[asked.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        else:
            if self._unread > LARGEST_HEAD:
                self.send_400_response("The head of the request is too large.")
            elif self._is_in_head:
                self._watch()

    def _stay(self, rest: bytes) -> None:
        """Read a request that asks for another protocol as one that does not, as who has no other is to do."""
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        if method == b"CONNECT":
            self.send_400_response("This is no proxy.")
            return
        head = [b"%s %s HTTP/%s" % (method, self.url, version)]
        for name, value in self.headers:
            if name == b"connection":
                value = b",".join(part for part in value.split(b",") if part.strip().lower() != b"upgrade")
            if name != b"upgrade":
                head.append(b"%s: %s" % (name, value))
        self.parser, self._unread = httptools.HttpRequestParser(self), 0
        self.data_received(b"\r\n".join([*head, b"", rest]))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._is_in_head:  # and not behind the body, where who filters heads does not look
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._is_in_head, self._unread = False, 0
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._is_in_head:
            self._unread = 0
            super().on_message_complete()

    def shutdown(self) -> None:
        page: Page | None = self.app_state.get("page")
        if page is not None:
            page.close()  # else the server would wait for who watches it
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Wait for the rest of a head; uvicorn itself watches connections that are idle after a request."""
        if self._waiting is None:
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
