"""What a read makes of live values: what has drifted, what only looks so, and what an answer shows of a write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from ..client.kinds import Kind
from .diff import diff, edits, is_empty, pair, same
from .paths import Path, at
from .places import ORIGIN, SHOWS_KEYS, origin_of
from .schema import ANYTHING, Shape, map_secrets, shape_of, shapes_of
from .secret_refs import FROM, Fingerprint, Reference, fingerprint


def observe(kind: Kind[Any], olds: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """Return the managed inputs as they are live.

    Old values stay where the live ones mean the same: an api key that is not shown in clear, names in another order.
    What the program never set is left out, so what the service fills in is no drift. With no managed inputs (a first
    read), everything live is returned.
    """
    shape = shape_of(kind)
    if is_first_read(kind, olds):
        return dict(_adopted((), shape, live))
    managed = {key: value for key, value in olds.items() if value is not None}
    # No resource is without what is required, so it is only not shown.
    required = {key: managed[key] for key in kind.required & managed.keys() if live.get(key) is None}
    is_clear = bool(origin_of(olds).get(SHOWS_KEYS))
    return dict(_observed((), shape, managed, {**live, **required}, is_clear=is_clear))


def is_first_read(kind: Kind[Any], olds: Mapping[str, Any]) -> bool:
    """Say whether nothing is known yet of a resource but its name."""
    return not any(olds.get(key) is not None for key in shapes_of(kind) if key != kind.name_field)


def shows_keys(kind: Kind[Any], inputs: Mapping[str, Any], live: Mapping[str, Any]) -> bool | None:
    """Say whether an answer shows in clear the keys that were set, None if none were: only then is another a change.

    What stands in for a key that is not shown (`sk-****`, `[HIDDEN]`) has no form that could be known beforehand.
    """
    shown = [is_shown for _, is_shown in keys_of(shape_of(kind), inputs, live)]
    return all(shown) if shown else None


def keys_of(shape: Shape, ours: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[tuple[Path, bool]]:
    """Yield where each key of ours is given, and whether live values show it in clear."""
    for path, inner, (value, shown) in shape.walk(ours, live, into=Shape.holds_secret):
        remembered = inner.mark(Fingerprint)
        if value and remembered is not None:
            shown = at(live, (*path[:-1], remembered.of))
            yield (*path[:-1], remembered.of + FROM), fingerprint(str(shown), value) == value
        elif value and inner.is_secret:
            yield path, bool(shown == value)


def is_what_was_sent(kind: Kind[Any], inputs: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    """Say whether live values are those of a creation: the same, keys too, and none besides.

    A key that is not shown may be anybody's.
    """
    if shows_keys(kind, inputs, live) is False:
        return False
    is_same = observe(kind, {**inputs, ORIGIN: {SHOWS_KEYS: True}}, live) == dict(inputs)
    return is_same and not any(True for _ in besides(shape_of(kind), inputs, live))


def besides(shape: Shape, ours: Any, live: Any, path: Path = ()) -> Iterator[Path]:
    """Yield where live values have what was never given: somebody else's, or what the service fills in."""
    if ours is None and not is_empty(live):
        yield path
    if ours is None:
        return
    given = {mark.of for _, inner, _ in shape.parts(ours) if (mark := inner.mark(Reference))}
    for part, inner, (value, shown) in shape.parts(ours, live):
        if inner is not ANYTHING and part not in given:
            yield from besides(inner, value, shown, path if shape.is_unordered else (*path, part))


