"""The answer to one request, and the headers that every answer has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .errors import PlatformError

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """What goes back over the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def answer(status: int, body: bytes, request_id: str, content_type: str = JSON_TYPE) -> Answer:
    """Return an answer with a body of one's own."""
    return Answer(status, [("content-type", content_type), ("x-acs-request-id", request_id)], body)


def success(status: int, data: dict[str, Any], request_id: str) -> Answer:
    """Return data in the envelope of a success."""
    envelope = {"code": "SUCCESS", "requestId": request_id, "data": data}
    return answer(status, json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode(), request_id)


def refusal(error: PlatformError, request_id: str, host: str) -> Answer:
    """Return an error as the client reads it."""
    return answer(error.status, error.body(request_id, host), request_id)
