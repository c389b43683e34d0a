"""What the page changes: it takes effect for every process on the data, or a sentence says why not."""

from __future__ import annotations

from typing import Any

import pytest
from gateway.local import Local
from page.visitor import Visitor, items, until
from pulumi_agentrun.platform.switches import Switches, described


def test_a_switch_is_set_and_shown(local: Local, visitor: Visitor) -> None:
    with visitor.events() as events:
        shown = items(next(events), "switch")
        assert set(shown) == set(vars(Switches()))
        assert shown["api_key"]["choices"] == ["clear", "masked", "absent"]
        assert visitor.ask("POST", "/page/switches", {"name": "api_key", "value": "masked"}).status_code == 204
        assert until(events, "switch", "api_key") | {"says": ""} == {
            "value": "masked", "usual": "clear", "choices": ["clear", "masked", "absent"], "says": ""}  # fmt: skip
    assert visitor.ask("POST", "/page/switches", {"name": "latency", "value": "0.5"}).status_code == 204
    assert (local.platform.switches.api_key, local.platform.switches.latency) == ("masked", 0.5)


def test_every_switch_is_described_by_the_sentence_below_it() -> None:
    assert {name for name, (_, says) in described().items() if says.endswith(".")} == set(vars(Switches()))
    assert described()["duplicate"] == ((409, 400, 500), "The HTTP status of a create whose name is taken.")


def test_a_fault_happens_and_is_gone(local: Local, visitor: Visitor) -> None:
    local.service("qwen")
    fault = {
        "operation": "CreateModelService",
        "name": "new",
        "outcome": "CREATE_FAILED",
        "reason": "quota",
        "times": 2,
    }
    with visitor.events() as events:
        next(events)
        assert visitor.ask("POST", "/page/faults", fault).status_code == 204
        assert until(events, "fault", "1")["happens"] == "ends in CREATE_FAILED (quota)"
        local.service("new")
        event = next(events)
        assert (items(event, "service")["new"]["status"], items(event, "fault")["1"]["times"]) == ("CREATE_FAILED", 1)
        assert visitor.ask("DELETE", "/page/faults").status_code == 204
        assert next(events)["gone"] == [["fault", "1"]]


def test_a_trouble_of_simulated_models_takes_effect_and_ends(local: Local, visitor: Visitor) -> None:
    local.proxy("qwen")
    with visitor.events() as events:
        next(events)
        assert visitor.ask("POST", "/page/troubles", {"service": "qwen", "status": 500}).status_code == 204
        assert until(events, "trouble", "qwen") == {"status": 500, "share": 1.0, "latency": 0.0, "retry_after": None}
        assert local.chat().status_code == 502
        assert visitor.ask("POST", "/page/troubles", {"service": "qwen"}).status_code == 204
        assert any(["trouble", "qwen"] in event["gone"] for event in events)
    assert local.chat().status_code == 200


def test_another_trouble_is_left_alone(local: Local, visitor: Visitor) -> None:
    for service in ("a", "*"):
        visitor.ask("POST", "/page/troubles", {"service": service, "latency": 1})
    visitor.ask("POST", "/page/troubles", {"service": "a"})
    assert set(local.gateway.book.troubles) == {"*"}


@pytest.mark.parametrize(
    ("what", "body", "problem"),
    [
        ("switches", {}, "a switch needs its name and a value."),
        ("switches", {"name": "none", "value": "1"}, "there is no switch 'none'; there are latency"),
        (
            "switches",
            {"name": "api_key", "value": "x"},
            "switch api_key cannot be 'x'; allowed: clear, masked, absent.",
        ),
        ("switches", {"name": "latency", "value": "nan"}, "switch latency cannot be nan; allowed: a number of seconds"),
        ("switches", {"name": "latency", "value": 1}, "value must be a text."),
        ("faults", {}, "fault: one of status, drop, outcome or delay."),
        ("faults", {"status": "500"}, "status must be a whole number."),
        ("faults", {"status": True}, "status must be a whole number."),
        ("faults", {"drop": "now"}, "fault: drop is before or after."),
        ("faults", {"drop": "after", "times": 0}, "fault: times is at least 1"),
        ("faults", {"drop": "after", "times": 10**30}, "times must be at most 1000000."),
        ("faults", {"delay": 1e300}, "delay must be at most 1000000."),
        ("faults", {"drop": "after", "operation": "None"}, "there is no operation 'None'; there are CreateCredential"),
        ("faults", {"status": 200, "body": "x"}, "there is no 'body'; there are operation"),
        ("troubles", {}, "service: the name of a service is needed, or * for any."),
        ("troubles", {"service": "a", "status": 1}, "status is 0, or 400-599."),
        ("troubles", {"service": "a", "share": "all"}, "share must be a number."),
        ("troubles", {"service": "a", "share": 2}, "share is from 0 to 1."),
        ("troubles", b'{"service": "a", "latency": Infinity}', "The body is not valid JSON."),
        ("troubles", b"[]", "The body is not a JSON object."),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(
    local: Local, visitor: Visitor, what: str, body: Any, problem: str
) -> None:
    answer = visitor.ask("POST", f"/page/{what}", body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(problem)
    event = visitor.everything()
    assert (items(event, "fault"), items(event, "trouble")) == ({}, {})
    assert local.platform.switches == Switches()
