"""Property values between Pulumi's protobuf structs and plain Python, with what is unknown and what is secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

from ..lifecycle.paths import rebuilt
from ..lifecycle.unknown import UNKNOWN

# Constants of Pulumi's wire format: sdk/go/common/resource/{properties,sig}.go and plugin/rpc.go.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS = frozenset(
    {
        _UNKNOWN,  # a string, or anything of unknown type
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # an array
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
    }
)

Path = tuple[str, ...]
"""Keys from the resource down; what lies in a list counts as the whole list."""


@dataclass(frozen=True, repr=False)
class Hidden:
    """A value that Pulumi has to keep secret."""

    value: Any


def hidden_once(value: Any) -> Hidden:
    """Return a value that Pulumi has to keep secret, marked once."""
    return value if isinstance(value, Hidden) else Hidden(value)


@dataclass(frozen=True, repr=False)
class Properties:
    """Plain values, and where among them the program has put secrets."""

    values: dict[str, Any]
    secrets: frozenset[Path]


def read(struct: Struct) -> Properties:
    """Return what a struct holds, with UNKNOWN for what a preview does not know."""
    secrets: set[Path] = set()
    values = {key: _read(value, (key,), secrets) for key, value in struct.fields.items()}
    return Properties(values, frozenset(secrets))


def _read(value: Value, path: Path, secrets: set[Path]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
        if signature == _SECRET or (signature == _OUTPUT and fields["secret"].bool_value):
            secrets.add(path)
        if signature in (_SECRET, _OUTPUT):
            return _read(fields["value"], path, secrets) if "value" in fields else UNKNOWN
        return {key: _read(item, (*path, key), secrets) for key, item in fields.items()}
    if kind == "list_value":
        inside: set[Path] = set()
        items = [_read(item, path, inside) for item in value.list_value.values]
        if inside:
            secrets.add(path)
        return items
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def write(values: Mapping[str, Any]) -> Struct:
    """Return a struct of plain values, Hidden ones as secrets; what is None is left out."""
    return Struct(fields={key: _write(value) for key, value in values.items() if value is not None})


def _write(value: Any) -> Value:
    if isinstance(value, Hidden):
        marked = {_SIGNATURE: Value(string_value=_SECRET), "value": _write(value.value)}
        return Value(struct_value=Struct(fields=marked))
    if value is UNKNOWN:
        return Value(string_value=_UNKNOWN)
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, (int, float)):
        return Value(number_value=value)
    if isinstance(value, str):
        return Value(string_value=value)
    if isinstance(value, Mapping):
        return Value(struct_value=write(value))
    if isinstance(value, (list, tuple)):
        return Value(list_value=ListValue(values=[_write(item) for item in value]))
    return Value(null_value=NULL_VALUE)


def hide(values: dict[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Return the values with those at the paths hidden, as far as they are there."""
    for path in paths:
        values = _hide(values, path)
    return values


def hide_within(values: Any, paths: Iterable[Path]) -> Any:
    """Return the values with each single one at or below the paths hidden, so that keys and lengths stay to be seen."""
    for path in paths:
        values = _hide_within(values, path)
    return values


def _hide_within(values: Any, path: Path) -> Any:
    if values is None or isinstance(values, Hidden):
        return values
    if isinstance(values, dict):
        return {
            key: _hide_within(item, path[1:]) if not path or key == path[0] else item for key, item in values.items()
        }
    return [_hide_within(item, path) for item in values] if isinstance(values, list) else Hidden(values)


def _hide(values: Any, path: Path) -> Any:
    if isinstance(values, Hidden) or values is None:
        return values
    if not path:
        return Hidden(_shown(values))
    if not isinstance(values, dict) or path[0] not in values:
        return values
    return {**values, path[0]: _hide(values[path[0]], path[1:])}


def _shown(value: Any) -> Any:
    """Return a value without marks inside it, for it is hidden as a whole."""
    return rebuilt(value.value if isinstance(value, Hidden) else value, _shown)
