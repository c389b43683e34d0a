"""A table of what networks, caches, gateways and other services do to calls, with the real engine, through both doors.

After the trouble everything on the platform is in state, or named with the way to adopt it; nothing false is claimed;
and the next runs converge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from e2e.project import DOORS
from pulumi_agentrun.platform import Fault
from reliability.hostile.answers import NOT_ABOUT_IT
from reliability.hostile.declared import Declared, Program, services
from reliability.hostile.origins import Origins
from reliability.hostile.replicas import Lag
from reliability.hostile.script import LOST, UNSENT, Rule, Trouble, answered, rule, unheard
from reliability.hostile.shapes import SHAPES
from reliability.hostile.trial import Aftermath, Trial

pytestmark = pytest.mark.e2e

ONE = services(["one"])
CHANGED = services(["one"], description="changed")
REPLACED = services(["one"], provider="openai")
PAIR = [*ONE, Declared("gateway", "gateway", "proxy", of="one")]

CREATE, UPDATE, DELETE, GET = "Create*", "Update*", "Delete*", "Get*"
UNREADABLE = {
    "body": [
        "bad gzip", "gzip cut short", "unknown encoding", "30 MB", "half", "empty", "204", "deep", "deep lists",
        "invalid UTF-8", "UTF-16", "NaN", "huge number", "null", "data null", "data a list", "data empty",
        "duplicate keys",
    ],
    "refusal": [
        "429 after letters", "429 after a superscript", "429 after very many digits", "429 after infinity",
        "captive portal", "redirect", "401", "403",
    ],
}  # fmt: skip
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
    timeout: float = 12.0
    switches: Mapping[str, Any] = field(default_factory=dict)
    fault: Fault | None = None
    ends_well: bool | None = None
    """Whether the run must end well, or badly; None if both can be right."""
    says: str = ""
    doors: tuple[str, ...] = tuple(DOORS)


def each(trouble: Callable[[str], Trouble], kinds: list[str], action: str, times: int | None = 1) -> tuple[Rule, ...]:
    """Return a rule for each kind of trouble, on the service named for it."""
    return tuple(Rule(trouble(kind), action, named(kind), times=times) for kind in kinds)


def named(kind: str) -> str:
    return "s-" + "".join(letter if letter.isalnum() else "-" for letter in kind)


def one_each(kinds: list[str], **fields: Any) -> list[Declared]:
    return services([named(kind) for kind in kinds], **fields)


CREATIONS = {
    "503": answered("503"),
    "503 html": answered("503 html"),
    "429": answered("429"),
    "504 before it": Trouble(effect="late", delay=1, answer="504"),
    "arrives after its connection": Trouble(effect="late", delay=1.5),
    "sent twice as it is": Trouble(effect="replayed"),
    "sent twice signed anew": Trouble(effect="anew"),
}
"""What befalls a creation, and what the answer says of it."""
HIDING: dict[str, dict[str, Any]] = {
    "keys are masked": {"api_key": "masked"},
    "keys are not shown": {"api_key": "absent"},
    "the service fills in": {"computed": "filled"},
}
"""What keeps a read from showing whose a resource is."""
UNSEEN = {"sent twice as it is": Trouble(effect="replayed"), "lost": LOST}
"""The same where the first looks do not find it."""
SLOW = {"latency": 0.6}
FLICKERING = Lag(seconds=2, flickers=True)
ROWS = [
    # 3: what is sent again, and what has had its effect.
    Row(
        "3 creations in trouble", each(CREATIONS.__getitem__, list(CREATIONS), CREATE),
        program=one_each(list(CREATIONS)),
    ),
    *(
        Row(
            f"3 creations in trouble, where {what}", each(CREATIONS.__getitem__, list(CREATIONS), CREATE),
            program=one_each(list(CREATIONS)), switches=switches,
        )
        for what, switches in HIDING.items()
    ),
    Row(
        "3 creations not seen at first", each(UNSEEN.__getitem__, list(UNSEEN), CREATE), Lag(seconds=2),
        program=one_each(list(UNSEEN)),
    ),
    Row("3 an update sent twice as it is", rule(Trouble(effect="replayed"), UPDATE), before=ONE, program=CHANGED),
    Row("3 a deletion sent twice signed anew", rule(Trouble(effect="anew"), DELETE), before=PAIR, program=()),
    Row("3 a deletion sent twice as it is", rule(Trouble(effect="replayed"), DELETE), before=PAIR, program=()),
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
    Row(
        "7 a refresh answered 404", each(unheard, list(NOT_ABOUT_IT), GET, times=None), verb="refresh",
        before=one_each(list(NOT_ABOUT_IT)), program=one_each(list(NOT_ABOUT_IT)), ends_well=False,
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
]  # fmt: skip


def trouble(trial: Trial, row: Row) -> Aftermath:
    """Let the row's trouble happen."""
    trial.stage.project.platform.switch(**row.switches)
    if row.fault:
        trial.stage.project.platform.inject(row.fault)
    # All at once, or the first that fails would keep the others from being tried.
    found = trial.run(row.verb, "--parallel", "64", rules=row.rules, lag=row.lag, program=row.program)
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
    """Made, refreshed and changed under the same shapes, what is there is what the program says."""
    program, changed = (one_each(GROUPS[kind], description=text) for text in ("one", "changed"))
    rules = each(lambda name: Trouble(shape=name), GROUPS[kind], "*", times=None)
    with Trial(origins.copy(tmp_path / "stage", door, (), 12.0), origins.proxy) as trial:
        for verb, wanted, step in (
            ("up", program, "create"), ("refresh", program, ""), ("up", program, ""), ("up", changed, "update"),
        ):  # fmt: skip
            found = trial.run(verb, rules=rules, program=wanted)
            found.check()
            steps = {declared.logical: step for declared in wanted if step}
            assert (found.run.code, found.run.changed) == (0, steps), found.run.console
        trial.converge(changed, found)
