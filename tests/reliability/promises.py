"""What must hold after every command, whatever happened: nothing lost, nothing taken over or deleted unasked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_agentrun.client.kinds import KINDS
from reliability.calls import SECRET
from reliability.engine.goals import NAMES
from reliability.engine.stack import Ended, Stack
from reliability.histories import KEY, Declared, Ref

Thing = tuple[str, str]
"""The kind and name of something on the service."""
OURS = ("adopt", "profile")
"""Properties of which the service knows nothing."""
OWN = (*(kind.id_field for kind in KINDS), "created_at")
"""What tells one thing from another that has come to have its name."""


@dataclass
class Watch:
    """What somebody who watches a stack remembers from before each command."""

    stack: Stack
    strangers: dict[Thing, dict[str, Any]] = field(default_factory=dict)
    """What others have made, and how it looked."""
    let_go: set[Thing] = field(default_factory=set)
    """What Pulumi was told to leave behind."""
    cut_off: set[Thing] = field(default_factory=set)
    """What a provider has made in the call that it died in, so that nobody could say so."""
    live: dict[Thing, dict[str, Any]] = field(default_factory=dict)
    known: set[Thing] = field(default_factory=set)
    may_go: set[Thing] = field(default_factory=set)

    def look(self, may_go: set[Thing]) -> None:
        """Remember how things are before a command, and what it may leave behind on purpose."""
        self.live, self.known, self.may_go = self.stack.world.live(), known(self.stack), may_go

    def check(self, ended: Ended, adopted: tuple[str, ...] = (), *, changes: bool = True) -> None:
        """Hold what a command has done against what it was asked."""
        live = self.stack.world.live()
        assert KEY not in ended.console
        for thing in [thing for thing in self.strangers if thing[1] in adopted and thing in known(self.stack)]:
            del self.strangers[thing]
        self.let_go = ((self.let_go | self.may_go) - known(self.stack)) & live.keys()
        died = [call["properties"].split() for call in ended.calls if _is_cut_off(call)]
        made = {thing for thing in live.keys() - self.live.keys() if any(thing[1] in words for words in died)}
        self.cut_off = (self.cut_off | made) - known(self.stack)
        self._nobody_is_touched(live)
        self._nothing_is_lost(live, ended)
        self._only_what_is_gone_left_state(live, ended)
        if changes:
            self._only_what_was_asked_is_gone(live, ended)
        else:
            assert {key: identity(body) for key, body in live.items()} == {
                key: identity(body) for key, body in self.live.items() if key in live
            }, "a command that changes nothing has changed something"

    def _nobody_is_touched(self, live: Mapping[Thing, dict[str, Any]]) -> None:
        for thing, body in self.strangers.items():
            assert thing in live, f"{thing} was deleted, and is none of ours"
            assert settled(live[thing]) == settled(body), f"{thing} was changed, and is none of ours"
            assert thing not in known(self.stack), f"{thing} was taken over unasked"

    def _nothing_is_lost(self, live: Mapping[Thing, Any], ended: Ended) -> None:
        lost = live.keys() - known(self.stack) - self.strangers.keys() - self.let_go - self.cut_off
        unnamed = {thing for thing in lost if thing[1] not in ended.console}
        assert not unnamed, (unnamed, ended.console)

    def _only_what_is_gone_left_state(self, live: Mapping[Thing, Any], ended: Ended) -> None:
        gone = self.known - known(self.stack)
        there = {thing for thing in gone & live.keys() if identity(live[thing]) == identity(self.live.get(thing))}
        assert not there - self.let_go - self.strangers.keys(), (there, ended.console)

    def _only_what_was_asked_is_gone(self, live: Mapping[Thing, Any], ended: Ended) -> None:
        for thing, body in self.live.items():
            if thing in live and identity(live[thing]) == identity(body):
                continue
            deleted = [call for call in ended.calls if call["verb"] == "Delete" and call.get("id") == thing[1]]
            anew = [call for call in ended.calls if call["verb"] == "Create" and thing[1] in call["properties"].split()]
            assert deleted or anew or thing not in self.known, f"{thing} is gone, and nobody asked for it"


def _is_cut_off(call: Mapping[str, Any]) -> bool:
    return call["verb"] == "Create" and call.get("answer") == "never came" and "properties" in call


def known(stack: Stack) -> set[Thing]:
    """Return what state knows of: what is in it, and what was being created when a run was killed."""
    found = {(record.kind, record.id) for record in stack.state.records if not record.external}
    for what, record in stack.state.pending:
        names = [record.inputs.get(field) for field in NAMES.get(record.kind, ())]
        found |= {(record.kind, name) for name in names if name and what == "creating"}
    return {thing for thing in found if thing[0] in NAMES and thing[1]}


def identity(body: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """Return what stays the same as long as something is not made anew."""
    return tuple((body or {}).get(key) for key in OWN if key == "created_at")


def settled(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what people have set of something, without what the service says about it."""
    return {key: value for key, value in body.items() if not key.startswith(("status", "last_updated", "updated"))}


def agrees(wanted: Any, found: Any) -> bool:
    """Say whether everything wanted is found; lists of names have no order."""
    if isinstance(found, Mapping) and SECRET in found:
        found = found["value"]
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(agrees(item, found.get(key)) for key, item in wanted.items())
    if isinstance(wanted, list) and all(isinstance(item, str) for item in wanted):
        return isinstance(found, list) and sorted(wanted) == sorted(found)
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(agrees, wanted, found))
    return bool(wanted == found)


def everything_is_right(watch: Watch, program: Mapping[str, Declared]) -> None:
    """Hold that platform, state and program say the same, and that another run does nothing."""
    stack, live = watch.stack, watch.stack.world.live()
    managed = {name: declared for name, declared in program.items() if declared.kind in NAMES}
    records = {r.urn.rsplit("::", 1)[1]: r for r in stack.state.records if (r.kind, r.id) in known(stack)}
    assert [r.urn for r in stack.state.records if r.delete or r.pending_replacement] == []
    assert records.keys() == managed.keys()
    assert live.keys() - watch.strangers.keys() - watch.let_go == {(r.kind, r.id) for r in records.values()}
    for logical, declared in managed.items():
        record = records[logical]
        wanted = resolved(declared.props, {name: other.id for name, other in records.items()})
        assert agrees(wanted, live[record.kind, record.id]), (wanted, live[record.kind, record.id])
        assert agrees(stack.naming.spelled(wanted), record.outputs), (wanted, record.outputs)


def resolved(value: Any, ids: Mapping[str, str]) -> Any:
    """Return a value with its references filled in."""
    if isinstance(value, Ref):
        return ids[value.logical]
    if isinstance(value, Mapping):
        return {key: resolved(item, ids) for key, item in value.items() if key not in OURS}
    return [resolved(item, ids) for item in value] if isinstance(value, list) else value


def adopting(console: str) -> tuple[str, ...]:
    """Return the names that the console says can be adopted."""
    return tuple(re.findall(r"AGENTRUN_ADOPT=(\S+) pulumi up", console))
