"""Goes through a history with the real engine and returns what it asked of the provider, and the state it kept."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from e2e.project import Project
from pulumi_agentrun.client import BackendType, ModelServiceCreateInput, ModelServiceUpdateInput, ProviderSettings
from pulumi_agentrun.platform import Fault
from pydantic import SecretStr
from reliability.calls import VERBS, Call, Names, about, condensed, in_order, sent_off
from reliability.engine.goals import TYPES
from reliability.histories import KEY, Configured, Event, History, Outside, Run, Switched, Trouble, filled
from reliability.recorder.programs import source

HOOK = Path(__file__).parent / "hook"
STATE = "state/.pulumi/stacks/e2e/dev.json"
FLAGS = ("delete", "protect", "retainOnDelete", "external", "pendingReplacement", "taint")
Recorded = dict[str, Any]
"""One command: how it ended, its calls, and the state after it."""


class Recorder:
    """A stack of its own on the real engine."""

    def __init__(self, folder: Path, home: Path, door: str) -> None:
        self.project = Project(folder, home, door=door)
        self._folder = folder
        self._names = Names()
        self._ids: dict[str, str] = {}
        paths = [str(HOOK), self.project.env.get("PYTHONPATH", "")]
        self.project.env["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)

    def play(self, history: History) -> list[Recorded]:
        """Go through a history."""
        return [recorded for event in history.events for recorded in self._play(event)]

    def _play(self, event: Event) -> Iterator[Recorded]:
        if isinstance(event, Run):
            yield self._run(event)
        elif isinstance(event, Configured):
            self.project.pulumi("config", "set", event.key, event.value)
        elif isinstance(event, Switched):
            self.project.platform.switch(**event.values)
        elif isinstance(event, Trouble):
            self.project.platform.inject(Fault(**event.fault))
        else:
            self._act(event)

    def _run(self, run: Run) -> Recorded:
        log = self._folder / "calls.jsonl"
        log.unlink(missing_ok=True)
        env = {"RECORD_CALLS": str(log)}
        if run.program is not None:
            self.project.program(source(run.program, self.project.door))
        if run.adopt:
            env["AGENTRUN_ADOPT"] = self._filled(run.adopt)
        if run.kill:
            env["RECORD_KILL"] = json.dumps(vars(run.kill))
        done = self.project.pulumi(*self._arguments(run.command), check=False, env=env)
        if run.kill and run.kill.who == "engine":
            self.project.pulumi("cancel", "--yes", "dev", check=False)
        ends = "killed" if done.code < 0 else "well" if done.code == 0 else "badly"
        assert KEY not in done.console
        calls = recorded_calls(log)
        self._ids |= sent_off(calls)
        self._remember()
        return {
            "command": run.command,
            "ends": ends,
            "calls": self._names.plain(calls),
            "state": self._names.plain(self._state()),
        }

    def _arguments(self, command: str) -> list[str]:
        verb, *words = [self._filled(word) for word in command.split()]
        if verb == "state":
            return [verb, words[0], "--yes", "--stack", "dev", *words[1:]]
        yes = ["--yes"] if verb != "preview" else []
        return [verb, *yes, "--parallel", "1", "--stack", "dev", *words]

    def _filled(self, text: str) -> str:
        return filled(text, self._urn, self._ids, TYPES[self.project.door])

    def _urn(self, logical: str) -> str:
        live = [r for r in self._resources() if not r.get("delete")]
        return next(str(r["urn"]) for r in live if r["urn"].endswith(f"::{logical}"))

    def _act(self, event: Outside) -> None:
        name, client = self._filled(event.name), self.project.client
        if event.what == "create":
            settings = ProviderSettings(base_url="https://model.example", api_key=SecretStr(KEY))
            client.create(
                ModelServiceCreateInput(
                    model_service_name=name, model_type="llm", provider="tongyi", description="one",
                    provider_settings=settings,
                )
            )  # fmt: skip
        elif event.what == "change":
            client.update(name, ModelServiceUpdateInput(description="changed"))
        else:
            client.delete(name, BackendType.SERVICE)

    def _deployment(self) -> dict[str, Any]:
        file = self._folder / STATE
        return (json.loads(file.read_text())["checkpoint"].get("latest") or {}) if file.exists() else {}

    def _resources(self) -> list[dict[str, Any]]:
        return list(self._deployment().get("resources") or ())

    def _remember(self) -> None:
        for resource in self._resources():
            inputs = resource.get("inputs") or {}
            name = inputs.get("model_service_name") or inputs.get("modelServiceName") or resource.get("id")
            if name and not resource.get("delete"):
                self._ids[resource["urn"].rsplit("::", 1)[1]] = name

    def _state(self) -> list[str]:
        """Return the resources in their order, with what decides over their future; the stack itself left out."""
        lines = [_line(r) for r in self._resources() if r["type"] != "pulumi:pulumi:Stack"]
        pending = self._deployment().get("pending_operations") or ()
        return [*lines, *(f"{operation['type']} {about(operation['resource']['urn'])}" for operation in pending)]


def _line(resource: dict[str, Any]) -> str:
    words = [about(resource["urn"])]
    if not resource["type"].startswith("pulumi:providers:") and resource.get("id"):
        words.append(f"is {resource['id']}")
    flags = [flag for flag in FLAGS if resource.get(flag)]
    flags += ["initErrors"] if resource.get("initErrors") else []
    return ", ".join([" ".join(words), *flags])


def recorded_calls(log: Path) -> list[Call]:
    """Return what the hook has written down."""
    lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    lines = [line for line in lines if line["verb"] in VERBS]
    calls: list[Call] = []
    for index, line in enumerate(lines):
        if "given" in line:
            ends = (e for e in lines[index + 1 :] if e["pid"] == line["pid"] and e["verb"] == line["verb"])
            end: dict[str, Any] = next(ends, {})
            answer = end.get("answer", end.get("failure", "never came"))
            calls.append(condensed(line["pid"], line["verb"], line["given"], answer))
    return [calls[position] for position in in_order(calls)]
