"""What happens to a resource: create, read, update and delete, as flows that each front door drives.

Whatever fails, the platform and the state agree afterwards: a creation that does not end well leaves
nothing behind, and what exists already is taken over only when the program says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from ..client import operations
from ..client.errors import AgentRunError, ClientError, NotReadyError, ResourceNotExistError
from ..client.flows import Flow, Pause, call
from ..client.kinds import Kind
from ..client.models import SystemProps
from ..client.models.shared import Status
from ..client.waiters import BLIND, CONFLICT, Known, Written, until_deleted, until_ready, youth
from ..client.wording import Message, Property, joined
from . import diff, drift, notes
from .check import META
from .claims import token
from .create import create, update_input, written
from .live import GoingError, IncompleteError, LifecycleError, Live, live_of
from .places import (
    MADE,
    REGION,
    SHOWS_KEYS,
    UNSETTLED,
    UPDATED,
    Place,
    check_gone,
    check_moved,
    check_same,
    has_moved,
    origin_of,
)
from .scalars import plain
from .schema import shapes_of

__all__ = ["REGION", "GoingError", "IncompleteError", "Live", "Place", "create", "delete", "read", "update"]

R = TypeVar("R", bound=SystemProps)


def read(kind: Kind[R], id: str, olds: Mapping[str, Any], place: Place) -> Flow[Live | None]:
    """Return a resource as it is now, or None if the service says that it does not exist."""
    check_same(kind, id, olds, place)
    found: R | None = yield from _found(kind, id, olds, place)
    check_moved(kind, id, olds, found, place)
    if found is None:
        check_gone(kind, id, olds, place)
        return None
    live, origin = plain(found.to_state()), origin_of(olds)
    inputs = drift.observe(kind, olds, live) | {kind.name_field: id}
    meta = {key: olds[key] for key in META if olds.get(key) is not None}
    if origin.get(MADE) and drift.shows_keys(kind, olds, live):
        origin[SHOWS_KEYS] = True
    seen = live_of(kind, id, meta | inputs, found, place, origin)
    if drift.is_first_read(kind, olds):  # what is shown of a key need not be the key
        return Live(id, seen.outputs, drift.without_keys(kind, seen.inputs))
    return seen


def _check_place(kind: Kind[Any], id: str, olds: Mapping[str, Any], place: Place) -> Flow[None]:
    """Refuse to change a resource elsewhere than where it lives; where a place is said to be the same, look first."""
    check_same(kind, id, olds, place)
    if has_moved(olds, place):
        check_moved(kind, id, olds, (yield from _found(kind, id, olds, place)), place)


def _found(kind: Kind[R], id: str, olds: Mapping[str, Any], place: Place) -> Flow[R | None]:
    """Return what has a name; None if the service says, and not only for a moment, that nothing has."""
    now = yield Pause(0)
    sure = now + youth(olds.get(diff.CREATED_AT))
    deadline = max(now + place.timeout, sure + BLIND)  # for the last look, too
    while True:
        try:
            found: R = yield from call(operations.get(kind, id), deadline)
        except ResourceNotExistError:
            if now >= sure:
                return None
        else:
            return found
        now = yield Pause(min(1.0, sure - now + 0.01))


def update(kind: Kind[R], id: str, olds: Mapping[str, Any], news: Mapping[str, Any], place: Place) -> Flow[Live]:
    """Change a resource in place and wait until it is ready again.

    A change that was or may have been accepted, and did not come about, is an IncompleteError with what is there then.
    """
    yield from _check_place(kind, id, olds, place)
    known, key = after_cut_off(kind, id, olds, place), place.key(kind, id)
    notes.note(notes.CHANGING, key, _record(olds))
    try:
        return (yield from _updated(kind, id, known, news, place))
    except IncompleteError:
        raise
    except AgentRunError:
        if known is olds:  # else an update before this one is still open
            notes.forget(notes.CHANGING, key)
        raise


def after_cut_off(kind: Kind[Any], id: str, olds: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    """Return old outputs as a diff is to take them: open, if state has not heard what became of an update.

    It may have come about all the same: its provider was killed, or the engine, while the provider went on.
    """
    key = place.key(kind, id)
    noted = notes.read(notes.CHANGING, key)
    if noted == _record(olds):
        return Live(id, dict(olds), {}).unsettled.outputs
    if noted is not None:
        notes.forget(notes.CHANGING, key)
    return olds


def _record(olds: Mapping[str, Any]) -> str:
    """Return what tells old outputs from those that the next creation or update leaves in state."""
    origin = origin_of(olds)
    return json.dumps([origin.get(MADE), origin.get(UPDATED)])


def _updated(kind: Kind[R], id: str, olds: Mapping[str, Any], news: Mapping[str, Any], place: Place) -> Flow[Live]:
    deadline = (yield Pause(0)) + place.timeout
    body = diff.update_of(kind, olds, news)
    origin = origin_of(olds) | {UPDATED: token()}
    origin.pop(UNSETTLED, None)
    try:
        # Without a change, a creation or update that was cut short is waited for.
        operation = operations.update(id, update_input(kind, body)) if body else operations.get(kind, id)
        answer: R = yield from call(operation, deadline)
    except ResourceNotExistError as error:
        raise LifecycleError(
            Message("{error} It was deleted outside of Pulumi: run pulumi refresh, then again.", error=error)
        ) from None
    except AgentRunError as error:
        if not body or not error.is_doubtful:
            raise
        raise (yield from _half_done(kind, id, olds, news, place, error)) from None
    write = Written(answer, lambda found: drift.shows(kind, olds, news, plain(found.to_state())))
    try:
        made = yield from until_ready(kind, id, write, deadline, place.timeout)
        return (yield from written(kind, id, news, made, place, origin, deadline, write, olds))
    except AgentRunError as error:
        raise (yield from _half_done(kind, id, olds, news, place, error)) from None


def _half_done(
    kind: Kind[R],
    id: str,
    olds: Mapping[str, Any],
    news: Mapping[str, Any],
    place: Place,
    failure: AgentRunError,
) -> Flow[AgentRunError]:
    """Return the error of an update that may have come about in part, with what is there as far as it can be told."""
    try:
        live = yield from read(kind, id, {**olds, **news}, place)
    except AgentRunError:
        live = Live(id, dict(olds), {key: value for key, value in olds.items() if key in {*shapes_of(kind), *META}})
    if live is None:
        return LifecycleError(joined(failure, "It does not exist any more: run pulumi refresh, then again."))
    if isinstance(failure, NotReadyError) and failure.status:
        live = Live(id, live.outputs | {diff.STATUS: failure.status}, live.inputs)
    again = "The next pulumi up tries it again"
    unkept = f"{again}; to go back to the old program instead, run pulumi refresh first."
    return IncompleteError(joined(failure, f"{again}."), live.unsettled, joined(failure, unkept))


def delete(kind: Kind[R], id: str, olds: Mapping[str, Any], place: Place) -> Flow[None]:
    """Delete a resource and wait until it is gone; one that is gone already is no error."""
    yield from _check_place(kind, id, olds, place)
    now = yield Pause(0)
    sure = now + youth(olds.get(diff.CREATED_AT))
    deadline = max(now + place.timeout, sure + BLIND)
    try:
        known = Known(olds.get(kind.id_field), olds.get(diff.CREATED_AT))
        was_there = yield from until_deleted(kind, id, deadline, place.timeout, known=known, sure=sure)
    except NotReadyError as error:
        if error.status != Status.DELETING:
            raise
        notes.note(notes.LEAVING, place.key(kind, id))
        raise GoingError(
            Message(
                "{error} It is still being deleted, and stays in state until it is gone. Before another machine puts "
                "it back into the program, run pulumi refresh there, or it would be taken for unchanged.",
                error=error,
            )
        ) from None
    except ClientError as error:
        if error.status_code != CONFLICT:
            raise
        raise LifecycleError(
            Message(
                "{error} Take {resource} out of what uses it and run again; if it is being replaced, set another "
                "{name} instead, so that the new one is there before this one goes.",
                error=error,
                resource=f"{kind.title} {id}",
                name=Property((kind.name_field,)),
            )
        ) from None
    for what in (notes.LEAVING, notes.CHANGING):
        notes.forget(what, place.key(kind, id))
    if not was_there:
        check_gone(kind, id, olds, place)


def settled(kind: Kind[R], id: str, olds: Mapping[str, Any], place: Place) -> Flow[Mapping[str, Any]]:
    """Return old outputs as a diff is to take them: on its way out, where a deletion that went on has not ended."""
    found: R | None = yield from _found(kind, id, olds, place)
    if found is None or found.standing == Status.DELETING:
        return {**olds, diff.STATUS: Status.DELETING.value}
    notes.forget(notes.LEAVING, place.key(kind, id))
    return olds
