"""Property names: snake_case in this package, camelCase in the plugin's schema and state."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic.alias_generators import to_camel

from ..client.kinds import KINDS, Kind
from ..client.models.fields import Model
from .check import ADOPT, Failure
from .paths import Path
from .schema import Shape, shape_of_model, shapes_of
from .steps import REGION
from .unknown import UNKNOWN

camel = cache(to_camel)


@cache
def properties(kind: Kind[Any]) -> dict[str, Shape]:
    """Return the shapes of everything that a resource of a kind shows."""
    model: type[Model] = kind.model
    own = {ADOPT: Shape(bool), REGION: Shape(str)}
    return {**shape_of_model(model), **shapes_of(kind), **own}


def to_schema(shapes: dict[str, Shape], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with their properties as the schema spells them; the keys of a map are the program's."""
    result: dict[str, Any] = _to_schema((), Shape(None, fields=shapes), values)
    return result


def _to_schema(path: Path, shape: Shape, value: Any) -> Any:
    result = shape.mapped(_to_schema, value)
    return {camel(key): item for key, item in result.items()} if shape.fields and shape.fits(value) else result


def from_schema(shapes: dict[str, Shape], values: Mapping[str, Any], failures: list[Failure]) -> dict[str, Any]:
    """Return values with the schema's properties as this package spells them; what is no property stays as it is.

    One that is spelled as in this package fails and counts as not known: taken as it is, it might stand beside its
    other spelling.
    """

    def read(path: Path, shape: Shape, value: Any) -> Any:
        if shape.fields is not None and shape.fits(value):
            value = renamed(path, shape.fields, value)
        return shape.mapped(read, value, path=path)

    def renamed(path: Path, fields: Mapping[str, Shape], value: Mapping[str, Any]) -> dict[str, Any]:
        names = {camel(key): key for key in fields}
        result: dict[str, Any] = {}
        for key, item in value.items():
            if key in fields and key not in names:
                reason = f"there is no such property; did you mean {camel(key)}?"
                failures.append(Failure((*path_in_schema(shapes, path), key), reason))
                result.setdefault(key, UNKNOWN)
            else:
                result[names.get(key, key)] = item
        return result

    result: dict[str, Any] = read((), Shape(None, fields=shapes), values)
    return result


@cache
def _names() -> frozenset[str | int]:
    paths = (path for kind in KINDS for path, _, _ in Shape(None, fields=properties(kind)).walk())
    return frozenset(part for path in paths for part in path)


def name_in_schema(name: str) -> str:
    """Return the name of a property, at whatever depth of whichever kind, as the schema spells it; another as it is."""
    return camel(name) if name in _names() else name


def path_in_schema(shapes: dict[str, Shape], path: Path) -> Path:
    """Return a path with its properties as the schema spells them; what is no property stays as it is."""
    whole = Shape(None, fields=shapes)
    owners = (whole.at(*path[:depth]).fields or () for depth in range(len(path)))
    return tuple(camel(str(part)) if part in fields else part for fields, part in zip(owners, path, strict=True))
