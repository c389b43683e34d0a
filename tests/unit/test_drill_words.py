"""The words of drills: durations, spans, shares, rates, events, expectations; and what is said of others."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.drill.events import Who, event
from pulumi_agentrun.drill.expectations import MEASURES, expectation
from pulumi_agentrun.drill.scenario import MOST_CALLS, scenario
from pulumi_agentrun.routes import words


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("90s", 90), ("1h30m", 5400), ("250ms", 0.25), ("1.5h", 5400), ("2d", 172_800)],
)
def test_a_duration_is_read(text: str, number: float) -> None:
    assert words.seconds(text) == number


@pytest.mark.parametrize("text", ["", "10", "m", "1h 30m", "-5s", "1e3s", "5 s", "inf", "1w", "٣s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no duration such as 90s"):
        words.seconds(text)


@given(st.floats(0, 1e9))
def test_a_duration_is_said_so_that_it_can_be_read_again(number: float) -> None:
    said = words.lasting(number)
    assert words.seconds(said.replace(" ", "").replace("e+0", "e")) == pytest.approx(number, rel=0.06, abs=0.001)


def test_spans_may_be_open() -> None:
    assert words.span("10m..20m") == (600, 1200)
    assert words.span("10m..") == (600, math.inf)
    assert words.span("..20m") == (0, 1200)
    for text in ("..", "20m..10m", "10m..10m", "10m", "10m...20m"):
        with pytest.raises(ConfigError):
            words.span(text)


@given(st.floats(0, 1))
def test_a_share_is_never_said_to_be_all_or_none_unless_it_is(share: float) -> None:
    said = float(words.percent(share).removesuffix(" %"))
    assert (said == 0) == (share == 0) or share < 1e-300
    assert (said == 100) == (share == 1) or share > 1 - 1e-5
    assert said == pytest.approx(share * 100, abs=0.06)


def test_rates_and_shares() -> None:
    assert [words.per_second(text) for text in ("5/s", "300/m", "0.5", "24/d")] == [5, 5, 0.5, 24 / 86400]
    assert [words.share(text) for text in ("0%", "99.9%", "100%")] == [0, pytest.approx(0.999), 1]
    for text in ("5/y", "0/s", "x", "-1/s", "/s"):
        with pytest.raises(ConfigError, match="is no rate"):
            words.per_second(text)
    for text in ("30", "101%", "-1%", "%"):
        with pytest.raises(ConfigError, match="is no percentage"):
            words.share(text)


def test_an_event_says_who_what_and_when() -> None:
    down = event("stable down 10m..20m")
    assert (down.who, down.begins, down.ends, down.share) == (Who("service", "stable"), 600, 1200, 1)
    assert down.outcome is not None
    assert down.outcome.status == 0
    busy = event("provider 'my own' 429 30% retry-after 20s ..1h")
    assert (busy.who, busy.share, busy.begins, busy.ends) == (Who("provider", "my own"), 0.3, 0, 3600)
    assert busy.outcome is not None
    assert (busy.outcome.status, busy.outcome.retry_after) == (429, 20)
    slow = event("region us-east-1 slow 5s")
    assert (slow.who, slow.outcome, slow.takes, slow.ends) == (Who("region", "us-east-1"), None, 5, math.inf)
    assert event("all revoked 1h..").who == Who("all")
    assert event("service all hangs").who == Who("service", "all")
    surge = event("traffic x10 1h..2h")
    assert (surge.who, surge.times) == (None, 10)
    assert surge.surge().begins == 3600


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stable", "cannot be read: WHO down|hangs|"),
        ("", "cannot be read: WHO"),
        ("stable 'down", "cannot be read: WHO"),
        ("stable broken", "there is no 'broken'; there are down, hangs, revoked, slow, and statuses"),
        ("stable 200", "there is no '200'"),
        ("stable slow", "cannot be read: WHO"),
        ("stable slow fast", "'fast' is no duration"),
        ("stable down 5m", "'5m' has no place there"),
        ("stable down 20m..10m", "is no span"),
        ("stable 429 0%", "would never happen"),
        ("stable slow 5s retry-after 5s", "'retry-after' has no place there"),
        ("traffic 10", "how many times as many"),
        ("traffic x0", "how many times as many"),
        ("traffic x2 30%", "'30%' has no place there"),
    ],
)
def test_what_is_no_event_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        event(text)
    assert str(refused.value).startswith(f"The event {text!r} cannot be read: ")
    assert said in str(refused.value)


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading(text: str) -> None:
    for read in (event, expectation):
        with suppress(ConfigError):
            assert read(text).text == text


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("success >= 99.9%", (0.999, 1.0), (0.9989, 0.0)),
        ("share(stable) in 93..97%", (0.93, 0.97), (0.92, 0.98)),
        ("share(stable) in 93%..97%", (0.93, 0.97), (0.92, 0.98)),
        ("share( a b ) > 5 %".replace(" %", "%"), (0.06,), (0.05,)),
        ("p99 <= 1m30s", (90.0, 0.0), (90.1,)),
        ("attempts in 1..1.5", (1.0, 1.5), (0.9, 1.6)),
        ("refused == 0%", (0.0,), (0.01,)),
        ("failed during 10m..20m < 1%", (0.0,), (0.01, 0.5)),
    ],
)
def test_an_expectation_is_met_or_not(text: str, good: tuple[float, ...], bad: tuple[float, ...]) -> None:
    expected = expectation(text)
    assert all(expected.is_met(found) for found in good)
    assert not any(expected.is_met(found) for found in bad)
    assert not expected.is_met(None)


def test_an_expectation_may_be_about_a_span_and_a_service() -> None:
    measure = expectation("share(my stable) during 10m.. >= 1%").measure
    assert (measure.word, measure.name, measure.begins, measure.ends) == ("share", "my stable", 600, math.inf)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("success", "MEASURE [during FROM..TO]"),
        ("sucess >= 9%", "sucess: there is no such measure; did you mean success?"),
        ("success >= 99", "'99' is no percentage"),
        ("success(stable) >= 9%", "share(NAME) is that of a service"),
        ("share >= 9%", "share(NAME) is that of a service"),
        ("p99 <= 5", "'5' is no duration"),
        ("calls >= many", "'many' is no number"),
        ("share(a) in 97..93%", "97% is more than 93%"),
        ("success during 5m >= 9%", "'5m' is no span"),
    ],
)
def test_what_is_no_expectation_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        expectation(text)
    assert said in str(refused.value)
    assert len(MEASURES) == 12


def test_two_of_calls_duration_and_rate_give_the_third() -> None:
    def amount(**given: object) -> tuple[int, float]:
        found = scenario(given)
        return found.calls, found.seconds

    assert amount() == (10_000, 3600)
    assert amount(calls=50) == (50, 3600)
    assert amount(duration="1d") == (10_000, 86400)
    assert amount(rate="5/s") == (10_000, 2000)
    assert amount(rate=2, duration="10m") == (1200, 600)
    assert amount(rate="2/s", calls="100") == (100, 50)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rate": "5/s", "calls": 5, "duration": "1h"}, "give two of them"),
        ({"call": 5}, "call: there is no such setting; did you mean calls?"),
        ({"calls": 0}, "calls: must be a whole number, at least 1"),
        ({"calls": True}, "calls: must be a whole number, at least 1"),
        ({"calls": 1.5}, "calls: must be a whole number, at least 1"),
        ({"calls": MOST_CALLS + 1}, "a drill has from 1 to 1000000"),
        ({"rate": "0.001/d", "duration": "1h"}, "That makes 0 calls"),
        ({"duration": "400d"}, "a drill lasts 366d at most"),
        ({"duration": "0"}, "duration: must be a duration, at least 1 ms"),
        ({"duration": "soon"}, "duration: 'soon' is no duration"),
        ({"latency": float("nan")}, "latency: must be a duration"),
        ({"rate": []}, "rate: must be a text"),
        ({"events": "stable down"}, "events: must be a list of texts"),
        ({"expect": [5]}, "expect: must be a list of texts"),
        ({"events": ["stable down 2h.."]}, "The event 'stable down 2h..' begins after the drill, which lasts 1h"),
        ({"expect": ["success during 2h.. >= 9%"]}, "begins after the drill, which lasts 1h"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused_in_a_sentence(given: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        scenario(given)
    assert said in str(refused.value)
