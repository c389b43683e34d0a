"""What became of the calls since the process began: counts, and the last ones; never what they said, and no key."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .plans import Group
from .routing import Tried
from .streams import Passage

NO_PROXY = "(no such proxy)"
"""Stands for a name that there is not: a caller may have sent a key there."""
LAST = 200
"""How many calls are remembered one by one."""
ABANDONED = 499
_FAILURES = ("no_upstream", "upstream_broke_off", "internal_error")
End = Literal["answered", "failed", "refused", "abandoned"]


@dataclass
class Record:
    """What became of one call."""

    id: str
    at: float
    """When it came, in seconds since 1970."""
    proxy: str = ""
    """The name that it was for; empty for what was no call of any."""
    operation: str = ""
    model: str = ""
    is_known: bool = False
    """Whether there is such a proxy."""
    status: int = ABANDONED
    code: str = "abandoned"
    milliseconds: float = 0.0
    trail: Sequence[Tried] = ()
    """The attempts, in order."""
    own: Group | None = None
    """The targets that share the calls of its model."""
    passage: Passage | None = field(default=None, repr=False)

    @property
    def end(self) -> End:
        """How it ended: no service answered a failed one, and the gateway itself refused one."""
        if self.code in _FAILURES or (self.passage is not None and self.passage.is_broken):
            return "failed"
        if self.status == ABANDONED:
            return "abandoned"
        return "answered" if self.status < 400 else "refused"

    @property
    def service(self) -> str:
        """The name or the URL of who answered; empty if nobody did, or a kept answer was given again."""
        return self.trail[-1].attempt.target.place if self.trail and self.trail[-1].outcome.is_good else ""

    @property
    def is_failover(self) -> bool:
        """Whether another target than the one tried first answered, or a fallback at once since all others rest."""
        if not self.service:
            return False
        first, last = self.trail[0].attempt.target, self.trail[-1].attempt.target
        return first.id != last.id or (self.own is not None and last not in self.own.targets)


@dataclass
class Counts:
    """How many calls of one proxy ended how."""

    answered: int = 0
    failed: int = 0
    refused: int = 0
    abandoned: int = 0
    failovers: int = 0
    """Of the answered ones."""
    services: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """By the model that was asked for and the name or URL: calls that it answered, and attempts that it failed."""

    def add(self, record: Record) -> None:
        """Count a call."""
        setattr(self, record.end, getattr(self, record.end) + 1)
        self.failovers += record.is_failover
        for tried in record.trail:
            found = self.services.setdefault((record.model, tried.attempt.target.place), [0, 0])
            found[not tried.outcome.is_good] += 1


class Journal:
    """The calls that one process has answered; it belongs to the gateway's event loop."""

    def __init__(self) -> None:
        self._counts: dict[str, Counts] = {}
        self._last: deque[tuple[int, Record]] = deque(maxlen=LAST)
        self._number = 0

    @property
    def counts(self) -> Mapping[str, Counts]:
        """The counts by the name of a proxy that there was."""
        return self._counts

    @property
    def number(self) -> int:
        """How many calls were added."""
        return self._number

    def add(self, record: Record) -> None:
        """Remember a call; what was for no proxy is none, and of a proxy that there is not nothing is counted."""
        if not record.proxy:
            return
        self._number += 1
        self._last.append((self._number, record))
        if record.is_known:
            self._counts.setdefault(record.proxy, Counts()).add(record)

    def after(self, number: int) -> Iterable[tuple[int, Record]]:
        """Return the calls after a number of them with their numbers, the oldest first, as far as remembered."""
        return [(count, record) for count, record in self._last if count > number]
