"""The provider's processes of one run: which there are, how each is configured, and every call that is made to them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from reliability.calls import UNKNOWN, Call, about, condensed, in_order
from reliability.engine.doors import Failed, Given, Host
from reliability.engine.state import Props, Record
from reliability.histories import Kill

UNCONFIGURED = "unconfigured"


class EngineKilled(BaseException):
    """The engine died: no step is ended, nothing is told."""


class Process:
    """One process, and what the engine knows of it."""

    def __init__(self, journal: Journal, host: Host) -> None:
        self._journal = journal
        self._host = host
        self.has_preview = False
        """Whether it takes part in previews of creations and updates."""

    def call(self, verb: str, urn: str, **given: Any) -> Given:
        """Make a call; what is empty is left out. Raises Failed, or NotImplementedError."""
        request = {"urn": urn} | {key: value for key, value in given.items() if value not in (None, "", (), [], 0)}
        return self._journal.write(self, verb, request, lambda: self._host.call(verb, request))

    def close(self) -> None:
        """End it."""
        self._host.close()

    def configure(self, record: Record) -> None:
        """Configure it as a provider's record says."""
        answer = self.call("Configure", record.urn, args=record.inputs)
        self.has_preview = bool(answer.get("supportsPreview"))


class Journal:
    """The calls of one command, in order, and who is to be killed at which."""

    def __init__(self, kill: Kill | None = None) -> None:
        self.calls: list[Call] = []
        self.wave: int | None = None
        """The number of the wave of deletions that runs; within one, the order is left open."""
        self.waves: list[int | None] = []
        self._kill = kill
        self._dead: set[int] = set()

    def finish(self) -> None:
        """Put the calls into the order in which they are compared."""
        order = in_order(self.calls)
        self.calls[:] = [self.calls[position] for position in order]
        self.waves[:] = [self.waves[position] for position in order]

    def write(self, process: Process, verb: str, given: Given, perform: Callable[[], Given]) -> Given:
        """Make a call and write it down. Raises what it raises, or what comes of a kill."""
        host = id(process)
        if host in self._dead:
            raise Failed("The provider is gone.", "never came")
        answer: Any = "never came"
        try:
            self._strike("before", verb, given, host)
            answer = perform()
            self._strike("after", verb, given, host)
            return answer  # type: ignore[no-any-return]
        except NotImplementedError:
            answer = {}
            raise
        except Failed as error:
            answer = error.word
            raise
        except EngineKilled:
            answer = "never came"
            raise
        finally:
            self.calls.append(condensed(host, verb, given, answer))
            self.waves.append(self.wave if verb == "Delete" else None)

    def _strike(self, moment: str, verb: str, given: Given, host: int) -> None:
        kill = self._kill
        if kill is None or given.get("preview") or (kill.moment, kill.verb) != (moment, verb):
            return
        if about(given["urn"]).rsplit(" ", 1)[-1] != kill.logical:
            return
        self._kill = None
        if kill.who == "engine":
            raise EngineKilled
        self._dead.add(host)
        raise Failed("The provider is gone.", "never came")


class Registry:
    """The providers of a run by URN and id; a process of its own for each, and for each check of a configuration."""

    def __init__(self, start: Callable[[], Host], journal: Journal) -> None:
        self._start = start
        self._journal = journal
        self._processes: dict[tuple[str, str], Process] = {}
        self._kept: list[Process] = []

    def get(self, reference: str) -> Process | None:
        """Return the configured process of a provider, if it runs."""
        urn, _, id = reference.rpartition("::")
        return self._processes.get((urn, id))

    def ensure(self, reference: str, records: Mapping[str, Record]) -> Process:
        """Return the process of a provider, started from state if it does not run."""
        found = self.get(reference)
        if found is None:
            self.same(records[reference], from_check=False)
            found = self.get(reference)
        assert found is not None
        return found

    def check(self, record: Record, old: Record | None) -> Props:
        """Have a new process check a configuration; return the configuration to use."""
        process = self._load()
        try:
            answer = process.call("CheckConfig", record.urn, olds=old.inputs if old else {}, news=record.inputs)
        except NotImplementedError:
            answer = {"inputs": record.inputs}
        if answer.get("failures"):
            raise Failed("; ".join(failure["reason"] for failure in answer["failures"]), "refused")
        self._processes[record.urn, UNCONFIGURED] = process
        return dict(answer.get("inputs", {}))

    def diff(self, old: Record, new: Record, *, urn: str = "") -> Given:
        """Compare two configurations; with a URN, those of two providers, as the new one sees it."""
        key = (new.urn, new.id) if urn else (new.urn, UNCONFIGURED)
        process = self._processes.get(key) or self._processes[old.urn, old.id]
        try:
            answer = process.call("DiffConfig", urn or new.urn, olds=old.outputs, oldInputs=old.inputs, news=new.inputs)
        except NotImplementedError:
            answer = {"changes": "DIFF_SOME" if old.outputs != new.inputs else "DIFF_NONE"}
        return answer

    def same(self, record: Record, *, from_check: bool) -> None:
        """Have a provider run with the configuration that it had before."""
        if (record.urn, record.id) in self._processes:
            return
        process = self._processes.pop((record.urn, UNCONFIGURED), None) if from_check else None
        process = process or self._load()
        process.configure(record)
        self._processes[record.urn, record.id] = process

    def create(self, record: Record, *, dry: bool) -> str:
        """Have a new provider run; return its id."""
        process = self._processes.pop((record.urn, UNCONFIGURED), None) or self._load()
        id = UNKNOWN if dry else str(uuid.uuid4())
        process.configure(record)
        self._processes[record.urn, id] = process
        return id

    def update(self, record: Record) -> None:
        """Have a provider run with another configuration than before."""
        process = self._processes.pop((record.urn, UNCONFIGURED))
        process.configure(record)
        self._processes[record.urn, record.id] = process

    def close(self) -> None:
        """End all processes."""
        for process in self._kept:
            process.close()

    def _load(self) -> Process:
        process = Process(self._journal, self._start())
        self._kept.append(process)  # so that no other one comes to have its identity
        return process
