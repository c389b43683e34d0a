"""Where calls go: shares by weight, retries, fallbacks and cooldowns, as LiteLLM's Router has them."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.platform.gateway.cooldowns import DURATION, WINDOW, Cooldowns
from pulumi_agentrun.platform.gateway.plans import Plan, plan
from pulumi_agentrun.platform.gateway.routing import Outcome, choose, failover, most_attempts, most_seconds
from unit.gateway_plans import (
    Clock,
    always,
    by_service,
    fallback,
    in_turn,
    places,
    planned,
    plans,
    play,
    proxy,
)


@given(plans())
def test_shares_add_up_and_none_is_negative(plan: Plan) -> None:
    for group in plan.groups.values():
        shares = group.shares()
        assert sum(shares.values()) == pytest.approx(1)
        assert len(shares) == len(group.targets)
        assert min(shares.values()) >= 0


@given(plans(), st.data())
def test_every_call_ends_within_the_most_attempts_and_takes_each_fallback_once(plan: Plan, data: st.DataObject) -> None:
    statuses = st.sampled_from((0, 400, 401, 404, 408, 429, 500, 503))
    answer, pauses = play(plan, lambda attempt: Outcome(data.draw(statuses)), seed=data.draw(st.integers(0, 9)))
    assert not answer.is_good
    assert len(answer.trail) <= most_attempts(plan)
    taken = [tried.attempt.target.id for tried in answer.trail]
    runs = [name for name, before in zip(taken, ["", *taken], strict=False) if name != before]
    backups = [name for name in runs if name.startswith("fallback")]
    assert backups == [group.targets[0].id for group in plan.fallbacks]
    waited = len(answer.trail) * plan.timeout + sum(pauses)
    assert waited <= most_seconds(plan)


@given(plans(), st.integers(), st.sampled_from((200, 429, 500)))
def test_the_same_seed_gives_the_same_calls(plan: Plan, seed: int, status: int) -> None:
    def run() -> list[object]:
        return [play(plan, by_service(a=status), seed=seed + number) for number in range(5)]

    assert run() == run()


@given(plans(), st.integers(0, 2**32))
def test_a_target_without_weight_gets_nothing_while_others_have_some(plan: Plan, seed: int) -> None:
    targets = plan.groups["gate"].targets
    chosen = choose(targets, Random(seed).random)
    assert chosen.weight > 0 or not any(target.weight for target in targets)


@pytest.mark.parametrize("point", [0.0, 0.5, 1 - 2**-53])
def test_the_edges_of_chance_choose_a_target_with_weight(point: float) -> None:
    targets = planned(("a", 0), ("b", 1), ("c", 0)).groups["gate"].targets
    assert choose(targets, lambda: point).service == "b"


def shares(*endpoints: object, asked: str = "gate", mode: str = "multi") -> dict[str, float]:
    return failover(planned(*endpoints, mode=mode), asked)[0]


def test_shares_follow_the_weights() -> None:
    assert shares(("a", 70), ("b", 30)) == pytest.approx({"a": 0.7, "b": 0.3})
    assert shares(("a",), ("b",)) == {"a": 0.5, "b": 0.5}
    assert shares(("a", 5), ("b", 0)) == {"a": 1, "b": 0}
    assert shares(("a", 0), ("b", 0)) == {"a": 0.5, "b": 0.5}
    assert shares(("a", 5), ("b",)) == {"a": 1, "b": 0}


def test_an_endpoint_keeps_its_share_however_many_models_it_has() -> None:
    endpoints = (("a", 1, "m", "n", "o"), ("b", 1, "m"))
    assert shares(*endpoints) == pytest.approx({"a": 0.5, "b": 0.5})
    assert shares(*endpoints, asked="n") == {"a": 1}
    assert shares(*endpoints, asked="m") == {"a": 0.5, "b": 0.5}


def test_weights_that_are_all_zero_are_equal_shares_of_models_and_those_left_out_of_endpoints() -> None:
    assert shares(("a", 0, "m", "n"), ("b", 0, "m")) == pytest.approx({"a": 2 / 3, "b": 1 / 3})
    assert shares(("a", None, "m", "n"), ("b", None, "m")) == pytest.approx({"a": 0.5, "b": 0.5})


def test_the_proxys_own_name_is_a_model_in_mode_multi_only() -> None:
    assert sorted(planned(("a", 1)).groups) == ["gate", "m"]
    assert sorted(planned(("a", 1), mode="single").groups) == ["m"]
    assert shares(("a", 1, "gate"), ("b", 1, "m")) == {"a": 1}


def test_an_endpoint_serves_its_own_models_or_else_those_of_its_service() -> None:
    services: dict[str, Any] = {"a": {"providerSettings": {"modelNames": ["x", "y"]}}, "b": {"providerSettings": {}}}
    given_proxy = proxy(mode="single")
    given_proxy["proxyConfig"]["endpoints"] = [
        {"modelServiceName": "a"},
        {"modelServiceName": "b"},
        {"baseUrl": "https://own.example/v1", "modelNames": ["y"]},
    ]
    groups = plan(given_proxy, services).groups
    assert {model: [target.place for target in group.targets] for model, group in groups.items()} == {
        "x": ["a"],
        "y": ["a", "https://own.example/v1"],
    }


def test_fallbacks_come_in_order_and_once() -> None:
    backups = [fallback("b"), fallback("c"), fallback("b"), {"modelServiceName": "a", "modelName": "n"}]
    plan = planned(("a", 1), numRetries=0, fallbacks=backups)
    assert failover(plan, "m") == [{"a": 1}, {"b": 1}, {"c": 1}, {"a": 1}]
    answer, _ = play(plan, always(500))
    assert places(answer) == ["a", "b", "c", "a"]
    assert [tried.attempt.model for tried in answer.trail] == ["m", "m", "m", "n"]


def test_a_fallback_may_name_a_model_alone_or_a_service_alone() -> None:
    given_proxy = proxy(("a", 1, "m"), ("b", 1, "n"), mode="single", numRetries=0)
    given_proxy["proxyConfig"]["policies"]["fallbacks"] = [
        {"modelName": "n"},
        {"modelName": "unknown"},
        {"modelServiceName": "c"},
        {"modelServiceName": "d"},
    ]
    answer, _ = play(plan(given_proxy, {"c": {"providerSettings": {"modelNames": ["x", "y"]}}}), always(500), "m")
    tried = [(tried.attempt.target.service, tried.attempt.model) for tried in answer.trail]
    assert tried == [("a", "m"), ("b", "n"), ("c", "x"), ("d", "m")]


@pytest.mark.parametrize("status", [0, 400, 403, 408, 409, 413, 422, 429, 500, 502, 503, 504])
def test_what_is_tried_again_is_tried_as_often_as_it_may(status: int) -> None:
    answer, pauses = play(planned(("a", 1), numRetries=2, fallbacks=[fallback("b")]), by_service(a=status))
    assert (places(answer), answer.is_good) == (["a", "a", "a", "b"], True)
    assert [int(pause * 2) / 2 for pause in pauses] == pytest.approx([0.5, 1, 2], abs=0.5)


@pytest.mark.parametrize("status", [401, 404])
def test_what_another_try_cannot_mend_goes_to_the_fallback_at_once(status: int) -> None:
    answer, pauses = play(planned(("a", 1), numRetries=2, fallbacks=[fallback("b")]), by_service(a=status))
    assert (places(answer), pauses) == (["a", "b"], [])


def test_a_key_that_is_refused_leads_to_another_target_and_an_unknown_model_does_not() -> None:
    plan = planned(("a", 100), ("b", 0), numRetries=2)
    assert places(play(plan, by_service(a=401))[0]) == ["a", "b"]
    assert places(play(plan, by_service(a=404))[0]) == ["a"]


def test_only_the_first_failure_decides_whether_there_are_others() -> None:
    answer, _ = play(planned(("a", 1), numRetries=2), in_turn(500, 400, 200))
    assert (places(answer), answer.is_good) == (["a", "a", "a"], True)


def test_a_busy_target_is_left_alone_if_there_are_others() -> None:
    cooldowns, clock = Cooldowns(), Clock()
    plan = planned(("a", 100), ("b", 0), numRetries=1)
    assert places(play(plan, by_service(a=429), cooldowns=cooldowns, clock=clock)[0]) == ["a", "b"]
    clock.now += DURATION - 0.1
    assert places(play(plan, always(200), cooldowns=cooldowns, clock=clock)[0]) == ["b"]
    clock.now += 0.1
    assert places(play(plan, always(200), cooldowns=cooldowns, clock=clock)[0]) == ["a"]


def test_a_target_says_itself_how_long_it_is_to_be_left_alone() -> None:
    cooldowns, clock = Cooldowns(), Clock()
    plan = planned(("a", 1), ("b", 0), numRetries=0)
    play(plan, always(429, retry_after=30.0), cooldowns=cooldowns, clock=clock)
    clock.now += 29
    assert places(play(plan, always(200), cooldowns=cooldowns, clock=clock)[0]) == ["b"]
    assert cooldowns.rest(plan.groups["m"].targets[:1], clock.now) == pytest.approx(1)


def test_a_target_that_mostly_fails_is_left_alone_from_its_fifth_call() -> None:
    cooldowns, clock = Cooldowns(), Clock()
    plan = planned(("a", 100), ("b", 0), numRetries=0)
    met = [places(play(plan, by_service(a=500), cooldowns=cooldowns, clock=clock)[0])[0] for _ in range(7)]
    assert met == ["a"] * 5 + ["b"] * 2
    clock.now += DURATION
    assert places(play(plan, by_service(a=500), cooldowns=cooldowns, clock=clock)[0]) == ["a"]
    assert places(play(plan, by_service(a=500), cooldowns=cooldowns, clock=clock)[0]) == ["b"]
    clock.now += WINDOW
    met = [places(play(plan, by_service(a=500), cooldowns=cooldowns, clock=clock)[0])[0] for _ in range(6)]
    assert met == ["a"] * 5 + ["b"]


@pytest.mark.parametrize("status", [0, 400, 403, 422])
def test_a_fault_of_the_request_or_the_network_leaves_no_target_alone(status: int) -> None:
    cooldowns = Cooldowns()
    plan = planned(("a", 100), ("b", 0), numRetries=0)
    assert [places(play(plan, always(status), cooldowns=cooldowns)[0])[0] for _ in range(9)] == ["a"] * 9


def test_a_target_on_its_own_is_left_alone_only_after_very_many_failures() -> None:
    cooldowns = Cooldowns()
    plan = planned(("a", 1), numRetries=0)
    met = Counter(len(play(plan, always(503), cooldowns=cooldowns)[0].trail) for _ in range(1100))
    assert met == {1: 1000, 0: 100}


def test_where_none_is_left_the_call_ends_or_goes_to_the_fallback() -> None:
    cooldowns = Cooldowns()
    plan = planned(("a", 1), numRetries=2, fallbacks=[fallback("b")])
    play(plan, by_service(a=401), cooldowns=cooldowns)
    assert places(play(plan, always(200), cooldowns=cooldowns)[0]) == ["b"]
    answer, pauses = play(planned(("a", 1), numRetries=2), always(200), cooldowns=cooldowns)
    assert (answer.trail, answer.is_good, answer.failure, pauses) == ([], False, None, [])


def test_a_pause_is_what_the_target_asked_for() -> None:
    _, pauses = play(planned(("a", 1), numRetries=1), always(429, retry_after=7.0))
    assert all(7 <= pause < 7.75 for pause in pauses)
    _, pauses = play(planned(("a", 1), numRetries=1), always(429, retry_after=61.0))
    assert all(pause < 2 for pause in pauses)


def test_the_worst_case_is_known() -> None:
    plan = planned(("a", 1), numRetries=2, requestTimeout=60, fallbacks=[fallback("b")])
    assert most_attempts(plan) == 6
    assert most_seconds(plan) == 6 * 60 + 2 * (0.5 + 1 + 2 + 3 * 0.75)
    assert most_seconds(planned(("a", 1), numRetries=0, requestTimeout=0)) == 600


def test_a_policy_left_unset_is_what_the_platform_shows_for_it() -> None:
    plan = planned(("a", 1))
    assert (plan.retries, plan.timeout, plan.fallbacks) == (3, 600, ())
