"""Remembers, for one run, which resource of the program has which name on the service."""

from __future__ import annotations

from typing import Any

from .client.errors import LifecycleError
from .client.kinds import Kind


class Holding:
    """What a run has found to stay: it is not deleted under an older record, nor taken by another resource."""

    def __init__(self) -> None:
        self._urns: dict[tuple[str, str | None, str], str] = {}

    def claim(self, kind: Kind[Any], profile: str | None, name: str, urn: str) -> None:
        """Note that a resource of the program has a name. Raises LifecycleError if another one has it."""
        holder = self._urns.setdefault((kind.collection, profile, name), urn)
        if holder != urn:
            first, second = (text.rsplit("::", 1)[-1] for text in (holder, urn))
            raise LifecycleError(
                f"{kind.title.capitalize()} {name} is {first} in this program, so it cannot be {second} too. "
                f"Give {second} a {kind.name_field} of its own."
            )

    def __contains__(self, key: tuple[Kind[Any], str | None, str]) -> bool:
        """Say whether a resource of the program has a name."""
        kind, profile, name = key
        return (kind.collection, profile, name) in self._urns
