"""Reads what a service shows of a resource: what is meant plainly passes, whatever its type; nothing else stops it.

What the service says of itself (status, ids, times) is text for people, so everything passes as text. In the other
fields, a number for a text, a text for a number, one item for a list of one, and nulls among items are
plain. A field whose value cannot be understood counts as not shown, as if the service had left it out: it may hold a
secret, so it is not kept as it came. Fields that are not known are kept as they came.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import SecretStr

from .kinds import Kind
from .models import SystemProps
from .models.fields import ANSWER, Model, on_wire
from .models.shared import Status

R = TypeVar("R", bound=SystemProps)
M = TypeVar("M", bound=Model)

_LARGEST = 2**53 - 1
"""The largest whole number that JSON can carry exactly for everybody, and Pulumi too."""
_STATUSES = {status.value.replace("_", ""): status.value for status in Status}


def read(kind: Kind[R], data: Mapping[str, Any]) -> R:
    """Return a resource from the data of an answer."""
    return _read(kind, kind.model, data)


def read_item(kind: Kind[Any], data: Mapping[str, Any]) -> SystemProps:
    """Return what a list shows of a resource."""
    return _read(kind, kind.item or kind.model, data)


def _read(kind: Kind[Any], model: type[M], data: Mapping[str, Any]) -> M:
    return read_as(model, data, _said(kind, model))


def read_as(model: type[M], data: Mapping[str, Any], told: Mapping[str, Callable[[Any], Any]] | None = None) -> M:
    """Return what an answer's data say, some fields of it read in another way than their types say."""
    return model.model_validate(_fields(model, data, told or {}), context=ANSWER)


def total(value: Any) -> int | None:
    """Return how many items a list says that there are; None if it says nothing that can be understood."""
    number = _whole(value)
    return None if number is None or number < 0 else number


def _fields(model: type[Model], data: Mapping[str, Any], told: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """Return the data with each known field, however its key is spelled, under its name on the wire."""
    known, result = _known(model), dict[str, Any]()
    for key, value in data.items():
        if key not in known:
            result[key] = value
            continue
        name, wire, read = known[key]
        if value is None or (key != wire and data.get(wire) is not None):
            continue  # the API's own spelling is what counts
        said = told.get(name, read)(value)
        if said is not None:
            result[wire] = said
    return result


@cache
def _known(model: type[Model]) -> dict[str, tuple[str, str, Callable[[Any], Any]]]:
    """Return by key, in either spelling, what a field is called, in Python and on the wire, and what reads it."""
    fields = [(name, on_wire(name), read) for name, read in _readers(model).items()]
    return {key: field for field in fields for key in field[:2]}


@cache
def _said(kind: Kind[Any], model: type[Model]) -> dict[str, Callable[[Any], Any]]:
    """Return what reads the fields in which a service speaks of itself."""
    texts = [name for name, reader in _readers(model).items() if reader is _text and name not in kind.inputs]
    return {**dict.fromkeys(texts, _told), "status": _status}


@cache
def _readers(model: type[Model]) -> dict[str, Callable[[Any], Any]]:
    return {name: _reader(info.annotation) for name, info in model.model_fields.items()}


def _reader(annotation: Any) -> Callable[[Any], Any]:
    """Return what reads a value of a type, or gives None if it cannot be understood as such."""
    origin, options = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _reader(options[0])
    if origin in (Union, types.UnionType):
        options = tuple(option for option in options if option is not type(None))
        is_number = set(options) == {int, float}
        return _number if is_number else _reader(options[0]) if len(options) == 1 else _text
    if origin is list:
        item = _reader(options[0])
        return lambda value: _items(item, value)
    if origin is dict:
        entry = _reader(options[1])
        return lambda value: _entries(entry, value)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return lambda value: _fields(annotation, value, {}) if isinstance(value, dict) else None
    return _LEAVES.get(annotation, lambda value: value)


def _items(read: Callable[[Any], Any], value: Any) -> list[Any] | None:
    shown = [item for item in (value if isinstance(value, list) else [value]) if item is not None]
    items = [read(item) for item in shown]
    return None if None in items else items


def _entries(read: Callable[[Any], Any], value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    entries = {key: read(entry) for key, entry in value.items() if entry is not None}
    return None if None in entries.values() else entries


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, (int, float)) else None


def _told(value: Any) -> str | None:
    text = _text(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if text is None else text


def _status(value: Any) -> str | None:
    """Return a status in the API's spelling; one that is not known in upper case."""
    text = (_told(value) or "").strip().upper()
    letters = text.replace("_", "").replace("-", "").replace(" ", "")
    return _STATUSES.get(letters, text) or None


def _number(value: Any) -> int | float | None:
    if isinstance(value, str):
        try:
            value = float(value) if not value.strip().isascii() or not value.strip().isdecimal() else int(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not math.isfinite(value) or abs(value) > _LARGEST:
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _whole(value: Any) -> int | None:
    number = _number(value)
    return number if isinstance(number, int) else None


def _truth(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, (bool, int, float)) and value in (0, 1) else None


_LEAVES: dict[Any, Callable[[Any], Any]] = {
    str: _text, SecretStr: _text, int: _whole, float: _number, bool: _truth,
}  # fmt: skip
