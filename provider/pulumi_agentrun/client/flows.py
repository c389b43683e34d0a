"""Exchanges that belong together, as generators: retries, a kind to find out.

A flow yields a step and is sent what came of it: an `Operation` gives the `httpx.Response` (or throws
`TransportError`), a `Pause` gives the monotonic time in seconds after it, a `Notice` gives nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from . import errors, operations
from .kinds import PROXY, SERVICE, Kind
from .models import ModelProxy, ModelService
from .operations import Operation

T = TypeVar("T")
AnyKind = Kind[ModelService] | Kind[ModelProxy]


@dataclass(frozen=True)
class Pause:
    """Wait for some seconds, or with `jitter` for a random time of at most so many."""

    seconds: float
    jitter: bool = False


@dataclass(frozen=True)
class Notice:
    """Something to tell the person who waits."""

    text: str


Step = Operation[Any] | Pause | Notice
Flow = Generator[Step, Any, T]

ATTEMPTS = 5
FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 8.0
LONGEST_RETRY_AFTER = 60.0


def call(operation: Operation[T]) -> Flow[T]:
    """Send an operation, and again what is safe to repeat.

    Repeated are requests that never reached the service, throttled ones and 503s; if sending twice does no more than
    sending once, also lost answers and other 5xx. Between attempts is a capped exponential backoff with full jitter,
    or what `x-acs-retry-after` asks for.
    """
    for attempt in range(ATTEMPTS):
        try:
            response = yield operation
            return operations.read_answer(operation, response)
        except (errors.TransportError, errors.HTTPError) as error:
            pause = _pause_before_retry(operation, error, attempt)
            if pause is None:
                raise
        yield pause
    raise AssertionError("the last attempt returns or raises")


def _pause_before_retry(
    operation: Operation[Any], error: errors.TransportError | errors.HTTPError, attempt: int
) -> Pause | None:
    if attempt + 1 == ATTEMPTS or not _may_repeat(operation, error):
        return None
    asked = error.retry_after if isinstance(error, errors.HTTPError) else None
    if asked is not None:
        return Pause(asked) if asked <= LONGEST_RETRY_AFTER else None
    return Pause(min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**attempt), jitter=True)


def _may_repeat(operation: Operation[Any], error: errors.TransportError | errors.HTTPError) -> bool:
    if isinstance(error, errors.TransportError):
        return operation.is_idempotent or not error.sent
    if isinstance(error, errors.ThrottledError) or error.status_code == 503:
        return True
    return isinstance(error, errors.ServerError) and operation.is_idempotent


def _first_found(
    operation: Callable[[AnyKind, str], Operation[Any]], kinds: tuple[AnyKind, ...], name: str
) -> Flow[ModelService | ModelProxy]:
    """Try the first kind, and the next one only if the service says that there is none of the first."""
    for kind in kinds:
        try:
            found: ModelService | ModelProxy = yield from call(operation(kind, name))
        except errors.ResourceNotExistError:
            if kind is kinds[-1]:
                raise
        else:
            return found
    raise AssertionError("the last kind returns or raises")


def get(kind: AnyKind | None, name: str) -> Flow[ModelService | ModelProxy]:
    """Get a resource; with no kind, the service of that name, else the proxy."""
    return _first_found(operations.get, (kind,) if kind else (SERVICE, PROXY), name)


def delete(kind: AnyKind | None, name: str) -> Flow[ModelService | ModelProxy]:
    """Delete a resource; with no kind, the proxy of that name, else the service."""
    return _first_found(operations.delete, (kind,) if kind else (PROXY, SERVICE), name)
