"""Plans of made-up proxies, and calls of them that are played by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from hypothesis import strategies as st
from pulumi_agentrun.platform.gateway.cooldowns import Cooldowns
from pulumi_agentrun.platform.gateway.plans import Plan, plan
from pulumi_agentrun.platform.gateway.routing import Answer, Attempt, Outcome, Pause, call

GOOD = Outcome(200)
Script = Callable[[Attempt], Outcome]


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def proxy(*endpoints: Any, mode: str = "multi", **policies: Any) -> dict[str, Any]:
    """Return a proxy named `gate`; an endpoint is `(service, weight, *models)`, with the model `m` if it names none."""
    return {
        "modelProxyName": "gate",
        "proxyMode": mode,
        "proxyConfig": {"endpoints": [_endpoint(*given) for given in endpoints], "policies": policies},
    }


def _endpoint(service: str, weight: int | None = None, *models: str) -> dict[str, Any]:
    found: dict[str, Any] = {"modelServiceName": service, "modelNames": list(models or ("m",))}
    return found if weight is None else {**found, "weight": weight}


def fallback(service: str, model: str = "m") -> dict[str, str]:
    return {"modelServiceName": service, "modelName": model}


def planned(*endpoints: Any, mode: str = "multi", **policies: Any) -> Plan:
    return plan(proxy(*endpoints, mode=mode, **policies), {})


def play(
    plan: Plan,
    script: Script,
    asked: str = "gate",
    seed: int = 0,
    cooldowns: Cooldowns | None = None,
    clock: Clock | None = None,
) -> tuple[Answer, list[float]]:
    """Play one call, without moving the clock; return how it ended and its pauses."""
    steps = call(plan, asked, cooldowns or Cooldowns(), Random(seed).random, clock or Clock())
    pauses: list[float] = []
    try:
        step = next(steps)
        while True:
            if isinstance(step, Pause):
                pauses.append(step.seconds)
                step = steps.send(None)
            else:
                step = steps.send(script(step))
    except StopIteration as end:
        return end.value, pauses


def places(answer: Answer) -> list[str]:
    return [tried.attempt.target.place for tried in answer.trail]


def always(status: int, **more: Any) -> Script:
    return lambda attempt: Outcome(status, **more)


def in_turn(*statuses: int) -> Script:
    """Answer with one status after the other, and then well."""
    left: Iterator[int] = iter(statuses)
    return lambda attempt: Outcome(next(left, 200))


def by_service(**statuses: int) -> Script:
    """Answer for some services with their status, and well for the others."""
    return lambda attempt: Outcome(statuses.get(attempt.target.service, 200))


names = st.sampled_from("abcdef")
models = st.sampled_from(("m", "n", "o"))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    endpoints = draw(
        st.lists(
            st.tuples(names, st.none() | st.integers(0, 100), models, models),
            min_size=1,
            max_size=4,
            unique_by=lambda e: e[0],
        )
    )
    fallbacks = draw(st.lists(st.builds(fallback, names, models), max_size=4))
    retries = draw(st.integers(0, 4))
    return planned(*endpoints, numRetries=retries, fallbacks=fallbacks)
