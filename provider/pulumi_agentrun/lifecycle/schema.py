"""The models' fields as a tree of shapes, and the one walk and the one map of values along it."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, reduce
from operator import or_
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import TypeAdapter

from ..client.errors import ConfigError
from ..client.kinds import Kind
from ..client.models.fields import Model, Secret, Unordered, WriteOnly, docstrings
from ..client.redaction import Secret as Hidden
from .paths import EVERY, Path, inside
from .secret_refs import FINGERPRINT, FROM, Fingerprint, Reference, Remembered, read
from .unknown import UNKNOWN

M = TypeVar("M")


_FROM_TEXT = (
    "Where the provider finds `{name}` when it runs, `env:NAME` or `file:PATH`, instead of `{name}` itself: "
    "state then holds no key at all, only a fingerprint to tell when it changes."
)
_FINGERPRINT_TEXT = "What tells when the key that a reference leads to changes; set by the provider."


@dataclass(frozen=True)
class Shape:
    """What a value looks like: an object of fields, a map of entries, a list of items, or a leaf."""

    annotation: Any
    marks: tuple[Any, ...] = ()
    fields: dict[str, Shape] | None = None
    entry: Shape | None = None
    """What stands under each key of a map, and the keys are the program's."""
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

    @cached_property
    def is_secret(self) -> bool:
        """Whether the value must never be shown."""
        return self.mark(Secret) is not None

    @cached_property
    def is_unordered(self) -> bool:
        """Whether the order of the items has no meaning."""
        return self.mark(Unordered) is not None

    @cached_property
    def is_write_only(self) -> bool:
        """Whether the service takes the value and never shows it."""
        return self.mark(WriteOnly) is not None

    @cached_property
    def is_ours_alone(self) -> bool:
        """Whether the API has no such field: a reference to a key, or the fingerprint of one."""
        return self.mark(Reference) is not None or self.mark(Fingerprint) is not None

    @cached_property
    def form(self) -> tuple[type[Any], ...]:
        """The types of the values that have parts by this shape; none for a leaf."""
        if self.item is not None:
            return (list, tuple)
        return () if self.fields is None and self.entry is None else (dict, Mapping)

    @cached_property
    def settable(self) -> dict[str, Shape]:
        """The fields of an object that a program can set."""
        return {name: shape for name, shape in (self.fields or {}).items() if not shape.mark(Fingerprint)}

    @cached_property
    def is_leaf(self) -> bool:
        """Whether the models know of nothing that stands in the value."""
        return not self.form

    def fits(self, value: Any) -> bool:
        """Say whether a value has parts by this shape."""
        return isinstance(value, self.form)

    def at(self, *path: str | int) -> Shape:
        """Return the shape of what stands at a path, ANYTHING if the models know of nothing there."""
        return reduce(Shape._of, path, self)

    def _of(self, part: Any) -> Shape:
        if self.fields is not None:
            return self.fields.get(part, ANYTHING)
        return self.entry or self.item or ANYTHING

    def parts(self, *values: Any) -> Iterator[tuple[str | int, Shape, tuple[Any, ...]]]:
        """Yield key or index, shape and values of what stands directly in any of some values, None where it does not.

        Without values it is about whatever can stand there, `*` being any entry or item.
        """
        for part in self._standing_in(values):
            yield part, self._of(part), tuple([inside(value, part) for value in values])

    def _standing_in(self, values: tuple[Any, ...]) -> Iterable[str | int]:
        if not self.form:
            return ()
        if not values:
            return (EVERY,) if self.fields is None else self.fields
        known = [value for value in values if isinstance(value, self.form)]
        if self.item is not None:
            return range(max(map(len, known), default=0))
        keys = {key for value in known for key in value}
        fields = [key for key in self.fields or () if key in keys]
        return fields + sorted(keys.difference(fields))

    def walk(
        self, *values: Any, path: Path = (), into: Callable[[Shape], bool] | None = None
    ) -> Iterator[tuple[Path, Shape, tuple[Any, ...]]]:
        """Yield path, shape and values of all that stands in any of some values, at whatever depth, itself first.

        With `into`, only shapes that it holds of are looked into.
        """
        yield path, self, values
        if into is None or into(self):
            for part, shape, theirs in self.parts(*values):
                yield from shape.walk(*theirs, path=(*path, part), into=into)

    def mapped(self, change: Callable[..., Any], value: Any, *others: Any, path: Path = ()) -> Any:
        """Return a value with what stands directly in it as `change(path, shape, value, *others)` makes it.

        `others` are given as far as something stands at the same place. What `change` makes None of is left out of
        objects and maps; a null that was there stays. A value that has no parts by this shape is returned as it is.
        """
        if not isinstance(value, self.form):
            return value
        if self.item is not None:
            return [
                change((*path, index), self.item, item, *[inside(other, index) for other in others])
                for index, item in enumerate(value)
            ]
        result: dict[str, Any] = {}
        for key, item in value.items():
            changed = change((*path, key), self._of(key), item, *[inside(other, key) for other in others])
            if changed is not None or item is None:
                result[key] = changed
        return result

    def holds_secret(self) -> bool:
        """Whether there may be a secret in the value."""
        return self._holds_secret

    @cached_property
    def _holds_secret(self) -> bool:
        return self.is_secret or any(shape.holds_secret() for _, shape, _ in self.parts())


