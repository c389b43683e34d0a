"""Serves the data plane as an ASGI application, beside the control plane."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import anyio
from starlette.types import Receive, Scope, Send

from ..errors import PlatformError
from ..verification import Headers
from . import wire
from .calls import Gateway, Request, Response, failed, refusal
from .refusals import Refused

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes that the body of a call may have: messages may hold pictures."""


async def respond(gateway: Gateway, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
    """Answer one request whose body has been read; a caller that is gone ends the call."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    request = Request(scope["method"], scope["raw_path"].decode("latin-1"), Headers(headers), body)
    is_answered = False
    try:
        with anyio.CancelScope() as call:
            watching = asyncio.create_task(_watch(receive, call))
            try:
                async with gateway.answered(request) as response:
                    is_answered = True
                    await _send(response, send)
            finally:
                watching.cancel()
    except asyncio.CancelledError:  # by the server, which was told to end and waits no longer
        if not is_answered:
            await _send(refusal(Refused(503, "The gateway is being stopped.", "stopping", None, 1.0)), send)


async def _watch(receive: Receive, call: anyio.CancelScope) -> None:
    """Cancel a call when its caller is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    call.cancel()


async def _none() -> AsyncIterator[bytes]:
    return
    yield b""


async def refuse(error: PlatformError, send: Send) -> None:
    """Refuse a request that never became a call, and close its connection."""
    response = refusal(Refused(error.status, f"{error}.", error.code))
    response.headers.append(("connection", "close"))
    await _send(response, send)


async def _send(response: Response, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in response.headers]
    if response.events is None:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    try:
        async for event in response.events or _none():
            await send({"type": "http.response.body", "body": event, "more_body": True})
    except Exception as error:
        response.body = wire.event(failed(error).envelope())
    await send({"type": "http.response.body", "body": response.body})
