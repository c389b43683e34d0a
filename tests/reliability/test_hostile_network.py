"""A table of what networks, caches, gateways and other services do to calls, with the real engine, through both doors.

After the trouble everything on the platform is in state, or named with the way to adopt it; nothing false is claimed;
and the next runs converge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from e2e.project import DOORS
from e2e.served import Stage
from pulumi_agentrun.client import ModelServiceCreateInput
from pulumi_agentrun.platform import Fault
from reliability.hostile.answers import NOT_ABOUT_IT
from reliability.hostile.declared import Declared, Program, services
from reliability.hostile.process import HostileProxy
from reliability.hostile.replicas import Lag
from reliability.hostile.script import Rule, Trouble
from reliability.hostile.shapes import SHAPES
from reliability.hostile.trial import Aftermath, Trial, stage_at

ONE = services(["one"])
CHANGED = services(["one"], description="changed")
REPLACED = services(["one"], provider="openai")
PAIR = [*ONE, Declared("gateway", "gateway", "proxy", of="one")]

CREATE, UPDATE, DELETE, GET = "Create*", "Update*", "Delete*", "Get*"
LOST, UNSENT = Trouble(cut="whole"), Trouble(effect="none", cut="whole")
UNREADABLE = {
    "body": ["bad gzip", "gzip cut short", "unknown encoding", "30 MB", "half", "empty", "204"],
    "JSON": ["deep", "deep lists", "invalid UTF-8", "UTF-16", "NaN", "huge number", "null"],
    "data": ["data null", "data a list", "data empty", "duplicate keys"],
    "throttling": ["429 after letters", "429 after a superscript", "429 after very many digits", "429 after infinity"],
    "stranger": ["captive portal", "redirect", "401", "403"],
}
GROUPS = {
    "a status": ["unknown status", "status null", "status a number", "status an object", "status lower case"],
    "a value": [
        "ids numbers", "epoch seconds", "epoch milliseconds", "reason an object", "reason a list", "no settings",
        "no times", "extra fields", "nulls",
    ],
    "a key": [name for name in SHAPES if name.startswith("key ")],
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One trouble."""

    title: str
    """The number of the kind of trouble, and what it is."""
    rules: tuple[Rule, ...] = ()
    lag: Lag | None = None
    before: Program = ()
    """What was deployed in peace."""
    program: Program = field(default_factory=lambda: ONE)
    verb: str = "up"
    args: tuple[str, ...] = ()
    timeout: float = 12.0
    switches: Mapping[str, Any] = field(default_factory=dict)
    fault: Fault | None = None
    ends_well: bool | None = None
    """Whether the run must end well, or badly; None if both can be right."""
    says: str = ""
    doors: tuple[str, ...] = tuple(DOORS)


def rule(trouble: Trouble, action: str, name: str = "*", skip: int = 0, times: int | None = 1) -> tuple[Rule, ...]:
    return (Rule(trouble, action, name, skip, times),)


def each(trouble: Callable[[str], Trouble], kinds: list[str], action: str, times: int | None = 1) -> tuple[Rule, ...]:
    """Return a rule for each kind of trouble, on the service named for it."""
    return tuple(Rule(trouble(kind), action, named(kind), times=times) for kind in kinds)


def named(kind: str) -> str:
    return "s-" + "".join(letter if letter.isalnum() else "-" for letter in kind)


def one_each(kinds: list[str], **fields: Any) -> list[Declared]:
    return services([named(kind) for kind in kinds], **fields)


def answered(kind: str) -> Trouble:
    return Trouble(answer=kind)


def unheard(kind: str) -> Trouble:
    return Trouble(answer=kind, effect="none")


