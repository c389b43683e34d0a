"""Waits for a resource to settle or to be gone: often at first, ever more rarely, never beyond a deadline."""

from __future__ import annotations

from typing import Any, TypeVar

from .client import operations
from .client.errors import (
    ClientError,
    NotReadyError,
    ResourceNotExistError,
    ServerError,
    ThrottledError,
    TransportError,
)
from .client.flows import Flow, Notice, Pause, call
from .client.kinds import Kind
from .client.models import SystemProps
from .client.settings import Status

R = TypeVar("R", bound=SystemProps)

FIRST_POLL = 0.2
POLL_GROWTH = 1.5
LONGEST_POLL = 5.0
CONFLICT = 409
"""The status of a deletion that something still in use prevents."""
_FAILED = (Status.CREATE_FAILED, Status.UPDATE_FAILED, Status.DELETE_FAILED)
_SETTLED = (Status.READY, *_FAILED, None)
_PASSING = (TransportError, ServerError, ThrottledError)


def until_ready(kind: Kind[R], name: str, current: R, timeout: float) -> Flow[R]:
    """Ask, ever more rarely, until the resource has settled, and return it as it is then.

    Raises NotReadyError if it ends in a failed status or takes longer than `timeout` seconds.
    """
    if current.status is None:  # a bare acknowledgement, without the outputs
        current = yield from call(operations.get(kind, name))
    now = yield Pause(0)
    deadline, interval, told = now + timeout, FIRST_POLL, None
    while current.status not in _SETTLED:
        if current.status != told:
            told = current.status
            yield Notice(f"{kind.title} {name} is {told}")
        now = yield Pause(interval)
        if now > deadline:
            raise _failure(kind, name, current, f"was not ready within {timeout:g} seconds")
        interval = min(interval * POLL_GROWTH, LONGEST_POLL)
        try:
            current = yield from call(operations.get(kind, name))
        except _PASSING:
            continue  # the resource is what matters, and the deadline still holds
    if current.status in _FAILED:
        raise _failure(kind, name, current, f"ended in {current.status}")
    if told is not None:
        yield Notice(f"{kind.title} {name} is {current.status or 'settled'}")
    return current


def _failure(kind: Kind[Any], name: str, current: SystemProps, what: str) -> NotReadyError:
    reason = f": {current.status_reason}" if current.status_reason else ""
    return NotReadyError(
        f"{kind.title.capitalize()} {name} {what}{reason} "
        f"(status {current.status}, request id {current.request_id or 'unknown'}).",
        status=current.status,
        reason=current.status_reason,
    )


def until_deleted(kind: Kind[Any], name: str, timeout: float) -> Flow[None]:
    """Delete a resource and ask, ever more rarely, until it is gone; one that is gone already is no error."""
    now = yield Pause(0)
    deadline, interval = now + timeout, FIRST_POLL
    accepted = False
    while True:
        try:
            if not accepted:
                yield from call(operations.delete(kind, name))
                accepted = True
            current = yield from call(operations.get(kind, name))
        except ResourceNotExistError:
            return
        except ClientError as error:
            if error.status_code != CONFLICT or now > deadline:
                raise  # a conflict passes once what uses the resource is gone
        except _PASSING:
            if now > deadline:
                raise
        else:
            if current.status == Status.DELETE_FAILED:
                raise _failure(kind, name, current, f"ended in {current.status}")
            if now > deadline:
                raise _failure(kind, name, current, f"was not gone within {timeout:g} seconds")
        now = yield Pause(interval)
        interval = min(interval * POLL_GROWTH, LONGEST_POLL)
