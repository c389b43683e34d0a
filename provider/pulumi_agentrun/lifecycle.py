"""What happens to a resource: create, read, update and delete, as flows that each front door drives.

Whatever fails, the platform and the state agree afterwards: a creation that does not end well leaves
nothing behind, and what exists already is taken over only when the program says so.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from . import changes, keys
from .client import operations
from .client.errors import (
    AgentRunError,
    ClientError,
    ConfigError,
    LifecycleError,
    NotReadyError,
    ResourceAlreadyExistError,
    ResourceNotExistError,
    ServerError,
    TransportError,
    UnexpectedAnswerError,
)
from .client.flows import Flow, Notice, call
from .client.kinds import Kind
from .client.models import SystemProps, UpdateInput
from .client.settings import Status
from .inputs import META
from .leaves import plain
from .waiting import CONFLICT, until_deleted, until_ready

R = TypeVar("R", bound=SystemProps)

REGION = "region"
"""The output that says where a resource is, so that no other region is ever searched for it."""

CLEANUP_TIMEOUT = 120.0
_CREATE_ATTEMPTS = 3
# After these, a creation may or may not have happened.
_AMBIGUOUS = (TransportError, ServerError, UnexpectedAnswerError)


@dataclass(frozen=True)
class Place:
    """Where a resource lives, and how long to wait for it."""

    region: str | None = None
    timeout: float = 600.0
    """Seconds that one create, update or delete may take until the resource has settled."""


@dataclass(frozen=True)
class Live:
    """A resource as it is: its id and outputs, and the inputs that would give it."""

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any]


class IncompleteError(LifecycleError):
    """A resource was created or changed and never became ready; it exists as it says."""

    def __init__(self, message: str, live: Live) -> None:
        super().__init__(message)
        self.live = live


def create(
    kind: Kind[R], inputs: Mapping[str, Any], place: Place, *, adopt: bool = False, keep: bool = False
) -> Flow[Live]:
    """Create a resource and wait until it is ready.

    `inputs` are checked. What exists already is an error, unless it is to be adopted. What ends in CREATE_FAILED or
    takes too long is deleted again before the error rises, or with `keep` stays: then the error is an IncompleteError.
    """
    name: str = inputs[kind.name_field]
    there = yield from _find(kind, name)
    if there is not None and not adopt:
        raise _taken(kind, name)
    if there is not None and there.status == Status.CREATE_FAILED:
        yield Notice(f"{kind.title} {name} exists but was never ready: it is deleted and created anew")
        yield from until_deleted(kind, name, place.timeout)
    elif there is not None:
        return (yield from _adopt(kind, there, inputs, place))
    wanted = kind.create_input.model_validate(keys.revealed(_of_api(kind, inputs)))
    made = yield from _create_once(kind, name, wanted)
    try:
        made = yield from until_ready(kind, name, made, place.timeout)
    except AgentRunError as error:
        failure = error
    else:
        return _live(kind, name, inputs, made, place)
    if keep:
        if isinstance(failure, NotReadyError):
            made = made.model_copy(update={"status": failure.status, "status_reason": failure.reason})
        raise IncompleteError(
            f"{failure} It is kept: the next pulumi up waits for it, or replaces it if it has failed.",
            _live(kind, name, inputs, made, place),
        )
    raise (yield from _undone(kind, name, failure))


def read(kind: Kind[R], id: str, olds: Mapping[str, Any], place: Place) -> Flow[Live | None]:
    """Return a resource as it is now, or None if the service says that it does not exist."""
    _same_region(kind, id, olds, place)
    found = yield from _find(kind, id)
    if found is None:
        return None
    inputs = changes.observe(kind, olds, plain(found.to_state()))
    inputs[kind.name_field] = id
    meta = {key: olds[key] for key in META if olds.get(key) is not None}
    return _live(kind, id, meta | inputs, found, place)


def update(
    kind: Kind[R], id: str, olds: Mapping[str, Any], news: Mapping[str, Any], place: Place, *, keep: bool = False
) -> Flow[Live]:
    """Change a resource in place and wait until it is ready again.

    With `keep`, a change that was accepted and did not come about is an IncompleteError with what is there then.
    """
    _same_region(kind, id, olds, place)
    body = changes.update_of(kind, olds, news)
    try:
        # Without a change, a creation or update that was cut short is waited for.
        made = yield from call(operations.update(id, _update_input(kind, body)) if body else operations.get(kind, id))
    except ResourceNotExistError as error:
        raise LifecycleError(f"{error} It was deleted outside of Pulumi: run pulumi refresh, then again.") from None
    try:
        made = yield from until_ready(kind, id, made, place.timeout)
    except AgentRunError as error:
        if not keep:
            raise
        raise (yield from _half_done(kind, id, news, place, error)) from None
    return _live(kind, id, news, made, place)


def _half_done(
    kind: Kind[R], id: str, news: Mapping[str, Any], place: Place, failure: AgentRunError
) -> Flow[AgentRunError]:
    """Return the error of an update that did not come about, with what is there if that can be found out."""
    try:
        live = yield from read(kind, id, news, place)
    except AgentRunError:
        return failure
    return failure if live is None else IncompleteError(f"{failure} The next pulumi up tries it again.", live)


def delete(kind: Kind[R], id: str, olds: Mapping[str, Any], place: Place) -> Flow[None]:
    """Delete a resource and wait until it is gone; one that is gone already is no error."""
    _same_region(kind, id, olds, place)
    try:
        yield from until_deleted(kind, id, place.timeout)
    except ClientError as error:
        if error.status_code != CONFLICT:
            raise
        raise LifecycleError(
            f"{error} Take {kind.title} {id} out of what uses it and run again; if it is being replaced, set another "
            f"{kind.name_field} instead, so that the new one is there before this one goes."
        ) from None


def _find(kind: Kind[R], name: str) -> Flow[R | None]:
    try:
        found: R = yield from call(operations.get(kind, name))
    except ResourceNotExistError:
        return None
    return found


def _create_once(kind: Kind[R], name: str, wanted: Any) -> Flow[R]:
    """Create what did not exist a moment ago.

    After a lost answer it looks: what has appeared under the name since is ours. It never sends blindly again.
    """
    failure: AgentRunError | None = None
    for _ in range(_CREATE_ATTEMPTS):
        try:
            made: R = yield from call(operations.create(wanted))
        except ResourceAlreadyExistError:
            if failure is None:  # somebody else was faster
                raise _taken(kind, name) from None
        except _AMBIGUOUS as error:
            if isinstance(error, TransportError) and not error.sent:
                raise
            failure = error
        else:
            return made
        there = yield from _look(kind, name, failure)
        if there is not None:
            yield Notice(f"{kind.title} {name} was created, though the answer was lost")
            return there
    assert failure is not None
    raise LifecycleError(f"{failure} {kind.title.capitalize()} {name} was not created.")


def _look(kind: Kind[R], name: str, failure: AgentRunError) -> Flow[R | None]:
    try:
        return (yield from _find(kind, name))
    except AgentRunError as error:
        unclear = error
    raise LifecycleError(
        f"{failure} Whether {kind.title} {name} exists now could not be found out: {unclear} "
        f"If the next run says that it exists: {_adopting(name)}."
    )


def _undone(kind: Kind[Any], name: str, failure: AgentRunError) -> Flow[LifecycleError]:
    """Delete what was created in vain, and return the error that says so."""
    try:
        yield from until_deleted(kind, name, CLEANUP_TIMEOUT)
    except AgentRunError as error:
        return LifecycleError(
            f"{failure} It could not be deleted again: {error} "
            f"Delete {kind.title} {name} by hand, or take it over: {_adopting(name)}."
        )
    return LifecycleError(f"{failure} It was deleted again, so nothing is left behind.")


def _adopt(kind: Kind[R], there: R, inputs: Mapping[str, Any], place: Place) -> Flow[Live]:
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
    made: R = yield from call(operations.update(name, _update_input(kind, mutable)))
    made = yield from until_ready(kind, name, made, place.timeout)
    return _live(kind, name, inputs, made, place)


def _live(kind: Kind[Any], id: str, inputs: Mapping[str, Any], found: SystemProps, place: Place) -> Live:
    """Return outputs that repeat the managed inputs, for a diff gets nothing else, and add the service's own."""
    own = {key: value for key, value in found.to_state().items() if key in kind.outputs}
    if place.region:
        own[REGION] = place.region
    return Live(id, {**inputs, **own}, dict(inputs))


def _of_api(kind: Kind[Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key in kind.inputs}


def _update_input(kind: Kind[R], fields: Mapping[str, Any]) -> UpdateInput[R]:
    return cast("UpdateInput[R]", kind.update_input.model_validate(keys.revealed(fields)))


def _same_region(kind: Kind[Any], id: str, olds: Mapping[str, Any], place: Place) -> None:
    """Refuse to search another region for a resource: it would look gone there."""
    was = olds.get(REGION)
    if was and place.region and was != place.region:
        raise ConfigError(
            f"{kind.title.capitalize()} {id} is in {was}, but the configuration says {place.region}: set "
            f"agentrun:region (and agentrun:endpoint) back, or use profiles to work in several regions."
        )


def _taken(kind: Kind[Any], name: str) -> LifecycleError:
    return LifecycleError(
        f"{kind.title.capitalize()} {name} exists already, so nothing was created. To take it over: "
        f"{_adopting(name)}. To keep it apart, choose another {kind.name_field}. "
        f"If this replaces {name} itself, set delete_before_replace=True in its ResourceOptions."
    )


def _adopting(name: str) -> str:
    return f"set adopt=True on the resource, or run AGENTRUN_ADOPT={shlex.quote(name)} pulumi up once"
