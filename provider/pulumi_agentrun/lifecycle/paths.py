"""Where in a resource something stands: a tuple of keys and indices, until somebody reads it as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..client.wording import Path, dotted

__all__ = ["EVERY", "Path", "at", "dotted", "inside", "parsed"]

EVERY = "*"
"""Stands in a path for whatever key or index."""

_PARTS = re.compile(r'\["((?:\\"|[^"])*)"\]|\[(\d+)\]|([^.\[\]]+)')


def parsed(text: str) -> Path:
    """Return the path that a text means, as `replace_on_changes` has it."""
    found = (match.groups(default="") for match in _PARTS.finditer(text))
    return tuple(int(index) if index else name or key.replace('\\"', '"') for key, index, name in found)


def at(value: Any, path: Path) -> Any:
    """Return what stands at a path, None if nothing does."""
    for part in path:
        value = inside(value, part)
    return value


def inside(value: Any, part: str | int) -> Any:
    """Return what stands at a key or an index, None if nothing does."""
    if isinstance(value, (dict, Mapping)):
        return value.get(part)
    if isinstance(value, (list, tuple)) and isinstance(part, int):
        return value[part] if part < len(value) else None
    return None


def rebuilt(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return an object or a list with everything that stands directly in it changed, anything else as it is."""
    if isinstance(value, (dict, Mapping)):
        return {key: change(item) for key, item in value.items()}
    return [change(item) for item in value] if isinstance(value, (list, tuple)) else value
