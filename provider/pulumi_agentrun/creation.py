"""Creates a resource so that afterwards it is known what exists: what was made is ours, what was there is not.

A creation is never sent again without a look at what the last one has come to, and what appears after a lost answer is
ours only if it is what was sent. A name is unique, so that a refusal because it is taken tells that it exists, even
where reads do not show it yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from . import drift, keys
from .changes import CREATED_AT
from .claims import token
from .client import operations
from .client.errors import (
    AgentRunError,
    ConfigError,
    LifecycleError,
    NotReadyError,
    ResourceAlreadyExistError,
    ResourceNotExistError,
    ThrottledError,
    TransportError,
)
from .client.flows import Flow, Notice, Pause, backoff, call, once
from .client.kinds import Kind
from .client.models import CreateInput, SystemProps, UpdateInput
from .client.settings import Status
from .leaves import plain
from .live import IncompleteError, Live, adopting, live_of
from .places import MADE, SHOWS_KEYS, Place
from .waiting import FIRST_POLL, PASSING, POLL_GROWTH, SETTLING, Written, until_deleted, until_ready

R = TypeVar("R", bound=SystemProps)

CLEANUP_TIMEOUT = 120.0
LOOK = 5.0
"""Seconds of looking for what a lost creation may have made, before it is sent again."""
_CREATE_ATTEMPTS = 3
_PATIENT_ATTEMPTS = 8


def create(
    kind: Kind[R],
    inputs: Mapping[str, Any],
    place: Place,
    *,
    adopt: bool = False,
    keep: bool = False,
    former: Mapping[str, Any] | None = None,
) -> Flow[Live]:
    """Create a resource and wait until it is ready.

    `inputs` are checked. What exists already is an error, unless it is to be adopted. What ends in CREATE_FAILED or
    takes too long is deleted again before the error rises, or with `keep` stays: then, and if it cannot be deleted, the
    error is an IncompleteError. `former` are the outputs of what this run has deleted under the same name, which older
    answers may still show.
    """
    name: str = inputs[kind.name_field]
    deadline = (yield Pause(0)) + place.timeout
    there = yield from _find(kind, name, deadline)
    if there is not None and _is_former(kind, there, former, unless_told=True):
        there = None
    if there is not None and there.status == Status.DELETING:
        yield Notice(f"{kind.title} {name} is on its way out: it is waited for")
        yield from until_deleted(kind, name, deadline, place.timeout, is_ending=True)
        there = None
    if there is not None and not adopt:
        raise _taken(kind, name)
    if there is not None and there.status != Status.CREATE_FAILED:
        return (yield from _adopted(kind, there, inputs, place, deadline))
    if there is not None:
        yield Notice(f"{kind.title} {name} exists but was never ready: it is deleted and created anew")
        yield from until_deleted(kind, name, deadline, place.timeout)
    return (yield from _created(kind, inputs, place, deadline, keep=keep, former=former))


def _created(
    kind: Kind[R],
    inputs: Mapping[str, Any],
    place: Place,
    deadline: float,
    *,
    keep: bool,
    former: Mapping[str, Any] | None,
) -> Flow[Live]:
    name: str = inputs[kind.name_field]
    answer = yield from _Creation(kind, inputs, deadline, former).run()
    origin, made_at = {MADE: token()}, (yield Pause(0))
    try:
        made = yield from until_ready(kind, name, Written(answer), deadline, place.timeout)
    except AgentRunError as error:
        failure = error
    else:
        return (yield from written(kind, name, inputs, made, place, origin, deadline))
    if isinstance(failure, NotReadyError):
        answer = answer.model_copy(update={"status": failure.status, "status_reason": failure.reason})
    live = live_of(kind, name, inputs, answer, place, origin)
    if keep:
        text = f"{failure} It is kept: the next pulumi up waits for it, or replaces it if it has failed."
        raise IncompleteError(text, live)
    raise (yield from _undone(kind, live, failure, made_at))


def written(
    kind: Kind[R],
    name: str,
    inputs: Mapping[str, Any],
    made: R,
    place: Place,
    origin: Mapping[str, Any],
    deadline: float,
) -> Flow[Live]:
    """Return a resource after a write that came about, with what a read tells of its keys.

    Whether keys are shown can only be told by a read of ones that are known: the answer to a write may repeat them.
    """
    remembered = dict(origin)
    if drift.has_keys(kind, inputs):
        try:
            shown: R = yield from call(operations.get(kind, name), deadline)
        except AgentRunError:
            remembered.pop(SHOWS_KEYS, None)  # it will be told another time
        else:
            remembered[SHOWS_KEYS] = drift.shows_keys(kind, inputs, plain(shown.to_state()))
    return live_of(kind, name, inputs, made, place, remembered)


class _Creation:
    """One resource to create, with what is known so far of attempts that may have come about."""

    def __init__(
        self, kind: Kind[R], inputs: Mapping[str, Any], deadline: float, former: Mapping[str, Any] | None
    ) -> None:
        self._kind = kind
        self._inputs = inputs
        self._name: str = inputs[kind.name_field]
        self._wanted = cast("CreateInput[Any]", kind.create_input.model_validate(keys.revealed(_of_api(kind, inputs))))
        self._deadline = deadline
        self._former = former
        self._doubt: AgentRunError | None = None
        """The error of an attempt that may have come about."""
        self._is_taken = False
        """Whether the service has said that the name is taken."""

    def run(self) -> Flow[Any]:
        """Send the creation until it is clear what came of it, and return the answer that shows the resource."""
        started = yield Pause(0)
        for attempt in range(_PATIENT_ATTEMPTS):
            try:
                return (yield from once(operations.create(self._wanted), self._deadline))
            except AgentRunError as error:
                failure = error
            self._is_taken = isinstance(failure, ResourceAlreadyExistError)
            if failure.is_doubtful and not self._is_taken:
                self._doubt = failure
            if self._doubt is not None:
                found = yield from self._looked_for(SETTLING if self._is_taken else LOOK)
                if found is not None:
                    yield Notice(f"{self._kind.title} {self._name} was created, though the answer was lost")
                    return found
                if self._is_taken or attempt + 1 >= _CREATE_ATTEMPTS:
                    break
            elif not (yield from self._may_pass(failure, attempt, started)):
                raise _taken(self._kind, self._name) if self._is_taken else failure
        raise self._unclear() if self._doubt is not None else failure

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

    def _looked_for(self, patience: float) -> Flow[Any]:
        """Look for what an attempt may have made, for some seconds; return it if it is ours, None if nothing shows."""
        now = yield Pause(0)
        until, at_last, interval = now + patience, now + SETTLING, FIRST_POLL
        while True:
            try:
                found: Any = yield from once(operations.get(self._kind, self._name))
            except ResourceNotExistError:
                found = None
            except AgentRunError as error:
                if not isinstance(error, PASSING) or now >= at_last:
                    raise self._blind(error) from None
                found, until = None, min(now + patience, at_last)
            if found is not None and not _is_former(self._kind, found, self._former, unless_told=False):
                if not drift.is_what_was_sent(self._kind, _of_api(self._kind, self._inputs), plain(found.to_state())):
                    raise self._strange()
                return found
            if now >= until:
                return None
            now = yield Pause(min(interval, until - now + 0.01))
            interval *= POLL_GROWTH

    def _blind(self, trouble: AgentRunError) -> LifecycleError:
        return LifecycleError(
            f"{self._doubt} Whether {self._kind.title} {self._name} exists now could not be found out: {trouble} "
            f"If the next run says that it exists: {adopting(self._name)}."
        )

    def _strange(self) -> LifecycleError:
        return LifecycleError(
            f"{self._doubt} {self._kind.title.capitalize()} {self._name} exists now, and nothing shows that it is "
            f"what was sent: somebody else may have made it, so it was left as it is. "
            f"To take it over: {adopting(self._name)}."
        )

    def _unclear(self) -> LifecycleError:
        what = "exists, though it does not show yet" if self._is_taken else "does not show, so it may not exist"
        return LifecycleError(
            f"{self._doubt} {self._kind.title.capitalize()} {self._name} {what}. "
            f"If the next run says that it exists: {adopting(self._name)}."
        )


def _find(kind: Kind[R], name: str, deadline: float) -> Flow[R | None]:
    try:
        found: R = yield from call(operations.get(kind, name), deadline)
    except ResourceNotExistError:
        return None
    return found


def _is_former(kind: Kind[Any], found: SystemProps, former: Mapping[str, Any] | None, *, unless_told: bool) -> bool:
    """Say whether an answer shows what this run has deleted; `unless_told` where neither id nor time tells."""
    if former is None:
        return False
    facts = [(key, former.get(key)) for key in (kind.id_field, CREATED_AT) if former.get(key)]
    return all(getattr(found, key) == value for key, value in facts) if facts else unless_told


def _undone(kind: Kind[Any], live: Live, failure: AgentRunError, made_at: float) -> Flow[LifecycleError]:
    """Delete what was created in vain, and return the error that says so."""
    name = live.id
    deadline = (yield Pause(0)) + CLEANUP_TIMEOUT
    try:
        was_there = yield from until_deleted(kind, name, deadline, CLEANUP_TIMEOUT, sure=made_at + SETTLING)
    except AgentRunError as error:
        text = f"{failure} It could not be deleted again: {error}"
        return IncompleteError(
            f"{text} It stays in state: the next pulumi up replaces it or waits for it, pulumi destroy deletes it.",
            live,
            f"{text} Delete {kind.title} {name} by hand, or take it over: {adopting(name)}.",
        )
    if was_there:
        return LifecycleError(f"{failure} It was deleted again, so nothing is left behind.")
    return LifecycleError(
        f"{failure} The service says that {kind.title} {name} does not exist, also for its deletion. "
        f"If the next run says that it exists: {adopting(name)}."
    )


def _adopted(kind: Kind[R], there: R, inputs: Mapping[str, Any], place: Place, deadline: float) -> Flow[Live]:
    """Take over what exists: its immutable properties must fit, the others are set."""
    name: str = inputs[kind.name_field]
    live = plain(there.to_state())
    for key in sorted(kind.immutable & inputs.keys() & live.keys()):
        if live[key] != inputs[key]:
            raise ConfigError(
                f"{kind.title.capitalize()} {name} cannot be adopted: its {key} is {live[key]!r}, which cannot be "
                f"changed, and the program says {inputs[key]!r}. Set {key}={live[key]!r}, or choose another name."
            )
    mutable = {key: inputs[key] for key in kind.mutable & inputs.keys()}
    yield Notice(f"{kind.title} {name} exists and is taken over")
    answer: R = yield from call(operations.update(name, update_input(kind, mutable)), deadline)
    made = yield from until_ready(kind, name, Written(answer), deadline, place.timeout)
    return (yield from written(kind, name, inputs, made, place, {MADE: token()}, deadline))


def update_input(kind: Kind[R], fields: Mapping[str, Any]) -> UpdateInput[R]:
    """Return the input of an update that sets some fields, with the keys that references lead to."""
    return cast("UpdateInput[R]", kind.update_input.model_validate(keys.revealed(fields)))


def _of_api(kind: Kind[Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key in kind.inputs}


def _taken(kind: Kind[Any], name: str) -> LifecycleError:
    return LifecycleError(
        f"{kind.title.capitalize()} {name} exists already, so nothing was created. To take it over: "
        f"{adopting(name)}. To keep it apart, choose another {kind.name_field}. "
        f"If this replaces {name} itself, set delete_before_replace=True in its ResourceOptions."
    )
