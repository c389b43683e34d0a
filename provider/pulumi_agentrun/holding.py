"""Remembers, for one run, which resource of the program has which name on the service."""

from __future__ import annotations

from typing import Any

from .client.errors import LifecycleError
from .client.kinds import Kind


class Holding:
    """What a run has found to stay: it is not deleted under an older record, nor taken by another resource."""

    def __init__(self) -> None:
        self._urns: dict[tuple[str, str | None, str], str] = {}
        self._declared: set[str] = set()

    def declare(self, urn: object) -> None:
        """Note that the program declares a resource: what a refresh compares may be in state only."""
        if isinstance(urn, str):
            self._declared.add(urn)

    def claim(self, kind: Kind[Any], profile: str | None, name: str, urn: str) -> None:
        """Note that a resource has a name. Raises LifecycleError if another one that the program declares has it."""
        key = (kind.collection, profile, name)
        holder = self._urns.get(key)
        if holder not in self._declared:
            self._urns[key] = urn
        elif holder != urn and urn in self._declared:
            assert holder is not None
            first, second = (text.rsplit("::", 1)[-1] for text in (holder, urn))
            raise LifecycleError(
                f"{kind.title.capitalize()} {name} is {first} in this program, so it cannot be {second} too. "
                f"Give {second} a {kind.name_field} of its own."
            )

    def spares(self, kind: Kind[Any], profile: str | None, name: str) -> str | None:
        """Return why what has a name is not to be deleted, or None.

        After a forced replacement (`up --replace`) that took over what it should replace, old and new are one.
        """
        if (kind.collection, profile, name) not in self._urns:
            return None
        return f"{kind.title} {name} is not deleted: the program has taken it over"
