"""One stack behind the hostile network: runs commands in trouble and holds what must hold after each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2e.project import Run
from e2e.served import Hook, ServedPlatform, Stage
from pulumi_agentrun.client import Config, ModelClient, ModelProxyListInput, ModelServiceListInput
from reliability.hostile.declared import KEY, Live, Program, differences
from reliability.hostile.network import Record
from reliability.hostile.process import HostileProxy
from reliability.hostile.replicas import Lag
from reliability.hostile.script import Rule

Ids = dict[str, tuple[str, str]]
_ADOPT = re.compile(r"AGENTRUN_ADOPT=(\S+) pulumi up")
_MOST_RUNS = 4
# What only an exception that nobody expected would say to a user.
_RAW = (
    "Traceback", "Error: ", "recursion depth", "codec can't", "pydantic", "has no attribute", "not supported between",
    "invalid literal", "while decompressing", "NoneType", "Expecting value", "unhashable",
)  # fmt: skip


@dataclass
class Aftermath:
    """What a run left: on the console, on the wire, on the platform and in state."""

    run: Run
    records: list[Record]
    live: Live
    ids: Ids
    problems: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Hold that nothing is lost, and nothing said that is not so."""
        assert not self.problems, "\n".join([*self.problems, self.run.console])

    @property
    def adoptable(self) -> list[str]:
        """Return the names that the console says how to take over."""
        return [name.strip("'\"") for name in _ADOPT.findall(self.run.console)]