ANYTHING = Shape(Any)
"""The shape of what the models do not know."""


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


@cache
def shape_of(kind: Kind[Any]) -> Shape:
    """Return the shape of what a program can set on a kind of resource."""
    return _shape(kind.create_input, ())


def shapes_of(kind: Kind[Any]) -> dict[str, Shape]:
    """Return the shapes of the properties that a program can set on a kind of resource."""
    return shape_of_model(kind.create_input)


def field_of(kind: Kind[Any], key: str) -> str:
    """Return the API's field that a property is about: for a reference or a fingerprint the secret's, else itself."""
    shape = shapes_of(kind).get(key, ANYTHING)
    about = shape.mark(Reference) or shape.mark(Fingerprint)
    return about.of if about else key


def secret_fields(kind: Kind[Any]) -> list[str]:
    """Return the names of the fields of a kind that hold secrets of the program's, at whatever depth."""
    found = (path for path, shape, _ in shape_of(kind).walk() if shape.is_secret and shape.mark(Fingerprint) is None)
    return [str([part for part in path if part != EVERY][-1]) for path in found]


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
    if origin in (list, dict) and any(isinstance(mark, Secret) for mark in marks):
        raise TypeError(f"{annotation}: what stands in it can be secret, it itself cannot")
    if origin is list:
        return Shape(annotation, marks, item=_shape(get_args(annotation)[0], ()))
    if origin is dict:
        return Shape(annotation, marks, entry=_shape(get_args(annotation)[1], ()))
    # After these two: to Python 3.10, dict[str, str] is a type.
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return Shape(annotation, marks, fields=shape_of_model(annotation))
    return Shape(annotation, marks, adapter=_adapter(annotation))


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def map_secrets(kind: Kind[Any], values: dict[str, Any], wrap: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the values with everything secret wrapped."""

    def hidden(path: Path, shape: Shape, value: Any) -> Any:
        if value is None or value is UNKNOWN or not shape.holds_secret():
            return value
        return wrap(value) if shape.is_secret else shape.mapped(hidden, value)

    result: dict[str, Any] = shape_of(kind).mapped(hidden, values)
    return result


def secrets_of(kind: Kind[Any], *several: Mapping[str, Any]) -> tuple[Hidden, ...]:
    """Return every secret among properties, and behind their references as far as those can be read, or are remembered.

    What a reference has led to before may be another key.
    """
    found: dict[Hidden, None] = {}
    for properties in several:
        for _, shape, (value,) in shape_of(kind).walk(properties, into=Shape.holds_secret):
            if not isinstance(value, str):
                continue
            if shape.mark(Fingerprint) is not None:
                found[Remembered(value)] = None
            elif shape.mark(Reference) is not None:
                with suppress(ConfigError):
                    found[read(value)] = None
            elif shape.is_secret:
                found[value] = None
    return tuple(found)


def revealed(kind: Kind[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with each reference replaced by the secret it leads to, as the API takes them.

    What a reference is, the shapes say: a value of the user's own may hold any key.
    """
    result: dict[str, Any] = _revealed((), shape_of(kind), values)
    return result


def _revealed(path: Path, shape: Shape, value: Any) -> Any:
    if shape.is_ours_alone:
        return None
    result = shape.mapped(_revealed, value)
    for reference, given in _references(shape, value):
        # One that was cleared clears the secret, unless the program gives another.
        result[reference.of] = read(given) if given else str(value.get(reference.of) or "")
    return result


def _references(shape: Shape, value: Any) -> Iterator[tuple[Reference, str]]:
    for _, inner, (given,) in shape.parts(value) if shape.holds_secret() else ():
        reference = inner.mark(Reference)
        if reference and isinstance(given, str):
            yield reference, given
