"""A platform and a client on one clock, for flows that are driven by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pulumi_agentrun.client.config import Config, resolve
from pulumi_agentrun.client.embedded import EmbeddedTransport
from pulumi_agentrun.client.errors import AgentRunError
from pulumi_agentrun.client.flows import Notice, Pause, drive
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.operations import Operation
from pulumi_agentrun.client.session import Session
from pulumi_agentrun.lifecycle import check, steps
from pulumi_agentrun.lifecycle.controller import Locate, Step
from pulumi_agentrun.lifecycle.steps import Place
from pulumi_agentrun.platform import Platform

PLACE = Place("embedded", timeout=60)


class World:
    """A platform and a session that share one clock, which only pauses move."""

    def __init__(self, directory: Path) -> None:
        self.now = time.time()  # requests are signed with the real time, which the platform compares
        self.notices: list[str] = []
        self.pauses: list[float] = []
        self.calls: list[str] = []
        self.platform = Platform.open(directory, {"embedded": "embedded"}, clock=lambda: self.now)
        self.between: Callable[[Operation[Any], Callable[[], Any]], Any] = lambda step, do: do()
        """What happens to an exchange: called with it and with what performs it."""
        carrier = EmbeddedTransport(directory, self.platform)
        self.session = Session(resolve(Config(endpoint=f"file://{directory}")), transport=carrier)

    def exchange(self, step: Operation[Any]) -> Any:
        """Perform an exchange with the platform."""
        return self.session.run(one(step))

    def run(self, flow: Any) -> Any:
        """Drive a flow as a session does, but let pauses only move the clock."""
        outcome: Any = None
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    self.now += step.seconds
                    self.pauses.append(step.seconds)
                    outcome = self.now
                elif isinstance(step, Notice):
                    self.notices.append(str(step.text))
                    outcome = None
                else:
                    try:
                        self.calls.append(step.action)
                        outcome = self.between(step, partial(self.exchange, step))
                    except AgentRunError as error:
                        step = flow.throw(error)
                        continue
                step = flow.send(outcome)
        except StopIteration as end:
            return end.value

    def drive(self, verb: Any, place: Place | None = None) -> Any:
        """Drive a verb of the controller as a front door does, with every profile leading to one place."""

        def perform(step: Step) -> Any:
            if isinstance(step, Notice):
                return self.notices.append(str(step.text))
            return place or PLACE if isinstance(step, Locate) else self.run(step.at(place or PLACE))

        return drive(verb, perform)


def one(step: Any) -> Any:
    return (yield step)


def wanted(**more: Any) -> dict[str, Any]:
    settings = {"api_key": "sk-hidden", "base_url": "https://e", "model_names": ["b", "a"]}
    news = {"model_service_name": "a", "model_type": "llm", "provider": "p", "provider_settings": settings} | more
    result, failures = check.check(SERVICE, {}, news)
    assert failures == []
    return result


def create(world: World, *, adopt: bool = False, former: Any = None, **more: Any) -> steps.Live:
    made: steps.Live = world.run(steps.create(SERVICE, wanted(**more), PLACE, adopt=adopt, former=former))
    return made
