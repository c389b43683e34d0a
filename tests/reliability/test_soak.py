"""What the trials on the hostile network rest on: random programs are programs, and what is lost or false is seen."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from e2e.project import Run
from hypothesis import given, settings
from hypothesis import strategies as st
from reliability.hostile.declared import KEY, Declared, differences
from reliability.hostile.gardener import Gardener
from reliability.hostile.network import Record
from reliability.hostile.script import Trouble
from reliability.hostile.soak import main
from reliability.hostile.trial import Aftermath, false_claims, problems

ONE = ("service", "one")


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 40))
def test_programs_made_up_at_random_are_programs(seed: int, size: int) -> None:
    dice, gardener, used = random.Random(seed), Gardener(size), set[str]()
    for _ in range(20):
        before = {declared.logical for declared in gardener.program}
        assert gardener.tend(dice) > 0
        known = set[str]()
        for declared in gardener.program:
            compile(declared.text, "program", "exec")
            assert declared.kind == "service" or declared.of in known, "a resource comes after what it refers to"
            assert not declared.old or declared.old not in known
            known.add(declared.variable)
        logical = {declared.logical for declared in gardener.program}
        assert len(logical) == len(gardener.program)
        assert not (logical - before) & used, "no logical name is used again"
        used |= logical
        gardener.settle()


def created(*effects: int) -> list[Record]:
    return [Record(0, "CreateModelService", "one", Trouble(), list(effects))]


@pytest.mark.parametrize(
    ("line", "records", "is_there", "is_false"),
    [
        ("Model service one exists already, so nothing was created.", created(409), True, False),
        ("Model service one exists already, so nothing was created.", created(200, 409), True, True),
        ("Model service one was not created.", created(), False, False),
        ("Model service one was not created.", created(200), True, True),
        ("Model service one ended in CREATE_FAILED. It was deleted again.", created(200), False, False),
        ("Model service one ended in X. It was deleted again, so nothing is left behind.", created(200), True, True),
        ("UpdateModelService of model service one was refused. It was deleted outside.", [], True, True),
        ("model service one was created, though the answer was lost", created(), True, True),
        ("model service one was created, though the answer was lost", created(200), True, False),
    ],
)
def test_what_is_false_is_seen(line: str, records: list[Record], is_there: bool, is_false: bool) -> None:
    live: dict[Any, dict[str, Any]] = {ONE: {}} if is_there else {}
    assert list(false_claims(f"error: {line}\nfor model service other", records, live, {})) == (
        [f"error: {line}"] if is_false else []
    )


def found(console: str, ids: dict[str, tuple[str, str]]) -> list[str]:
    return list(problems(Aftermath(Run(1, console), [], {ONE: {}}, ids), {KEY}, {"named"}))


def test_what_is_lost_or_shown_is_seen() -> None:
    assert found("", {"one": ONE}) == []
    assert "not named" in found("", {})[0]
    assert "a key" in found(f"x {KEY} y", {"one": ONE})[0]
    assert "raw exception" in found("Exception calling application: maximum recursion depth", {"one": ONE})[0]
    advice = "run AGENTRUN_ADOPT=one pulumi up once"
    assert Aftermath(Run(1, advice), [], {}, {}).adoptable == ["one"]


def test_what_differs_from_the_program_is_seen() -> None:
    program = [Declared("one", "one", description="d")]
    live = {"description": "d", "provider": "tongyi", "status": "READY", "provider_settings": {"api_key": KEY}}
    assert list(differences(program, {"one": ONE}, {ONE: live})) == []
    wrong: dict[str, Any] = {"description": None, "provider": "x", "status": "UPDATING", "provider_settings": {}}
    changes: list[dict[str, Any]] = [{key: value} for key, value in wrong.items()]
    for change in changes:
        assert len(list(differences(program, {"one": ONE}, {ONE: live | change}))) == 1
    assert len(list(differences(program, {"one": ONE}, {ONE: live, ("proxy", "p"): {}}))) == 1
    assert len(list(differences(program, {}, {}))) == 1


@pytest.mark.e2e
def test_a_soak_in_peace_loses_nothing_and_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "soak"
    options = {"turns": 2, "minutes": 3, "resources": 6, "share": 0.0, "seed": "quiet", "folder": folder}
    assert main([f"--{name}={value}" for name, value in options.items()]) == 0
    assert "nothing lost" in capsys.readouterr().out
    assert list(folder.iterdir()) == []
