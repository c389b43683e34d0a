"""What a call counts as: answered, failed, refused or abandoned, and whether it was a failover."""

from __future__ import annotations

import pytest
from pulumi_agentrun.platform.gateway.journal import LAST, Journal, Record
from pulumi_agentrun.platform.gateway.plans import Group, Target
from pulumi_agentrun.platform.gateway.routing import Attempt, Outcome, Tried
from pulumi_agentrun.platform.gateway.streams import Passage

A, B, BACKUP = (Target(f"{index}:{name}:m", name, "", "m", 1) for index, name in enumerate(("a", "b", "backup")))
OWN = Group((A, B))


def tried(target: Target, status: int = 200) -> Tried:
    return Tried(Attempt(target, "m", 1.0), Outcome(status))


def record(*trail: Tried, status: int = 200, code: str = "OK", proxy: str = "gate") -> Record:
    return Record("id", 0.0, proxy, "chat/completions", "m", True, status, code, 1.0, trail, OWN)


@pytest.mark.parametrize(
    ("trail", "service", "is_failover"),
    [
        ((tried(A),), "a", False),
        ((tried(A, 500), tried(A)), "a", False),
        ((tried(A, 500), tried(B)), "b", True),
        ((tried(A, 500), tried(BACKUP)), "backup", True),
        ((tried(BACKUP),), "backup", True),
        ((tried(A, 500), tried(B, 500)), "", False),
        ((), "", False),
    ],
)
def test_a_failover_is_an_answer_of_another_than_the_first(
    trail: tuple[Tried, ...], service: str, is_failover: bool
) -> None:
    found = record(*trail)
    assert (found.service, found.is_failover) == (service, is_failover)


@pytest.mark.parametrize(
    ("status", "code", "end"),
    [
        (200, "OK", "answered"),
        (502, "no_upstream", "failed"),
        (400, "no_upstream", "failed"),
        (500, "internal_error", "failed"),
        (429, "rate_limit_exceeded", "refused"),
        (503, "proxy_not_ready", "refused"),
        (499, "abandoned", "abandoned"),
    ],
)
def test_a_call_ends_in_one_of_four_ways(status: int, code: str, end: str) -> None:
    assert record(status=status, code=code).end == end


def test_a_stream_that_broke_off_has_failed_though_it_began_well() -> None:
    found = record(tried(A))

    async def finish() -> None: ...

    found.passage = Passage(False, False, finish, is_broken=True)
    assert found.end == "failed"


def test_only_the_last_calls_are_remembered_and_all_are_counted() -> None:
    journal = Journal()
    for _ in range(LAST + 5):
        journal.add(record(tried(A, 500), tried(B)))
    journal.add(record(proxy=""))
    assert journal.number == LAST + 5
    assert [number for number, _ in journal.after(LAST + 3)] == [LAST + 4, LAST + 5]
    assert len(list(journal.after(0))) == LAST
    counts = journal.counts["gate"]
    assert (counts.answered, counts.failovers) == (LAST + 5, LAST + 5)
    assert counts.services == {("m", "a"): [0, LAST + 5], ("m", "b"): [LAST + 5, 0]}