class Trial:
    """A stack whose provider reaches its platform by way of the proxy."""

    def __init__(self, stage: Stage, proxy: HostileProxy, hook: Hook | None = None, bystanders: str = "-") -> None:
        self.stage = stage
        self._named: set[str] = set()
        """What a console has said how to take over."""
        self._bystanders = bystanders
        """What the names of others' resources begin with."""
        self.proxy = proxy
        self.served = ServedPlatform(stage.project.data, hook)
        stage.project.env["AGENTRUN_CONTROL_ENDPOINT"] = proxy.url
        self.outside = ModelClient(Config(endpoint=f"file://{stage.project.data}"))

    def __enter__(self) -> Trial:
        self.served.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self.served.__exit__(*raised)
        self.outside.close()

    def of_others(self, name: str) -> None:
        """Say that what has a name is not of this stack: no console need say how to take it over."""
        self._named.add(name)

    def declare(self, program: Program) -> None:
        """Replace the program."""
        self.stage.project.program("".join(declared.text for declared in program))

    def run(
        self,
        verb: str,
        *args: str,
        rules: Sequence[Rule] = (),
        lag: Lag | None = None,
        adopt: Sequence[str] = (),
        program: Program | None = None,
    ) -> Aftermath:
        """Run a command in trouble and return what it left, with everything about it that may never be."""
        self.proxy.script(self.served, rules, lag)
        return self.observed(verb, *args, adopt=adopt, program=program)

    def observed(self, verb: str, *args: str, adopt: Sequence[str] = (), program: Program | None = None) -> Aftermath:
        """Run a command in whatever trouble the proxy was told to make; see `run`."""
        if program is not None:
            self.declare(program)
        options: dict[str, Any] = {"env": {"AGENTRUN_ADOPT": ",".join(adopt)}} if adopt and verb == "up" else {}
        run = getattr(self.stage.project, verb)(*args, check=False, **options)
        found = Aftermath(run, self.proxy.records(), self.live(), self.ids())
        self._named |= set(found.adoptable)
        found.problems = list(problems(found, {KEY}, self._named))
        return found

    def live(self) -> Live:
        """Return what is on the platform, but for what others have there."""
        return {key: item for key, item in self.everything().items() if not key[1].startswith(self._bystanders)}

    def everything(self) -> Live:
        """Return what is on the platform."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        platform = self.stage.project.platform
        shown = platform.switches.api_key
        if shown != "clear":  # which the provider sees, and nobody who looks from outside
            platform.switch(api_key="clear")
        for kind, input in (("service", ModelServiceListInput()), ("proxy", ModelProxyListInput())):
            for item in self.outside.iterate(input):
                state = revealed(item.to_state())
                found[kind, str(state[f"model_{kind}_name"])] = state
        if shown != "clear":
            platform.switch(api_key=shown)
        return found

    def ids(self) -> Ids:
        """Return kind and id of what state has, by logical name; `(old)` goes with what is to be deleted still."""
        found: Ids = {}
        for resource in self.stage.project.state_resources():
            logical = resource["urn"].rsplit("::", 1)[1] + (" (old)" if resource.get("delete") else "")
            kind = "service" if resource["type"].endswith("ModelService") else "proxy"
            found[logical] = (kind, resource.get("id", ""))
        return found

    def converge(self, program: Program, before: Aftermath) -> None:
        """Run `up` with no more trouble, adopting what the console says, and hold that all is right then."""
        adopt, found = before.adoptable, before
        for _ in range(_MOST_RUNS):
            was, found = found, self.run("up", adopt=adopt, program=program)
            adopt += found.adoptable
            if found.run.code == 0:
                break
        else:
            raise AssertionError(f"it does not converge: {found.run.console}")
        wrong = [*found.problems, *differences(program, found.ids, found.live)]
        if was.run.code == 0 and found.run.changed:
            wrong.append(f"the run before ended well, and yet this one does {found.run.changed}")
        again = self.run("up", "--refresh")
        if again.run.code or again.run.changed:
            wrong.append(f"a refresh finds what no run saw: {again.run.changed} {again.run.console}")
        wrong += [*again.problems, *differences(program, again.ids, again.live)]
        assert not wrong, "\n".join(wrong)


def problems(found: Aftermath, secrets: set[str], named: set[str]) -> Iterator[str]:
    """Yield what may never be after a run, however it ended; what was named with a way to adopt it is not lost."""
    console = found.run.console
    for text in _RAW:
        if text in console:
            yield f"the console shows a raw exception: {text}"
    if any(secret in console for secret in secrets):
        yield "the console shows a key"
    for kind, name in sorted(set(found.live) - set(found.ids.values())):
        if name not in named:
            yield f"{kind} {name} is on the platform, not in state, and not named with a way to adopt it"
    for text in sorted(set(false_claims(console, found.records, found.live, found.ids))):
        yield f"false: {text}"


def false_claims(console: str, records: Sequence[Record], live: Live, ids: Ids) -> Iterator[str]:
    """Yield the lines of a console that say what is not so."""
    created = {
        (_kind(r), r.name) for r in records if r.action.startswith("Create") and any(map(_is_success, r.effects))
    }
    deleted = {
        (_kind(r), r.name) for r in records if r.action.startswith("Delete") and any(map(_is_success, r.effects))
    }
    is_false: dict[str, Callable[[tuple[str, str]], bool]] = {
        "nothing was created": lambda it: it in created and it in live,
        "was not created": lambda it: it in created and it in live,
        "nothing is left behind": lambda it: it in live,
        "was deleted again": lambda it: it in live,
        "taken it over": lambda it: it not in ids.values(),
        "was deleted outside": lambda it: it in live and it not in deleted,
        "though the answer was lost": lambda it: it not in created,
    }
    for line in console.splitlines():
        subject = re.search(r"[Mm]odel (service|proxy) ([\w-]+)", line)
        for claim, wrong in is_false.items():
            if subject and claim in line and wrong((subject[1], subject[2])):
                yield line.strip()
                break


def _kind(record: Record) -> str:
    return "proxy" if record.action.endswith("Proxy") else "service"


def _is_success(status: int) -> bool:
    return 200 <= status < 300


def revealed(value: Any) -> Any:
    """Return values with secrets in clear."""
    if hasattr(value, "get_secret_value"):
        return value.get_secret_value()
    if isinstance(value, dict):
        return {key: revealed(item) for key, item in value.items()}
    return [revealed(item) for item in value] if isinstance(value, list) else value


def stage_at(folder: Path, door: str, timeout: float) -> Stage:
    """Return a stage with a timeout of its own for what is to become ready."""
    stage = Stage(folder, door)
    stage.project.pulumi("config", "set", "agentrun:readyTimeout", f"{timeout:g}")
    return stage
