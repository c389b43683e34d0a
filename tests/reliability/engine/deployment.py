"""One run of the engine over a state: it refreshes, registers what the program declares, and deletes."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

from reliability.engine import deleting, refreshing, registering
from reliability.engine.applying import Applying
from reliability.engine.goals import Naming
from reliability.engine.processes import Journal, Registry
from reliability.engine.state import Record, Snapshot, State
from reliability.engine.stopping import RunFailed, Stop
from reliability.histories import Program


@dataclass(frozen=True)
class Options:
    """What a command asks for."""

    verb: str = "up"
    dry: bool = False
    refresh: bool = False
    run_program: bool = False
    targets: frozenset[str] = frozenset()
    target_dependents: bool = False
    excludes: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    continue_on_error: bool = False

    @property
    def registers(self) -> bool:
        """Whether the program runs."""
        return self.verb in ("up", "preview") or self.run_program


@dataclass
class Seen:
    """What a run has done so far, by URN."""

    urns: set[str] = field(default_factory=set)
    """Registered."""
    invalid: dict[str, str] = field(default_factory=dict)
    """Registered as what another resource was, and why that cannot be."""
    operated: set[str] = field(default_factory=set)
    """Kept, updated, replaced, read or refreshed."""
    created: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    replaces: set[str] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    """Not created, for they are no targets."""
    failed: set[str] = field(default_factory=set)
    gone_first: set[int] = field(default_factory=set)
    """Records that were deleted before something they depend on was replaced, by identity."""
    aliases: dict[str, str] = field(default_factory=dict)
    """New URNs by the old ones under which resources were found."""
    to_delete: list[Record] = field(default_factory=list)
    """What a program registered only so that it is destroyed."""


class Deployment:
    """One run."""

    def __init__(self, state: State, options: Options, naming: Naming, registry: Registry, journal: Journal) -> None:
        self.options = options
        self.naming = naming
        self.registry = registry
        self.journal = journal
        self.snapshot = Snapshot(state)
        self.base = state.records
        self.olds = state.live()
        self.seen = Seen()
        self.made: dict[str, Record] = {}
        """What has been made of the program's resources, by logical name."""
        self.steps: dict[str, str] = {}
        """What was done to each resource, by logical name."""
        self.targets = set(options.targets)
        self.apply = Applying(self)
        self.errors: list[str] = []

    def run(self, program: Program, configuration: dict[str, str]) -> None:
        """Run to the end. Raises RunFailed with everything that went wrong."""
        with suppress(Stop):
            self._run(program, configuration)
        if self.errors:
            raise RunFailed("\n".join(self.errors))

    def _run(self, program: Program, configuration: dict[str, str]) -> None:
        if self.options.refresh and not self.options.run_program:
            refreshing.refresh(self)
        if self.options.verb == "refresh" and not self.options.run_program:
            return
        if self.options.registers:
            registering.run(self, program, configuration)
        if self.options.verb == "refresh":
            refreshing.refresh_the_rest(self)
        else:
            deleting.delete_the_rest(self)

    def rebase(self, records: list[Record]) -> None:
        """Go on from other records than there were at first."""
        self.base = records
        self.olds = {record.urn: record for record in records if not record.delete}
        self.snapshot.rebase(records)

    def fail(self, message: str, urn: str = "") -> None:
        """Note that something failed; everything stops, unless the command is to go on."""
        self.errors.append(message)
        if urn:
            self.seen.failed.add(urn)
        if not self.options.continue_on_error:
            raise Stop

    def stop(self, message: str) -> NoReturn:
        """Note that the engine cannot go on, whatever the command says."""
        self.errors.append(message)
        raise Stop

    def includes(self, record: Record) -> bool:
        """Whether targets and exclusions leave a resource in."""
        if record.is_provider:
            return True
        if self.options.targets:
            wanted = record.urn in self.targets
            return wanted or (self.options.target_dependents and _meets(record, self.targets))
        return record.urn not in self.options.excludes

    def is_operated_on(self, urn: str) -> bool:
        """Whether a resource has had its step in this run."""
        return self.seen.aliases.get(urn, urn) in self.seen.operated

    def providers(self) -> dict[str, Record]:
        """Return the providers in state by reference."""
        return {f"{record.urn}::{record.id}": record for record in self.base if record.is_provider}


def _meets(record: Record, urns: Iterable[str]) -> bool:
    return bool((record.needs | {record.provider_urn}) & set(urns))
