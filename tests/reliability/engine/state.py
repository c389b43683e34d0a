"""What the engine keeps of a stack: its resources in order, and the operations that were cut short."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Props = dict[str, Any]
PROVIDERS = "pulumi:providers:"


@dataclass(eq=False)
class Record:
    """One resource in state. Two records can have one URN: the others are to be deleted still."""

    urn: str
    kind: str
    id: str = ""
    inputs: Props = field(default_factory=dict)
    outputs: Props = field(default_factory=dict)
    parent: str = ""
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    provider: str = ""
    """The URN and id of the provider that manages it, with `::` in between."""
    deleted_with: str = ""
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    protect: bool = False
    retain: bool = False
    external: bool = False
    delete: bool = False
    """A replaced resource whose deletion has not happened."""
    pending_replacement: bool = False
    """A resource that was deleted to be replaced and has not been created anew."""
    taint: bool = False
    init_errors: bool = False

    @property
    def is_custom(self) -> bool:
        """Whether a provider manages it."""
        return self.kind != "group"

    @property
    def is_provider(self) -> bool:
        """Whether it is a provider itself."""
        return self.kind == "account"

    @property
    def needs(self) -> set[str]:
        """The URNs of everything that it cannot be without, its provider's left out."""
        found = {self.parent, self.deleted_with, *self.dependencies}
        found |= {urn for urns in self.property_dependencies.values() for urn in urns}
        return found - {""}

    @property
    def provider_urn(self) -> str:
        """The URN of its provider."""
        return self.provider.rpartition("::")[0]

    def copy(self) -> Record:
        """Return a record of the same resource, to change."""
        return deepcopy(self)

    def renamed(self, urns: dict[str, str]) -> None:
        """Follow resources that have other URNs now."""
        self.parent = urns.get(self.parent, self.parent)
        self.deleted_with = urns.get(self.deleted_with, self.deleted_with)
        self.dependencies = [urns.get(urn, urn) for urn in self.dependencies]
        found = self.property_dependencies.items()
        self.property_dependencies = {key: [urns.get(urn, urn) for urn in deps] for key, deps in found}


@dataclass
class State:
    """A stack at rest."""

    records: list[Record] = field(default_factory=list)
    pending: list[tuple[str, Record]] = field(default_factory=list)
    """What was under way when a run was killed: `creating`, `updating`, `deleting`…"""

    def copy(self) -> State:
        """Return a state of its own, for a preview."""
        return deepcopy(self)

    def live(self) -> dict[str, Record]:
        """Return by URN what is not to be deleted."""
        return {record.urn: record for record in self.records if not record.delete}


class Snapshot:
    """A state while a run changes it: what the run has dealt with, then what it has not come to."""

    def __init__(self, state: State) -> None:
        self._base = state.records
        self._news: list[Record] = []
        self._done: set[int] = set()
        # What is being created may exist, so it is remembered until somebody says what came of it.
        self._pending = [operation for operation in state.pending if operation[0] == "creating"]
        self.renamed: dict[str, str] = {}
        """Where aliases have led: new URNs by old ones."""

    def begin(self, what: str, record: Record) -> None:
        """Note that an operation is under way."""
        self._pending.append((what, record))

    def end(self, record: Record) -> None:
        """Note that its operation is over, whatever came of it."""
        self._pending = [(what, other) for what, other in self._pending if other is not record]

    def put(self, new: Record, *olds: Record | None) -> None:
        """Keep a record, in place of others."""
        self._news.append(new)
        self.drop(*olds)

    def drop(self, *records: Record | None) -> None:
        """Forget records."""
        self._done |= {id(record) for record in records if record is not None}

    def rebase(self, records: list[Record]) -> None:
        """Start again from what a refresh has found."""
        self._base = records

    def state(self) -> State:
        """Return what would be read if the run ended here."""
        every = [*self._news, *(record for record in self._base if record not in self._news)]
        records = [record for record in every if id(record) not in self._done]
        for record in records:
            record.renamed(self.renamed)
        return State(records, list(self._pending))


def waves(condemned: list[Record], among: list[Record]) -> list[list[Record]]:
    """Return records to delete in waves, so that each goes before what it needs; among all, in the order of state."""
    left, found = list(condemned), list[list[Record]]()
    while left:
        wave = [record for record in left if not any(other in left for other in needed(record, among))]
        assert wave, "resources need each other"
        found.append(wave)
        left = [record for record in left if record not in wave]
    return found[::-1]


def needed(record: Record, among: list[Record]) -> list[Record]:
    """Return the records that one needs: they stand before it in state."""
    urns = record.needs | {record.provider_urn}
    before = among[: among.index(record)] if record in among else among
    return [other for other in before if other.urn in urns]


def dependents(record: Record, among: list[Record], ignored: set[str], *, children: bool = False) -> list[Record]:
    """Return what needs a record, directly or not: it stands after it in state."""
    urns, found = {record.urn}, list[Record]()
    for other in among[among.index(record) + 1 :]:
        needs = other.needs if children else other.needs - {other.parent}
        if other.urn not in ignored and urns & (needs | {other.provider_urn}):
            found.append(other)
            urns.add(other.urn)
    return found
