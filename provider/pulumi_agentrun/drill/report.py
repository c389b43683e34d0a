"""What came of a drill: shares, failures, attempts and times, as numbers, as lines and as JSON."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..platform.gateway.routing import NO_CONNECTION, TIMED_OUT
from ..platform.gateway.simulation import Ended, Played
from ..routes import words
from ..routes.subjects import Subject
from .expectations import Expectation, Measure
from .scenario import Scenario

_PERCENTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99, "max": 1.0}
_STATUSES = {NO_CONNECTION: "no connection", TIMED_OUT: "too late"}


TITLES = ("SERVICE", "DECLARED", "ANSWERED", "AS FALLBACK", "ATTEMPTS", "FAILURES")


@dataclass(frozen=True)
class Row:
    """What came to one service, or to one URL."""

    name: str
    place: str
    declared: float | None
    """The share of calls that weights give to it; None for what is only fallen back to."""
    share: float
    """Its share of the calls that were answered."""
    as_fallback: float
    """The part of that share that came to it as a fallback."""
    attempts: int
    failures: dict[int, int]
    """How often it answered with each status that is none of success; 0 is no connection."""


@dataclass(frozen=True)
class Verdict:
    """An expectation, and what was measured."""

    expected: Expectation
    found: float | None

    @property
    def is_met(self) -> bool:
        """Whether it came to what was expected."""
        return self.expected.is_met(self.found)

    @property
    def said(self) -> str:
        """What was measured, for people."""
        return self.expected.measure.said(self.found)


class Report:
    """What came of a drill."""

    def __init__(self, subject: Subject, scenario: Scenario, models: Sequence[str], played: Played) -> None:
        self.subject = subject
        self.scenario = scenario
        self.models = models
        self.calls = sorted(played.calls)
        self.met = played.met
        """How many attempts each event happened to; a surge has no attempts of its own, so it has the calls in it."""
        self._played = played
        self._measured: dict[Measure, float | None] = {}

    @cached_property
    def rows(self) -> list[Row]:
        """What came to each service: those with a share first, then the fallbacks in order."""
        declared = self.subject.declared(self.models)
        answered = [call for call in self.calls if call.place]
        shares = Counter(call.place for call in answered)
        fallbacks = Counter(call.place for call in answered if call.is_fallback)
        order = [*declared, *(target.place for group in self.subject.plan.fallbacks for target in group.targets)]
        total = len(answered) or 1
        return [
            Row(
                self.subject.places[place].name,
                place,
                declared.get(place),
                shares[place] / total,
                fallbacks[place] / total,
                sum(number for (at, _), number in self._played.attempts.items() if at == place),
                {
                    status: number
                    for (at, status), number in sorted(self._played.attempts.items())
                    if at == place and not 200 <= status < 300
                },
            )
            for place in dict.fromkeys(order)
        ]

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The expectations of the scenario, in its order."""
        return [Verdict(item, self.measured(item.measure)) for item in self.scenario.expectations]

    @property
    def idle(self) -> list[str]:
        """The events that happened to nothing: what they were to try was not tried."""
        return [event.text for event, met in zip(self.scenario.events, self.met, strict=True) if not met]

    @property
    def is_good(self) -> bool:
        """Whether every expectation is met and every event happened to something."""
        return not self.idle and all(verdict.is_met for verdict in self.verdicts)

    def measured(self, measure: Measure) -> float | None:
        """Return what was measured, None where there was nothing to measure. Raises ConfigError for an unknown name."""
        if measure not in self._measured:
            self._measured[measure] = self._measure(measure)
        return self._measured[measure]

    def _measure(self, measure: Measure) -> float | None:
        calls = self.between(measure.begins, measure.ends)
        answered = [call for call in calls if call.place]
        if measure.word == "calls":
            return float(len(calls))
        if measure.word == "share":
            place = self.subject.place_named(measure.name)
            return _part(sum(call.place == place for call in answered), len(answered))
        if measure.word in _PERCENTILES:
            return percentile([call.lasted for call in answered], _PERCENTILES[measure.word])
        counts = {
            "success": len(answered),
            "refused": sum(bool(call.refusal) for call in calls),
            "fallback": sum(call.is_fallback for call in calls),
            "attempts": sum(call.attempts for call in calls),
        }
        counts["failed"] = len(calls) - counts["success"] - counts["refused"]
        return _part(counts[measure.word], len(calls))

    def between(self, begins: float, ends: float) -> list[Ended]:
        """Return the calls that came in a span, in order."""
        first = bisect_left(self.calls, begins, key=lambda call: call.arrived) if begins else 0
        last = bisect_left(self.calls, ends, key=lambda call: call.arrived)
        return self.calls[first:last]

    def cells(self) -> Iterator[tuple[str, ...]]:
        """Yield the rows for people, under TITLES."""
        for row in self.rows:
            yield (
                row.name,
                "fallback" if row.declared is None else words.percent(row.declared),
                words.percent(row.share),
                words.percent(row.as_fallback),
                str(row.attempts),
                failures_said(row.failures),
            )

    def text(self) -> str:
        """Return the whole report for people, as plain text."""
        table = [TITLES, *self.cells()]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        rows = ("  ".join(map(str.ljust, cells, widths)).rstrip() for cells in table)
        return "\n".join([*rows, *self.lines()])

    def lines(self) -> Iterator[str]:
        """Yield what there is to say beside the rows."""
        length, asked = words.lasting(self.scenario.seconds), ", ".join(self.models)
        number, seed = len(self.calls), self.scenario.seed
        yield f"{number} calls of the proxy {self.subject.name} in {length}, for {asked}, seed {seed}."
        answered = f"{self.say('success')} answered, {self.say('fallback')} by a fallback"
        yield f"{answered}; {self.say('failed')} failed, {self._refused()}."
        yield f"{self.say('attempts')} attempts a call; " + ", ".join(f"{p} {self.say(p)}" for p in _PERCENTILES) + "."
        for event, met in zip(self.scenario.events, self.met, strict=True):
            yield f"event   {event.text}: " + (
                f"{met} {event.happens_to}" if met else "it happened to nothing: NOT TRIED"
            )
        for verdict in self.verdicts:
            yield f"{'met    ' if verdict.is_met else 'NOT MET'} {verdict.expected.text}: {verdict.said}"

    def say(self, word: str) -> str:
        """Return a measure of the whole drill for people."""
        measure = Measure(word)
        return measure.said(self.measured(measure))

    def _refused(self) -> str:
        counts = Counter(call.refusal for call in self.calls if call.refusal)
        by = ", ".join(f"{number} by {code.removesuffix('_exceeded')}" for code, number in sorted(counts.items()))
        return f"{self.say('refused')} refused" + (f" ({by})" if by else "")

    def to_json(self) -> dict[str, Any]:
        """Return the report for programs: shares from 0 to 1, times in seconds."""
        whole = ("success", "failed", "refused", "fallback", "attempts")
        return {
            "proxy": self.subject.proxy.name,
            "models": [*self.models],
            "seed": self.scenario.seed,
            "calls": len(self.calls),
            "seconds": _rounded(self.scenario.seconds),
            **{word: _rounded(self.measured(Measure(word))) for word in whole},
            "latency": {word: _rounded(self.measured(Measure(word))) for word in _PERCENTILES},
            "services": [
                {
                    "name": row.name,
                    "service": self.subject.shown(row.place),
                    "declared": _rounded(row.declared),
                    "share": _rounded(row.share),
                    "asFallback": _rounded(row.as_fallback),
                    "attempts": row.attempts,
                    "failures": {str(status): number for status, number in row.failures.items()},
                }
                for row in self.rows
            ],
            "events": [
                {"event": event.text, "met": met} for event, met in zip(self.scenario.events, self.met, strict=True)
            ],
            "expectations": [
                {"expected": item.expected.text, "found": _rounded(item.found), "isMet": item.is_met}
                for item in self.verdicts
            ],
            "isGood": self.is_good,
        }


def percentile(numbers: Sequence[float], share: float) -> float | None:
    """Return the smallest of some numbers that so large a share of them does not exceed, None of none."""
    ordered = sorted(numbers)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None


def failures_said(failures: dict[int, int]) -> str:
    """Return failures by status for people."""
    return ", ".join(f"{number} {_STATUSES.get(status, f'HTTP {status}')}" for status, number in failures.items())


def _part(number: int, of: int) -> float | None:
    return number / of if of else None


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 6)
