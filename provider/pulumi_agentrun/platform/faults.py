"""Troubles that a test asks the platform to have."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Literal

from .answers import JSON_TYPE, Answer, answer
from .errors import GatewayError, PlatformError, ServiceError

OUTCOMES = {"CREATE_FAILED": "Create", "UPDATE_FAILED": "Update", "DELETE_FAILED": "Delete"}
"""The statuses that a fault can end a change in, and the verb of the actions that it can happen to."""


@dataclass(frozen=True)
class Fault:
    """One kind of trouble for the calls that match; ValueError when it makes no sense.

    A `status` of 400 or more happens instead of the call. A `status` below it needs a `body`: the call
    takes effect, and its answer is what is spoiled.
    """

    operation: str = "*"
    """The action it happens to, or `*` for all."""
    name: str | None = None
    """The name of the resource it happens to, or None for any call."""
    times: int = 1
    """How many calls it happens to."""
    skip: int = 0
    """How many matching calls pass first."""
    status: int | None = None
    """The HTTP status to answer with; needs `code` or `body`."""
    code: str | None = None
    """The error code; those beginning with ERR_ have the service's form, others the gateway's."""
    message: str = ""
    retry_after_ms: int | None = None
    """The value of the header `x-acs-retry-after`."""
    body: bytes | None = field(default=None, repr=False)
    """The raw body to answer with, as a broken gateway would."""
    content_type: str = "text/html"
    drop: Literal["before", "after"] | None = None
    """Drop the connection before or after the call takes effect."""
    outcome: Literal["CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED"] | None = None
    """Let the call succeed and the resource end in this status."""
    reason: str | None = None
    """The `statusReason` of the outcome."""
    delay: float = 0.0
    """Seconds between the effect and the answer."""

    def __post_init__(self) -> None:
        problem = next((text for wrong, text in self._checks() if wrong), None)
        if problem is not None:
            raise ValueError(f"fault: {problem}")

    def _checks(self) -> list[tuple[bool, str]]:
        troubles = [self.status, self.drop, self.outcome]
        status = self.status
        verb = OUTCOMES.get(self.outcome or "", "")
        return [
            (self.times < 1 or self.skip < 0 or self.delay < 0, "times is at least 1, skip and delay at least 0"),
            (sum(trouble is not None for trouble in troubles) > 1, "only one of status, drop and outcome"),
            (all(trouble is None for trouble in troubles) and not self.delay, "one of status, drop, outcome or delay"),
            (status is None and any((self.code, self.body is not None, self.retry_after_ms)), "status is missing"),
            (status is not None and not 200 <= status <= 599, "status is from 200 to 599"),
            (status is not None and status < 400 and self.body is None, "a status below 400 needs a body"),
            (
                status is not None and (self.code is None) == (self.body is None),
                "status goes with one of code and body",
            ),
            (self.drop not in (None, "before", "after"), "drop is before or after"),
            (self.outcome is not None and not verb, f"outcome is one of {', '.join(OUTCOMES)}"),
            (self.operation != "*" and not self.operation.startswith(verb), f"{self.outcome} needs a {verb} action"),
            (self.reason is not None and self.outcome is None, "a reason needs an outcome"),
        ]

    def matches(self, action: str, name: str | None) -> bool:
        """Say whether the fault is meant for a call."""
        if self.operation not in ("*", action) or self.name not in (None, name):
            return False
        return self.outcome is None or action.startswith(OUTCOMES[self.outcome])

    @property
    def prevents(self) -> bool:
        """Whether the call takes no effect."""
        return self.drop == "before" or (self.status is not None and self.status >= 400)

    def spoiled(self, request_id: str, host: str) -> Answer | None:
        """Return the answer that comes instead of the true one, if any does."""
        if self.status is None:
            return None
        if self.body is not None:
            spoiled = answer(self.status, self.body, request_id, self.content_type)
        else:
            error = self._error()
            spoiled = answer(error.status, error.body(request_id, host), request_id, JSON_TYPE)
        if self.retry_after_ms is not None:
            spoiled.headers.append(("x-acs-retry-after", str(self.retry_after_ms)))
        return spoiled

    def _error(self) -> PlatformError:
        assert self.code is not None
        assert self.status is not None
        kind = ServiceError if self.code.startswith("ERR_") else GatewayError
        error: PlatformError = kind(self.message)
        error.status, error.code = self.status, self.code
        return error

    def to_json(self) -> str:
        """Return the fault as text to store."""
        values = dataclasses.asdict(self)
        if self.body is not None:
            # Latin-1 maps each byte to one character and back, so nothing is lost.
            values["body"] = self.body.decode("latin-1")
        return json.dumps(values)


def from_json(text: str) -> Fault:
    """Return the fault that was stored as text."""
    values = json.loads(text)
    if values["body"] is not None:
        values["body"] = values["body"].encode("latin-1")
    return Fault(**values)
