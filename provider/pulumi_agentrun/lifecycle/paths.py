"""Where in a resource something stands: a tuple of keys and indices, until somebody reads it as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list) and isinstance(part, int):
        return value[part] if part < len(value) else None
    return None
