"""Compares what is with what is wanted: the diff, and the body of an update."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..client.kinds import Kind
from ..client.models.fields import NotEmpty
from ..client.models.shared import Status
from .hidden_inputs import REPLACE_ON
from .names import PROFILE
from .paths import EVERY, Path, inside, parsed
from .places import UNSETTLED, origin_of
from .schema import Shape, field_of, has_unknown, shape_of, shapes_of
from .unknown import UNKNOWN

STATUS = "status"
CREATED_AT = "created_at"


@dataclass(frozen=True)
class Diff:
    """What a plan would do to a resource."""

    changed: tuple[str, ...]
    """The top-level inputs that differ, and the status where it says that the last creation or update failed."""
    replaces: tuple[str, ...]
    """Those of them that only a replacement can change."""
    delete_before_replace: bool
    """Whether the replacement would have the name of what it replaces."""


@dataclass(frozen=True)
class Edit:
    """One difference at the deepest place that can be named."""

    path: Path
    verb: Literal["add", "delete", "update"]


def diff(kind: Kind[Any], id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Diff:
    """Compare old outputs with new, checked inputs; what is unknown counts as different."""
    shapes = shapes_of(kind)
    changed = sorted(key for key, shape in shapes.items() if not same(shape, olds.get(key), news.get(key)))
    forced = [parsed(path) for path in news.get(REPLACE_ON) or ()]
    replaces = [
        key
        for key in changed
        if field_of(kind, key) in kind.immutable or any(_differs(path, key, olds, news) for path in forced)
    ]
    if olds.get(PROFILE) != news.get(PROFILE):
        changed.append(PROFILE)
        replaces.append(PROFILE)
    # What failed never served anybody, and no update is known to revive it, nor what is on its way out.
    if olds.get(STATUS) in (Status.CREATE_FAILED, Status.DELETING):
        changed.append(STATUS)
        replaces.append(STATUS)
    elif olds.get(STATUS) == Status.UPDATE_FAILED or origin_of(olds).get(UNSETTLED):
        changed.append(STATUS)  # whether what the last update wanted has come about is not known
    return Diff(tuple(changed), tuple(replaces), bool(replaces) and news.get(kind.name_field) == id)


def edits(kind: Kind[Any], found: Diff, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[Edit]:
    """Yield where exactly old outputs and new, checked inputs differ, given what a diff has found."""
    shapes = shapes_of(kind)
    for key in found.changed:
        if key in shapes:
            yield from _edits(shapes[key], olds.get(key), news.get(key), (key,))
        else:
            yield Edit((key,), "update")


def _edits(shape: Shape, old: Any, new: Any, path: Path) -> Iterator[Edit]:
    if same(shape, old, new):
        return
    if shape.fits(old) and shape.fits(new) and not shape.is_unordered:
        for part, inner, (before, after) in shape.parts(old, new):
            yield from _edits(inner, before, after, (*path, part))
    else:
        yield Edit(path, "add" if old is None else "delete" if new is None else "update")


def planned(kind: Kind[Any], olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs that a preview can foretell, with `olds` empty for a creation; the others are UNKNOWN."""
    kept = {kind.id_field, CREATED_AT} if olds else set()
    own = {key: olds[key] for key in kept if key in olds}
    return {**news, **dict.fromkeys(kind.outputs - kept, UNKNOWN), **own}


def _differs(path: Path, changed: str, olds: Any, news: Any) -> bool:
    """Say whether a path of `replace_on_changes` reaches what changed under a top-level key; `*` reaches everything."""
    if path[:1] not in ((changed,), (EVERY,)):
        return False
    for part in path:
        if part == EVERY:
            break
        olds, news = inside(olds, part), inside(news, part)
    return has_unknown(news) or bool(olds != news)


def update_of(kind: Kind[Any], olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to send so that a resource with the old outputs comes to have the new inputs.

    Each changed top-level field is sent whole, and after an update that failed every one. Whether the service merges or
    replaces objects is not known, so what the program no longer sets is sent as the empty value of its type, inside
    objects too.
    """
    found = set(diff(kind, "", olds, news).changed)
    changed = {field_of(kind, key) for key in (found | news.keys() if STATUS in found else found)} & kind.mutable
    sent = [key for key in shape_of(kind).settable if field_of(kind, key) in changed and (key in news or olds.get(key))]
    return {
        key: _with_cleared(olds.get(key), news[key]) if key in news else _cleared(olds[key]) for key in sorted(sent)
    }


def same(shape: Shape, old: Any, new: Any) -> bool:
    """Say whether setting a new value where there is an old one would change nothing."""
    if old == new:
        return not has_unknown(new)
    if new is None:
        return is_empty(old)
    if not (shape.fits(old) and shape.fits(new)) or (shape.item is not None and len(old) != len(new)):
        return False
    if shape.item is not None and shape.is_unordered:
        return pair(shape.item, old, new, same)
    return all(same(inner, before, after) for _, inner, (before, after) in shape.parts(old, new))


def is_empty(value: Any) -> bool:
    """Return whether clearing a value would change nothing."""
    if isinstance(value, dict):
        return all(is_empty(item) for item in value.values())
    return not value


def _cleared(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cleared(item) for key, item in value.items()}
    return type(value)()


def _with_cleared(old: Any, new: Any) -> Any:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    gone = {key: _cleared(value) for key, value in old.items() if key not in new}
    return gone | {key: _with_cleared(old.get(key), value) for key, value in new.items()}


def pair(shape: Shape, old: list[Any], new: list[Any], same: Callable[[Shape, Any, Any], bool]) -> bool:
    """Return whether each old item has a new one of its own that is the same, in whatever order.

    Only items that name the same thing are compared, so that thousands of them take no longer than need be.
    """
    if len(old) != len(new):
        return False
    left: dict[Any, list[Any]] = {}
    for item in new:
        left.setdefault(_named(shape, item), []).append(item)
    for item in old:
        candidates = left.get(_named(shape, item), [])
        match = next((i for i, other in enumerate(candidates) if same(shape, item, other)), None)
        if match is None:
            return False
        del candidates[match]
    return True


def _named(shape: Shape, item: Any) -> Any:
    """Return what an item is about: itself, or its fields that must not be empty."""
    if shape.fields is None or not isinstance(item, dict):
        return item
    return tuple(item.get(key) for key, field in shape.fields.items() if field.mark(NotEmpty))