def without_keys(kind: Kind[Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return values without anything secret."""
    return map_secrets(kind, values, lambda secret: None)


def without_unmanaged_keys(
    kind: Kind[Any], olds: Mapping[str, Any], before: Mapping[str, Any], news: Mapping[str, Any]
) -> dict[str, Any]:
    """Return old outputs without the keys that neither the inputs `before` nor the new ones set: an import read them.

    Whoever never set a key does not clear it by leaving it out. Without inputs of before, nothing is known of that.
    """
    return dict(_managed((), shape_of(kind), olds, before, news)) if before else dict(olds)


def unmanaged_keys(
    kind: Kind[Any], olds: Mapping[str, Any], before: Mapping[str, Any], news: Mapping[str, Any]
) -> Iterator[Path]:
    """Yield where old outputs show a key, in clear or not, that neither the inputs `before` nor the new ones set."""
    managed = without_unmanaged_keys(kind, olds, before, news)
    for path, inner, (old, kept) in shape_of(kind).walk(olds, managed, into=Shape.holds_secret):
        if inner.is_secret and old and kept is None:
            yield path


def _managed(path: Path, shape: Shape, old: Any, *programs: Any) -> Any:
    if shape.is_secret:
        return old if any(value is not None for value in programs) else None
    return shape.mapped(_managed, old, *programs) if shape.holds_secret() else old


def has_keys(kind: Kind[Any], inputs: Mapping[str, Any]) -> bool:
    """Say whether any key is among the inputs, or a reference to one."""
    return shows_keys(kind, inputs, {}) is not None


def shows(kind: Kind[Any], olds: Mapping[str, Any], news: Mapping[str, Any], live: Mapping[str, Any]) -> bool | None:
    """Say whether live values are what an update from old outputs to new inputs has set; None if they do not tell.

    Keys tell nothing, for they may not be shown, and what is cleared neither, for the service may ignore it.
    """
    told: bool | None = None
    for edit in edits(kind, diff(kind, "", olds, news), olds, news):
        shape, wanted, found = shape_of(kind).at(*edit.path), at(news, edit.path), at(live, edit.path)
        if shape is ANYTHING or shape.is_write_only or is_empty(wanted):
            continue
        if shape.holds_secret() or shape.mark(Reference) is not None:
            continue
        if not same(shape, found, wanted):
            return False
        told = True
    return told


def _observed(path: Path, shape: Shape, old: Any, live: Any, *, is_clear: bool) -> Any:
    if shape is ANYTHING:
        return None
    if shape.is_write_only or shape.mark(Reference) is not None:
        return old
    if shape.mark(Fingerprint) is not None:
        return fingerprint(str(live), old) if live and is_clear else old
    if shape.is_secret:
        return live if live and (is_clear or not old) else old
    if live is None:
        return old if is_empty(old) else _hidden(shape, old)
    visit = partial(_observed, is_clear=is_clear)
    if shape.item is not None and shape.fits(old):
        return _observed_items(shape, old, live, visit)
    if shape.fits(old):
        return shape.mapped(visit, old, _with_remembered(shape, live))
    return old if old == live else live


def _with_remembered(shape: Shape, live: Any) -> Any:
    """Return live values with each secret standing where its fingerprint does, too."""
    if not shape.holds_secret() or not shape.fits(live):
        return live
    remembered = ((part, mark.of) for part, inner, _ in shape.parts() if (mark := inner.mark(Fingerprint)))
    return {**live, **{part: live.get(of) for part, of in remembered}}


def _hidden(shape: Shape, old: Any) -> Any:
    """Return what may still be there of an object or a map that is not shown: its secrets."""

    def kept(path: Path, inner: Shape, value: Any) -> Any:
        return value if inner.is_secret or inner.mark(Reference) is not None else None

    return shape.mapped(kept, old) or None if shape.item is None and shape.fits(old) else None


def _observed_items(shape: Shape, old: list[Any], live: Any, visit: Callable[..., Any]) -> Any:
    assert shape.item is not None
    if not shape.fits(live):
        return live

    def is_same(item: Shape, ours: Any, shown: Any) -> bool:
        return bool(visit((), item, ours, shown) == ours)

    def seen(path: Path, item: Shape, shown: Any, ours: Any) -> Any:
        return _adopted(path, item, shown) if ours is None else visit(path, item, ours, shown)

    return old if shape.is_unordered and pair(shape.item, old, live, is_same) else shape.mapped(seen, live, old)


def _adopted(path: Path, shape: Shape, live: Any) -> Any:
    """Return a live value that nothing is known of yet, as far as it is one of the shape's.

    A reference to a key is the program's alone: from an answer, it would have the provider read what a peer names.
    """
    return None if shape is ANYTHING or shape.is_ours_alone else shape.mapped(_adopted, live)
