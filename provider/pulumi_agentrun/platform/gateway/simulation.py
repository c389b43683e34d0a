"""Plays the calls of hours in a second: a proxy's plan and limits, made-up answers, and a clock of its own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count, pairwise
from random import Random
from typing import NamedTuple

from .cooldowns import Cooldowns
from .limits import Limits, Memory, begin, spend
from .plans import Plan, Target
from .routing import TIMED_OUT, Answer, Call, Outcome, Pause, call

_GOOD = Outcome(200)
_LATE = Outcome(TIMED_OUT)
TAIL = 0.25
"""How unequal answers are in time, by a log-logistic distribution: 5 of 100 take twice the median, 1 of 100 thrice."""


@dataclass(frozen=True)
class Surge:
    """A span of time in which so many times as many calls come."""

    begins: float
    ends: float
    times: float


@dataclass(frozen=True)
class Traffic:
    """The calls that come: evenly at random, but for the surges."""

    calls: int
    seconds: float
    """How long they go on coming."""
    models: Sequence[str]
    """What they ask for, each equally often; all have to be among the plan's groups."""
    tokens: int = 0
    """What a call spends on average: from half of it to one and a half."""
    surges: Sequence[Surge] = ()


@dataclass(frozen=True)
class Incident:
    """What happens to some targets in a span of time."""

    targets: frozenset[str]
    """Their ids."""
    begins: float
    ends: float
    outcome: Outcome | None
    """What an attempt ends in; None for a good answer that only takes longer."""
    takes: float
    """Seconds that an attempt takes, or for a good answer, that it takes in addition."""
    share: float = 1.0
    """The share of attempts that it happens to."""


class Ended(NamedTuple):
    """How a call ended."""

    arrived: float
    """When it came, in seconds from the start."""
    lasted: float
    place: str
    """Which service (or URL) answered it; an empty text if none did."""
    is_fallback: bool
    """Whether it was answered by what the model falls back to."""
    attempts: int
    refusal: str = ""
    """The code of the limit that did not let it through."""


