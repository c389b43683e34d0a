"""What the engine asks about resources, answered in one order for both front doors: check, claim, step, answer.

A verb is a generator that yields what only its front door can do, and is sent what came of it: a `Locate` gives a
place, a `Run` what its flow returns, a `Notice` nothing. Values are plain; what a preview does not know is `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, TypeVar

from ..client.errors import AgentRunError, ConfigError
from ..client.flows import Flow, Notice, discreet
from ..client.kinds import Kind
from ..client.redaction import Secret
from ..client.wording import joined
from . import check, drift, foresight, hidden_inputs, notes, sense, steps
from .check import Failure
from .claims import Claims
from .diff import Diff, diff, planned
from .live import IncompleteError, Live
from .names import PROFILE
from .places import REGION, Place
from .remarks import left_out, remarks
from .schema import secrets_of
from .unknown import UNKNOWN

T = TypeVar("T")


@dataclass(frozen=True)
class Locate:
    """Say where a profile leads; None if the configuration is not known yet."""

    profile: str | None


@dataclass(frozen=True)
class Run(Generic[T]):
    """Drive a flow where a profile leads."""

    profile: str | None
    flow: Callable[[Place], Flow[T]] = field(repr=False)
    limit: float | None
    """Seconds that it may take, if the resource says so."""
    secrets: tuple[Secret, ...] = field(repr=False)
    """What no answer may repeat."""
    make: bool = False
    """Whether an embedded platform that is missing is made for it."""

    def at(self, place: Place) -> Flow[T]:
        """Return the flow at the place where the profile leads."""
        return discreet(self.flow(replace(place, timeout=self.limit or place.timeout)), self.secrets)


Step = Locate | Run[Any] | Notice
Verb = Generator[Step, Any, T]


@dataclass(frozen=True)
class Compared:
    """What a plan would do to a resource, and the old outputs that it has been compared with."""

    diff: Diff
    olds: Mapping[str, Any]


class Controller:
    """The verbs of one run of a program. With `keep`, a creation that comes to no end stays and is waited for."""

    def __init__(self, claims: Claims, *, keep: bool) -> None:
        self.claims = claims
        self._keep = keep

    def check(
        self,
        kind: Kind[Any],
        urn: Any,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        *,
        is_wrong: bool = False,
        foresee: bool = False,
    ) -> Verb[tuple[dict[str, Any], list[Failure]]]:
        """Return the inputs in normal form, and all that is wrong with them.

        With `is_wrong`, the front door has found something wrong before, so that they are judged by themselves alone.
        With `foresee`, this is a preview's only chance to tell what the creation of a new resource would meet.
        """
        self.claims.checked(urn)
        inputs, failures = check.check(kind, olds, {**news, hidden_inputs.URN: urn})
        if failures or is_wrong:
            return inputs, failures
        if inputs.get(PROFILE) is not UNKNOWN:
            failures = yield from self._declared(kind, urn, inputs, foresee=foresee and not olds)
        if not failures:
            yield from sense.warnings(kind, olds, inputs)
        return inputs, failures

    def _declared(self, kind: Kind[Any], urn: Any, inputs: Mapping[str, Any], *, foresee: bool) -> Verb[list[Failure]]:
        name = inputs[kind.name_field]
        try:
            place: Place | None = yield Locate(inputs.get(PROFILE))
            if place is None or name is UNKNOWN or not isinstance(urn, str):
                return []
            taken = self.claims.declare(kind, place, name, urn)
            if taken is None and foresee:
                yield from self.foresee(kind, inputs)
        except AgentRunError as error:
            taken = joined(error)
        return [Failure((), taken)] if taken else []

    def diff(
        self,
        kind: Kind[Any],
        id: str,
        urn: Any,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        before: Mapping[str, Any] | None = None,
    ) -> Verb[Compared]:
        """Compare old outputs with checked inputs; `before` are the inputs that led to the old outputs, if known."""
        shown = olds
        olds = drift.without_unmanaged_keys(kind, olds, before or {}, news)
        profile, is_staying = olds.get(PROFILE), olds.get(PROFILE) == news.get(PROFILE)
        try:
            place: Place | None = yield Locate(profile)
        except ConfigError:
            if is_staying:
                raise
            place = None
        if place is not None:
            self.claims.record(kind, place, id)
        if place is None or not is_staying:  # another profile is another place, and replaces
            return Compared(diff(kind, id, olds, news), olds)
        self.claims.check_place(kind, id, olds, place)
        if notes.read(notes.LEAVING, place.key(kind, id)) is not None:
            olds = yield _run(kind, "read", olds, partial(steps.settled, kind, id, olds))
        olds = steps.after_cut_off(kind, id, olds, place)
        found = diff(kind, id, olds, news)
        if self.claims.is_plan(urn):
            yield from remarks(kind, id, found, olds, news)
            yield from left_out(kind, id, found, drift.unmanaged_keys(kind, shown, before or {}, news))
        if not found.changed:
            self.claims.keep(kind, place, id, urn, olds)
        return Compared(found, olds)

    def foresee(self, kind: Kind[Any], wanted: Mapping[str, Any]) -> Verb[None]:
        """Tell what `create` would meet, or raise what it would raise, where a preview has something to foretell."""
        place: Place | None = yield Locate(wanted.get(PROFILE))
        if place is not None and looks(self.claims, kind, wanted, place):
            yield _run(kind, "create", wanted, partial(_foreseen, self.claims, kind, wanted))

    def plan(self, kind: Kind[Any], olds: Mapping[str, Any], news: Mapping[str, Any]) -> Verb[dict[str, Any]]:
        """Return the outputs that a preview can foretell, with `olds` empty for a creation."""
        place: Place | None = yield Locate(news.get(PROFILE))
        return {**planned(kind, olds, news), REGION: UNKNOWN if place is None else place.region}

    def create(self, kind: Kind[Any], wanted: Mapping[str, Any], limit: float | None = None) -> Verb[Live]:
        """Create a resource, or adopt it, and hold it for this run."""
        flow = partial(_created, self.claims, kind, wanted, keep=self._keep)
        live: Live = yield _run(kind, "create", wanted, flow, limit=limit, make=True)
        return live

    def read(
        self,
        kind: Kind[Any],
        id: str,
        olds: Mapping[str, Any],
        before: Mapping[str, Any] | None = None,
        limit: float | None = None,
    ) -> Verb[Live | None]:
        """Return a resource as it is, for a refresh, an import or a look-up; None if the service says it is gone."""
        olds = drift.without_unmanaged_keys(kind, olds, before or {}, {})
        live: Live | None = yield _run(kind, "read", olds, partial(steps.read, kind, id, olds), limit=limit)
        return live

    def update(
        self,
        kind: Kind[Any],
        id: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        before: Mapping[str, Any] | None = None,
        limit: float | None = None,
    ) -> Verb[Live]:
        """Change a resource in place."""
        olds = drift.without_unmanaged_keys(kind, olds, before or {}, news)
        live: Live = yield _run(kind, "update", news, partial(steps.update, kind, id, olds, news), olds, limit=limit)
        return live

    def delete(self, kind: Kind[Any], id: str, olds: Mapping[str, Any], limit: float | None = None) -> Verb[None]:
        """Delete a resource, unless another record of the program stands for it by now."""
        yield _run(kind, "delete", olds, partial(_deleted, self.claims, kind, id, olds), limit=limit)


def looks(claims: Claims, kind: Kind[Any], wanted: Mapping[str, Any], place: Place) -> bool:
    """Say whether a preview has something to foretell of a new resource.

    A name that state has may be freed by this very run, so nothing is foretold of it; nor of what has none yet, whose
    inputs the engine did not have checked since something that it needs has failed.
    """
    name = wanted.get(kind.name_field, UNKNOWN)
    if name is UNKNOWN or wanted.get(check.ADOPT) is UNKNOWN or claims.is_recorded(kind, place, name):
        return False
    return place.checks_names or check.may_adopt(kind, wanted) or check.misspelt(name) is not None


def _foreseen(claims: Claims, kind: Kind[Any], wanted: Mapping[str, Any], place: Place) -> Flow[None]:
    claims.check_creation(kind, wanted[kind.name_field], place)
    yield from foresight.foresee(kind, wanted, place, adopt=check.may_adopt(kind, wanted))


def _created(claims: Claims, kind: Kind[Any], wanted: Mapping[str, Any], place: Place, *, keep: bool) -> Flow[Live]:
    name: str = wanted[kind.name_field]
    claims.check_creation(kind, name, place)
    former, adopt = claims.former(kind, place, name), check.may_adopt(kind, wanted)
    try:
        live = yield from steps.create(kind, wanted, place, adopt=adopt, keep=keep, former=former)
    except IncompleteError as error:
        claims.hold(kind, place, error.live.id, error.live.outputs)
        raise
    claims.hold(kind, place, live.id, live.outputs)
    return live


def _deleted(claims: Claims, kind: Kind[Any], id: str, olds: Mapping[str, Any], place: Place) -> Flow[None]:
    if claims.spares(kind, place, id, olds):
        yield Notice(f"{kind.title} {id} is not deleted: it belongs to another record of the program by now")
        return
    yield from steps.delete(kind, id, olds, place)
    claims.deleted(kind, place, id, olds)


def _run(
    kind: Kind[Any],
    verb: str,
    props: Mapping[str, Any],
    flow: Callable[[Place], Flow[T]],
    *others: Mapping[str, Any],
    limit: float | None = None,
    make: bool = False,
) -> Run[T]:
    """Return what is to be run for a resource with some properties, and within the time that its options allow."""
    allowed = limit or hidden_inputs.timeout(props, verb)
    return Run(props.get(PROFILE), flow, allowed, secrets_of(kind, props, *others), make)
