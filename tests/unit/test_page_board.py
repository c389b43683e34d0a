"""What a reader is told by the version that it knows: applied to what it had, it has what there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.platform.page import board
from pulumi_agentrun.platform.page.board import Board, Change

ITEMS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2))


def applied(known: dict[tuple[str, str], int], change: Change) -> dict[tuple[str, str], int]:
    found = {} if change.is_all else {key: item for key, item in known.items() if key not in change.gone}
    return {**found, **{(kind, name): item for kind, name, item in change.put}}


@given(st.lists(st.tuples(st.sampled_from(["x", "y"]), ITEMS, st.booleans())))
def test_whoever_follows_knows_what_there_is(steps: list[tuple[str, dict[str, int], bool]]) -> None:
    there, known = Board(), dict[tuple[str, str], int]()
    version: int | None = None
    now: dict[str, dict[str, int]] = {}
    for kind, items, is_reading in steps:
        there.keep(kind, items)
        now[kind] = items
        if is_reading:
            known, version = applied(known, there.since(version)), there.version
            assert known == {(kind, name): item for kind, items in now.items() for name, item in items.items()}


def test_nothing_is_told_of_what_stays_as_it_is() -> None:
    there = Board()
    there.keep("x", {"a": {"n": 1}, "b": {"n": 2}})
    version = there.version
    there.keep("x", {"a": {"n": 1}, "b": {"n": 2}})
    assert not there.since(version).is_any
    there.keep("x", {"a": {"n": 1}, "b": {"n": 3}})
    assert there.since(version) == Change([("x", "b", {"n": 3})], [], False)


@pytest.mark.parametrize("version", [None, 99, -1])
def test_a_version_that_there_was_not_gets_everything(version: int | None) -> None:
    there = Board()
    there.put("x", "a", 1)
    assert there.since(version) == Change([("x", "a", 1)], [], True)


def test_what_is_gone_is_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "_MOST_GONE", 2)
    there = Board()
    there.keep("x", dict.fromkeys("abc", 1))
    version = there.version
    there.keep("x", {"a": 1})
    assert there.since(version).gone == [("x", "b"), ("x", "c")]
    there.keep("x", {})
    assert there.since(version) == Change([], [], True)
    assert not there.since(there.version).is_any
