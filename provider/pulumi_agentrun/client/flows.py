"""Exchanges that belong together, as generators: retries, a kind to find out.

A flow yields a step and is sent what came of it: an `Operation` gives the `httpx.Response`, a `Pause` gives the
monotonic time in seconds after it, a `Notice` gives nothing. Whatever goes wrong in a step is thrown into the flow as
an `AgentRunError`, so that a flow can always end by saying what exists.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from . import answers, errors, operations
from .kinds import PROXY, SERVICE, Kind
from .models import ModelProxy, ModelService
from .operations import Operation
from .redaction import Secret
from .wording import Text

S = TypeVar("S")
T = TypeVar("T")
AnyKind = Kind[ModelService] | Kind[ModelProxy]


@dataclass(frozen=True)
class Pause:
    """Wait for some seconds, or with `jitter` for a random time of at most so many."""

    seconds: float
    jitter: bool = False


@dataclass(frozen=True)
class Notice:
    """Something to tell the person who waits; what is passing, nobody needs to know once the wait is over."""

    text: Text
    is_passing: bool = False
    is_warning: bool = False


Step = Operation[Any] | Pause | Notice
Flow = Generator[Step, Any, T]

ATTEMPTS = 5
FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 8.0
LONGEST_RETRY_AFTER = 60.0


def once(operation: Operation[T], deadline: float | None = None) -> Flow[T]:
    """Send an operation one time and return what its answer carries.

    With a deadline, a moment of the clock that pauses are answered with, the exchange ends by then; when it has come,
    nothing is sent, and a TransportError says so.
    """
    timed = yield from _timed(operation, deadline)
    if timed is None:
        raise _late(operation)
    response = yield timed
    return answers.read(operation, response)


def call(operation: Operation[T], deadline: float | None = None, *, is_looked_after: bool = False) -> Flow[T]:
    """Send an operation as `once` does, and again what is safe to repeat, as long as the deadline allows.

    Repeated are requests that never reached the service and throttled ones; if sending twice does no more than sending
    once, also lost answers, all 5xx and what was sent twice on the way. (A creation is not sent again after a 503: what
    says that the service is unavailable may say so after it has done what it was asked.) Between attempts is a capped
    exponential backoff with full jitter, or what the service asks for. When attempts or time run out, the last error is
    raised, doubtful if any attempt was. Who looks after what an attempt has come to before another one, says so: then
    only what surely did nothing is repeated.
    """
    failure: errors.TransportError | errors.HTTPError | None = None
    for attempt in range(ATTEMPTS):
        timed = yield from _timed(operation, deadline)
        if timed is None:
            raise failure or _late(operation)
        try:
            response = yield timed
            return answers.read(operation, response)
        except (errors.TransportError, errors.HTTPError) as error:
            error.is_doubtful |= failure is not None and failure.is_doubtful
            failure, pause = error, backoff(error, attempt)
            if attempt + 1 == ATTEMPTS or pause is None or not _may_repeat(operation, error, is_looked_after):
                raise
        if deadline is not None and (yield Pause(0)) + pause.seconds >= deadline:
            raise failure
        yield pause
    raise AssertionError("the last attempt returns or raises")


def _timed(operation: Operation[T], deadline: float | None) -> Flow[Operation[T] | None]:
    """Return the operation with the time that is left for it; None if there is none."""
    if deadline is None:
        return operation
    left = deadline - (yield Pause(0))
    return replace(operation, timeout=left) if left > 0 else None


def _late(operation: Operation[Any]) -> errors.TransportError:
    return errors.TransportError(
        f"{operation.action} of {operation.subject} was not sent: the time for it is up.", sent=False
    )


def discreet(flow: Flow[T], secrets: tuple[Secret, ...]) -> Flow[T]:
    """Drive a flow in which no answer is repeated with secrets that another of its requests has sent, or will send."""
    try:
        step = next(flow)
        while True:
            try:
                outcome = yield replace(step, secrets=step.secrets + secrets) if isinstance(step, Operation) else step
            except GeneratorExit:
                flow.close()
                raise
            except BaseException as error:
                step = flow.throw(error)
            else:
                step = flow.send(outcome)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def backoff(error: errors.AgentRunError, attempt: int) -> Pause | None:
    """Return how long to wait after an attempt, counted from 0; None if the service asks for more than is sensible."""
    asked = error.retry_after if isinstance(error, errors.HTTPError) else None
    if asked is not None:
        return Pause(asked) if asked <= LONGEST_RETRY_AFTER else None
    return Pause(min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(attempt, 16)), jitter=True)


def _may_repeat(
    operation: Operation[Any], error: errors.TransportError | errors.HTTPError, is_looked_after: bool
) -> bool:
    is_safe = operation.is_idempotent and not is_looked_after
    if isinstance(error, errors.TransportError):
        return is_safe or not error.sent
    if isinstance(error, errors.ThrottledError):
        return True
    return isinstance(error, (errors.ServerError, errors.RepeatedError)) and is_safe


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


def drive(flow: Generator[S, Any, T], perform: Callable[[S], Any]) -> T:
    """Drive a generator to its end: each step is performed, and what came of it sent or thrown into the generator."""
    try:
        step = next(flow)
        while True:
            # Thrown once it is not handled any more, lest what the generator raises then drag it along as its context.
            outcome, failure = None, None
            try:
                outcome = perform(step)
            except errors.AgentRunError as error:
                failure = error
            step = flow.throw(failure) if failure else flow.send(outcome)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


async def drive_async(flow: Generator[S, Any, T], perform: Callable[[S], Awaitable[Any]]) -> T:
    """Drive a generator as `drive` does, on the running event loop."""
    try:
        step = next(flow)
        while True:
            outcome, failure = None, None
            try:
                outcome = await perform(step)
            except errors.AgentRunError as error:
                failure = error
            step = flow.throw(failure) if failure else flow.send(outcome)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