@dataclass
class Played:
    """What came of all calls."""

    calls: list[Ended] = field(default_factory=list)
    """In the order in which they ended."""
    attempts: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often each place was asked and answered with each status; 0 is no connection."""
    met: list[int] = field(default_factory=list)
    """How many attempts each incident happened to, in the order of the incidents."""


def play(
    plan: Plan, limits: Limits, traffic: Traffic, incidents: Sequence[Incident], *, latency: float, seed: int
) -> Played:
    """Play the traffic of a proxy; the same arguments give the same result.

    :param latency: The median of the seconds that a good answer takes.
    """
    upstreams = _Upstreams(incidents, latency, Random(f"upstreams {seed}"))
    return _Simulation(plan, limits, upstreams, Random(f"routing {seed}").random).play(traffic, Random(f"calls {seed}"))


class _Upstreams:
    """The other side of every target."""

    def __init__(self, incidents: Sequence[Incident], latency: float, random: Random) -> None:
        self.met = [0] * len(incidents)
        self._latency = latency
        self._random = random.random
        self._incidents = {
            id: [(index, incident) for index, incident in enumerate(incidents) if id in incident.targets]
            for id in frozenset().union(*(incident.targets for incident in incidents))
        }

    def answer(self, target: Target, timeout: float, now: float) -> tuple[Outcome, float]:
        """Return what comes of an attempt that begins now, and the seconds that it takes."""
        luck = self._random()
        takes = self._latency * (luck / (1.0 - luck)) ** TAIL
        for index, incident in self._incidents.get(target.id, ()):
            if incident.begins <= now < incident.ends and (incident.share >= 1.0 or self._random() < incident.share):
                self.met[index] += 1
                if incident.outcome is not None:
                    return (incident.outcome, incident.takes) if incident.takes < timeout else (_LATE, timeout)
                takes += incident.takes
        return (_GOOD, takes) if takes <= timeout else (_LATE, timeout)


class _Running:
    """A call under way."""

    __slots__ = ("arrived", "id", "model", "steps", "tokens")

    def __init__(self, id: str, arrived: float, model: str, tokens: int, steps: Call) -> None:
        self.id = id
        self.arrived = arrived
        self.model = model
        self.tokens = tokens
        self.steps = steps


class _Simulation:
    def __init__(self, plan: Plan, limits: Limits, upstreams: _Upstreams, random: Callable[[], float]) -> None:
        self._plan = plan
        self._limits = limits
        self._upstreams = upstreams
        self._random = random
        self._now = 0.0
        self._cooldowns = Cooldowns()
        self._usage = Memory()
        self._own = {model: {target.id for target in group.targets} for model, group in plan.groups.items()}
        self._played = Played(met=upstreams.met)
        self._due: list[tuple[float, int, _Running, Outcome | None]] = []
        self._order = count()

    def play(self, traffic: Traffic, random: Random) -> Played:
        """Let calls come, and every one of them end."""
        due = self._due
        for number, arrived in enumerate(_arrivals(traffic, random)):
            while due and due[0][0] <= arrived:
                self._next()
            self._now = arrived
            model = traffic.models[int(random.random() * len(traffic.models))]
            self._arrive(f"{number}", model, int(traffic.tokens * (0.5 + random.random()) + 0.5))
        while due:
            self._next()
        return self._played

    def _clock(self) -> float:
        return self._now

    def _arrive(self, id: str, model: str, tokens: int) -> None:
        refusal = begin(self._limits, self._usage, id, self._now) if self._limits.are_any else None
        if refusal is not None:
            self._played.calls.append(Ended(self._now, 0.0, "", False, 0, refusal.code))
            return
        steps = call(self._plan, model, self._cooldowns, self._random, self._clock)
        self._go_on(_Running(id, self._now, model, tokens, steps), None)

    def _next(self) -> None:
        self._now, _, running, outcome = heappop(self._due)
        self._go_on(running, outcome)

    def _go_on(self, running: _Running, outcome: Outcome | None) -> None:
        try:
            step = running.steps.send(outcome)
        except StopIteration as end:
            self._end(running, end.value)
            return
        if isinstance(step, Pause):
            came, takes = None, step.seconds
        else:
            came, takes = self._upstreams.answer(step.target, step.timeout, self._now)
        heappush(self._due, (self._now + takes, next(self._order), running, came))

    def _end(self, running: _Running, answer: Answer) -> None:
        if self._limits.are_any:
            self._usage.end(running.id)
            if answer.is_good:
                spend(self._limits, self._usage, running.tokens, self._now)
        for tried in answer.trail:
            self._played.attempts[tried.attempt.target.place, tried.outcome.status] += 1
        place, is_fallback = "", False
        if answer.is_good:
            target = answer.trail[-1].attempt.target
            place, is_fallback = target.place, target.id not in self._own[running.model]
        lasted = self._now - running.arrived
        self._played.calls.append(Ended(running.arrived, lasted, place, is_fallback, len(answer.trail)))


def _arrivals(traffic: Traffic, random: Random) -> Iterator[float]:
    """Yield when calls come: as many as there are, in order, none after the end."""
    # Gaps that are exponential and then made to fit are points spread evenly at random, in order.
    gaps = [-math.log(1.0 - random.random()) for _ in range(traffic.calls + 1)]
    total, reached = sum(gaps), 0.0
    moment = _moments(traffic)
    for gap in gaps[:-1]:
        reached += gap
        yield moment(reached / total)


def _moments(traffic: Traffic) -> Callable[[float], float]:
    """Return a function from a share of all calls to the moment by which so many have come; shares never fall."""
    edges = [edge for surge in traffic.surges for edge in (surge.begins, surge.ends)]
    ends = sorted({0.0, traffic.seconds, *(edge for edge in edges if edge < traffic.seconds)})
    spans = [(begins, until, _times(traffic, begins)) for begins, until in pairwise(ends)]
    weight = sum((until - begins) * times for begins, until, times in spans)
    left = iter(spans)
    span, passed = next(left), 0.0

    def moment(share: float) -> float:
        nonlocal span, passed
        wanted = share * weight
        while wanted > passed + (span[1] - span[0]) * span[2]:
            following = next(left, None)
            if following is None:
                return traffic.seconds  # rounding left a crumb
            passed += (span[1] - span[0]) * span[2]
            span = following
        return span[0] + (wanted - passed) / span[2]

    return moment


def _times(traffic: Traffic, moment: float) -> float:
    return math.prod(surge.times for surge in traffic.surges if surge.begins <= moment < surge.ends)


def targets_of(plan: Plan, models: Sequence[str]) -> Mapping[str, Target]:
    """Return by its id every target that calls of some models can come to."""
    groups = (*(plan.groups[model] for model in models), *plan.fallbacks)
    return {target.id: target for group in groups for target in group.targets}
