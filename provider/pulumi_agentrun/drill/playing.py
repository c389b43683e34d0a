"""Plays a scenario with a subject."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..platform.gateway.plans import Target
from ..platform.gateway.routing import NO_CONNECTION, Outcome
from ..platform.gateway.simulation import Incident, Traffic, play, targets_of
from ..routes.subjects import Subject
from .meant import meant
from .report import Report
from .scenario import Scenario


def drill(subject: Subject, scenario: Scenario) -> Report:
    """Return what comes of a scenario. Raises ConfigError where it names what the proxy has not."""
    models = subject.asked(scenario.models)
    targets = targets_of(subject.plan, models)
    for expected in scenario.expectations:
        if expected.measure.name:
            subject.place_named(expected.measure.name)
    incidents = {
        index: event.incident(meant(subject, event.who, targets))
        for index, event in enumerate(scenario.events)
        if event.who is not None
    }
    surges = [event.surge() for event in scenario.events if event.who is None]
    traffic = Traffic(scenario.calls, scenario.seconds, models, scenario.tokens, surges)
    always = [_without(subject, targets)] if subject.missing else []
    played = play(
        subject.plan, subject.limits, traffic, [*always, *incidents.values()],
        latency=scenario.latency, seed=scenario.seed,
    )  # fmt: skip
    happened = dict(zip(incidents, played.met[len(always) :], strict=True))
    for index, event in enumerate(scenario.events):
        if event.who is None:
            happened[index] = sum(event.begins <= call.arrived < event.ends for call in played.calls)
    played.met = [happened[index] for index in range(len(scenario.events))]
    return Report(subject, scenario, models, played)


def _without(subject: Subject, targets: Mapping[str, Target]) -> Incident:
    """Return what happens all the time to services that there are not: as at the gateway, no connection, at once."""
    missing = frozenset(id for id, target in targets.items() if subject.places[target.place].is_missing)
    return Incident(missing, 0.0, math.inf, Outcome(NO_CONNECTION), 0.0)
