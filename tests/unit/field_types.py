"""JSON types by path, of the official client's models, of the client's and of the platform's tables."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator, Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from pulumi_agentrun.client.models.fields import Model, WriteOnly
from pulumi_agentrun.platform.shapes import ANYTHING, BOOLEAN, INTEGER, NUMBER, STRING, Map
from pydantic import SecretStr
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

Types = dict[str, str]
"""JSON types by path: `.` leads to a field of an object, `[]` to what a list or map holds; `!`: it must be given."""
_WORDS: dict[Any, str] = {
    str: "string", SecretStr: "string", int: "integer", float: "number", bool: "boolean", Any: "any",
    STRING: "string", INTEGER: "integer", NUMBER: "number", BOOLEAN: "boolean", ANYTHING: "any",
}  # fmt: skip


def _flat(path: str, word: str, inner: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield path, word
    for name, (word_of_field, more) in inner.items():
        yield from _flat(f"{path}{name}", word_of_field, more)


def _official(annotation: Any) -> tuple[str, Mapping[str, Any]]:
    if get_origin(annotation) is list:
        return "list", {"[]": _official(get_args(annotation)[0])}
    if get_origin(annotation) is dict:
        return "map", {"[]": _official(get_args(annotation)[1])}
    if annotation in _WORDS:
        return _WORDS[annotation], {}
    return "object", {f".{name}": _official(inner) for name, inner in _fields(annotation).items()}


def _fields(model: type[Any]) -> dict[str, Any]:
    """Return the annotations of an official model's fields by their names on the wire."""
    return {_wire_name(model, name): annotation for name, annotation in _hints(model).items()}


def _hints(model: type[Any]) -> dict[str, Any]:
    """Return the annotations as they are written: Python 3.10 adds None to those with that as default."""
    hints = get_type_hints(model.__init__)
    return {name: get_args(hint)[0] if get_origin(hint) is Union else hint for name, hint in hints.items()}


def _wire_name(model: type[Any], name: str) -> str:
    empty, full = model().to_map(), sample(model, only=name).to_map()
    (found,) = (key for key, value in full.items() if key not in empty or empty[key] != value)
    return str(found)


def sample(annotation: Any, name: str = "x", only: str | None = None) -> Any:
    """Return a value of an official type with everything in it set, or only one field."""
    if get_origin(annotation) is list:
        return [sample(get_args(annotation)[0], name)]
    if get_origin(annotation) is dict:
        return {name: sample(get_args(annotation)[1], name)}
    if annotation in _WORDS:
        return {str: name, int: 7, float: 0.5, bool: True, Any: "any"}[annotation]
    hints = _hints(annotation).items()
    return annotation(**{key: sample(inner, key) for key, inner in hints if only in (None, key)})


def official_types(model: type[Any]) -> Types:
    """Return the types of an official model; what must be given is said in its source only, in comments."""
    found = dict(_flat("", *_official(model)))
    comments = re.findall(r"((?: *#.*\n)+) *self\.(\w+) = ", inspect.getsource(model.__init__))
    required = {_wire_name(model, name) for text, name in comments if "This parameter is required." in text}
    return {path[1:]: word + "!" * (path[1:] in required) for path, word in found.items() if path}


def _ours(annotation: Any) -> tuple[str, Mapping[str, Any]]:
    options = [option for option in get_args(annotation) if option is not type(None)]
    if get_origin(annotation) is list:
        return "list", {"[]": _ours(options[0])}
    if get_origin(annotation) is dict:
        return "map", {"[]": _ours(options[1])}
    if get_origin(annotation) in (Union, types.UnionType):
        if str in options:
            return "string", {}  # or one of the words that are known
        return ("number", {}) if {*options} == {int, float} else _ours(options[0])
    if annotation in _WORDS:
        return _WORDS[annotation], {}
    if hasattr(annotation, "__metadata__"):
        return _ours(options[0])
    fields = annotation.model_fields.items()
    return "object", {f".{to_camel(name)}": _ours(field.annotation) for name, field in fields}


def client_types(model: type[Model], *, shown: bool = False) -> Types:
    """Return the types of a model of the client, without what is never shown if it is about answers."""
    found: Types = {}
    for name, field in model.model_fields.items():
        if not (shown and _is_write_only(field)):
            flat = dict(_flat(to_camel(name), *_ours(field.annotation)))
            found |= flat | {to_camel(name): flat[to_camel(name)] + "!" * field.is_required()}
    return found


def _is_write_only(field: FieldInfo) -> bool:
    marks = [
        *field.metadata,
        *(mark for part in get_args(field.annotation) for mark in getattr(part, "__metadata__", ())),
    ]
    return any(isinstance(mark, WriteOnly) for mark in marks)


def _table(shape: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(shape, list):
        return "list", {"[]": _table(shape[0])}
    if isinstance(shape, Map):
        return "map", {"[]": _table(shape.item)}
    if isinstance(shape, Mapping):
        return "object", {f".{name}": _table(inner) for name, inner in shape.items()}
    return _WORDS[shape], {}


def platform_types(fields: Any, required: tuple[str, ...] = ()) -> Types:
    found = _flat("", *_table(fields))
    return {path[1:]: word + "!" * (path[1:] in required) for path, word in found if path}


def platform_sample(shape: Any, name: str = "x") -> Any:
    """Return a value that the platform takes, everything in it set."""
    if isinstance(shape, list):
        return [platform_sample(shape[0], name)]
    if isinstance(shape, Map):
        return {name: platform_sample(shape.item, name)}
    if isinstance(shape, Mapping):
        return {key: platform_sample(inner, key) for key, inner in shape.items()}
    return {STRING: name, INTEGER: 7, NUMBER: 0.5, BOOLEAN: True, ANYTHING: "any"}[shape]


def _types_of_value(value: Any, path: str, known: Types) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and known.get(path, "").rstrip("!") == "map":
        yield path, "map"
        for item in value.values():
            yield from _types_of_value(item, f"{path}[]", known)
    elif isinstance(value, dict):
        yield path, "object"
        for name, item in value.items():
            yield from _types_of_value(item, f"{path}.{name}".lstrip("."), known)
    elif isinstance(value, list):
        yield path, "list"
        for item in value:
            yield from _types_of_value(item, f"{path}[]", known)
    else:
        said = known.get(path, "").rstrip("!")
        yield path, said if said in ("number", "any") else _WORDS[type(value)]


def types_of_answer(data: dict[str, Any], known: Types) -> Types:
    """Return the types of an answer; JSON does not tell a whole number from one with a fraction, what is known does."""
    return {path: word for path, word in _types_of_value(data, "", known) if path}


def together(**parts: Types) -> dict[str, str]:
    """Return type and fate of each field: in what it can be given, and whether it comes back."""
    found: dict[str, str] = {}
    for path in {path: None for part in parts.values() for path in part}:
        has = {name: part[path] for name, part in parts.items() if path in part}
        words = dict.fromkeys(word.rstrip("!") for word in has.values())
        fate = [name + "!" * word.endswith("!") for name, word in has.items()]
        found[path] = f"{'/'.join(words)}: {' '.join(fate)}"
    return found
