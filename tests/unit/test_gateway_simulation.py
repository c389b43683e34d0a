"""Calls of hours, played: how many come when, what they meet, and that every one of them ends."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.platform.gateway.limits import Limits, limits
from pulumi_agentrun.platform.gateway.plans import Plan
from pulumi_agentrun.platform.gateway.routing import Outcome, most_attempts
from pulumi_agentrun.platform.gateway.simulation import Incident, Played, Surge, Traffic, _arrivals, play, targets_of
from unit.gateway_plans import fallback, planned, plans, proxy

FREE = Limits(0, {}, False)
HOUR = 3600.0
DOWN = Outcome(0)


def traffic(calls: int = 2000, seconds: float = HOUR, tokens: int = 0, surges: tuple[Surge, ...] = ()) -> Traffic:
    return Traffic(calls, seconds, ["gate"], tokens, surges)


def played(
    plan: Plan,
    *incidents: Incident,
    limited: Limits = FREE,
    seed: int = 0,
    latency: float = 1.0,
    calls: int = 2000,
    seconds: float = HOUR,
    tokens: int = 0,
) -> Played:
    return play(plan, limited, traffic(calls, seconds, tokens), incidents, latency=latency, seed=seed)


def incident(plan: Plan, place: str, outcome: Outcome | None = DOWN, begins: float = 0.0, ends: float = math.inf,
            takes: float = 0.01, share: float = 1.0) -> Incident:  # fmt: skip
    ids = frozenset(id for id, target in targets_of(plan, ["gate"]).items() if target.place == place)
    assert ids
    return Incident(ids, begins, ends, outcome, takes, share)


def shares(found: Played) -> dict[str, float]:
    return {place: number / len(found.calls) for place, number in Counter(call.place for call in found.calls).items()}


@given(plans(), st.integers(0, 5), st.sampled_from([0, 408, 429, 500]), st.floats(0, 1, exclude_min=True))
def test_every_call_ends_and_is_counted_once(plan: Plan, seed: int, status: int, share: float) -> None:
    ids = frozenset(targets_of(plan, ["gate"]))
    wrong = Incident(ids, 5.0, 50.0, Outcome(status), 0.1, share)
    found = play(plan, limits(proxy(("a", 1), concurrencyLimit=3)), traffic(60, 60.0), [wrong], latency=2.0, seed=seed)
    assert len(found.calls) == 60
    assert sum(call.attempts for call in found.calls) == found.attempts.total()
    assert found.met[0] == sum(number for (_, came), number in found.attempts.items() if came == status)
    for call in found.calls:
        assert call.attempts <= most_attempts(plan)
        assert 0 <= call.arrived < 60
        assert not (call.refusal and (call.attempts or call.place))


@given(plans(), st.integers(0, 2**40))
def test_the_same_seed_plays_the_same(plan: Plan, seed: int) -> None:
    wrong = Incident(frozenset(targets_of(plan, ["gate"])), 0.0, 30.0, Outcome(429), 0.1, 0.3)

    def once() -> Played:
        return play(plan, FREE, traffic(50, 60.0, tokens=9), [wrong], latency=1.0, seed=seed)

    assert once() == once()


def test_another_seed_plays_otherwise() -> None:
    plan = planned(("a", 1), ("b", 1))
    assert played(plan, seed=1) != played(plan, seed=2)


def test_calls_take_the_shares_that_the_weights_give_them() -> None:
    found = shares(played(planned(("a", 95), ("b", 5)), calls=20_000))
    assert found == {"a": pytest.approx(0.95, abs=0.01), "b": pytest.approx(0.05, abs=0.01)}


def test_what_is_down_is_fallen_back_from_while_it_is_down() -> None:
    plan = planned(("a", 1), numRetries=0, fallbacks=[fallback("b")])
    found = played(plan, incident(plan, "a", begins=600, ends=1200))
    for call in found.calls:
        is_during = 600 <= call.arrived < 1200
        assert (call.place, call.is_fallback, call.attempts) == (("b", True, 2) if is_during else ("a", False, 1))
    assert found.met == [found.attempts["a", 0]]
    assert found.attempts["a", 0] == found.attempts["b", 200] > 100


def test_what_answers_too_late_costs_its_timeout() -> None:
    plan = planned(("a", 1), numRetries=0, requestTimeout=5, fallbacks=[fallback("b")])
    for wrong in (incident(plan, "a", Outcome(408), takes=math.inf), incident(plan, "a", None, takes=60.0)):
        found = played(plan, wrong, calls=50)
        assert {call.place for call in found.calls} == {"b"}
        assert found.attempts["a", 408] == 50
        assert all(call.lasted > 5 for call in found.calls)


def test_slow_answers_are_good_ones_that_take_longer() -> None:
    plan = planned(("a", 1), numRetries=0)
    quick, slow = played(plan), played(plan, incident(plan, "a", None, takes=3.0))
    assert shares(slow) == {"a": 1}
    assert [call.lasted for call in sorted(slow.calls)] == pytest.approx(
        [call.lasted + 3 for call in sorted(quick.calls)]
    )


def test_half_of_the_answers_take_no_longer_than_the_median() -> None:
    found = played(planned(("a", 1)), latency=2.0, calls=20_000)
    assert sum(call.lasted <= 2 for call in found.calls) / 20_000 == pytest.approx(0.5, abs=0.02)
    assert sum(call.lasted <= 4.2 for call in found.calls) / 20_000 == pytest.approx(0.95, abs=0.01)


def test_an_incident_happens_to_its_share_of_the_attempts() -> None:
    plan = planned(("a", 1), numRetries=0)
    found = played(plan, incident(plan, "a", Outcome(500), share=0.3), calls=20_000)
    assert found.met[0] / 20_000 == pytest.approx(0.3, abs=0.02)
    assert shares(found)[""] == pytest.approx(0.3, abs=0.02)


def test_no_more_calls_are_under_way_than_may_be() -> None:
    limited = limits(proxy(("a", 1), concurrencyLimit=4))
    found = played(planned(("a", 1)), limited=limited, calls=2000, seconds=200)
    let_in = sorted(call for call in found.calls if not call.refusal)
    for call in let_in:
        under_way = [other for other in let_in if other.arrived <= call.arrived < other.arrived + other.lasted]
        assert len(under_way) <= 4
    assert {call.refusal for call in found.calls} == {"", "concurrency_limit_exceeded"}


def test_tokens_are_spent_by_calls_and_limit_those_that_follow() -> None:
    limited = limits(proxy(("a", 1), concurrencyLimit=0, tokenRateLimiter={"tph": 100_000}))
    found = played(planned(("a", 1)), limited=limited, calls=1000, tokens=1000)
    assert sum(bool(call.place) for call in found.calls) == pytest.approx(100, abs=5)
    assert {call.refusal for call in found.calls} == {"", "rate_limit_exceeded"}


lengths = st.floats(0.01, 1e6)
surges = st.builds(lambda begins, lasts, times: Surge(begins, begins + lasts, times), lengths, lengths, lengths)


@given(st.integers(1, 300), lengths, st.lists(surges, max_size=4), st.integers(0, 99))
def test_as_many_calls_come_as_there_are_in_order_and_in_time(
    calls: int, seconds: float, surges: list[Surge], seed: int
) -> None:
    found = list(_arrivals(Traffic(calls, seconds, ["m"], 0, surges), Random(seed)))
    assert len(found) == calls
    assert found == sorted(found)
    assert found[0] >= 0
    assert found[-1] <= seconds


def test_in_a_surge_so_many_times_as_many_come() -> None:
    surge = Surge(1000.0, 1100.0, 10.0)
    found = list(_arrivals(traffic(20_000, 2000.0, surges=(surge,)), Random(0)))
    inside = sum(1000 <= moment < 1100 for moment in found)
    assert inside / 20_000 == pytest.approx(1000 / 2900, abs=0.02)


def test_calls_ask_for_each_model_equally_often() -> None:
    plan = planned(("a", 1, "m"), ("b", 1, "n"), mode="single")
    found = play(plan, FREE, Traffic(10_000, HOUR, ["m", "n"]), [], latency=1.0, seed=0)
    assert shares(found)["a"] == pytest.approx(0.5, abs=0.02)