SLOW = {"latency": 0.6}
FLICKERING = Lag(seconds=2, flickers=True)
ROWS = [
    # 3: what is sent again, and what has had its effect.
    Row("3 a 503 after a creation", rule(answered("503"), CREATE)),
    Row("3 a 503 page after a creation", rule(answered("503 html"), CREATE)),
    Row("3 a 429 after a creation", rule(answered("429"), CREATE)),
    Row("3 a 504 before a creation", rule(Trouble(effect="late", delay=1, answer="504"), CREATE)),
    Row("3 a creation that arrives after its connection", rule(Trouble(effect="late", delay=1.5), CREATE)),
    Row("3 a creation sent twice as it is", rule(Trouble(effect="replayed"), CREATE)),
    Row("3 a creation sent twice signed anew", rule(Trouble(effect="anew"), CREATE)),
    Row("3 an update sent twice as it is", rule(Trouble(effect="replayed"), UPDATE), before=ONE, program=CHANGED),
    Row("3 a deletion sent twice signed anew", rule(Trouble(effect="anew"), DELETE), before=PAIR, program=()),
    Row("3 a deletion sent twice as it is", rule(Trouble(effect="replayed"), DELETE), before=PAIR, program=()),
    Row("3 a lost creation, not seen at first", rule(LOST, CREATE), Lag(seconds=2)),
    Row("3 a lost creation, seen now and then", rule(LOST, CREATE), FLICKERING),
    Row("3 a creation lost before its effect", rule(UNSENT, CREATE), program=PAIR, timeout=20, ends_well=True),
    Row("3 a creation lost and looks refused", rule(LOST, CREATE) + rule(unheard("500"), GET, skip=1, times=8)),
    # 4: reads that lie behind.
    Row("4 a creation not seen at first", lag=Lag(seconds=2), program=PAIR, switches=SLOW, ends_well=True),
    Row("4 a creation seen now and then", lag=FLICKERING, program=PAIR, switches=SLOW, ends_well=True),
    Row(
        "4 a creation not to be deleted at first", lag=Lag(seconds=2, seen_by=("Get", "Delete", "Update")),
        switches=SLOW, ends_well=True,
    ),
    Row(
        "4 a failed creation not to be deleted at first", lag=Lag(seconds=2, seen_by=("Get", "Delete")),
        switches=SLOW, fault=Fault(operation="CreateModelService", outcome="CREATE_FAILED", reason="no upstream"),
        ends_well=False, says="CREATE_FAILED",
    ),
    Row(
        "4 a failed creation seen and not to be deleted at first", lag=Lag(seconds=2, seen_by=("Delete",)),
        switches=SLOW, fault=Fault(operation="CreateModelService", outcome="CREATE_FAILED", reason="no upstream"),
        ends_well=False, says="CREATE_FAILED",
    ),
    Row("4 a replacement seen late", lag=Lag(seconds=2), before=ONE, program=REPLACED, ends_well=True),
    Row("4 a replacement seen now and then", lag=FLICKERING, before=ONE, program=REPLACED, ends_well=True),
    Row("4 a name free late", lag=Lag(seconds=2, seen_by=("Get", "Create")), before=ONE, program=REPLACED),
    Row("4 an update seen late", lag=Lag(seconds=2), before=ONE, program=CHANGED, switches=SLOW, ends_well=True),
    Row(
        "4 a failed update seen late", lag=Lag(seconds=2), before=ONE, program=CHANGED, switches=SLOW,
        fault=Fault(operation="UpdateModelService", outcome="UPDATE_FAILED", reason="quota"),
        ends_well=False, says="UPDATE_FAILED",
    ),
    Row("4 a deletion seen late", lag=Lag(seconds=2), before=PAIR, program=(), ends_well=True),
    Row("4 a deletion seen now and then", lag=FLICKERING, before=PAIR, program=(), ends_well=True),
    # 6: what is no answer at all, after the effect.
    *(
        Row(f"6 a creation answered with a strange {kind}", each(answered, names, CREATE), program=one_each(names))
        for kind, names in UNREADABLE.items()
    ),
    *(
        Row(
            f"6 looks after a creation answered with a strange {kind}",
            each(lambda name: LOST, names, CREATE) + tuple(
                Rule(unheard(name), GET, named(name), skip=1, times=2) for name in names
            ),
            program=one_each(names),
        )
        for kind, names in UNREADABLE.items()
    ),
    *(
        Row(
            f"6 an update answered with a strange {kind}", each(answered, names, UPDATE),
            before=one_each(names), program=one_each(names, description="changed"),
        )
        for kind, names in UNREADABLE.items()
    ),
    *(
        Row(
            f"6 a deletion answered with a strange {kind}", each(answered, names, DELETE),
            before=one_each(names), verb="destroy", program=(),
        )
        for kind, names in UNREADABLE.items()
    ),
    Row("6 an answer cut in the middle", rule(Trouble(cut="middle"), CREATE, times=2), program=PAIR, ends_well=True),
    # 7: a 404 that is about something else.
    *(
        Row(
            f"7 a refresh answered {names[0]} and the like", each(unheard, names, GET, times=None),
            before=one_each(names), program=one_each(names), verb="refresh", ends_well=False,
        )
        for names in (list(NOT_ABOUT_IT)[:6], list(NOT_ABOUT_IT)[6:12], list(NOT_ABOUT_IT)[12:])
    ),
    Row(
        "7 a deletion answered 404", each(unheard, list(NOT_ABOUT_IT), DELETE, times=None),
        before=one_each(list(NOT_ABOUT_IT)), verb="destroy", program=(), ends_well=False,
    ),
    Row(
        "7 an update answered 404", each(unheard, list(NOT_ABOUT_IT), UPDATE, times=None), ends_well=False,
        before=one_each(list(NOT_ABOUT_IT)), program=one_each(list(NOT_ABOUT_IT), description="changed"),
    ),
    Row("7 a look answered 404 by a route", rule(unheard("404 route"), GET, times=None), before=(), ends_well=False),
    Row("7 a creation answered 404", rule(unheard("404 workspace"), CREATE, times=None), ends_well=False),
    # 9: the same in other shapes.
    *(
        Row(
            f"9 {kind} in another shape", each(lambda name: Trouble(shape=name), names, "*", times=None),
            program=one_each(names), ends_well=True,
        )
        for kind, names in GROUPS.items()
    ),
]  # fmt: skip


