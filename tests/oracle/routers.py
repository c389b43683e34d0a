"""The same cases by both routers, and what differs."""

from __future__ import annotations

import json
import math
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from pulumi_agentrun.platform.gateway.cooldowns import Cooldowns
from pulumi_agentrun.platform.gateway.plans import Plan, plan
from pulumi_agentrun.platform.gateway.routing import Outcome, Pause, call, choose

from oracle.table import CASES, Case

PEER = Path(__file__).parent / "peer.py"


def compared(python: Path) -> Iterator[tuple[Case, str]]:
    """Yield each case with what differs, or an empty text; `python` has LiteLLM."""
    given = json.dumps([asdict(case) for case in CASES])
    done = subprocess.run([python, PEER], input=given, text=True, capture_output=True, check=True)
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    for case, theirs in zip(CASES, json.loads(line.removeprefix("RESULT ")), strict=True):
        yield case, _unlike_shares(case, theirs) if case.draws else _unlike_calls(_played(case), theirs)


def _plan(case: Case) -> Plan:
    endpoints: list[dict[str, Any]] = [{"modelServiceName": name, "modelNames": ["m"]} for name, _ in case.endpoints]
    for endpoint, (_, weight) in zip(endpoints, case.endpoints, strict=True):
        if weight is not None:
            endpoint["weight"] = weight
    fallbacks = [{"modelServiceName": name, "modelName": "m"} for name in case.fallbacks]
    policies = {"numRetries": case.retries, "fallbacks": fallbacks, "requestTimeout": 60}
    config = {"endpoints": endpoints, "policies": policies}
    return plan({"modelProxyName": "gate", "proxyMode": "multi", "proxyConfig": config}, {})


def _played(case: Case) -> list[dict[str, Any]]:
    proxy, cooldowns, now = _plan(case), Cooldowns(), 0.0
    answered: Counter[str] = Counter()
    played = []
    for _ in range(case.calls):
        tried: list[list[Any]] = []
        pauses: list[float] = []
        steps = call(proxy, "gate", cooldowns, lambda: 0.0, partial(float, now))
        step = next(steps)
        try:
            while True:
                if isinstance(step, Pause):
                    pauses.append(step.seconds)
                    step = steps.send(None)
                    continue
                service = step.target.service
                script = case.script.get(service, (200,))
                status = script[min(answered[service], len(script) - 1)]
                answered[service] += 1
                tried.append([service, status])
                step = steps.send(Outcome(status, None if status == 200 else case.retry_after))
        except StopIteration as end:
            played.append({"tried": tried, "pauses": pauses, "good": end.value.is_good})
        now += case.advance
    return played


def _unlike_calls(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> str:
    return "" if ours == theirs else f"here {ours}, LiteLLM {theirs}"


def _unlike_shares(case: Case, theirs: dict[str, Any]) -> str:
    targets, chance = _plan(case).groups["gate"].targets, Random(1).random
    ours = Counter(choose(targets, chance).service for _ in range(case.draws))
    if "error" in theirs:
        return f"LiteLLM fails: {theirs['error']}"
    for service, _ in case.endpoints:
        share = (ours[service] + theirs.get(service, 0)) / 2 / case.draws
        # Five standard deviations of the difference of two such counts: by chance once in two million.
        bound = 5 * math.sqrt(2 * case.draws * share * (1 - share))
        if abs(ours[service] - theirs.get(service, 0)) > bound:
            return f"{service}: here {ours[service]}, LiteLLM {theirs.get(service, 0)} of {case.draws}"
    return ""
