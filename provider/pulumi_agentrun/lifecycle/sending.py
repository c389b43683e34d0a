"""Sends a creation until it is clear what came of it.

It is never sent again without a look at what the last attempt has come to, and what appears is ours only if an attempt
may have made it, and it is what was sent. A name is unique, so that a refusal because it is taken tells that it exists,
even where reads do not show it yet. But whose it is, a refusal does not tell: of two stacks with one program, one is
refused, as is a creation that something on the way has sent twice.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, cast

from ..client import operations
from ..client.errors import (
    AgentRunError,
    ResourceAlreadyExistError,
    ResourceNotExistError,
    ThrottledError,
    TransportError,
)
from ..client.flows import Flow, Notice, Pause, backoff, once
from ..client.kinds import Kind
from ..client.models import CreateInput, SystemProps
from ..client.waiters import FIRST_POLL, PASSING, POLL_GROWTH, SETTLING, was_made_before
from ..client.wording import Message, Property, joined
from . import drift
from .diff import CREATED_AT
from .live import LifecycleError, adopting
from .names import is_automatic
from .scalars import plain
from .schema import revealed, shapes_of

LOOK = 5.0
"""Seconds of looking for what a lost creation may have made, before it is sent again."""
_CREATE_ATTEMPTS = 3
_PATIENT_ATTEMPTS = 8


class TakenError(LifecycleError):
    """The name is taken, and nothing shows that it is by what was sent."""


class Sending:
    """The creation of one resource, with what is known so far of attempts that may have come about."""

    def __init__(
        self, kind: Kind[Any], inputs: Mapping[str, Any], deadline: float, former: Mapping[str, Any] | None
    ) -> None:
        self._kind = kind
        self._inputs = inputs
        self._name: str = inputs[kind.name_field]
        sent = revealed(kind, _of_api(kind, inputs))
        self._wanted = cast("CreateInput[Any]", kind.create_input.model_validate(sent))
        self._deadline = deadline
        self._former = former
        self._failure: AgentRunError | None = None
        """The error of the last attempt."""
        self._doubt: AgentRunError | None = None
        """The error of an attempt that may have come about."""
        self._began = 0.0
        """The time by this machine's clock at which the first attempt was made."""
        self._is_taken = False
        """Whether the service has said that the name is taken."""

    def run(self) -> Flow[Any]:
        """Send the creation until it is clear what came of it, and return the answer that shows the resource."""
        started, self._began = (yield Pause(0)), time.time()
        for attempt in range(_PATIENT_ATTEMPTS):
            try:
                return (yield from once(operations.create(self._wanted), self._deadline))
            except AgentRunError as error:
                failure = error
            self._is_taken = isinstance(failure, ResourceAlreadyExistError)
            self._failure = failure
            if failure.is_doubtful and not self._is_taken:
                self._doubt = failure
            if self._doubt is None and (yield from self._may_pass(failure, attempt, started)):
                continue
            if self._doubt is None and self._is_taken:
                raise self._anybodys()
            found = yield from self._appeared()
            if found is not None:
                yield Notice(f"{self._kind.title} {self._name} was created, though the answer was lost")
                return found
            if self._doubt is None:
                raise failure
            if self._is_taken or attempt + 1 >= _CREATE_ATTEMPTS:
                break
        raise self._unclear()

    def _may_pass(self, failure: AgentRunError, attempt: int, started: float) -> Flow[bool]:
        """Wait before another attempt after one that surely did nothing; say whether one makes sense."""
        now = yield Pause(0)
        is_leaving = self._is_taken and self._former is not None and now - started < SETTLING
        is_unsent = isinstance(failure, TransportError) and not failure.sent
        pause = backoff(failure, attempt) if is_leaving or is_unsent or isinstance(failure, ThrottledError) else None
        if pause is None or now + pause.seconds >= self._deadline or attempt + 1 == _PATIENT_ATTEMPTS:
            return False
        yield pause
        return True

    def _appeared(self) -> Flow[Any]:
        """Look for what an attempt may have made; return it if it is what was sent, None if nothing is known to be.

        After a refusal too, for what refused may have stood behind the service.
        """
        now = yield Pause(0)
        patience = 0.0 if self._doubt is None else SETTLING if self._is_taken else LOOK
        until, at_last, interval = now + patience, now + SETTLING, FIRST_POLL
        while True:
            try:
                found: Any = yield from once(operations.get(self._kind, self._name))
            except ResourceNotExistError:
                found = None
            except AgentRunError as error:
                if self._doubt is None:
                    return None
                if not isinstance(error, PASSING) or now >= at_last:
                    raise self._blind(error) from None
                found, until = None, min(now + patience, at_last)
            if found is not None and not is_former(self._kind, found, self._former, unless_told=False):
                if self._is_ours(found):
                    return found
                raise self._strange()
            if now >= until:
                return None
            now = yield Pause(min(interval, until - now + 0.01))
            interval *= POLL_GROWTH

    def _is_ours(self, found: SystemProps) -> bool:
        if was_made_before(found, self._began):
            return False
        return drift.is_what_was_sent(self._kind, _of_api(self._kind, self._inputs), plain(found.to_state()))

    def _blind(self, trouble: AgentRunError) -> LifecycleError:
        return LifecycleError(
            joined(
                self._doubt,
                f"Whether {self._kind.title} {self._name} exists now could not be found out:",
                trouble,
                f"If the next run says that it exists: {adopting(self._name)}.",
            )
        )

    def _strange(self) -> LifecycleError:
        return LifecycleError(
            joined(
                self._doubt or self._failure,
                f"{self._kind.title.capitalize()} {self._name} exists now, and nothing "
                f"shows that it is what was sent: somebody else may have made it, so it was left as it is. "
                f"To take it over: {adopting(self._name)}.",
            )
        )

    def _anybodys(self) -> TakenError:
        return TakenError(
            joined(
                self._failure,
                f"{self._kind.title.capitalize()} {self._name} exists now: somebody else may have made "
                f"it, or something on the way have sent this creation twice, so it was left as it is. "
                f"To take it over: {adopting(self._name)}.",
            )
        )

    def _unclear(self) -> LifecycleError:
        what = "exists, though it does not show yet" if self._is_taken else "does not show, so it may not exist"
        return LifecycleError(
            joined(
                self._doubt,
                f"{self._kind.title.capitalize()} {self._name} {what}. "
                f"If the next run says that it exists: {adopting(self._name)}.",
            )
        )


