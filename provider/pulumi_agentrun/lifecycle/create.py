"""Creates a resource, or adopts it, so that afterwards it is known what exists."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar, cast

from ..client import operations
from ..client.errors import AgentRunError, ConfigError, NotReadyError, ResourceNotExistError
from ..client.flows import Flow, Notice, Pause, call
from ..client.kinds import Kind
from ..client.models import SystemProps, UpdateInput
from ..client.models.shared import Status
from ..client.waiters import BLIND, SETTLING, Known, Written, check_settled, until_deleted, until_ready
from ..client.wording import Message, Property, joined
from . import drift
from .claims import token
from .diff import CREATED_AT
from .live import IncompleteError, LifecycleError, Live, adopting, live_of
from .places import ADOPTED, MADE, SHOWS_KEYS, Place
from .scalars import plain
from .schema import field_of, has_unknown, revealed
from .sending import Sending, TakenError, is_former, taken

R = TypeVar("R", bound=SystemProps)

CLEANUP_TIMEOUT = 120.0


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
    there = yield from find(kind, name, deadline)
    if there is not None and is_former(kind, there, former, unless_told=True):
        there = None
    if there is not None and there.standing == Status.DELETING:
        yield Notice(f"{kind.title} {name} is on its way out: it is waited for", is_passing=True)
        yield from until_deleted(kind, name, deadline, place.timeout, is_ending=True)
        there = None
    if there is not None and not adopt:
        raise taken(kind, name)
    if there is not None and there.standing != Status.CREATE_FAILED:
        return (yield from _adopted(kind, there, inputs, place, deadline))
    if there is not None:
        yield Notice(f"{kind.title} {name} exists but was never ready: it is deleted and created anew")
        known = Known(getattr(there, kind.id_field), there.created_at)
        yield from until_deleted(kind, name, deadline, place.timeout, known=known)
    try:
        return (yield from _created(kind, inputs, place, deadline, keep=keep, former=former))
    except TakenError:  # by what an older answer did not show
        there = yield from find(kind, name, deadline)
        if there is None or not adopt:
            raise
    return (yield from _adopted(kind, there, inputs, place, deadline))


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
    answer = yield from Sending(kind, inputs, deadline, former).run()
    origin, made_at = {MADE: token()}, (yield Pause(0))
    write = Written(answer)
    try:
        made = yield from until_ready(kind, name, write, deadline, place.timeout)
        return (yield from written(kind, name, inputs, made, place, origin, deadline, write))
    except AgentRunError as error:
        failure = error
    if isinstance(failure, NotReadyError):
        answer = answer.model_copy(update={"status": failure.status, "status_reason": failure.reason})
    live = live_of(kind, name, inputs, answer, place, origin)
    if keep:
        kept = "It is kept: the next pulumi up waits for it, or replaces it if it has failed."
        raise IncompleteError(joined(failure, kept), live)
    raise (yield from _undone(kind, live, failure, made_at))


def written(
    kind: Kind[R],
    name: str,
    inputs: Mapping[str, Any],
    made: R,
    place: Place,
    origin: Mapping[str, Any],
    deadline: float,
    write: Written[R],
    olds: Mapping[str, Any] = MappingProxyType({}),
) -> Flow[Live]:
    """Return a resource after a write that came about, with what a read tells of its keys.

    Whether keys are shown can only be told by a read of ones that are known: the answer to a write may repeat them. And
    only by one that is not from before the write, as that is which shows the keys of `olds`, the outputs before it.
    Raises NotReadyError if the read tells that the write has failed after all.
    """
    remembered = dict(origin)
    if drift.has_keys(kind, inputs):
        try:
            shown: R = yield from call(operations.get(kind, name), deadline)
        except AgentRunError:
            remembered.pop(SHOWS_KEYS, None)  # it will be told another time
        else:
            live = plain(shown.to_state())
            shows_new, shows_old = (drift.shows_keys(kind, props, live) for props in (inputs, olds))
            is_older = (shows_old and not shows_new) or write.is_older(shown, kind, BLIND)
            if not is_older:
                check_settled(kind, name, shown)
            if shows_new or not is_older:
                remembered[SHOWS_KEYS] = shows_new
    return live_of(kind, name, inputs, made, place, remembered)


def find(kind: Kind[R], name: str, deadline: float) -> Flow[R | None]:
    """Return what has a name, None if the service says that nothing has."""
    try:
        found: R = yield from call(operations.get(kind, name), deadline)
    except ResourceNotExistError:
        return None
    return found


def _undone(kind: Kind[Any], live: Live, failure: AgentRunError, made_at: float) -> Flow[LifecycleError]:
    """Delete what was created in vain, and return the error that says so."""
    name = live.id
    deadline = (yield Pause(0)) + CLEANUP_TIMEOUT
    try:
        known, sure = Known(live.outputs.get(kind.id_field), live.outputs.get(CREATED_AT)), made_at + SETTLING
        was_there = yield from until_deleted(kind, name, deadline, CLEANUP_TIMEOUT, known=known, sure=sure)
    except AgentRunError as error:
        text = Message("{failure} It could not be deleted again: {error}", failure=failure, error=error)
        return IncompleteError(
            joined(
                text, "It stays in state: the next pulumi up replaces it or waits for it, pulumi destroy deletes it."
            ),
            live,
            joined(text, f"Delete {kind.title} {name} by hand, or take it over: {adopting(name)}."),
        )
    if was_there:
        return LifecycleError(joined(failure, "It was deleted again, so nothing is left behind."))
    gone = f"The service says that {kind.title} {name} does not exist, also for its deletion."
    return LifecycleError(joined(failure, gone, f"If the next run says that it exists: {adopting(name)}."))


def _adopted(kind: Kind[R], there: R, inputs: Mapping[str, Any], place: Place, deadline: float) -> Flow[Live]:
    """Take over what exists: its immutable properties must fit, the others are set."""
    name: str = inputs[kind.name_field]
    check_fit(kind, there, inputs)
    mutable = {key: value for key, value in inputs.items() if field_of(kind, key) in kind.mutable}
    yield Notice(f"{kind.title} {name} exists and is taken over")
    try:
        answer: R = yield from call(operations.update(name, update_input(kind, mutable)), deadline)
        made = yield from until_ready(kind, name, Written(answer), deadline, place.timeout)
        origin = {MADE: token(), ADOPTED: True}
        return (yield from written(kind, name, inputs, made, place, origin, deadline, Written(answer)))
    except AgentRunError as error:
        what = f"{kind.title.capitalize()} {name} is not in state, and may have been changed"
        raise LifecycleError(joined(error, f"{what}. To take it over: {adopting(name)}.")) from None


def check_fit(kind: Kind[Any], there: SystemProps, inputs: Mapping[str, Any]) -> None:
    """Raise ConfigError if what exists differs from the program in what cannot be changed."""
    name, live = inputs[kind.name_field], plain(there.to_state())
    both = sorted(kind.immutable & inputs.keys() & live.keys())
    unfit = [key for key in both if live[key] != inputs[key] and not has_unknown(inputs[key])]
    if unfit:  # the program's own values stay out of it, for any may be a secret
        places = {key: Property((key,)) for key in unfit}
        lives = [Message("its {key} is {value}", key=places[key], value=repr(live[key])) for key in unfit]
        fits = [Message("{key}={value}", key=places[key], value=repr(live[key])) for key in unfit]
        raise ConfigError(
            Message(
                "{title} {name} cannot be adopted: {lives}, which cannot be changed, and the program says otherwise. "
                "Set {fits}, or choose another name.",
                title=kind.title.capitalize(),
                name=name,
                lives=joined(*lives, by=" and "),
                fits=joined(*fits, by=" and "),
            )
        )


def update_input(kind: Kind[R], fields: Mapping[str, Any]) -> UpdateInput[R]:
    """Return the input of an update that sets some fields, with the keys that references lead to."""
    return cast("UpdateInput[R]", kind.update_input.model_validate(revealed(kind, fields)))
