"""Completes what a program leaves unset, as far as it hangs on nothing that a preview does not know yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ..client.kinds import Kind
from .schema import UNKNOWN, Shape, has_unknown, shapes_of


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
    shapes = shapes_of(kind)
    required = {key: _much(shapes[key]) for key in kind.required if inputs.get(key) is UNKNOWN}
    found: dict[str, Any] = _guess(Shape(None, fields=shapes), dict(inputs), is_most=is_most)
    return required | found


def _guess(shape: Shape, value: Any, *, is_most: bool) -> Any:
    """Return a value with something for each unknown in it; what an object need not have, it has only at the most."""
    if value is UNKNOWN:
        return _much(shape) if is_most else _little(shape)
    if shape.fields is not None and isinstance(value, dict):
        fields = _known(shape.fields)
        return {
            key: _guess(fields[key], item, is_most=is_most)
            for key, item in value.items()
            if key in fields and (is_most or not _is_leaf(fields[key], item))
        }
    if shape.item is not None and isinstance(value, list):
        return [_guess(shape.item, item, is_most=is_most) for item in value]
    return value


def _known(fields: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return the fields that the API has."""
    return {key: field for key, field in fields.items() if not field.is_ours_alone}


def _is_leaf(shape: Shape, value: Any) -> bool:
    return value is UNKNOWN and shape.adapter is not None


def _little(shape: Shape) -> Any:
    if shape.fields is not None:
        return {}
    return [] if shape.item is not None else _much(shape)


def _much(shape: Shape) -> Any:
    if shape.fields is not None:
        return {key: _much(field) for key, field in _known(shape.fields).items()}
    if shape.item is not None:
        return [_much(shape.item), _much(shape.item)]
    assert shape.adapter is not None
    try:
        shape.adapter.validate_python("any")
    except ValidationError:
        return 1
    return "any"
