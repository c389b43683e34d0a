"""Which targets are left alone after they failed, as LiteLLM's Router 1.81.0 decides it (`cooldown_handlers.py`)."""

from __future__ import annotations

from collections.abc import Sequence

from .plans import Target

DURATION = 5.0
"""Seconds that a target is left alone, unless it said how long itself."""
WINDOW = 60.0
"""Seconds that failures and successes are counted over."""
_MOST_FAILURES = 0.5
_LEAST_CALLS = 5
_LEAST_CALLS_ALONE = 1000
_AT_ONCE = (401, 404)
_BY_SHARE_FROM = 500


class Cooldowns:
    """What one process knows of its targets' health; as in LiteLLM, no other process is told."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._counts: dict[tuple[str, bool], tuple[float, int]] = {}

    def standing(self, targets: Sequence[Target], now: float) -> Sequence[Target]:
        """Return the targets that may be called."""
        until = self._until
        if not until:
            return targets
        return [target for target in targets if until.get(target.id, 0.0) <= now]

    def rest(self, targets: Sequence[Target], now: float) -> float:
        """Return the seconds until the first of some targets may be called again."""
        return max(0.0, min(self._until.get(target.id, now) for target in targets) - now)

    def succeeded(self, target: Target, now: float) -> None:
        """Count a success."""
        self._count(target, True, now)

    def failed(self, target: Target, status: int, retry_after: float | None, alone: bool, now: float) -> None:
        """Count a failure, and leave the target alone if it calls for that.

        `alone` says that its group has no other; a status of 0 that there was no connection.
        """
        failures = self._count(target, False, now)
        if self._is_to_rest(target, status, failures, alone, now):
            lasts = DURATION if retry_after is None else retry_after
            self._until[target.id] = now + lasts

    def _is_to_rest(self, target: Target, status: int, failures: int, alone: bool, now: float) -> bool:
        if status in _AT_ONCE or (status == 429 and not alone):
            return True
        if status not in (408, 429) and status < _BY_SHARE_FROM:
            return False
        calls = failures + self._counted(target, True, now)
        if alone:
            return failures == calls >= _LEAST_CALLS_ALONE
        return calls >= _LEAST_CALLS and failures / calls > _MOST_FAILURES

    def _counted(self, target: Target, good: bool, now: float) -> int:
        until, number = self._counts.get((target.id, good), (0.0, 0))
        return number if now < until else 0

    def _count(self, target: Target, good: bool, now: float) -> int:
        # The minute begins with the first of its kind, and is not made longer by others.
        until, number = self._counts.get((target.id, good), (0.0, 0))
        if now >= until:
            until, number = now + WINDOW, 0
        self._counts[target.id, good] = until, number + 1
        return number + 1
