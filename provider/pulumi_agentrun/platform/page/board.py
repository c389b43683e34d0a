"""What the page shows, with what changed since when: values only, so that a reader is sent differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_MOST_GONE = 10_000
Key = tuple[str, str]
"""The kind of an item, and its name."""


class Change(NamedTuple):
    """What a reader does not know yet."""

    put: list[tuple[str, str, Any]]
    """Items that are new or changed: kind, name, item."""
    gone: list[Key]
    is_all: bool
    """Whether it is everything, and what the reader knew counts no more."""

    @property
    def is_any(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.put or self.gone or self.is_all)


class Board:
    """Items by kind and name, each with the version at which it changed last."""

    def __init__(self) -> None:
        self.version = 0
        self._items: dict[Key, tuple[int, Any]] = {}
        self._gone: dict[Key, int] = {}
        self._oldest = 0

    def keep(self, kind: str, items: Mapping[str, Any]) -> None:
        """Make these the items of a kind."""
        for name in [name for known, name in self._items if known == kind and name not in items]:
            del self._items[kind, name]
            self.version += 1
            self._gone[kind, name] = self.version
        for name, item in items.items():
            self.put(kind, name, item)
        if len(self._gone) > _MOST_GONE:
            # Whoever is further behind gets everything.
            self._gone, self._oldest = {}, self.version

    def put(self, kind: str, name: str, item: Any) -> None:
        """Add an item, or replace it."""
        known = self._items.get((kind, name))
        # Most of a thousand are the same object as before.
        if known is None or (known[1] is not item and known[1] != item):
            self.version += 1
            self._items[kind, name] = (self.version, item)
            self._gone.pop((kind, name), None)

    def since(self, version: int | None) -> Change:
        """Return what has changed since a version, or everything where that is not known any more."""
        if version is None or not self._oldest <= version <= self.version:
            return Change([(*key, item) for key, (_, item) in self._items.items()], [], True)
        if version == self.version:
            return Change([], [], False)
        put = [(*key, item) for key, (changed, item) in self._items.items() if changed > version]
        return Change(put, [key for key, changed in self._gone.items() if changed > version], False)
