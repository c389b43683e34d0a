"""Serves the page as an ASGI application: to this machine alone, and what it shows to whoever has the token."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ..gateway import wire
from ..gateway.calls import Gateway
from ..gateway.refusals import Refused
from ..platform import Platform
from . import sessions
from .controls import BadControl, change
from .live import Live
from .sessions import Sessions

_LOG = logging.getLogger("pulumi_agentrun.platform")
MOST_READERS = 32
"""How many may watch at once."""
_FILES = Path(__file__).parent / "files"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""What every answer of the page says."""


class Page:
    """The page of one served platform; without `is_local` it says that there is none."""

    def __init__(self, platform: Platform, gateway: Gateway, *, is_local: bool) -> None:
        self._platform = platform
        self._gateway = gateway
        self._is_local = is_local
        self._sessions = Sessions(time.monotonic)
        self._live = Live(platform, gateway)
        self._files = {_path(file): (file.read_bytes(), _TYPES[file.suffix]) for file in sorted(_FILES.iterdir())}

    @staticmethod
    def has(path: str) -> bool:
        """Say whether a path is one of the page's."""
        return path == "/" or path.startswith("/page/")

    def close(self) -> None:
        """End the streams, which would hold up the end of the server."""
        self._live.close()

    async def respond(self, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        """Answer one request, whose host is this machine and whose body has been read."""
        request = Request(scope, receive)
        try:
            response = self._refused(request) or await self._answered(request, body)
        except Exception as error:
            # The lines of the program only: an exception's text may quote the request.
            _LOG.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
            response = _said(500, "The page itself failed; the platform's log says where.")
        for name, value in HEADERS.items():
            response.headers[name] = value
        await response(scope, receive, send)

    def _refused(self, request: Request) -> Response | None:
        """Refuse what comes from elsewhere: cookies are sent for every port of a host, and pages may lead here."""
        if not self._is_local:
            return _said(403, "The page is for this machine alone: serve the platform with --host 127.0.0.1.")
        own = f"{request.url.scheme}://{request.headers.get('host', '')}"
        if request.method not in ("GET", "HEAD"):
            if request.headers.get("origin") != own:
                return _said(403, "Only the page itself can ask for that.")
            if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
                return _said(415, "The body must be application/json.")
        elif request.url.path != "/" and request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return _said(403, "Only the page itself can ask for that.")
        return None

    async def _answered(self, request: Request, body: bytes) -> Response:
        method, path = request.method, request.url.path
        if path in self._files:
            content, kind = self._files[path]
            return Response(content, media_type=kind) if method in ("GET", "HEAD") else _not_allowed("GET")
        if path == "/page/session" and method == "POST":
            return self._sign_in(request, body)
        secret = _secret(request)
        if path not in ("/page/session", "/page/events", *_CONTROLS):
            return _said(404, "There is no such page.")
        if path == "/page/session" and method == "GET":
            return _told(200, {"is_open": self._sessions.is_open(secret)})
        if not self._sessions.is_open(secret):
            return _said(401, "Sign in first.")
        if path == "/page/events":
            return self._stream(request, secret) if method == "GET" else _not_allowed("GET")
        if path == "/page/session":
            return self._session(request, secret)
        return await self._controlled(method, path, body)

    def _sign_in(self, request: Request, body: bytes) -> Response:
        try:
            token = wire.parse(body).get("token")
        except Refused as refused:
            return _said(refused.status, str(refused))
        if not isinstance(token, str) or not self._gateway.is_token(token.strip()):
            return _said(401, "That is not the token. It is the word in the file token of the platform's data.")
        return _with_cookie(request, self._sessions.begin())

    def _session(self, request: Request, secret: str) -> Response:
        if request.method != "DELETE":
            return _not_allowed("GET, POST, DELETE")
        self._sessions.end(secret)
        return _with_cookie(request, "")

    def _stream(self, request: Request, secret: str) -> Response:
        if self._live.readers >= MOST_READERS:
            return _said(503, f"{MOST_READERS} pages are open already: close one.")
        last = request.headers.get("last-event-id", "")
        events = self._live.events(last, lambda: self._sessions.is_open(secret))
        return StreamingResponse(events, media_type="text/event-stream")

    async def _controlled(self, method: str, path: str, body: bytes) -> Response:
        if method == "DELETE" and path == "/page/faults":
            await run_in_threadpool(self._platform.clear_faults)
        elif method == "POST":
            try:
                await run_in_threadpool(change, self._platform, self._gateway, path.rpartition("/")[2], body)
            except BadControl as error:
                return _said(400, f"{error}.")
        else:
            return _not_allowed("POST")
        return Response(status_code=204)


_CONTROLS = ("/page/switches", "/page/faults", "/page/troubles")


def _path(file: Path) -> str:
    return "/" if file.name == "index.html" else f"/page/{file.name}"


def _secret(request: Request) -> str:
    return sessions.secret_in(request.headers.get("cookie", ""), request.headers.get("host", ""))


def _with_cookie(request: Request, secret: str) -> Response:
    cookie = sessions.cookie(secret, request.headers.get("host", ""), request.url.scheme == "https")
    return Response(status_code=204, headers={"set-cookie": cookie})


def _said(status: int, text: str) -> Response:
    return _told(status, {"error": text})


def _told(status: int, data: Mapping[str, Any]) -> Response:
    return Response(json.dumps(data), status, media_type="application/json")


def _not_allowed(methods: str) -> Response:
    response = _said(405, f"This wants {methods}.")
    response.headers["allow"] = methods
    return response
