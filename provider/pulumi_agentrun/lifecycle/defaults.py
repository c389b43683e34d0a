"""Completes what a program leaves unset, as far as it hangs on nothing that a preview does not know yet."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from pydantic import ValidationError

from ..client.kinds import Kind
from .paths import Path
from .schema import ANYTHING, Shape, has_unknown, shape_of
from .unknown import UNKNOWN


def defaults(kind: Kind[Any], olds: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of fields left unset that the create input derives or has as default, but for the name.

    What hangs on an unknown is UNKNOWN: each unknown is taken once for as little and once for as much as it may turn
    out to be, and what comes out the same both times is known. So the models alone say what is derived from what.
    """
    least = _completed(kind, olds, _supposed(kind, inputs, is_most=False))
    most = _completed(kind, olds, _supposed(kind, inputs, is_most=True)) if has_unknown(inputs) else least
    unset = sorted((least.keys() | most.keys()) - {*inputs, kind.name_field})
    return {key: least[key] if key in least and least[key] == most.get(key) else UNKNOWN for key in unset}


def _completed(kind: Kind[Any], olds: Mapping[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    named = {kind.name_field: "any"} | known
    completed: dict[str, Any] = kind.create_input.model_validate(named, context=olds).to_state()
    return completed


def _supposed(kind: Kind[Any], inputs: Mapping[str, Any], *, is_most: bool) -> dict[str, Any]:
    shape = shape_of(kind)
    required = {key: _much(shape.at(key)) for key in kind.required if inputs.get(key) is UNKNOWN}
    found: dict[str, Any] = _guess((), shape, inputs, is_most=is_most)
    return required | found


def _guess(path: Path, shape: Shape, value: Any, *, is_most: bool) -> Any:
    """Return a value with something for each unknown in it; what an object need not have, it has only at the most."""
    if shape is ANYTHING or shape.is_ours_alone:
        return None
    if shape.is_leaf and value is not UNKNOWN and has_unknown(value):
        return _much(shape)  # a value of the program's own form, of which nothing is derived
    if value is not UNKNOWN:
        return shape.mapped(partial(_guess, is_most=is_most), value, path=path)
    if is_most:
        return _much(shape)
    return None if shape.is_leaf and isinstance(path[-1], str) else _little(shape)


def _little(shape: Shape) -> Any:
    return _much(shape) if shape.is_leaf else [] if shape.item is not None else {}


def _much(shape: Shape) -> Any:
    if shape.item is not None:
        return [_much(shape.item), _much(shape.item)]
    if not shape.is_leaf:
        return {part: _much(inner) for part, inner, _ in shape.parts() if not inner.is_ours_alone}
    assert shape.adapter is not None
    try:
        shape.adapter.validate_python("any")
    except ValidationError:
        return 1
    return "any"
