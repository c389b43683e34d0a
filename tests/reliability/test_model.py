"""Any program, changed in any way, with any trouble in between: what ends well is right, what fails loses nothing.

Hypothesis makes up the histories. `AGENTRUN_MODEL_EXAMPLES=2000` tries more of them than every test run does.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from pulumi_agentrun.client import ModelProxyUpdateInput, ModelServiceUpdateInput, operations
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.platform import Fault
from reliability.engine import Declared, Engine, Ref, RunFailed

EXAMPLES = int(os.environ.get("AGENTRUN_MODEL_EXAMPLES", "60"))
KEY = "sk-of-the-model"

logical_names = st.sampled_from(["a", "b", "c", "d", "e"])
words = st.sampled_from(["one", "two", "three"])
providers = st.sampled_from(["tongyi", "openai"])
models = st.lists(st.sampled_from(["m1", "m2", "m3"]), min_size=1, max_size=3, unique=True)
switches = st.fixed_dictionaries(
    {},
    optional={
        "latency": st.sampled_from([0.0, 0.5, 3.0]),
        "api_key": st.sampled_from(["clear", "masked", "absent"]),
        "deletion": st.sampled_from(["immediate", "gradual"]),
        "empty_list": st.sampled_from(["ignored", "clears"]),
        "empty_string": st.sampled_from(["clears", "ignored"]),
        "nested": st.sampled_from(["merge", "replace"]),
        "duplicate": st.sampled_from([409, 400, 500]),
        "names": st.sampled_from(["separate", "shared"]),
        "service_id": st.sampled_from(["present", "absent"]),
        "computed": st.sampled_from(["absent", "filled"]),
        "list_order": st.sampled_from(["kept", "sorted"]),
        "delete_in_use": st.sampled_from(["allowed", "refused"]),
        "success": st.sampled_from([200, 201, 202]),
    },
)
actions = st.sampled_from(
    ["*", *(f"{verb}Model{kind}" for verb in ("Create", "Update", "Get", "Delete") for kind in ("Service", "Proxy"))]
)
TROUBLES: list[dict[str, Any]] = [
    {"drop": "before"},
    {"drop": "after"},
    {"status": 500, "code": "ERR_INTERNAL_SERVER_ERROR"},
    {"status": 500, "code": "ERR_INTERNAL_SERVER_ERROR", "message": "the resource already exists"},
    {"status": 503, "code": "ServiceUnavailable"},
    {"status": 429, "code": "Throttling.User"},
    {"status": 429, "code": "Throttling.Api", "retry_after_ms": 700},
    {"status": 403, "code": "NoPermission"},
    {"status": 404, "code": "InvalidAccessKeyId.NotFound", "message": "the access key does not exist"},
    {"status": 404, "body": b"<html>not found</html>"},
    {"status": 502, "body": b"<html>bad gateway</html>"},
    {"status": 200, "body": b'{"code": "SUCC'},
]
troubles = st.sampled_from(TROUBLES)


class Stack(RuleBasedStateMachine):
    """A program and its stack."""

    @initialize(chosen=switches)
    def start(self, chosen: dict[str, Any]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="model-"))
        self.engine = Engine(self.folder)
        self.engine.platform.switch(**chosen)
        self.program: dict[str, Declared] = {}
        self.names: dict[str, str] = {}
        self.renamed: set[str] = set()
        self.is_strange = False
        """Whether something may have changed since state was last read."""

    def teardown(self) -> None:
        self.engine.close()
        shutil.rmtree(self.folder)

    # The program.

    @rule(logical=logical_names, provider=providers, names=models, text=st.none() | words, named=st.booleans())
    def declare_service(self, logical: str, provider: str, names: list[str], text: str | None, named: bool) -> None:
        if logical in self.program and self.program[logical].kind != "service":
            return
        settings = {"api_key": KEY, "base_url": f"https://{provider}.example", "model_names": names}
        props: dict[str, Any] = {"provider": provider, "model_type": "llm", "provider_settings": settings}
        if text:
            props |= {"description": text, "model_info_configs": [{"model_name": names[0]}]}
        if named or not self._is_free(logical):
            props["model_service_name"] = self._explicit(logical)
        self.program[logical] = Declared("service", props)

    @rule(
        logical=logical_names.map(str.upper),
        weights=st.lists(st.integers(0, 9), min_size=1, max_size=3),
        text=st.none() | words,
        retries=st.none() | st.integers(0, 3),
        memory=st.sampled_from([2048, 4096]),
        named=st.booleans(),
    )
    def declare_proxy(
        self, logical: str, weights: list[int], text: str | None, retries: int | None, memory: int, named: bool
    ) -> None:
        services = [name for name, declared in self.program.items() if declared.kind == "service"]
        there: list[Any] = [Ref(name) for name in services] or ["elsewhere"]
        endpoints = [{"model_service_name": there[i % len(there)], "weight": w} for i, w in enumerate(weights)]
        policies: dict[str, Any] = {"fallbacks": [{"model_service_name": there[-1]}]}
        if retries is not None:
            policies |= {"num_retries": retries, "token_rate_limiter": {"tpm": 100}}
        props: dict[str, Any] = {"proxy_config": {"endpoints": endpoints, "policies": policies}, "memory": memory}
        props |= {"description": text} if text else {}
        props |= {"model_proxy_name": self._explicit(logical)} if named or not self._is_free(logical) else {}
        self.program.pop(logical, None)  # a resource comes after what it refers to
        self.program[logical] = Declared("proxy", props)

    def _explicit(self, logical: str) -> str:
        """Return a name that no other resource of the program has, nor comes to have by a renaming."""
        return self.names.setdefault(logical, f"named-{logical}-{len(self.names)}")

    def _is_free(self, logical: str) -> bool:
        """Whether no resource still has the automatic name that this one would get, from before it was renamed."""
        return logical not in self.renamed

    @precondition(lambda self: self.program)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        logical = data.draw(st.sampled_from(sorted(self.program)))
        del self.program[logical]
        for other in [name for name, declared in self.program.items() if Ref(logical) in references(declared.props)]:
            del self.program[other]

    @precondition(lambda self: self.program)
    @rule(data=st.data(), new=st.sampled_from(["x", "y", "z"]))
    def rename_with_an_alias(self, data: st.DataObject, new: str) -> None:
        old = data.draw(st.sampled_from(sorted(self.program)))
        new = new if self.program[old].kind == "service" else new.upper()
        if new in self.program or new in self.engine.state:
            return
        self.program = {
            new if name == old else name: Declared(declared.kind, replaced(declared.props, old, new))
            for name, declared in self.program.items()
        }
        self.names[new] = self.names.pop(old, f"named-{new}")
        self.names[old] = f"named-{old}-after-{new}"
        self.renamed.add(old)
        self.engine.rename(old, new)

    # The world outside.

    @rule(data=st.data(), text=words)
    def change_outside(self, data: st.DataObject, text: str) -> None:
        live = sorted(self.engine.live())
        if live:
            kind, name = data.draw(st.sampled_from(live))
            change = ModelServiceUpdateInput if kind == "service" else ModelProxyUpdateInput
            self.engine.outside(operations.update(name, change(description=text + " by hand")))
            self.is_strange = True

    @rule(data=st.data())
    def delete_outside(self, data: st.DataObject) -> None:
        live = sorted(self.engine.live())
        if live:
            kind, name = data.draw(st.sampled_from(live))
            self.engine.outside(operations.delete(SERVICE if kind == "service" else PROXY, name))
            self.is_strange = True

    @rule(chosen=switches)
    def let_the_service_behave_otherwise(self, chosen: dict[str, Any]) -> None:
        self.engine.platform.switch(**chosen)
        self.is_strange = True

    @rule(action=actions, trouble=troubles, times=st.integers(1, 6), skip=st.integers(0, 2))
    def make_trouble(self, action: str, trouble: dict[str, Any], times: int, skip: int) -> None:
        self.engine.platform.inject(Fault(operation=action, times=times, skip=skip, **trouble))

    @rule(kind=st.sampled_from(["Service", "Proxy"]), verb=st.sampled_from(["Create", "Update", "Delete"]))
    def let_a_change_fail(self, kind: str, verb: str) -> None:
        outcome: Any = f"{verb.upper()}_FAILED"
        self.engine.platform.inject(Fault(operation=f"{verb}Model{kind}", outcome=outcome, reason="no such upstream"))

    # Runs.

    @rule()
    def refresh(self) -> None:
        known = self.engine.known()
        try:
            self.engine.refresh()
        except RunFailed:
            pass
        else:
            self.is_strange = False
        gone = known - self.engine.known()
        assert not gone & set(self.engine.live()), "only what is gone leaves state"

    @rule()
    def up(self) -> None:
        try:
            if self.is_strange:
                self.engine.refresh()
                self.is_strange = False
            self.engine.up(self.program)
        except RunFailed as error:
            self.is_strange = True
            self._nothing_is_lost(str(error))
            self._converge(str(error))
        self._everything_is_right()

    def _nothing_is_lost(self, console: str) -> None:
        lost = set(self.engine.live()) - self.engine.known()
        assert all(name in console for _, name in lost), (lost, console)
        assert KEY not in console

    def _converge(self, console: str) -> None:
        self.engine.platform.clear_faults()
        adopt = re.findall(r"AGENTRUN_ADOPT=(\S+) pulumi up", console)
        for _ in range(4):
            try:
                self.engine.refresh()
                self.engine.up(self.program, adopt)
            except RunFailed as error:
                console = str(error)
                self._nothing_is_lost(console)
                adopt += re.findall(r"AGENTRUN_ADOPT=(\S+) pulumi up", console)
                self._rename_what_is_used(console)
            else:
                self.is_strange = False
                return
        raise AssertionError(f"it does not converge: {console}")

    def _rename_what_is_used(self, console: str) -> None:
        """Do what the console says about a replacement under a name that something uses."""
        used = re.search(r"Take model service (\S+) out of what uses it", console)
        for logical, declared in self.program.items():
            if used and declared.props.get("model_service_name") == used[1]:
                self.names[logical] = f"{used[1]}-anew"
                self.program[logical] = Declared(
                    "service", declared.props | {"model_service_name": self.names[logical]}
                )
                return

    def _everything_is_right(self) -> None:
        self.engine.platform.clear_faults()
        live, state = self.engine.live(), self.engine.state
        assert set(state) == set(self.program)
        assert not self.engine.pending
        assert set(live) == {(record.kind, record.id) for record in state.values()}
        for logical, declared in self.program.items():
            record = state[logical]
            wanted = self.engine._resolved(declared.props)
            assert agrees(wanted, live[record.kind, record.id]), (wanted, live[record.kind, record.id])
            assert agrees(wanted, record.outputs), (wanted, record.outputs)
        again = self.engine.up(self.program)
        assert set(again.values()) <= {"same"}, again
        self.engine.refresh()
        again = self.engine.up(self.program)
        assert set(again.values()) <= {"same"}, again


def references(value: Any) -> list[Ref]:
    """Return the references in a value."""
    if isinstance(value, Ref):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for item in items for found in references(item)]


def replaced(value: Any, old: str, new: str) -> Any:
    """Return a value with its references to one resource leading to another."""
    if value == Ref(old):
        return Ref(new)
    if isinstance(value, dict):
        return {key: replaced(item, old, new) for key, item in value.items()}
    return [replaced(item, old, new) for item in value] if isinstance(value, list) else value


def agrees(wanted: Any, found: Any) -> bool:
    """Say whether everything wanted is found; lists of names have no order."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(agrees(item, found.get(key)) for key, item in wanted.items())
    if isinstance(wanted, list) and all(isinstance(item, str) for item in wanted):
        return isinstance(found, list) and sorted(wanted) == sorted(found)
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(agrees, wanted, found))
    return bool(wanted == found)


Stack.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    deadline=None,
    derandomize="AGENTRUN_MODEL_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
TestStack = Stack.TestCase
