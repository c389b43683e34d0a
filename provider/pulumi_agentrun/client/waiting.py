"""Waits as the official SDK's resources do: at even intervals, until a status is final or the resource is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from . import operations
from .errors import DeleteResourceError, ResourceNotExistError, WaitTimeoutError
from .flows import Flow, Pause, call
from .kinds import Kind
from .models import SystemProps
from .models.shared import Status

R = TypeVar("R", bound=SystemProps)


def until_final(kind: Kind[R], name: str, told: Callable[[R], None], interval: float, timeout: float) -> Flow[None]:
    """Get a resource until its status is final, `told` each answer. Raises WaitTimeoutError."""
    start = yield Pause(0)
    while True:
        found = yield from call(operations.get(kind, name))
        told(found)
        if Status.is_final_status(found.standing):
            return
        yield from _interval(kind, found, name, "has not settled", start, interval, timeout)


def until_gone(kind: Kind[R], name: str, told: Callable[[R], None], interval: float, timeout: float) -> Flow[None]:
    """Delete a resource and get it until it is gone, `told` each answer.

    One that is gone already is no error. Raises DeleteResourceError if its status is another than DELETING,
    WaitTimeoutError.
    """
    start = yield Pause(0)
    try:
        yield from call(operations.delete(kind, name))
        while True:
            found = yield from call(operations.get(kind, name))
            told(found)
            if kind.has_status and found.standing != Status.DELETING:
                raise DeleteResourceError(
                    f"{kind.title.capitalize()} {name} is {found.standing} after its deletion was accepted: "
                    f"look at its status reason, and delete it again.",
                    status=found.standing,
                    reason=found.reason,
                )
            yield from _interval(kind, found, name, "is not gone", start, interval, timeout)
    except ResourceNotExistError:
        return


def _interval(
    kind: Kind[R], found: R, name: str, what: str, start: float, interval: float, timeout: float
) -> Flow[None]:
    """Wait until the next look at a resource, or raise WaitTimeoutError if there is no time for one."""
    if (yield Pause(0)) - start > timeout:
        raise WaitTimeoutError(
            f"{kind.title.capitalize()} {name} {what} within {timeout:g} seconds (status {found.standing}).",
            status=found.standing,
            reason=found.reason,
        )
    yield Pause(interval)
