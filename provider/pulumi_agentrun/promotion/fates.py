"""What becomes of a stack's resources if they are made like those of another stack: in place, or replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from ..lifecycle.diff import same
from ..lifecycle.schema import shape_of
from ..policy.view import View
from ..routes.facts import Fact
from ..routes.subjects import chosen_part
from .stacks import by_name


class Fate(Fact):
    """What becomes of one resource."""

    kind: str
    name: str
    """What the program calls it."""
    fate: Literal["created", "deleted", "replaced", "updated in place"]
    fields: tuple[str, ...] = ()
    """What differs in it, as the program calls it: of a replacement, what cannot change in place."""


def fates(source: Iterable[View], target: Iterable[View]) -> Iterator[Fate]:
    """Yield what becomes of each of the target's resources that is not as in the source."""
    ours, theirs = by_name(source), by_name(target)
    for kind, name in dict.fromkeys((*ours, *theirs)):
        new, old = ours.get((kind, name)), theirs.get((kind, name))
        if new is None or old is None:
            yield Fate(kind=kind, name=name, fate="created" if old is None else "deleted")
            continue
        changed = sorted(field for field in new.kind.inputs if _differs(new, old, field))
        fixed = [field for field in changed if field in new.kind.immutable]
        if changed:
            yield Fate(
                kind=kind,
                name=name,
                fate="replaced" if fixed else "updated in place",
                fields=tuple(map(new.shown, ((field,) for field in fixed or changed))),
            )


def _differs(new: View, old: View, field: str) -> bool:
    # Names are automatic or chosen for each stack; what a resource is called does not make it another one.
    if field == new.kind.name_field:
        return False
    return not same(shape_of(new.kind).at(field), _plain(old.props.get(field)), _plain(new.props.get(field)))


def _plain(value: Any) -> Any:
    """Return a value with names of resources as programs call them, which are the same in every stack."""
    if isinstance(value, Mapping):
        return {key: found for key, item in value.items() if (found := _plain(item)) is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return chosen_part(value) if isinstance(value, str) else value
