"""What a read makes of live values: what has drifted, what only looks so, and what an answer shows of a write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..client.kinds import Kind
from .diff import diff, edits, is_empty, pair, same
from .paths import Path, at
from .places import ORIGIN, SHOWS_KEYS, origin_of
from .schema import Shape, map_secrets, shapes_of
from .secret_refs import FROM, Fingerprint, Reference, fingerprint


def observe(kind: Kind[Any], olds: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """Return the managed inputs as they are live.

    Old values stay where the live ones mean the same: an api key that is not shown in clear, names in another order.
    What the program never set is left out, so what the service fills in is no drift. With no managed inputs (a first
    read), everything live is returned.
    """
    shapes = shapes_of(kind)
    managed = {key: olds[key] for key in shapes if olds.get(key) is not None}
    is_first = is_first_read(kind, olds)
    is_clear = bool(origin_of(olds).get(SHOWS_KEYS))
    result: dict[str, Any] = {}
    for key, shape in shapes.items():
        if is_first:
            value = _adopted(shape, live.get(key))
        elif key in managed and live.get(key) is None and key in kind.required:
            value = managed[key]  # no resource is without it, so it is only not shown
        elif key in managed:
            value = _observed(shape, managed[key], live.get(key), is_clear)
        else:
            continue
        if value is not None:
            result[key] = value
    return result


def is_first_read(kind: Kind[Any], olds: Mapping[str, Any]) -> bool:
    """Say whether nothing is known yet of a resource but its name."""
    return not any(olds.get(key) is not None for key in shapes_of(kind) if key != kind.name_field)


def shows_keys(kind: Kind[Any], inputs: Mapping[str, Any], live: Mapping[str, Any]) -> bool | None:
    """Say whether an answer shows in clear the keys that were set, None if none were: only then is another a change.

    What stands in for a key that is not shown (`sk-****`, `[HIDDEN]`) has no form that could be known beforehand.
    """
    shown = [is_shown for _, is_shown in keys_of(shapes_of(kind), inputs, live)]
    return all(shown) if shown else None


def keys_of(
    shapes: Mapping[str, Shape], ours: Mapping[str, Any], live: Mapping[str, Any], path: Path = ()
) -> Iterator[tuple[Path, bool]]:
    """Yield where each key of ours is given, and whether live values show it in clear."""
    for name, shape in shapes.items():
        value, shown, remembered = ours.get(name), live.get(name), shape.mark(Fingerprint)
        if not value:
            continue
        if remembered is not None:
            is_shown = fingerprint(str(live.get(remembered.of)), value) == value
            yield (*path, remembered.of + FROM), is_shown
        elif shape.is_secret:
            yield (*path, name), bool(shown == value)
        elif shape.fields is not None and isinstance(value, Mapping):
            inner = shown if isinstance(shown, Mapping) else {}
            yield from keys_of(shape.fields, value, inner, (*path, name))


def is_what_was_sent(kind: Kind[Any], inputs: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    """Say whether live values are those of a creation: the same, keys too, and none besides."""
    is_same = observe(kind, {**inputs, ORIGIN: {SHOWS_KEYS: True}}, live) == dict(inputs)
    return is_same and not any(True for _ in besides(shapes_of(kind), inputs, live))


def besides(
    shapes: Mapping[str, Shape], ours: Mapping[str, Any], live: Mapping[str, Any], path: Path = ()
) -> Iterator[Path]:
    """Yield where live values have what was never given: somebody else's, or what the service fills in."""
    given = {mark.of for key in shapes.keys() & ours.keys() if (mark := shapes[key].mark(Reference))}
    for key, shape in shapes.items():
        if key in live and key not in given:
            yield from _besides(shape, ours.get(key), live[key], (*path, key))


def _besides(shape: Shape, ours: Any, live: Any, path: Path) -> Iterator[Path]:
    if ours is None:
        if not is_empty(live):
            yield path
    elif shape.fields is not None and isinstance(ours, Mapping) and isinstance(live, Mapping):
        yield from besides(shape.fields, ours, live, path)
    elif shape.item is not None and isinstance(ours, list) and isinstance(live, list):
        for index, pair in enumerate(zip(ours, live, strict=False)):
            yield from _besides(shape.item, *pair, path if shape.is_unordered else (*path, index))


