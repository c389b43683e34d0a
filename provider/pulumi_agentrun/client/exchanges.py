"""Requests and answers between httpx and httpcore: in time, in bounds, and without a log of what a peer repeats."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from .bounds import Body

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
def unlogged() -> Iterator[None]:
    """Have httpcore log nothing of an exchange."""
    token = _IS_OURS.set(True)
    try:
        yield
    finally:
        _IS_OURS.reset(token)


def until_of(request: httpx.Request) -> float:
    """Return when, on the monotonic clock, the exchange must be over."""
    seconds: float = request.extensions.get(TOTAL, math.inf)
    return time.monotonic() + seconds


def asked_of(request: httpx.Request) -> httpcore.Request:
    """Return a request as httpcore has it."""
    url = request.url
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def may_have_sent(event: str, info: dict[str, Any], before: bool) -> bool:
    """Say whether a request may have left, after something that httpcore tells of its exchange through a proxy.

    It has not only where httpcore has told of a new connection, and since then of nothing but a tunnel through it.
    """
    if event == "connection.connect_tcp.started":
        return False
    request = info.get("request")
    return before or (request is not None and request.method != b"CONNECT")


def body_of(answer: httpcore.Response) -> Body:
    """Return what takes an answer's body."""
    return Body(", ".join(value.decode("latin-1") for name, value in answer.headers if name.lower() == _ENCODED))


def whole(answer: httpcore.Response, body: Body) -> httpx.Response:
    """Return a response as it is once its body has been read and decompressed."""
    told = [(name, value) for name, value in answer.headers if name.lower() not in _OF_THE_BODY]
    return httpx.Response(answer.status, headers=told, content=body.whole())
