"""The models' fields as a tree of shapes, which checking, comparing and hiding secrets all walk."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, reduce
from operator import or_
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import TypeAdapter

from ..client.errors import ConfigError
from ..client.kinds import Kind
from ..client.models.fields import Model, Secret, Unordered, WriteOnly, docstrings
from .secret_refs import FINGERPRINT, FROM, Fingerprint, Reference, read

M = TypeVar("M")


class _Unknown:
    """A value that a preview does not know yet."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()

_FROM_TEXT = (
    "Where the provider finds `{name}` when it runs, `env:NAME` or `file:PATH`, instead of `{name}` itself: "
    "state then holds no key at all, only a fingerprint to tell when it changes."
)
_FINGERPRINT_TEXT = "What tells when the key that a reference leads to changes; set by the provider."


@dataclass(frozen=True)
class Shape:
    """What a value looks like: an object of fields, a list of items, or a leaf."""

    annotation: Any
    marks: tuple[Any, ...] = ()
    fields: dict[str, Shape] | None = None
    item: Shape | None = None
    adapter: TypeAdapter[Any] | None = field(default=None, repr=False)
    owner: tuple[type[Model], str] | None = field(default=None, compare=False, repr=False)
    """The model and the name of the field that looks so."""

    @cached_property
    def _by_kind(self) -> dict[type, Any]:
        return {type(mark): mark for mark in self.marks}

    def mark(self, kind: type[M]) -> M | None:
        """Return the field's mark of a kind, if it has one."""
        return self._by_kind.get(kind)

    @property
    def description(self) -> str:
        """The field's sentence, for people."""
        if self.owner is None:
            return ""
        model, name = self.owner
        reference = self.mark(Reference)
        if reference:
            return _FROM_TEXT.format(name=reference.of)
        return _FINGERPRINT_TEXT if self.mark(Fingerprint) else docstrings(model)[name]

    @property
    def is_secret(self) -> bool:
        """Whether the value must never be shown."""
        return self.mark(Secret) is not None

    @property
    def is_unordered(self) -> bool:
        """Whether the order of the items has no meaning."""
        return self.mark(Unordered) is not None

    @property
    def is_write_only(self) -> bool:
        """Whether the service takes the value and never shows it."""
        return self.mark(WriteOnly) is not None

    @property
    def is_ours_alone(self) -> bool:
        """Whether the API has no such field: a reference to a key, or the fingerprint of one."""
        return self.mark(Reference) is not None or self.mark(Fingerprint) is not None

    @property
    def inner(self) -> list[Shape]:
        """The shapes of what stands directly in the value."""
        return [*(self.fields or {}).values(), *([self.item] if self.item else [])]

    def holds_secret(self) -> bool:
        """Whether there may be a secret in the value."""
        return self.is_secret or any(shape.holds_secret() for shape in self.inner)


@cache
def shape_of_model(model: type[Model]) -> dict[str, Shape]:
    """Return the shapes of a model's fields, and beside each secret those of its reference and its fingerprint."""
    shapes: dict[str, Shape] = {}
    for name, info in model.model_fields.items():
        shapes[name] = shape = _shape(info.annotation, tuple(info.metadata))
        if shape.is_secret:
            shapes[name + FROM] = Shape(str, (Reference(name),), adapter=_adapter(str))
            shapes[name + FINGERPRINT] = Shape(str, (Secret(), Fingerprint(name)), adapter=_adapter(str))
    return {name: replace(shape, owner=(model, name)) for name, shape in shapes.items()}


def shapes_of(kind: Kind[Any]) -> dict[str, Shape]:
    """Return the shapes of what a program can set on a kind of resource."""
    return shape_of_model(kind.create_input)


def secret_fields(kind: Kind[Any]) -> list[str]:
    """Return the names of the fields of a kind that hold secrets of the program's, at whatever depth."""

    def visit(shapes: Mapping[str, Shape]) -> Iterator[str]:
        for name, shape in shapes.items():
            if shape.is_secret and shape.mark(Fingerprint) is None:
                yield name
            for inner in (shape, *shape.inner):
                yield from visit(inner.fields or {})

    return list(visit(shapes_of(kind)))


def has_unknown(value: Any) -> bool:
    """Return whether anything in a value is unknown."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def _shape(annotation: Any, marks: tuple[Any, ...]) -> Shape:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _shape(inner, (*marks, *more))
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(annotation) if option is not type(None)]
        if len(options) == 1:
            return _shape(options[0], marks)
        annotation = reduce(or_, options)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return Shape(annotation, marks, fields=shape_of_model(annotation))
    if origin is list:
        return Shape(annotation, marks, item=_shape(get_args(annotation)[0], ()))
    return Shape(annotation, marks, adapter=_adapter(annotation))


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def map_secrets(kind: Kind[Any], values: dict[str, Any], wrap: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the values with everything secret wrapped."""

    def visit(shape: Shape, value: Any) -> Any:
        if value is None or value is UNKNOWN:
            return value
        if shape.is_secret:
            return wrap(value)
        if shape.fields is not None and isinstance(value, Mapping):
            fields = shape.fields
            return {k: visit(fields[k], v) if k in fields else v for k, v in value.items()}
        if shape.item is not None and isinstance(value, (list, tuple)):
            return [visit(shape.item, item) for item in value]
        return value

    shapes = shapes_of(kind)
    return {key: visit(shapes[key], value) if key in shapes else value for key, value in values.items()}


def secrets_of(kind: Kind[Any], *several: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every secret among properties, and behind their references as far as those can be read."""
    found: dict[str, None] = {}

    def visit(shape: Shape, value: Any) -> None:
        is_remembered = shape.mark(Fingerprint) is not None
        if shape.mark(Reference) is not None and isinstance(value, str):
            with suppress(ConfigError):
                found[read(value)] = None
        elif shape.is_secret and not is_remembered and isinstance(value, str):
            found[value] = None
        elif shape.fields is not None and isinstance(value, Mapping):
            for key in shape.fields.keys() & value.keys():
                visit(shape.fields[key], value[key])
        elif shape.item is not None and isinstance(value, (list, tuple)):
            for item in value:
                visit(shape.item, item)

    for properties in several:
        visit(Shape(None, fields=shapes_of(kind)), properties)
    return tuple(found)


def revealed(shapes: Mapping[str, Shape], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with each reference replaced by the secret it leads to, as the API takes them.

    What a reference is, the shapes say: a value of the user's own may hold any key.
    """
    result, led = {}, dict[str, str]()
    for key, value in values.items():
        shape = shapes.get(key)
        reference = shape.mark(Reference) if shape else None
        if reference and isinstance(value, str):
            # A reference that was cleared clears the secret, unless the program gives another.
            led[reference.of] = read(value) if value else str(values.get(reference.of) or "")
        elif reference is None and not (shape and shape.mark(Fingerprint)):
            result[key] = _revealed(shape, value)
    return result | led


def _revealed(shape: Shape | None, value: Any) -> Any:
    if shape and shape.fields is not None and isinstance(value, Mapping):
        return revealed(shape.fields, value)
    if shape and shape.item is not None and isinstance(value, list):
        return [_revealed(shape.item, item) for item in value]
    return value
