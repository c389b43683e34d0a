"""Takes a call through its plan, attempt by attempt: without I/O, and with randomness and clock given.

What it decides is what LiteLLM's Router 1.81.0 decides (`router.py`: `async_function_with_fallbacks`,
`async_function_with_retries`, `should_retry_this_error`; `router_strategy/simple_shuffle.py`); docs/gateway.md says
where it differs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple, TypeAlias

from .cooldowns import Cooldowns
from .plans import Group, Plan, Target

_FIRST_PAUSE, _LONGEST_PAUSE, _JITTER = 0.5, 8.0, 0.75
_LONGEST_RETRY_AFTER = 60.0
NO_CONNECTION = 0
TIMED_OUT = 408


class Attempt(NamedTuple):
    """Asks for one call of a target."""

    target: Target
    model: str
    timeout: float


class Pause(NamedTuple):
    """Asks to let some seconds pass."""

    seconds: float


class Outcome(NamedTuple):
    """What came of an attempt."""

    status: int
    """The HTTP status; 0 where there was no connection, 408 where it took too long."""
    retry_after: float | None = None
    """The seconds that the other side asked to be left alone."""
    reason: str = ""
    """Why it failed, in words that may be shown to a caller."""

    @property
    def is_good(self) -> bool:
        """Whether the call is answered."""
        return 200 <= self.status < 300


class Tried(NamedTuple):
    """One attempt and what came of it."""

    attempt: Attempt
    outcome: Outcome


class Answer(NamedTuple):
    """How a call ended."""

    trail: Sequence[Tried]
    """The attempts, in order."""
    is_good: bool
    """Whether the last attempt answered the call."""

    @property
    def failure(self) -> Outcome | None:
        """The first failure, which is what LiteLLM answers with; None where no target was called."""
        return self.trail[0].outcome if self.trail else None


Step: TypeAlias = "Attempt | Pause"
Call: TypeAlias = Generator[Step, "Outcome | None", Answer]


def call(plan: Plan, asked: str, cooldowns: Cooldowns, random: Callable[[], float], clock: Callable[[], float]) -> Call:
    """Yield what a call of a model needs: attempts, which want their outcome sent, and pauses.

    The model has to be one of the plan's groups. `random` returns numbers from 0 up to 1, `clock` seconds.
    """
    trail: list[Tried] = []
    for group in (plan.groups[asked], *plan.fallbacks):
        if (yield from _group(plan, group, asked, trail, cooldowns, random, clock)):
            return Answer(trail, True)
    return Answer(trail, False)


def _group(
    plan: Plan,
    group: Group,
    asked: str,
    trail: list[Tried],
    cooldowns: Cooldowns,
    random: Callable[[], float],
    clock: Callable[[], float],
) -> Generator[Step, Outcome | None, bool]:
    targets = group.targets
    alone = len(targets) == 1
    first: Outcome | None = None
    for number in range(plan.retries + 1):
        standing = cooldowns.standing(targets, clock())
        if standing:
            target = choose(standing, random) if len(standing) > 1 else standing[0]
            attempt = Attempt(target, target.model or asked, plan.timeout)
            outcome = yield attempt
            assert outcome is not None
            trail.append(Tried(attempt, outcome))
            if outcome.is_good:
                cooldowns.succeeded(target, clock())
                return True
            cooldowns.failed(target, outcome.status, outcome.retry_after, alone, clock())
            first = first or outcome
        elif first is None:
            return False
        standing = cooldowns.standing(targets, clock())
        if number == 0 and not (plan.retries and standing and _is_retried(first, alone)):
            return False
        # Also after the last attempt, before a fallback.
        if alone or not standing:
            yield Pause(_pause(first, number, random))
    return False


def choose(targets: Sequence[Target], random: Callable[[], float]) -> Target:
    """Return one of some targets, by their weights; weights that are all 0 mean equal chances."""
    total = 0.0
    for target in targets:
        total += target.weight
    if not total:
        return targets[int(random() * len(targets))]
    point = random() * total
    for target in targets:
        point -= target.weight
        if point < 0:
            return target
    return max(targets, key=lambda target: target.weight)  # rounding left a crumb


def _is_retried(failure: Outcome | None, alone: bool) -> bool:
    """Say whether the first failure is followed by others in the same group; later ones are, whatever they are."""
    status = failure.status if failure else NO_CONNECTION
    return status != 404 and not (status == 401 and alone)


def _pause(failure: Outcome | None, number: int, random: Callable[[], float]) -> float:
    asked = failure.retry_after if failure else None
    seconds = _backoff(number) if asked is None or not 0 < asked <= _LONGEST_RETRY_AFTER else asked
    return seconds + _JITTER * random()


def _backoff(number: int) -> float:
    return min(_FIRST_PAUSE * 2.0**number, _LONGEST_PAUSE)


def failover(plan: Plan, asked: str) -> list[dict[str, float]]:
    """Return who answers a model: the shares of the services, and then those of each fallback, in order."""
    order = []
    for group in (plan.groups[asked], *plan.fallbacks):
        found: dict[str, float] = {}
        for target, share in zip(group.targets, group.shares().values(), strict=True):
            found[target.place] = found.get(target.place, 0.0) + share
        order.append(found)
    return order


def most_attempts(plan: Plan) -> int:
    """Return how many attempts one call makes at most."""
    return (plan.retries + 1) * (1 + len(plan.fallbacks))


def most_seconds(plan: Plan) -> float:
    """Return how long one call takes at most, its pauses included, where no target asks for longer ones."""
    pauses = sum(_backoff(number) + _JITTER for number in range(plan.retries + 1)) if plan.retries else 0.0
    return most_attempts(plan) * plan.timeout + (1 + len(plan.fallbacks)) * pauses


def failing(plan: Plan, asked: str, is_out: Callable[[Target], bool]) -> float:
    """Return the share of a model's calls that nobody answers while some targets cannot be connected to."""
    failed = 1.0
    for group in (plan.groups[asked], *plan.fallbacks):
        shares = [share for target, share in zip(group.targets, group.shares().values(), strict=True) if is_out(target)]
        # Who cannot be connected to is not left alone, so every attempt is drawn from all.
        failed *= 1.0 if len(shares) == len(group.targets) else sum(shares) ** (plan.retries + 1)
    return failed