class Origins:
    """Stages on which something was deployed in peace, made once and copied."""

    def __init__(self, folder: Path, proxy: HostileProxy) -> None:
        self.proxy = proxy
        self._folder = folder
        self._made: dict[tuple[Any, ...], Stage] = {}

    def copy(self, folder: Path, door: str, before: Program, timeout: float) -> Stage:
        key = (door, tuple(before), timeout)
        if key not in self._made:
            stage = stage_at(self._folder / f"origin-{len(self._made)}", door, timeout)
            if before:
                with Trial(stage, self.proxy) as trial:
                    found = trial.run("up", program=before)
                    assert found.run.code == 0, found.run.console
            self._made[key] = stage
        return self._made[key].copy(folder)


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origins]:
    with HostileProxy() as proxy:
        yield Origins(tmp_path_factory.mktemp("origins"), proxy)


def trouble(trial: Trial, row: Row) -> Aftermath:
    """Let the row's trouble happen."""
    trial.stage.project.platform.switch(**row.switches)
    if row.fault:
        trial.stage.project.platform.inject(row.fault)
    found = trial.run(row.verb, *row.args, rules=row.rules, lag=row.lag, program=row.program)
    found.check()
    if row.ends_well is not None:
        assert (found.run.code == 0) is row.ends_well, found.run.console
    assert row.says in found.run.console
    return found


@pytest.mark.parametrize(
    ("row", "door"),
    [(row, door) for row in ROWS for door in row.doors],
    ids=lambda it: it.title if isinstance(it, Row) else it,
)
def test_nothing_is_lost_in_a_hostile_network(tmp_path: Path, origins: Origins, row: Row, door: str) -> None:
    stage = origins.copy(tmp_path / "stage", door, row.before, row.timeout)
    with Trial(stage, origins.proxy) as trial:
        found = trouble(trial, row)
        trial.converge(row.program, found)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", GROUPS)
