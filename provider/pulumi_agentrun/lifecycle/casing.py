"""Property names: snake_case in this package, camelCase in the plugin's schema and state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic.alias_generators import to_camel

from ..client.kinds import Kind
from ..client.models.fields import Model
from .check import ADOPT, Failure
from .paths import Path
from .schema import UNKNOWN, Shape, shape_of_model, shapes_of
from .steps import REGION

camel = cache(to_camel)


@cache
def properties(kind: Kind[Any]) -> dict[str, Shape]:
    """Return the shapes of everything that a resource of a kind shows."""
    model: type[Model] = kind.model
    own = {ADOPT: Shape(bool), REGION: Shape(str)}
    return {**shape_of_model(model), **shapes_of(kind), **own}


def to_schema(shapes: Mapping[str, Shape], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with their keys as the schema spells them."""
    return {camel(key): _to_schema(shapes.get(key), value) for key, value in values.items()}


def _to_schema(shape: Shape | None, value: Any) -> Any:
    if shape is not None and shape.fields is not None and isinstance(value, Mapping):
        return to_schema(shape.fields, value)
    if shape is not None and shape.item is not None and isinstance(value, list):
        return [_to_schema(shape.item, item) for item in value]
    return value


def from_schema(
    shapes: Mapping[str, Shape], values: Mapping[str, Any], failures: list[Failure], path: Path = ()
) -> dict[str, Any]:
    """Return values with the schema's keys as this package spells them; what is no property stays as it is.

    A key that is spelled as in this package fails and counts as not known: taken as it is, it might stand beside its
    other spelling.
    """
    names = {camel(key): key for key in shapes}
    result: dict[str, Any] = {}
    for key, value in values.items():
        name = names.get(key)
        if name is not None:
            result[name] = _from_schema(shapes[name], value, failures, (*path, key))
        elif key in shapes:
            failures.append(Failure((*path, key), f"there is no such property; did you mean {camel(key)}?"))
            result.setdefault(key, UNKNOWN)
        else:
            result[key] = value
    return result


def _from_schema(shape: Shape, value: Any, failures: list[Failure], path: Path) -> Any:
    if shape.fields is not None and isinstance(value, Mapping):
        return from_schema(shape.fields, value, failures, path)
    if shape.item is not None and isinstance(value, list):
        return [_from_schema(shape.item, item, failures, (*path, index)) for index, item in enumerate(value)]
    return value


def path_in_schema(shapes: Mapping[str, Shape], path: Path) -> Path:
    """Return a path with its properties as the schema spells them; what is no property stays as it is."""
    return tuple(_spelled(shapes, path))


def _spelled(shapes: Mapping[str, Shape], path: Path) -> Iterator[str | int]:
    shape: Shape | None = Shape(None, fields=dict(shapes))
    for part in path:
        fields = (shape and shape.fields) or {}
        yield camel(part) if part in fields else part
        shape = shape and (shape.item if isinstance(part, int) else fields.get(part))
