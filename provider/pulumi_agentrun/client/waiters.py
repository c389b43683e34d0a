"""Waits for a resource to settle or to be gone: often at first, ever more rarely, never beyond a deadline.

Services answer from caches and replicas, so for a while an answer may be older than what was just written. Such an
answer is told by what it shows; where it shows nothing, by how long ago the write was.

Source of the statuses: agentrun-sdk 0.0.54. What each means for waiting, and how long it takes, is not documented.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Generic, TypeVar

from . import operations
from .errors import (
    AgentRunError,
    ClientError,
    DeleteResourceError,
    NotReadyError,
    ResourceNotExistError,
    ServerError,
    ThrottledError,
    TransportError,
    UnexpectedAnswerError,
    WaitTimeoutError,
)
from .flows import Flow, Notice, Pause, call
from .kinds import Kind
from .models import SystemProps
from .models.shared import Status
from .wording import Message, Text

R = TypeVar("R", bound=SystemProps)

FIRST_POLL = 0.2
POLL_GROWTH = 1.5
LONGEST_POLL = 5.0
SETTLING = 30.0
"""Seconds after a write in which an answer that does not show it is taken for an older one."""
BLIND = 3.0
"""Seconds after a write in which an answer that can show neither way is taken for an older one."""
YOUNG = 8.0
"""Seconds after its creation in which a resource that state knows is not believed to be gone."""
RECENT = 60.0
"""Seconds after its creation in which such a resource is not believed to be gone by one look, or a few at once."""
LOOKING = 5.0
"""Seconds of looking that it takes then."""
SKEW = 60.0
"""Seconds by which the clocks of this machine and the service may differ."""
CONFLICT = 409
"""The status of a deletion that something still in use prevents."""
_FRACTION = re.compile(r"\.(\d+)")
PASSING = (TransportError, ServerError, ThrottledError, UnexpectedAnswerError)
"""What another attempt may pass: the resource is what matters, and the deadline still holds."""

# Words of a newer or other service are understood as far as they go: PENDING is like CREATING, ACTIVE like READY.
_ON_THE_WAY = frozenset({"QUEUED", "SUBMITTED", "ACCEPTED", "IN_PROGRESS"})
_SERVING = frozenset({"RUNNING", "SERVING"})


def is_failed(status: str | None) -> bool:
    """Say whether a status means that the last change did not come about."""
    return status is not None and (status.endswith("FAILED") or status == "ERROR")


def is_settled(status: str | None) -> bool:
    """Say whether a status will stay until the next change; none at all counts as settled."""
    if status is None or status in _SERVING:
        return True
    return not status.endswith("ING") and status not in _ON_THE_WAY


@dataclass(frozen=True)
class Written(Generic[R]):
    """A write that was accepted, by which older answers are told from newer ones."""

    answer: R
    shows: Callable[[R], bool | None] = lambda found: True
    """Whether an answer shows what was written; None if it could not."""

    def is_older(self, found: R, kind: Kind[R], age: float) -> bool:
        """Say whether an answer that came some seconds after the write is from before it."""
        if age >= SETTLING:
            return False
        if _is_another(kind, self.answer, found):
            return True
        order = _order(self.answer.changed_at, found.changed_at)
        if order is not None:
            return order < 0
        shown = self.shows(found)
        return age < BLIND if shown is None else not shown


def _is_another(kind: Kind[R], one: R, other: R) -> bool:
    """Say whether two answers are of two objects that have had the same name."""
    ids = getattr(one, kind.id_field), getattr(other, kind.id_field)
    return (all(ids) and ids[0] != ids[1]) or _order(one.created_at, other.created_at) == -1


def _order(before: str | None, after: str | None) -> int | None:
    """Return whether a time is later (1), earlier (-1) or the same (0); None if it cannot be told."""
    first, second = _moment(before), _moment(after)
    if first is None or second is None:
        return None
    if abs(first - second) < 1 and before != after and (first.is_integer() or second.is_integer()):
        return None  # one of them has no fractions
    return (second > first) - (second < first)


def _moment(text: str | None) -> float | None:
    """Return the seconds that a time stands for: ISO 8601, or a number of seconds or milliseconds."""
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        return number / 1000 if number > 1e11 else number
    try:
        # Until Python 3.11 it wants three or six digits of a second, and no Z.
        moment = datetime.fromisoformat(_FRACTION.sub(_microseconds, text.replace("Z", "+00:00")))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def _microseconds(found: re.Match[str]) -> str:
    return f".{found[1]:0<6.6}"


def youth(created_at: str | None) -> float:
    """Return for how many seconds from now a resource is too young to be believed to be gone.

    It goes by the clock of this machine; where that differs from the service's, the answer errs to the longer side.
    """
    made = _moment(created_at)
    age = RECENT if made is None else time.time() - made
    return 0.0 if age >= RECENT else min(max(YOUNG - age, LOOKING), YOUNG)


def was_made_before(found: SystemProps, moment: float) -> bool:
    """Say whether an answer tells that something was created before a moment of this machine's clock."""
    made = _moment(found.created_at)
    return made is not None and made < moment - SKEW


