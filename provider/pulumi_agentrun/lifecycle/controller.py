"""Creates and deletes within a run, whose claims say what is not to be deleted: once, for both front doors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client.flows import Flow, Notice
from ..client.kinds import Kind
from . import check, foresight, steps
from .claims import Claims
from .live import IncompleteError, Live
from .places import Place
from .schema import UNKNOWN


def create(
    claims: Claims, kind: Kind[Any], wanted: Mapping[str, Any], place: Place, *, keep: bool = False
) -> Flow[Live]:
    """Create a resource, or adopt it, as `lifecycle.create` does, and hold it for this run."""
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


def looks(claims: Claims, kind: Kind[Any], wanted: Mapping[str, Any], place: Place) -> bool:
    """Say whether a preview has something to foretell of a new resource.

    A name that state has may be freed by this very run, so nothing is foretold of it.
    """
    name = wanted[kind.name_field]
    if name is UNKNOWN or wanted.get(check.ADOPT) is UNKNOWN or claims.is_recorded(kind, place, name):
        return False
    return place.checks_names or check.may_adopt(kind, wanted) or check.misspelt(name) is not None


def foresee(claims: Claims, kind: Kind[Any], wanted: Mapping[str, Any], place: Place) -> Flow[None]:
    """Foretell what `create` would meet; only where `looks` says so."""
    claims.check_creation(kind, wanted[kind.name_field], place)
    yield from foresight.foresee(kind, wanted, place, adopt=check.may_adopt(kind, wanted))


def delete(claims: Claims, kind: Kind[Any], id: str, olds: Mapping[str, Any], place: Place) -> Flow[None]:
    """Delete a resource as `lifecycle.delete` does, unless another record of the program stands for it by now."""
    if claims.spares(kind, place, id, olds):
        yield Notice(f"{kind.title} {id} is not deleted: it belongs to another record of the program by now")
        return
    yield from steps.delete(kind, id, olds, place)
    claims.deleted(kind, place, id, olds)
