"""What a caller gets to see of a stored resource, under the switches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .kinds import SERVICE, Kind, Surroundings
from .states import timestamp
from .store import Row
from .switches import Switches

_UNORDERED = ("modelNames", "vswitchIds")


def view(row: Row, kind: Kind, switches: Switches, now: int, around: Surroundings) -> dict[str, Any]:
    """Return a resource as a response shows it."""
    shown = {name: value for name, value in row.body.items() if name not in kind.write_only}
    if switches.computed == "filled":
        shown = _filled(kind.filled, shown)
    if switches.list_order == "sorted":
        shown = _sorted(shown)
    if switches.api_key != "clear":
        for path in kind.keys:
            shown = _hidden(shown, path, switches.api_key)
    return {**shown, **_system_fields(row, kind, switches, now), **kind.own(row.id, row.name, around)}


def _system_fields(row: Row, kind: Kind, switches: Switches, now: int) -> dict[str, Any]:
    fields: dict[str, Any] = {"createdAt": timestamp(row.created), kind.changed_field: timestamp(row.updated)}
    if kind is not SERVICE or switches.service_id == "present":
        fields[kind.id_field] = row.id
    if kind.has_status:
        fields |= _standing(row, now)
    return fields


def _standing(row: Row, now: int) -> dict[str, Any]:
    status, reason = row.lifecycle.status(now), row.lifecycle.reason_at(now)
    return {"status": status} if reason is None else {"status": status, "statusReason": reason}


def _hidden(value: Any, path: tuple[str, ...], how: str) -> Any:
    """Return a value with the keys at a path masked or absent; what lies in a list or a map is at the path of that."""
    if isinstance(value, list):
        return [_hidden(item, path, how) for item in value]
    if isinstance(value, dict) and path:
        name, inner = path[0], path[1:]
        others = {key: item for key, item in value.items() if key != name}
        is_left_out = name not in value or (how == "absent" and not inner)
        return others if is_left_out else {**others, name: _hidden(value[name], inner, how)}
    if isinstance(value, dict):
        return {key: _hidden(item, path, how) for key, item in value.items()}
    return _masked(value)


def _masked(key: str) -> str:
    # Of a short key, a few letters would be most of it.
    return f"{key[:3]}******{key[-4:]}" if len(key) >= 16 else "******"


def _filled(defaults: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    result = {**defaults, **shown}
    for name, default in defaults.items():
        if isinstance(default, dict) and isinstance(result[name], dict):
            result[name] = _filled(default, result[name])
    return result


def _sorted(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _sorted(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(value) if name in _UNORDERED else [_sorted(item) for item in value]
    return value
