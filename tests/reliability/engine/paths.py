"""Property paths, as resource options have them: `description`, `providerSettings.baseUrl`, `items[0]`, `*`."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from reliability.engine.state import Props

MISSING = object()


def parts(path: str) -> list[str]:
    """Return the keys of a path."""
    return re.findall(r'[^.\[\]"]+', path)


def contains(path: str, other: str) -> bool:
    """Say whether one path leads to another, or above it."""
    ours, theirs = parts(path), parts(other)
    return len(ours) <= len(theirs) and all(a in ("*", b) for a, b in zip(ours, theirs, strict=False))


def reset(props: Props, olds: Props, paths: tuple[str, ...]) -> Props:
    """Return properties with what lies at the paths as it was, which is what ignoring changes means."""
    found = deepcopy(props)
    for path in paths:
        *above, last = parts(path)
        target, source = _at(found, above), _at(olds, above)
        if not isinstance(target, dict) or not isinstance(source, dict):
            continue
        if last in source:
            target[last] = deepcopy(source[last])
        else:
            target.pop(last, None)
    return found


def _at(value: Any, keys: list[str]) -> Any:
    for key in keys:
        value = value.get(key, MISSING) if isinstance(value, dict) else MISSING
    return value
