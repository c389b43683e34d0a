"""The status of a resource: computed from the times of its last change, so that no thread has to move it on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

GONE = ""
"""What a resource is after its deletion: no status at all."""


@dataclass(frozen=True)
class Lifecycle:
    """A change under way or done; times are microseconds since 1970."""

    during: str
    """The status until the change is done."""
    until: int
    outcome: str
    """The status from then on."""
    reason: str | None = None
    """Why the outcome is what it is."""

    def status(self, now: int) -> str:
        """Return the status at a time."""
        return self.during if now < self.until else self.outcome

    def reason_at(self, now: int) -> str | None:
        """Return the reason for the status at a time."""
        return None if now < self.until else self.reason

    def is_gone(self, now: int) -> bool:
        """Say whether the resource is deleted by now."""
        return self.outcome == GONE and now >= self.until

    @property
    def is_ending(self) -> bool:
        """Whether the resource is going to be deleted."""
        return self.outcome == GONE


def microseconds(seconds: float) -> int:
    """Return seconds in the unit of all stored times."""
    return round(seconds * 1_000_000)


def timestamp(moment: int) -> str:
    """Return a stored time as the API writes it."""
    seconds, fraction = divmod(moment, 1_000_000)
    return (
        datetime.fromtimestamp(seconds, timezone.utc).replace(microsecond=fraction).isoformat(timespec="microseconds")
    )
