"""What a reader is sent: everything once, then what changes and nothing else, also after the line was lost."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import httpx
import pytest
from gateway.local import CHAT, Local
from page.visitor import Visitor, items, until
from pulumi_agentrun.platform import Fault, Platform
from pulumi_agentrun.platform.page.live import INTERVAL, MOST_REST, rest_after


def test_the_first_event_is_everything_and_the_next_what_changed(local: Local, visitor: Visitor) -> None:
    local.proxy("qwen", "deep")
    with visitor.events() as events:
        first = next(events)
        assert first["is_all"]
        assert set(items(first, "service")) == {"qwen", "deep"}
        assert set(items(first, "proxy")) == {"gate"}
        local.service("new")
        second = next(events)
        assert [(kind, name) for kind, name, _ in second["put"]] == [("service", "new")]
        assert (second["is_all"], second["gone"], second["calls"]) == (False, [], [])
        local.control("DELETE", "model-services/new")
        third = next(events)
        assert (third["put"], third["gone"]) == ([], [["service", "new"]])


def copies(local: Local, kind: str, field: str, one: str, number: int) -> None:
    """Store many of a kind at once: a thousand requests would take their time."""
    with local.store.writing() as tables:
        row = tables.find(kind, one, 2**60)
        assert row is not None
        for name in (f"{one}-{count}" for count in range(1, number)):
            tables.add(replace(row, name=name, id=name, body={**row.body, field: name}))


def test_among_a_thousand_resources_only_what_changed_is_sent(local: Local, visitor: Visitor) -> None:
    local.proxy("qwen")
    copies(local, "model service", "modelServiceName", "qwen", 700)
    copies(local, "model proxy", "modelProxyName", "gate", 300)
    with visitor.events() as events:
        first = next(events)
        assert (len(items(first, "service")), len(items(first, "proxy"))) == (700, 300)
        local.update(proxyConfig={"endpoints": [{"modelServiceName": "qwen-9"}]})
        second = next(events)
        assert [(kind, name) for kind, name, _ in second["put"]] == [("proxy", "gate")]
        local.chat()
        third = next(events)
        assert [(kind, name) for kind, name, _ in third["put"]] == [("count", "gate")]
        assert len(json.dumps(third)) < 1500


def test_a_reader_who_comes_back_is_sent_what_was_missed(local: Local, visitor: Visitor) -> None:
    local.proxy("qwen")
    last = visitor.everything()["id"]
    local.service("new")
    local.chat()
    with visitor.events(last) as events:
        event = next(events)
    assert not event["is_all"]
    assert {(kind, name) for kind, name, _ in event["put"]} == {("service", "new"), ("count", "gate")}
    assert len(event["calls"]) == 1


@pytest.mark.parametrize("last", ["x", "x-1-1", "-1", "9-9-9-9", "00000000-0-0", "a" * 5000])
def test_a_reader_of_another_process_is_sent_everything(visitor: Visitor, last: str) -> None:
    with visitor.events(last) as events:
        assert next(events)["is_all"]


@pytest.mark.parametrize("version", ["9" * 5000, "99", "x"])
def test_a_version_that_there_was_not_is_sent_everything(visitor: Visitor, version: str) -> None:
    epoch = visitor.everything()["id"].partition("-")[0]
    with visitor.events(f"{epoch}-{version}-0") as events:
        assert next(events)["is_all"]


def test_a_status_that_time_alone_changes_is_sent(local: Local, visitor: Visitor) -> None:
    local.platform.switch(latency=60.0)
    local.service("qwen")
    with visitor.events() as events:
        assert items(next(events), "service")["qwen"]["status"] == "CREATING"
        local.clock.now += 60
        assert until(events, "service", "qwen")["status"] == "READY"


def test_a_failed_change_is_sent_with_its_reason(local: Local, visitor: Visitor) -> None:
    local.service("qwen")
    local.platform.inject(Fault(operation="UpdateModelService", outcome="UPDATE_FAILED", reason="no quota"))
    with visitor.events() as events:
        assert items(next(events), "fault")["1"]["happens"] == "ends in UPDATE_FAILED (no quota)"
        local.control("PUT", "model-services/qwen", {"description": "x"})
        event = next(events)
        assert event["gone"] == [["fault", "1"]]
        found = items(event, "service")["qwen"]
        assert (found["status"], found["reason"]) == ("UPDATE_FAILED", "no quota")


def test_calls_are_counted_and_shown_without_what_they_said(local: Local, visitor: Visitor) -> None:
    local.proxy("qwen", "deep", fallbacks=[{"modelServiceName": "deep"}])
    body = {**CHAT, "messages": [{"role": "user", "content": "a-private-question"}]}
    local.post(body=body)
    local.post(body=body, x_agentrun_simulate="qwen:status=500")
    local.post(body=body, x_agentrun_simulate="*:status=0")
    local.post(body={**body, "model": "none"})
    local.post(body=body, authorization="Bearer wrong")
    event = visitor.everything()
    counts = items(event, "count")["gate"]
    assert {name: counts[name] for name in ("answered", "failed", "refused", "abandoned", "failovers")} == {
        "answered": 2, "failed": 1, "refused": 2, "abandoned": 0, "failovers": 1}  # fmt: skip
    assert counts["services"] == [["m", "qwen", 1, 2], ["m", "deep", 1, 1]]
    shown = [
        (call["end"], call["status"], call["code"], call["service"], call["is_failover"]) for call in event["calls"]
    ]
    assert shown == [
        ("answered", 200, "OK", "qwen", False),
        ("answered", 200, "OK", "deep", True),
        ("failed", 502, "no_upstream", "", False),
        ("refused", 404, "model_not_found", "", False),
        ("refused", 401, "invalid_api_key", "", False),
    ]
    assert event["calls"][1]["tried"] == [
        {"place": "qwen", "is_good": False, "reason": "simulated 500"},
        {"place": "deep", "is_good": True, "reason": ""},
    ]
    assert "a-private-question" not in "".join(visitor.seen)


def test_what_strangers_make_up_is_not_told_and_not_counted(local: Local, visitor: Visitor) -> None:
    local.proxy("qwen")
    local.post(body={**CHAT, "model": "m" * 100_000})
    httpx.post(f"{local.address}/models/{'x' * 5000}/v1/chat/completions", json=CHAT)
    event = visitor.everything()
    assert [(call["proxy"], call["model"]) for call in event["calls"]] == [("gate", ""), ("(no such proxy)", "")]
    assert set(items(event, "count")) == {"gate"}


def test_counts_outlive_their_proxy_whoever_watched(local: Local, visitor: Visitor) -> None:
    local.proxy("qwen")
    local.chat()
    local.control("DELETE", "model-proxies/gate")
    assert items(visitor.everything(), "count")["gate"]["answered"] == 1


def test_a_list_of_models_is_no_call(local: Local, visitor: Visitor) -> None:
    local.proxy("qwen")
    with local.client() as client:
        client.models.list()
    assert visitor.everything()["calls"] == []


@pytest.mark.parametrize(("took", "rest"), [(0.0, INTERVAL), (0.1, 0.9), (0.6, MOST_REST), (60.0, MOST_REST)])
def test_a_look_that_took_long_does_not_leave_the_page_behind(took: float, rest: float) -> None:
    assert rest_after(took) == pytest.approx(rest)


def test_a_failure_to_read_is_logged_and_not_the_end(
    local: Local, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = threading.Event()

    def broken(platform: Platform) -> float:
        told.set()
        raise RuntimeError("with a secret")

    with visitor.events() as events:
        next(events)
        with monkeypatch.context() as patched:
            patched.setattr(Platform, "now", broken)
            assert told.wait(20)
        local.service("qwen")
        assert until(events, "service", "qwen")["status"] == "READY"
    assert "the page cannot read the platform: RuntimeError" in caplog.text
    assert "with a secret" not in caplog.text
