"""Any program, changed in any way, under any command, with any trouble in between: what is promised holds.

Hypothesis makes up the histories. `MODEL_EXAMPLES=2000` tries more of them than every test run does.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from pulumi_agentrun.client import operations
from pulumi_agentrun.client.kinds import KINDS, Kind
from pulumi_agentrun.platform import Fault
from reliability import troubles
from reliability.engine.stack import Ended, Stack
from reliability.histories import Kill, Run
from reliability.hostile.replicas import Lag
from reliability.programs import PROFILE, Programs, logical_names, models, providers, words
from reliability.promises import Watch, adopting, everything_is_right, known

# Hundreds of histories each: minutes where coverage is measured or the machine is busy.
pytestmark = pytest.mark.timeout(900)

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "40"))
CALLED: dict[str, Kind[Any]] = {kind.word: kind for kind in KINDS}
IS_LONG = "MODEL_EXAMPLES" in os.environ
ROUNDS = 8
"""So many runs it may take at most until all is well, each doing what the console of the one before says."""

flags = st.sampled_from(["", "--refresh", "--refresh --run-program"])
kills = st.builds(
    Kill,
    who=st.sampled_from(["engine", "provider"]),
    moment=st.sampled_from(["before", "after"]),
    verb=st.sampled_from(["Create", "Update", "Delete", "Read", "Diff", "Check"]),
    logical=logical_names,
)


class Model(RuleBasedStateMachine):
    """A program and its stack, and somebody who watches them."""

    door: str

    @initialize(chosen=troubles.switches, lag=troubles.lags)
    def start(self, chosen: dict[str, Any], lag: Lag) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="model-"))
        self.stack = Stack(self.folder, self.door, lag)
        self.stack.configure("agentrun:readyTimeout", "120")
        if self.door == "dynamic":
            self.stack.configure("agentrun:profiles", json.dumps({PROFILE: {"endpoint": self.stack.world.endpoint}}))
        self.stack.world.platform.switch(**chosen)
        self.programs = Programs(self.door)
        self.watch = Watch(self.stack)
        self.is_strange = False
        """Whether something may have changed since state was last read."""

    def teardown(self) -> None:
        try:
            self._mend()
            self.stack.world.platform.switch(delete_in_use="allowed")  # what others have may use what is ours
            self._run("destroy --skip-preview --refresh")
            assert not self.stack.world.live().keys() - self.watch.strangers.keys() - self.watch.let_go
        finally:
            self.stack.close()
            shutil.rmtree(self.folder)

    # The program.

    @rule(logical=logical_names, provider=providers, names=models, text=st.none() | words, named=st.booleans())
    def declare_service(self, logical: str, provider: str, names: list[str], text: str | None, named: bool) -> None:
        self.programs.declare_service(logical, provider, names, text, named=named)

    @rule(
        logical=st.sampled_from(["k", "l"]),
        source=st.sampled_from(["external_llm", "internal"]),
        text=st.none() | words,
        named=st.booleans(),
    )
    def declare_credential(self, logical: str, source: str, text: str | None, named: bool) -> None:
        self.programs.declare_credential(logical, source, text, named=named)

    @rule(
        logical=logical_names.map(str.upper),
        weights=st.lists(st.integers(0, 9), min_size=1, max_size=3),
        text=st.none() | words,
        retries=st.none() | st.integers(0, 3),
        named=st.booleans(),
    )
    def declare_proxy(
        self, logical: str, weights: list[int], text: str | None, retries: int | None, named: bool
    ) -> None:
        self.programs.declare_proxy(logical, weights, text, retries, named=named)

    @precondition(lambda self: self.programs.managed)
    @rule(
        data=st.data(),
        options=st.fixed_dictionaries(
            {},
            optional={
                "delete_before_replace": st.sampled_from([True, None]),
                "retain_on_delete": st.booleans(),
                "replace_on_changes": st.sampled_from([["description"], []]),
            },
        ),
    )
    def set_options(self, data: st.DataObject, options: dict[str, Any]) -> None:
        self.programs.set_options(data.draw(st.sampled_from(self.programs.managed)), options)

    @precondition(lambda self: self.programs.managed)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        self.programs.remove(data.draw(st.sampled_from(self.programs.managed)))

    @precondition(lambda self: self.programs.managed)
    @rule(data=st.data(), new=st.sampled_from(["x", "y", "z"]), aliased=st.booleans())
    def rename(self, data: st.DataObject, new: str, aliased: bool) -> None:
        old = data.draw(st.sampled_from(self.programs.managed))
        if not any(record.urn.endswith((f"::{new}", f"::{new.upper()}")) for record in self.stack.state.records):
            self.programs.rename(old, new, aliased=aliased)

    @precondition(lambda self: self.programs.managed)
    @rule(data=st.data(), aliased=st.booleans())
    def move(self, data: st.DataObject, aliased: bool) -> None:
        self.programs.move(data.draw(st.sampled_from(self.programs.managed)), aliased=aliased)

    @precondition(lambda self: self.programs.managed)
    @rule(data=st.data())
    def reach_otherwise(self, data: st.DataObject) -> None:
        self.programs.reach_otherwise(data.draw(st.sampled_from(self.programs.managed)))

    # The world outside.

    @rule(data=st.data(), text=words)
    def change_outside(self, data: st.DataObject, text: str) -> None:
        managed = sorted(self.stack.world.live().keys() - self.watch.strangers.keys())
        if managed:
            kind, name = data.draw(st.sampled_from(managed))
            change: Any = CALLED[kind].update_input.model_validate({"description": text + " by hand"})
            self.stack.world.outside(operations.update(name, change))
            self.is_strange = True

    @rule(data=st.data())
    def delete_outside(self, data: st.DataObject) -> None:
        live = sorted(self.stack.world.live())
        if live:
            kind, name = data.draw(st.sampled_from(live))
            self.stack.world.outside(operations.delete(CALLED[kind], name))
            self.stack.world.pass_time(60)  # it may be gone gradually, or not at all
            if (kind, name) not in self.stack.world.live():
                self.watch.strangers.pop((kind, name), None)
                self.watch.let_go.discard((kind, name))
            self.is_strange = True

    @rule(name=st.sampled_from([f"named-{letter}-{number}" for letter in "abc" for number in range(3)]))
    def create_outside(self, name: str) -> None:
        if ("service", name) in self.stack.world.live().keys() | known(self.stack):
            return  # what state knows under a name is what has the name
        self.stack.world.outside(operations.create(troubles.somebody_elses(name)))
        found = self.stack.world.live().get(("service", name))
        if found is not None:
            self.watch.strangers["service", name] = found
        self.is_strange = True

    @rule(chosen=troubles.switches)
    def let_the_service_behave_otherwise(self, chosen: dict[str, Any]) -> None:
        self.stack.world.platform.switch(**chosen)
        self.is_strange = True

    @rule(action=troubles.actions, trouble=troubles.troubles, times=st.integers(1, 6), skip=st.integers(0, 2))
    def make_trouble(self, action: str, trouble: dict[str, Any], times: int, skip: int) -> None:
        self.stack.world.platform.inject(Fault(operation=action, times=times, skip=skip, **trouble))

    @rule(kind=st.sampled_from(["Service", "Proxy"]), verb=st.sampled_from(["Create", "Update", "Delete"]))
    def let_a_change_fail(self, kind: str, verb: str) -> None:
        outcome: Any = f"{verb.upper()}_FAILED"
        self.stack.world.platform.inject(Fault(operation=f"{verb}Model{kind}", outcome=outcome, reason="no upstream"))

    # Commands.

    @rule(flags=flags, preview=st.booleans(), goes_on=st.booleans(), kill=st.none() | kills)
    def up(self, flags: str, preview: bool, goes_on: bool, kill: Kill | None) -> None:
        words = ["up", "" if preview else "--skip-preview", flags, "--continue-on-error" if goes_on else ""]
        ended = self._run(" ".join(filter(None, words)), kill=kill)
        self._judge(ended, is_fresh="--refresh" in flags)

    @rule(flags=flags)
    def preview(self, flags: str) -> None:
        self._run(f"preview {flags}".strip(), changes=False)

    @rule(run_program=st.booleans(), kill=st.none() | kills)
    def refresh(self, run_program: bool, kill: Kill | None) -> None:
        ended = self._run(f"refresh --skip-preview {'--run-program' if run_program else ''}", kill=kill, changes=False)
        self.is_strange = self.is_strange and (ended.how != "well" or run_program)

    @precondition(lambda self: self.stack.state.records)
    @rule(
        data=st.data(),
        command=st.sampled_from(["up", "up --refresh", "destroy", "destroy --refresh"]),
        flag=st.sampled_from(["--target", "--target-replace", "--exclude", "--replace"]),
        dependents=st.booleans(),
    )
    def run_in_part(self, data: st.DataObject, command: str, flag: str, dependents: bool) -> None:
        records = sorted(r.urn for r in self.stack.state.records if r.kind in CALLED and not r.delete)
        if not records or (flag in ("--replace", "--target-replace") and command.startswith("destroy")):
            return
        urn = data.draw(st.sampled_from(records))
        more = " --target-dependents" if dependents and flag == "--target" else ""
        self._run(f"{command} --skip-preview {flag} {urn}{more}")
        self.is_strange = True

    @rule(flag=st.sampled_from(["", "--refresh", "--run-program"]), kill=st.none() | kills)
    def destroy(self, flag: str, kill: Kill | None) -> None:
        ended = self._run(f"destroy --skip-preview {flag}".strip(), kill=kill)
        self.is_strange = self.is_strange or ended.how != "well"
        if ended.how == "well":
            assert self.stack.state.records == []
            assert self.stack.world.live().keys() <= self.watch.strangers.keys() | self.watch.let_go

    @precondition(lambda self: self.stack.state.records)
    @rule(data=st.data(), what=st.sampled_from(["taint", "remove"]))
    def edit_state(self, data: st.DataObject, what: str) -> None:
        records = [r for r in self.stack.state.records if r.kind in CALLED and not r.delete]
        free = sorted(r.urn for r in records if not any(r.urn in other.needs for other in self.stack.state.records))
        if free:
            self._run(f"state {what} {data.draw(st.sampled_from(free))}")
            self.is_strange = True

    @precondition(lambda self: self.watch.strangers)
    @rule(data=st.data(), logical=st.sampled_from(["i", "j"]))
    def import_(self, data: st.DataObject, logical: str) -> None:
        """Take in what somebody else has made, which works behind one of the doors."""
        kind, name = data.draw(st.sampled_from(sorted(self.watch.strangers)))
        records = self.stack.state.records
        if (
            kind != "service"
            or logical in self.programs.managed
            or any(r.urn.endswith(f"::{logical}") for r in records)
        ):
            return
        ended = self._run(f"import --skip-preview --protect=false {{type:service}} {logical} {name}", (name,))
        assert (ended.how == "well") <= (self.door == "plugin")
        if ended.how == "well":
            self.programs.take_in(logical, name)
        self.is_strange = True

    @precondition(lambda self: self.is_strange)
    @rule()
    def mend(self) -> None:
        self._mend()

    # What people do and see.

    def _run(self, command: str, adopt: Sequence[str] = (), *, kill: Kill | None = None, changes: bool = True) -> Ended:
        self.stack.world.pass_time(10)  # as long as it takes to type
        self.watch.look(self._left_behind(command))
        ended = self.stack.run(Run(command, self.programs.program, ",".join(adopt) or None, kill))
        note(f"{command} ended {ended.how}: {ended.steps} {ended.console}")
        self.watch.check(ended, tuple(adopt), changes=changes)
        if ended.how != "well":
            self.is_strange = True
        return ended

    def _left_behind(self, command: str) -> set[tuple[str, str]]:
        """Return what a command may leave behind on purpose."""
        told = self.programs.retained if "--run-program" in command else ()
        retained = {(r.kind, r.id) for r in self.stack.state.records if r.retain or r.urn.endswith(tuple(told))}
        removed = {(r.kind, r.id) for r in self.stack.state.records if command == f"state remove {r.urn}"}
        return retained | removed

    def _judge(self, ended: Ended, *, is_fresh: bool) -> None:
        if ended.how != "well":
            return
        if is_fresh or not self.is_strange:
            self._everything_is_right()

    def _everything_is_right(self) -> None:
        self.stack.world.platform.clear_faults()
        everything_is_right(self.watch, self.programs.program)
        for command in ("up --skip-preview", "up --refresh", "up --skip-preview --refresh --run-program"):
            again = self._run(command)
            assert again.how == "well", again.console
            assert set(again.steps.values()) <= {"same"}, (command, again.steps)
        self.programs.settled()
        self.is_strange = False

    def _mend(self) -> None:
        """Do what the console says, again and again: soon all is well."""
        self.stack.world.platform.clear_faults()
        adopt: tuple[str, ...] = ()
        for _ in range(ROUNDS):
            ended = self._run("up --skip-preview --refresh", adopt)
            if ended.how == "well":
                self._everything_is_right()
                return
            adopt = (*adopt, *adopting(ended.console))
            self.programs.advised(ended.console)
        raise AssertionError(f"it does not converge: {ended.console}")


class DynamicModel(Model):
    """The model behind the door for Python programs."""

    door = "dynamic"


class PluginModel(Model):
    """The model behind the door for every language."""

    door = "plugin"


TestDynamic, TestPlugin = DynamicModel.TestCase, PluginModel.TestCase
TestDynamic.settings = TestPlugin.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    derandomize=not IS_LONG,
    print_blob=IS_LONG,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, *([Phase.shrink] if IS_LONG else [])],
)
