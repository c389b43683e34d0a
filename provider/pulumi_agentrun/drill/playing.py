"""Plays a scenario with a subject."""

from __future__ import annotations

from ..platform.gateway.simulation import Traffic, play, targets_of
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
    played = play(
        subject.plan, subject.limits, traffic, [*incidents.values()], latency=scenario.latency, seed=scenario.seed
    )
    happened = dict(zip(incidents, played.met, strict=True))
    for index, event in enumerate(scenario.events):
        if event.who is None:
            happened[index] = sum(event.begins <= call.arrived < event.ends for call in played.calls)
    played.met = [happened[index] for index in range(len(scenario.events))]
    return Report(subject, scenario, models, played)