def test_another_shape_is_no_drift(tmp_path: Path, origins: Origins, kind: str, door: str) -> None:
    """Refreshes and updates under the same shapes find and change nothing."""
    program = one_each(GROUPS[kind])
    rules = each(lambda name: Trouble(shape=name), GROUPS[kind], "*", times=None)
    with Trial(origins.copy(tmp_path / "stage", door, program, 12.0), origins.proxy) as trial:
        for verb in ("refresh", "up"):
            found = trial.run(verb, rules=rules, program=program)
            assert (found.run.code, found.run.changed, found.problems) == (0, {}, []), found.run.console
        changed = one_each(GROUPS[kind], description="changed")
        found = trial.run("up", rules=rules, program=changed)
        assert (found.run.code, found.problems) == (0, []), found.run.console
        trial.converge(changed, found)


# 2: somebody else creates the same name, just when a creation fails.


def strangers_service(trial: Trial) -> None:
    settings = {"base_url": "https://strangers.example", "api_key": "sk-of-a-stranger"}
    trial.outside.create(
        ModelServiceCreateInput(
            model_service_name="one", model_type="llm", provider="openai", description="a stranger's",
            provider_settings=settings,
        )
    )  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "happens", [UNSENT, unheard("503"), unheard("500"), unheard("504"), unheard("bad gzip"), Trouble(effect="replayed")]
)
def test_what_a_stranger_creates_is_not_taken_over(
    tmp_path: Path, origins: Origins, door: str, happens: Trouble
) -> None:
    def hook(index: int, moment: str) -> None:
        if (index, moment) == (0, "after"):  # the provider has looked, and nothing was there
            strangers_service(trial)

    stage = origins.copy(tmp_path / "stage", door, (), 12.0)
    with Trial(stage, origins.proxy, hook) as trial:
        found = trial.run("up", rules=rule(happens, CREATE), program=ONE)
        found.check()
        assert found.run.code != 0, "it is not ours"
        assert found.ids == {}
        assert found.live["service", "one"]["description"] == "a stranger's"
        again = trial.run("up", program=ONE)
        assert again.run.code != 0
        assert again.live["service", "one"]["provider"] == "openai"
        trial.run("destroy")
        assert trial.live(), "a stranger's is not deleted"


@pytest.mark.parametrize("door", DOORS)
def test_what_a_stranger_creates_while_nothing_answers_is_not_taken_over(
    tmp_path: Path, origins: Origins, door: str
) -> None:
    """The first creation never arrives, the second is refused, for by then a stranger has the name."""
    stage = origins.copy(tmp_path / "stage", door, (), 12.0)
    with Trial(stage, origins.proxy, lambda index, moment: None if index != 1 else arrive(moment)) as trial:

        def arrive(moment: str) -> None:
            if moment == "after":
                strangers_service(trial)

        found = trial.run("up", rules=rule(UNSENT, CREATE), program=ONE)
        if ("service", "one") in found.ids.values():
            assert found.live["service", "one"]["description"] is None, "ours was first"
        else:
            assert found.live["service", "one"]["description"] == "a stranger's"
        found.check()


# 4, across runs: what was written a moment ago.


@pytest.mark.parametrize("door", DOORS)
def test_a_refresh_right_after_a_creation_loses_nothing(tmp_path: Path, origins: Origins, door: str) -> None:
    with Trial(origins.copy(tmp_path / "stage", door, (), 12.0), origins.proxy) as trial:
        found = trial.run("up", lag=Lag(seconds=5, calls=4), program=ONE)
        assert (found.run.code, found.problems) == (0, [])
        found = trial.observed("refresh")
        found.check()
        trial.converge(ONE, found)


# 5: updates and deletions whose end nobody saw.


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("happens", [LOST, answered("500"), answered("bad gzip"), Trouble(effect="late", delay=1)])
def test_an_update_whose_answers_are_lost_can_be_put_back(
    tmp_path: Path, origins: Origins, door: str, happens: Trouble
) -> None:
    before = services(["one"], description="before")
    with Trial(origins.copy(tmp_path / "stage", door, before, 4.0), origins.proxy) as trial:
        rules = rule(happens, UPDATE, times=None) + rule(unheard("503"), GET, times=None)
        found = trial.run("up", rules=rules, program=CHANGED)
        assert found.run.code != 0
        found.check()
        if door == "dynamic":  # whose protocol has no word for a change half done
            assert "pulumi refresh" in found.run.console
            trial.run("refresh")
        trial.converge(before, found)


