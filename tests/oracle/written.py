"""Gateways that are written as LiteLLM's configuration, and what LiteLLM's own Router makes of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pulumi_agentrun.cli.litellm_config import configuration
from pulumi_agentrun.cli.litellm_file import opened
from pulumi_agentrun.cli.litellm_gateways import Keys, gateways
from pulumi_agentrun.drill import finding
from pulumi_agentrun.routes.subjects import Subject, chosen_part
from unit.litellm_plans import previewed

FOLDER = Path(__file__).parents[1] / "unit" / "litellm"
LOADER = Path(__file__).parent / "loader.py"


def loaded(python: Path) -> Iterator[tuple[str, str]]:
    """Yield each gateway of the configurations that tests import, with what the Router has otherwise."""
    subjects = {
        f"{path.stem} {gateway.name}": finding.of_preview(previewed(gateway), None)
        for path in sorted(FOLDER.glob("*.yaml"))
        for gateway in gateways(opened(path), Keys())
    }
    given = json.dumps([yaml.safe_load(configuration(subject)) for subject in subjects.values()])
    done = subprocess.run([python, LOADER], input=given, text=True, capture_output=True, check=True)
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    for (name, subject), theirs in zip(subjects.items(), json.loads(line.removeprefix("RESULT ")), strict=True):
        ours = _offered(subject)
        yield name, "" if theirs == ours else f"here {ours}, LiteLLM {theirs}"


def _offered(subject: Subject) -> dict[str, Any]:
    """Return by each name that callers ask for how many targets answer it, and how many fallbacks it has."""
    plan, own = subject.plan, chosen_part(subject.proxy.name)
    found = {}
    for name, group in plan.groups.items():
        shown = own if name == subject.proxy.name and own not in plan.groups else name
        found[shown] = [len(group.targets), len(plan.fallbacks)]
    return {"retries": plan.retries, "timeout": plan.timeout, "names": found}
