"""The gateway's refusals, in the envelope of OpenAI's API."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .limits import Refusal
from .routing import Answer, Tried

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Refused(Exception):
    """Refuse a call; the text says what to do, and holds no secret."""

    def __init__(
        self, status: int, text: str, code: str, param: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.param = param
        self.retry_after = retry_after
        self.tried: Sequence[Tried] = ()

    def envelope(self) -> dict[str, Any]:
        """Return the error as OpenAI's clients read it, with what was tried beside it."""
        kind = _TYPES.get(self.status, "invalid_request_error" if self.status < 500 else "server_error")
        error: dict[str, Any] = {"message": str(self), "type": kind, "param": self.param, "code": self.code}
        if self.tried:
            error["tried"] = [_shown(tried) for tried in self.tried]
        return {"error": error}

    def headers(self) -> list[tuple[str, str]]:
        """Return the headers that go with it."""
        return [] if self.retry_after is None else [("retry-after", str(max(1, math.ceil(self.retry_after))))]


def _shown(tried: Tried) -> dict[str, Any]:
    target, outcome = tried.attempt.target, tried.outcome
    return {
        "service": target.place,
        "model": tried.attempt.model,
        "status": outcome.status or None,
        "reason": outcome.reason,
    }


def invalid(param: str, expected: str) -> Refused:
    """Refuse a body because of one field."""
    return Refused(400, f"{param}: {expected}", "invalid_value", param)


def unknown_model(proxy: str, models: Sequence[str]) -> Refused:
    """Refuse a model that a proxy does not route; what was asked for is not said again, for it may be a key."""
    there = ", ".join(models) or "none"
    text = f"That model is not routed by model proxy {proxy}; there is: {there}."
    return Refused(404, text, "model_not_found", "model")


def over_limit(refusal: Refusal) -> Refused:
    """Refuse a call because of a limit of the proxy's."""
    return Refused(429, f"The proxy's limit is reached: {refusal.text}.", refusal.code, None, refusal.retry_after)


def none_left(answer: Answer, rest: float) -> Refused:
    """Refuse a call that no target answered.

    `rest` is how long until one of its targets may be called again. Where all are left alone, or were busy, it is 503;
    a fault of the request, as the first target sees it, is what that says; all else is 502.
    """
    first = answer.failure
    if first is None:
        text = "All model services that could answer are left alone for a while, since they failed."
        return Refused(503, text, "no_upstream", None, rest)
    said = "; ".join(f"{tried.attempt.target.place}: {_said(tried)}" for tried in answer.trail)
    busy = all(tried.outcome.status == 429 for tried in answer.trail)
    status = 503 if busy else first.status if is_of_the_request(first.status) else 502
    refused = Refused(status, f"No model service answered: {said}.", "no_upstream")
    refused.tried = answer.trail
    if busy:
        refused.retry_after = max((tried.outcome.retry_after or 1.0) for tried in answer.trail)
    return refused


def _said(tried: Tried) -> str:
    return tried.outcome.reason or str(tried.outcome.status)


def is_of_the_request(status: int) -> bool:
    """Say whether a status blames the request: not the key, the model's name, the time or the number of requests."""
    return 400 <= status < 500 and status not in (401, 403, 404, 407, 408, 429)