@pytest.mark.parametrize("door", DOORS)
def test_what_is_on_its_way_out_is_made_anew_when_the_program_wants_it_back(
    tmp_path: Path, origins: Origins, door: str
) -> None:
    with Trial(origins.copy(tmp_path / "stage", door, ONE, 1.0), origins.proxy) as trial:
        trial.stage.project.platform.switch(deletion="gradual", latency=4.0)
        found = trial.run("up", program=())
        assert found.run.code != 0
        found.check()
        back = trial.run("up", program=ONE)
        back.check()
        assert back.run.code or "one" in back.run.changed, "it is not unchanged"
        trial.stage.project.platform.switch(deletion="immediate", latency=0.0)
        trial.converge(ONE, back)


# 8: answers that never end.


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("dribbles", ["head", "body"])
@pytest.mark.parametrize("action", [CREATE, GET])
def test_an_answer_that_dribbles_is_not_waited_for(
    tmp_path: Path, origins: Origins, door: str, dribbles: Any, action: str
) -> None:
    """Byte by byte they would take an hour; a command may take as long as `patience` says."""
    with Trial(origins.copy(tmp_path / "stage", door, (), 3.0), origins.proxy) as trial:
        trial.stage.project.patience = 60.0
        trial.stage.project.platform.switch(latency=0.5)
        slow = Trouble(dribble=dribbles, pace=4.0)
        found = trial.run("up", rules=rule(slow, action, skip=int(action == GET)), program=ONE)
        found.check()
        trial.stage.project.platform.switch(latency=0.0)
        trial.converge(ONE, found)


# 10: another account.


@pytest.mark.parametrize("door", DOORS)
def test_another_account_is_refused(tmp_path: Path, origins: Origins, door: str) -> None:
    with Trial(origins.copy(tmp_path / "stage", door, ONE, 12.0), origins.proxy) as trial:
        elsewhere = stage_at(tmp_path / "elsewhere", door, 12.0)
        with Trial(elsewhere, origins.proxy) as other, HostileProxy() as another:
            another.script(other.served)
            trial.stage.project.env["AGENTRUN_CONTROL_ENDPOINT"] = another.url
            for args in (["up", "--refresh"], ["up", "--refresh"], ["refresh"], ["up"], ["destroy"]):
                found = trial.run(args[0], *args[1:])
                assert found.ids == {"one": ("service", "one")}, args
                assert found.run.code != 0, args
                assert other.live() == {}, "nothing, and no key, goes to another account"
            trial.stage.project.env["AGENTRUN_CONTROL_ENDPOINT"] = origins.proxy.url
            trial.converge(ONE, found)


PROFILE = 'profile="same", adopt=True'
PROVIDER = "adopt=True, opts=pulumi.ResourceOptions(provider=same)"


@pytest.mark.parametrize("door", DOORS)
def test_another_profile_of_the_same_account_is_the_same_account(tmp_path: Path, origins: Origins, door: str) -> None:
    with Trial(origins.copy(tmp_path / "stage", door, ONE, 12.0), origins.proxy) as trial:
        project = trial.stage.project
        if door == "dynamic":
            for key, value in {"endpoint": origins.proxy.url, "accessKeyId": "id"}.items():
                project.pulumi("config", "set", "--path", f"agentrun:profiles.same.{key}", value)
            project.pulumi(
                "config", "set", "--path", "--secret", "agentrun:profiles.same.accessKeySecret", "served-secret"
            )
        moved = [Declared("one", "one", more=PROFILE if door == "dynamic" else PROVIDER)]
        text = "".join(declared.text for declared in moved)
        head = "import pulumi_agentrun_sdk\nsame = pulumi_agentrun_sdk.Provider('same')\n" if door == "plugin" else ""
        trial.proxy.script(trial.served)
        project.program(head + text)
        found = trial.observed("up")
        found.check()
        assert ("service", "one") in found.live, "what was taken over is not deleted under its old record"
        assert found.ids == {"one": ("service", "one")}
        again = trial.observed("up", "--refresh")
        assert (again.run.code, again.run.changed, again.problems) == (0, {}, []), again.run.console
