"""What a run may delete: never what another record of the program stands for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.lifecycle.claims import Claims, token
from pulumi_agentrun.lifecycle.places import ADOPTED, MADE, ORIGIN, Place

HERE = Place(address="https://a.example", location="https://a.example", access_key="one")
OTHER_KEY = Place(address="https://a.example", location="https://a.example", access_key="two")
ELSEWHERE = Place(address="https://b.example", location="https://b.example", access_key="one")
URN = "urn:pulumi:dev::p::t::"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))


def record(**more: Any) -> dict[str, Any]:
    """Return the outputs of a record with a token of its own."""
    return {ORIGIN: {MADE: token()}, **more}


def test_two_resources_of_a_program_are_never_one() -> None:
    claims = Claims()
    for _ in range(2):
        assert claims.declare(SERVICE, HERE, "a", f"{URN}first") is None
    assert claims.declare(SERVICE, ELSEWHERE, "a", f"{URN}second") is None
    assert claims.declare(PROXY, HERE, "a", f"{URN}third") is None
    taken = claims.declare(SERVICE, HERE, "a", f"{URN}fourth")
    assert taken is not None
    assert str(taken).startswith("Model service a is first in this program, so it cannot be fourth too. Give fourth a ")


def test_a_resource_that_gets_another_name_frees_its_old_one() -> None:
    claims = Claims()
    assert claims.declare(SERVICE, HERE, "a", f"{URN}first") is None
    assert claims.declare(SERVICE, HERE, "b", f"{URN}first") is None
    assert claims.declare(SERVICE, HERE, "a", f"{URN}second") is None


def test_what_was_only_compared_is_deleted() -> None:
    """A refresh compares everything, also what the program no longer has."""
    claims, old = Claims(), record()
    claims.keep(SERVICE, HERE, "a", f"{URN}gone", old)
    claims.keep(SERVICE, HERE, "a", None, old)
    assert not claims.spares(SERVICE, HERE, "a", old)
    claims.declare(SERVICE, HERE, "a", f"{URN}other")
    claims.keep(SERVICE, HERE, "a", f"{URN}gone", old)
    assert not claims.spares(SERVICE, HERE, "a", record())


def test_what_this_run_took_over_is_spared_from_its_older_record() -> None:
    claims, old, new = Claims(), record(), record()
    claims.hold(SERVICE, HERE, "a", new)
    assert claims.spares(SERVICE, HERE, "a", old)
    assert claims.spares(SERVICE, HERE, "a", {})
    assert not claims.spares(SERVICE, HERE, "a", new)
    assert not claims.spares(SERVICE, HERE, "b", old)
    assert not claims.spares(PROXY, HERE, "a", old)
    assert not claims.spares(SERVICE, ELSEWHERE, "a", old)


def test_what_the_program_keeps_is_spared_from_a_record_that_an_earlier_run_left() -> None:
    claims, old, new = Claims(), record(), record()
    claims.declare(SERVICE, HERE, "a", f"{URN}a")
    claims.keep(SERVICE, HERE, "a", f"{URN}a", new)
    assert claims.spares(SERVICE, HERE, "a", old)
    assert not claims.spares(SERVICE, HERE, "a", new), "it is its own record that is replaced, deletion first"


def test_with_another_access_key_only_the_very_object_is_spared() -> None:
    """Nobody knows whether the two keys are of one account."""
    claims = Claims()
    claims.hold(SERVICE, HERE, "a", record(created_at="2026-01-01T00:00:00+00:00"))
    assert claims.spares(SERVICE, OTHER_KEY, "a", record(created_at="2026-01-01T00:00:00+00:00"))
    assert not claims.spares(SERVICE, OTHER_KEY, "a", record(created_at="2026-01-02T00:00:00+00:00"))
    assert not claims.spares(SERVICE, OTHER_KEY, "a", record())


def test_what_this_run_deleted_is_remembered() -> None:
    claims, old = Claims(), record(created_at="then")
    assert claims.former(SERVICE, HERE, "a") is None
    claims.hold(SERVICE, HERE, "a", old)
    claims.deleted(SERVICE, HERE, "a", old)
    assert claims.former(SERVICE, HERE, "a") == old
    assert not claims.spares(SERVICE, HERE, "a", record())


def test_what_an_earlier_run_took_over_is_spared_where_this_one_says_nothing_of_it() -> None:
    """As in `up --target` of the older record alone."""
    old = record(created_at="then")
    new = {ORIGIN: {MADE: token(), ADOPTED: True}, "created_at": "then"}
    Claims().hold(SERVICE, HERE, "a", new)
    assert Claims().spares(SERVICE, HERE, "a", old)
    assert not Claims().spares(SERVICE, HERE, "a", new)
    assert not Claims().spares(SERVICE, HERE, "a", record(created_at="later")), "another object, made elsewhere"
    Claims().deleted(SERVICE, HERE, "a", new)
    assert not Claims().spares(SERVICE, HERE, "a", old)


def test_nothing_is_created_where_the_stack_turns_out_not_to_live() -> None:
    claims = Claims()
    claims.check_creation(SERVICE, "b", ELSEWHERE)
    with pytest.raises(ConfigError, match=r"is in https://a.example, but the settings lead to https://b.example"):
        claims.check_place(SERVICE, "a", {ORIGIN: HERE.origin}, ELSEWHERE)
    with pytest.raises(ConfigError, match=r"Model service b is not created in https://b.example"):
        claims.check_creation(SERVICE, "b", ELSEWHERE)
    claims.check_creation(SERVICE, "b", HERE)
