"""A stack on the small engine: a program, a state and a service, and the commands of Pulumi's CLI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from pathlib import Path

from pulumi_agentrun.lifecycle.hidden_inputs import ADOPT_VARIABLE
from reliability.calls import Call, about, sent_off
from reliability.engine import importing
from reliability.engine.deployment import Deployment, Options
from reliability.engine.doors import HOSTS
from reliability.engine.goals import NAMES, TYPES, Naming
from reliability.engine.processes import EngineKilled, Journal, Registry
from reliability.engine.state import Record, State
from reliability.engine.stopping import RunFailed
from reliability.engine.world import CURRENT, World
from reliability.histories import Program, Run, filled
from reliability.hostile.replicas import Lag

_RUNS = count()
FLAGS = {"delete": "delete", "protect": "protect", "retain": "retainOnDelete", "external": "external"}
FLAGS |= {"pending_replacement": "pendingReplacement", "taint": "taint", "init_errors": "initErrors"}


@dataclass
class Ended:
    """How a command ended."""

    how: str = "well"
    console: str = ""
    calls: list[Call] = field(default_factory=list)
    waves: list[int | None] = field(default_factory=list)
    steps: dict[str, str] = field(default_factory=dict)
    """What was done to each resource, by logical name."""


class Stack:
    """One stack behind one door."""

    def __init__(self, folder: Path, door: str, lag: Lag = CURRENT) -> None:
        self.world = World(folder, lag)
        self.door = door
        self.naming = Naming(door, str(self.world.folder))
        self.state = State()
        self.program: Program = {}
        self.ids: dict[str, str] = {}
        """What each resource was on the service when last seen in state, by logical name."""
        head = "agentrun:" if door == "dynamic" else ""
        self.configuration = {f"{head}endpoint": self.world.endpoint}

    def close(self) -> None:
        """Close what is open."""
        self.world.close()

    def configure(self, key: str, value: str) -> None:
        """Set a key of the stack's configuration."""
        self.configuration[key if self.door == "dynamic" else key.removeprefix("agentrun:")] = value

    def urn(self, logical: str) -> str:
        """Return the URN of a resource in state."""
        return next(r.urn for r in self.state.records if not r.delete and r.urn.endswith(f"::{logical}"))

    def fill(self, text: str) -> str:
        """Return a command, or a name, with what stands in braces filled in."""
        return filled(text, self.urn, self.ids, TYPES[self.door])

    def run(self, run: Run) -> Ended:
        """Run a command."""
        if run.program is not None:
            self.program = run.program
        with _adopting(self.fill(run.adopt) if run.adopt else None):
            return self._run(self.fill(run.command).split(), Journal(run.kill))

    def _run(self, words: list[str], journal: Journal) -> Ended:
        ended = Ended(calls=journal.calls, waves=journal.waves)
        try:
            if words[0] == "state":
                self._edit(*words[1:])
            elif words[0] == "import":
                kind, logical, id = words[-3:]
                self._import(kind, logical, id, "--protect=false" not in words, journal)
            else:
                self._deploy(words, journal, ended)
        except RunFailed as error:
            ended.how, ended.console = "badly", str(error)
        except EngineKilled:
            ended.how = "killed"
        journal.finish()
        self.ids |= sent_off(journal.calls)
        self._remember()
        return ended

    def _deploy(self, words: list[str], journal: Journal, ended: Ended) -> None:
        options = self._options(words)
        if options.verb == "preview" or "--skip-preview" not in words:
            self._execute(replace(options, dry=True), journal, ended)
        if "--clear-pending-creates" in words:
            self.state.pending = []
        if options.verb != "preview":
            self._execute(options, journal, ended)

    def _execute(self, options: Options, journal: Journal, ended: Ended) -> None:
        state = self.state.copy() if options.dry else self.state
        registry = self._registry(journal)
        deployment = Deployment(state, options, self.naming, registry, journal)
        try:
            deployment.run(self.program, self.configuration)
        finally:
            registry.close()
            ended.steps = deployment.steps
            if not options.dry:
                self.state = deployment.snapshot.state()

    def _registry(self, journal: Journal) -> Registry:
        run = f"run {next(_RUNS)} of {self.world.folder}"
        return Registry(lambda: HOSTS[self.door](self.world, run), journal)

    def _options(self, words: list[str]) -> Options:
        def values(flag: str) -> frozenset[str]:
            return frozenset(value for name, value in pairwise(words) if name == flag)

        replaced = values("--target-replace")
        excludes = values("--exclude")
        if "--exclude-protected" in words:
            excludes |= {record.urn for record in self.state.records if record.protect}
        return Options(
            verb=words[0],
            refresh="--refresh" in words or words[0] == "refresh",
            run_program="--run-program" in words,
            targets=values("--target") | replaced,
            target_dependents="--target-dependents" in words,
            excludes=excludes,
            replaces=values("--replace") | replaced,
            continue_on_error="--continue-on-error" in words,
        )

    def _edit(self, what: str, urn: str, name: str = "") -> None:
        record = next(record for record in self.state.records if record.urn == urn and not record.delete)
        if what == "remove":
            self.state.records.remove(record)
        elif what == "rename":
            record.urn = urn.rpartition("::")[0] + f"::{name}"
            for other in self.state.records:
                other.renamed({urn: record.urn})
        else:
            assert what in ("taint", "unprotect")
            record.taint, record.protect = (True, record.protect) if what == "taint" else (record.taint, False)

    def _import(self, type_: str, logical: str, id: str, protect: bool, journal: Journal) -> None:
        kind = next(kind for kind, found in TYPES[self.door].items() if found == type_)
        record = Record(self.naming.urn(kind, logical), kind, import_id=id, protect=protect)
        registry = self._registry(journal)
        deployment = Deployment(self.state, Options("import"), self.naming, registry, journal)
        try:
            importing.import_(deployment, record, self.configuration)
        finally:
            registry.close()
            self.state = deployment.snapshot.state()

    def _remember(self) -> None:
        for record in self.state.records:
            names = NAMES.get(record.kind, ())
            name = next((record.inputs[name] for name in names if record.inputs.get(name)), record.id)
            if name and not record.delete:
                self.ids[record.urn.rsplit("::", 1)[1]] = name

    def shown(self) -> list[str]:
        """Return the state as recordings have it."""
        return [_line(r) for r in self.state.records] + [f"{w} {about(r.urn)}" for w, r in self.state.pending]


def _line(record: Record) -> str:
    flags = [flag for name, flag in FLAGS.items() if getattr(record, name)]
    is_ = [] if record.is_provider or not record.id else [f"is {record.id}"]
    return ", ".join([" ".join([about(record.urn), *is_]), *flags])


@contextmanager
def _adopting(names: str | None) -> Iterator[None]:
    if names is not None:
        os.environ[ADOPT_VARIABLE] = names
    try:
        yield
    finally:
        os.environ.pop(ADOPT_VARIABLE, None)