def until_ready(kind: Kind[R], name: str, written: Written[R], deadline: float, timeout: float) -> Flow[R]:
    """Ask, ever more rarely, until the resource has settled after a write, and return it as it is then.

    Raises NotReadyError if it ends in a failed status or has not settled at the deadline, `timeout` seconds after it
    all began; ResourceNotExistError if it has not been seen for a while.
    """
    current, told = written.answer, None
    trouble: Text = ""
    is_known = (current.standing is not None or not kind.has_status) and written.shows(current) is not False
    interval = FIRST_POLL if is_known else 0.0
    now = start = seen = yield Pause(0)
    while not is_known or not is_settled(current.standing):
        if is_known and current.standing != told:
            told = current.standing
            yield Notice(f"{kind.title} {name} is {told}", is_passing=True)
        if now > deadline:
            late = Message("was not ready within {timeout} seconds{trouble}", timeout=f"{timeout:g}", trouble=trouble)
            raise _failure(kind, name, current, late)
        now = yield _pause(interval, now, deadline)
        interval = _longer(interval)
        try:
            found: R = yield from call(operations.get(kind, name), deadline)
        except PASSING as error:
            trouble = Message(" ({error})", error=error)
            continue
        except ResourceNotExistError:
            if now - seen >= SETTLING:
                raise
            continue  # it does not show everywhere yet
        if not written.is_older(found, kind, now - start):
            current, is_known, seen, trouble = found, True, now, ""
    check_settled(kind, name, current)
    if told is not None:
        yield Notice(f"{kind.title} {name} is {current.standing or 'settled'}", is_passing=True)
    return current


def check_settled(kind: Kind[R], name: str, found: R) -> None:
    """Raise NotReadyError if an answer tells that the last change did not come about."""
    if is_failed(found.standing):
        raise _failure(kind, name, found, f"ended in {found.standing}")


def _pause(interval: float, now: float, deadline: float) -> Pause:
    """Return the next pause, which ends just after the deadline at the latest."""
    return Pause(min(interval, max(deadline - now, 0.0) + 0.01))


def _longer(interval: float) -> float:
    return min(max(interval * POLL_GROWTH, FIRST_POLL), LONGEST_POLL)


def _failure(kind: Kind[Any], name: str, current: SystemProps, what: Text) -> NotReadyError:
    reason = f": {current.reason}" if current.reason else ""
    facts = f"(status {current.standing}, request id {current.request_id or 'unknown'})."
    return NotReadyError(
        Message(
            "{title} {name} {what}{reason} {facts}",
            title=kind.title.capitalize(),
            name=name,
            what=what,
            reason=reason,
            facts=facts,
        ),
        status=current.standing,
        reason=current.reason,
    )


@dataclass(frozen=True)
class Known:
    """What is known of an object, by which it is told from others that have its name."""

    id: str | None
    created_at: str | None

    def was_followed_by(self, kind: Kind[R], found: R) -> bool | None:
        """Say whether an answer shows an object that was made after this one; None if it may be an earlier one, too."""
        id = getattr(found, kind.id_field)
        is_another = bool(id and self.id and id != self.id)
        order = _order(self.created_at, found.created_at)
        if order is None:
            return None if is_another else False
        return order == 1 or (order == 0 and is_another)


NOTHING = Known(None, None)


def until_deleted(
    kind: Kind[Any],
    name: str,
    deadline: float,
    timeout: float,
    *,
    known: Known = NOTHING,
    sure: float = 0.0,
    is_ending: bool = False,
) -> Flow[bool]:
    """Delete a resource and ask, ever more rarely, until it is gone; one that is gone already is no error.

    Returns whether a deletion has come about. Before the moment `sure` a not-found may be from before the creation.
    What `is_ending` already is only waited for. Where it is not clear what came of a deletion, it is sent again only
    for what is `known`, as a look shows it: somebody may have made another of that name meanwhile.
    """
    now = yield Pause(0)
    interval, accepted, in_doubt, was_sent = FIRST_POLL, is_ending, False, is_ending
    while True:
        try:
            if not accepted and not in_doubt:
                accepted = yield from _is_accepted(kind, name, deadline)
                in_doubt, was_sent = not accepted, True
            current = yield from call(operations.get(kind, name), deadline)
        except ResourceNotExistError:
            if accepted or now >= sure:
                return was_sent
            in_doubt, failure = False, _unseen(kind, name, timeout)
        except PASSING as error:
            failure = error
        except ClientError as error:
            if error.status_code != CONFLICT:
                raise
            failure = error  # it passes once what uses the resource is gone
        else:
            is_followed = known.was_followed_by(kind, current)
            if is_followed:
                return True
            if current.standing == Status.DELETE_FAILED:
                raise _failure(kind, name, current, f"ended in {current.standing}")
            accepted = accepted or current.standing == Status.DELETING
            in_doubt = in_doubt and is_followed is None
            failure = _failure(kind, name, current, f"was not gone within {timeout:g} seconds")
        now = yield _pause(interval, now, deadline)
        if now > deadline:
            raise failure
        interval = _longer(interval)


def _is_accepted(kind: Kind[Any], name: str, deadline: float) -> Flow[bool]:
    """Send a deletion, and say whether the service has accepted it; if not, it may have come about all the same."""
    try:
        yield from call(operations.delete(kind, name), deadline, is_looked_after=True)
    except AgentRunError as error:
        if not error.is_doubtful:
            raise
        return False
    return True


def _unseen(kind: Kind[Any], name: str, timeout: float) -> AgentRunError:
    what = f"{kind.title.capitalize()} {name} does not show within {timeout:g} seconds."
    return NotReadyError(what, status=None, reason=None)


def until_final(kind: Kind[R], name: str, told: Callable[[R], None], interval: float, timeout: float) -> Flow[None]:
    """Get a resource until its status is final, at even intervals as the official SDK does, `told` each answer.

    Raises WaitTimeoutError.
    """
    start = yield Pause(0)
    while True:
        found = yield from call(operations.get(kind, name))
        told(found)
        if Status.is_final_status(found.standing):
            return
        yield from _interval(kind, found, name, "has not settled", start, interval, timeout)


def until_gone(kind: Kind[R], name: str, told: Callable[[R], None], interval: float, timeout: float) -> Flow[None]:
    """Delete a resource and get it until it is gone, at even intervals as the official SDK does, `told` each answer.

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
