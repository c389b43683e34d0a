"""How many calls at once and how many tokens a proxy lets through."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.platform.gateway.limits import SPANS, Limits, Memory, begin, equal_calls, limits, spend
from unit.gateway_plans import proxy


def of(**policies: Any) -> Limits:
    return limits(proxy(("a", 1), **policies))


def test_a_limit_of_zero_is_none() -> None:
    assert of(concurrencyLimit=0, tokenRateLimiter={"tps": 0}) == Limits(0, {}, False)
    assert not of(concurrencyLimit=0).are_any
    assert of(tokenRateLimiter={"tpd": 5}, concurrencyLimit=0).are_any


def test_a_limit_left_unset_is_what_the_platform_shows_for_it() -> None:
    assert of() == Limits(200, {}, False)


def test_no_more_calls_are_let_through_than_may_be_under_way() -> None:
    limit, usage = of(concurrencyLimit=2), Memory()
    assert [begin(limit, usage, call, 0) for call in "ab"] == [None, None]
    refused = begin(limit, usage, "c", 0)
    assert refused is not None
    assert refused.text == "concurrency_limit: 2 calls are under way"
    usage.end("a")
    usage.end("a")
    assert begin(limit, usage, "c", 0) is None
    assert begin(limit, usage, "d", 0) is not None


@pytest.mark.parametrize(("name", "seconds"), SPANS.items())
def test_tokens_are_counted_over_the_span_of_their_limit(name: str, seconds: int) -> None:
    limit, usage = of(tokenRateLimiter={name: 100}), Memory()
    spend(limit, usage, 60, 50.0)
    assert begin(limit, usage, "a", 50.5) is None
    spend(limit, usage, 60, 50.5)
    refused = begin(limit, usage, "b", 50.5)
    assert refused is not None
    assert refused.retry_after == seconds - 0.5
    assert f"{name}: 120 of 100 tokens" in refused.text
    assert begin(limit, usage, "b", 50 + seconds) is None
    spend(limit, usage, 99, 50 + seconds)
    assert begin(limit, usage, "b", 50 + seconds) is None


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 50)), max_size=60))
def test_a_limit_is_overshot_by_no_more_than_the_last_call(calls: list[tuple[float, int]]) -> None:
    limit, usage, now = of(tokenRateLimiter={"tpm": 100}), Memory(), 0.0
    spent: dict[float, int] = {}
    for wait, tokens in calls:
        now += wait
        if begin(limit, usage, "a", now) is None:
            spend(limit, usage, tokens, now)
            until = usage.spans()["tpm"].until
            spent[until] = spent.get(until, 0) + tokens
    assert all(tokens < 100 + 50 for tokens in spent.values())
    begun = sorted(spent)
    assert all(later - earlier >= 60 for earlier, later in pairwise(begun))


def test_calls_are_equal_if_they_ask_for_the_same() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "temperature": 0}
    same = {**dict(reversed(body.items())), "stream": True, "user": "someone"}
    assert equal_calls("chat", body) == equal_calls("chat", same)
    assert equal_calls("chat", body) != equal_calls("embeddings", body)
    assert equal_calls("chat", body) != equal_calls("chat", {**body, "temperature": 1})
    assert "hi" not in equal_calls("chat", body)