def is_former(kind: Kind[Any], found: SystemProps, former: Mapping[str, Any] | None, *, unless_told: bool) -> bool:
    """Say whether an answer shows what this run has deleted; `unless_told` where neither id nor time tells."""
    if former is None:
        return False
    facts = [(key, former.get(key)) for key in (kind.id_field, CREATED_AT) if former.get(key)]
    return all(getattr(found, key) == value for key, value in facts) if facts else unless_told


def _of_api(kind: Kind[Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key in shapes_of(kind)}


def taken(kind: Kind[Any], name: str) -> TakenError:
    """Return the error of a name that is somebody else's."""
    # Under another name or parent, a name of the provider's own would be another one, too.
    renamed = "" if is_automatic(name) else "If it was renamed in the program, or moved, give it its pulumi.Alias. "
    return TakenError(
        Message(
            "{title} {name} exists already, so nothing was created. To take it over: {adopting}, also where an earlier "
            "replacement has left it to be deleted (pulumi stack lists it twice). {renamed}To keep it apart, choose "
            "another {field}. If this replaces {name} itself, and it is not to be retained, set "
            "delete_before_replace=True in its ResourceOptions.",
            title=kind.title.capitalize(),
            name=name,
            adopting=adopting(name),
            renamed=renamed,
            field=Property((kind.name_field,)),
        )
    )