def without_keys(kind: Kind[Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return values without anything secret."""
    kept: dict[str, Any] = _without_none(map_secrets(kind, values, lambda secret: None))
    return kept


def without_unmanaged_keys(
    kind: Kind[Any], olds: Mapping[str, Any], before: Mapping[str, Any], news: Mapping[str, Any]
) -> dict[str, Any]:
    """Return old outputs without the keys that neither the inputs `before` nor the new ones set: an import read them.

    Whoever never set a key does not clear it by leaving it out. Without inputs of before, nothing is known of that.
    """
    whole = Shape(None, fields=shapes_of(kind))
    return dict(_without_unmanaged(whole, olds, before, news)) if before else dict(olds)


def _without_unmanaged(shape: Shape, old: Any, *programs: Any) -> Any:
    if shape.is_secret:
        return old if any(value is not None for value in programs) else None
    if shape.fields is None or not isinstance(old, Mapping):
        return old
    inside = [program if isinstance(program, Mapping) else {} for program in programs]
    fields = {key: shape.fields.get(key) for key in old}
    kept = {
        key: _without_unmanaged(field, old[key], *(p.get(key) for p in inside)) if field else old[key]
        for key, field in fields.items()
    }
    return {key: value for key, value in kept.items() if value is not None}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


def has_keys(kind: Kind[Any], inputs: Mapping[str, Any]) -> bool:
    """Say whether any key is among the inputs, or a reference to one."""
    return shows_keys(kind, inputs, {}) is not None


def shows(kind: Kind[Any], olds: Mapping[str, Any], news: Mapping[str, Any], live: Mapping[str, Any]) -> bool | None:
    """Say whether live values are what an update from old outputs to new inputs has set; None if they do not tell.

    Keys tell nothing, for they may not be shown, and what is cleared neither, for the service may ignore it.
    """
    shapes = shapes_of(kind)
    told: bool | None = None
    for edit in edits(kind, diff(kind, "", olds, news), olds, news):
        shape = shape_at(shapes, edit.path)
        wanted, found = at(news, edit.path), at(live, edit.path)
        if shape is None or shape.is_write_only or is_empty(wanted):
            continue
        if shape.holds_secret() or shape.mark(Reference) is not None:
            continue
        if not same(shape, found, wanted):
            return False
        told = True
    return told


def shape_at(shapes: Mapping[str, Shape], path: Path) -> Shape | None:
    """Return the shape of what stands at a path, None if nothing of the models does."""
    shape: Shape | None = Shape(None, fields=dict(shapes))
    for part in path:
        if shape is not None:
            shape = shape.item if isinstance(part, int) else (shape.fields or {}).get(part)
    return shape


def _observed(shape: Shape, old: Any, live: Any, is_clear: bool) -> Any:
    if shape.is_write_only:
        return old
    if shape.is_secret:
        return live if live and (is_clear or not old) else old
    if live is None:
        return old if is_empty(old) else _hidden(shape, old)
    if shape.fields is not None and isinstance(old, dict):
        values = {
            key: _observed_field(shape.fields[key], value, live, key, is_clear)
            for key, value in old.items()
            if key in shape.fields
        }
        return {key: value for key, value in values.items() if value is not None}
    if shape.item is not None and isinstance(old, list):
        return _observed_items(shape, old, live, is_clear)
    return old if old == live else live


def _observed_field(shape: Shape, old: Any, live: Any, key: str, is_clear: bool) -> Any:
    if shape.mark(Reference):
        return old
    shown = live if isinstance(live, Mapping) else {}
    remembered = shape.mark(Fingerprint)
    if remembered:
        secret = shown.get(remembered.of)
        return fingerprint(str(secret), old) if secret and is_clear else old
    return _observed(shape, old, shown.get(key), is_clear)


def _hidden(shape: Shape, old: Any) -> Any:
    """Return what may still be there of an object that is not shown: its secrets."""
    if shape.fields is None or not isinstance(old, dict):
        return None
    fields = shape.fields
    kept = {
        k: v for k, v in old.items() if k in fields and (fields[k].is_secret or fields[k].mark(Reference) is not None)
    }
    return kept or None


def _observed_items(shape: Shape, old: list[Any], live: Any, is_clear: bool) -> Any:
    item = shape.item
    assert item is not None
    if not isinstance(live, list):
        return live
    if shape.is_unordered and pair(
        item, old, live, lambda field, ours, shown: bool(_observed(field, ours, shown, is_clear) == ours)
    ):
        return old
    return [
        _observed(item, old[index], value, is_clear) if index < len(old) else _adopted(item, value)
        for index, value in enumerate(live)
    ]


def _adopted(shape: Shape, live: Any) -> Any:
    """Return a live value that nothing is known of yet, as far as it is one of the shape's.

    A reference to a key is the program's alone: from an answer, it would have the provider read what a peer names.
    """
    if shape.fields is not None and isinstance(live, dict):
        fields = {key: field for key, field in shape.fields.items() if not field.is_ours_alone}
        values = {key: _adopted(fields[key], live[key]) for key in live if key in fields}
        return {key: value for key, value in values.items() if value is not None}
    if shape.item is not None and isinstance(live, list):
        return [_adopted(shape.item, value) for value in live]
    return live
