"""What is explained of a proxy is what drills of it come to, by random gateways; and nothing in it is secret."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.drill.playing import drill
from pulumi_agentrun.drill.report import Report
from pulumi_agentrun.drill.scenario import scenario
from pulumi_agentrun.platform.gateway import routing
from pulumi_agentrun.routes import telling
from pulumi_agentrun.routes.explaining import explain
from pulumi_agentrun.routes.facts import Limits, Proxy, TokenLimit
from pulumi_agentrun.routes.picture import picture
from pulumi_agentrun.routes.subjects import OWN, Found, Subject, without_secrets
from unit.gateway_plans import fallback, models, names, proxy
from unit.test_drill import subject

PROVIDERS = {name: f"provider-{name in 'abc'}" for name in "abcdef"}
FAILURES = (
    "down",
    "hangs",
    "revoked",
    "400",
    "404",
    "408",
    "429",
    "429 50%",
    "500",
    "503 30%",
    "slow 2h",
    "slow 10s 50%",
)

CRUMB = 1e-6
"""What rounding may leave."""


def made(body: dict[str, Any], missing: Collection[str] = ()) -> Subject:
    """Return a proxy whose services `a` to `f` are there, but for some."""
    services = {
        name: Found(SERVICE, name, None, {"provider": PROVIDERS[name]}, "far" if name in "ab" else "near")
        for name in PROVIDERS
        if name not in missing
    }
    return Subject(Found(PROXY, "gate", None, body, "home"), services, frozenset(missing))


@st.composite
def gateways(draw: st.DrawFn, least_timeout: int = 1, most_missing: int = 3, most_fallbacks: int = 4) -> Subject:
    endpoint = st.tuples(names, st.none() | st.integers(0, 100), models, models)
    endpoints = draw(st.lists(endpoint, min_size=1, max_size=4, unique_by=lambda given: given[0]))
    given = st.builds(fallback, names, models) | st.builds(lambda model: {"modelName": model}, models)
    return made(
        proxy(
            *endpoints,
            mode=draw(st.sampled_from(("single", "multi"))),
            numRetries=draw(st.integers(0, 5)),
            requestTimeout=draw(st.integers(least_timeout, 600)),
            fallbacks=draw(st.lists(given, max_size=most_fallbacks)),
        ),
        draw(st.sets(names, max_size=most_missing)),
    )


def played(of: Subject, model: str, *events: str, **more: Any) -> Report:
    return drill(of, scenario({"models": [model], "events": list(events), "latency": "0", **more}))


def about(count: int, of: int, share: float) -> bool:
    """Say whether a share is what a count may well come from: within six deviations."""
    return abs(count - of * share) <= 6 * math.sqrt(of * share * (1 - share)) + CRUMB


@settings(max_examples=60)
@given(gateways(), st.lists(st.sampled_from(FAILURES), min_size=1, max_size=3), st.integers(0, 99), st.data())
def test_no_call_is_worse_than_the_worst_case(of: Subject, events: list[str], seed: int, data: st.DataObject) -> None:
    model = data.draw(st.sampled_from(explain(of).models))
    found = played(of, model.name, *(f"all {event}" for event in events), calls=60, duration="2m", seed=seed)
    assert max(call.attempts for call in found.calls) <= model.attempts
    assert max(call.lasted for call in found.calls) <= model.seconds + CRUMB


@settings(max_examples=60)
@given(gateways(), st.integers(0, 99), st.data())
def test_a_total_failure_takes_as_many_attempts_as_are_said(of: Subject, seed: int, data: st.DataObject) -> None:
    model = data.draw(st.sampled_from(explain(of).models))
    (call,) = played(of, model.name, "all 400", calls=1, seed=seed).calls
    assert call.attempts == model.attempts


@settings(max_examples=60)
@given(gateways(least_timeout=60, most_missing=0), st.integers(0, 99), st.data())
def test_a_silence_of_all_lasts_as_long_as_is_said(of: Subject, seed: int, data: st.DataObject) -> None:
    """But for the luck of each pause, and for those that come only where a target has no other beside it."""
    found = explain(of)
    model = data.draw(st.sampled_from(found.models))
    (call,) = played(of, model.name, "all hangs", calls=1, seed=seed).calls
    assert call.attempts == model.attempts
    groups = (of.plan.groups[model.name], *of.plan.fallbacks)
    alone = sum(len(group.targets) == 1 for group in groups)
    pauses = model.seconds - model.attempts * found.timeout
    luck = routing._JITTER * (of.plan.retries + 1) * alone if of.plan.retries else 0.0
    assert call.lasted >= model.attempts * found.timeout + pauses * alone / len(groups) - luck - CRUMB


@settings(max_examples=15, deadline=None)
@given(gateways(most_fallbacks=0), st.integers(0, 99), st.data())
def test_shares_are_those_of_ten_thousand_calls(of: Subject, seed: int, data: st.DataObject) -> None:
    model = data.draw(st.sampled_from(explain(of).models))
    found = played(of, model.name, calls=10_000, seed=seed)
    counts = Counter(call.place for call in found.calls if call.place)
    answered = sum(counts.values())
    assert counts.keys() <= {share.service for share in model.order[0]}
    assert answered <= 10_000 * bool(model.order[0])
    assert of.missing or answered == 10_000
    assert sum(share.share for share in model.order[0]) == pytest.approx(float(bool(model.order[0])))
    for share in model.order[0]:
        assert about(counts[share.service], answered, share.share)


@settings(max_examples=40, deadline=None)
@given(gateways(), st.integers(0, 99), st.data())
def test_what_fails_without_something_fails_in_a_drill_without_it(of: Subject, seed: int, data: st.DataObject) -> None:
    model = data.draw(st.sampled_from(explain(of).models))
    outage = data.draw(st.sampled_from([outage for outage in model.outages if outage.name != "home"]))
    found = played(of, model.name, f"{outage.scope} {outage.name} down", calls=1000, seed=seed)
    failed = sum(not call.place for call in found.calls)
    assert about(failed, 1000, outage.fails)
    if outage.fails in (0.0, 1.0):
        assert failed == 1000 * outage.fails


def test_what_everything_needs_is_said() -> None:
    of = made(proxy(("a", 1), ("d", 3), numRetries=0, fallbacks=[fallback("c")]))
    of.proxy.body["credentialName"] = "callers"  # type: ignore[index]
    (model, own) = explain(of).models
    assert (own.name, own.is_proxys_own, model.providers, model.regions) == (
        "gate", True, ("provider-False", "provider-True"), ("far", "near"),
    )  # fmt: skip
    assert {(item.scope, item.name): item.fails for item in model.outages} == {
        ("service", "a"): 0,
        ("service", "c"): 0,
        ("service", "d"): 0,
        ("provider", "provider-False"): 0,
        ("provider", "provider-True"): 0.25,
        ("region", "far"): 0,
        ("region", "home"): 1,
        ("region", "near"): 0.75,
        ("credential", "callers"): 1,
    }
    assert telling.stops(model.outages) == (
        "region home; credential callers; region near (75 %); provider provider-True (25 %)"
    )


def test_a_service_that_there_is_not_answers_nothing() -> None:
    of = made(proxy(("a", 1), ("d", 1), ("b", 2), numRetries=0, fallbacks=[fallback("c"), fallback("e")]), "bc")
    found = explain(of)
    model = found.models[0]
    assert telling.shared(model.order[0]) == "a 50 %, d 50 %"
    assert telling.fallbacks(model) == "e"
    fails = {(item.scope, item.name): item.fails for item in model.outages}
    assert (fails["service", "b"], fails["service", "e"]) == (0, 0.5)
    said = {service.name: telling.reached(service) for service in found.services}
    assert said["b"] == said["c"] == "there is no such model service where the proxy is"
    assert "there is none" in "".join(picture([found]))


def test_where_no_service_exists_nothing_answers() -> None:
    (model, _) = explain(made(proxy(("a", 1), numRetries=0, fallbacks=[fallback("b")]), "ab")).models
    assert (telling.shared(model.order[0]), telling.fallbacks(model)) == ("nothing", "nothing")
    assert {outage.fails for outage in model.outages} == {1}


def test_a_service_reaches_its_own_host_and_those_of_its_endpoints() -> None:
    body = proxy(("a", 1), ("a", 1, "n"))
    body["proxyConfig"]["endpoints"][1]["baseUrl"] = "https://other.example/v1"
    settings = {"providerSettings": {"baseUrl": "https://own.example/v1"}}
    of = Subject(Found(PROXY, "gate", None, body, None), {"a": Found(SERVICE, "a", None, settings, None)})
    assert explain(of).services[0].hosts == ("own.example", "other.example")
    del body["proxyConfig"]["endpoints"][0]
    of = Subject(of.proxy, of.services)
    assert explain(of).services[0].hosts == ("other.example",)


def test_urls_that_only_secrets_tell_apart_have_numbers() -> None:
    endpoints = [{"baseUrl": f"https://raw.example/v1/sk-{end}", "modelNames": ["m"]} for end in ("never1", "never2")]
    body = {"modelProxyName": "p", "proxyConfig": {"endpoints": endpoints}}
    of = Subject(Found(PROXY, "p", None, body, None))
    found = explain(of)
    assert [service.name for service in found.services] == ["https://raw.example/v1/…", "https://raw.example/v1/…#2"]
    assert {outage.fails for outage in found.models[0].outages} == {0.5**4}
    assert "never" not in found.model_dump_json() + "".join(picture([found]))
    report = played(of, "m", "https://raw.example/v1/…#2 down", calls=100)
    assert [bool(row.failures) for row in report.rows] == [False, True]
    assert "never" not in report.text() + json.dumps(report.to_json())


def test_keys_are_known_by_where_they_come_from() -> None:
    of = made(proxy(("a", 1), ("b", 1), ("c", 1)))
    keys = {"a": "credential shared", "b": "env:KEY", "c": OWN}
    services = {name: Found(SERVICE, name, None, {}, None, key=key) for name, key in keys.items()}
    found = explain(Subject(of.proxy, services))
    assert {service.name: service.key for service in found.services} == keys
    causes = [outage.name for outage in found.models[0].outages if outage.scope == "credential"]
    assert causes == ["env:KEY", "shared"]


def test_limits_come_in_the_order_in_which_calls_meet_them() -> None:
    of = made(proxy(("a", 1), numRetries=0, requestTimeout=10, concurrencyLimit=5,
                    tokenRateLimiter={"tps": 100, "tpm": 600, "tpd": 8640000}))  # fmt: skip
    found = explain(of).limits
    assert [limit.name for limit in found.tokens] == ["tpm", "tps", "tpd"]
    assert (found.calls, found.calls_per_second) == (5, 0.5)
    assert telling.limits(found) == (
        "5 calls at once (0.5 a second at worst); "
        "600 tokens a minute, then 100 tokens a second, then 8640000 tokens a day"
    )
    nothing = Limits(calls=None, calls_per_second=None, tokens=())
    assert telling.limits(nothing) == "no limits"
    one = TokenLimit(name="tph", tokens=7, per_second=7 / 3600)
    assert telling.limits(nothing.model_copy(update={"tokens": (one,)})) == "7 tokens an hour"


def test_guardrails_are_said() -> None:
    assert telling.guardrails(explain(subject()).guardrails) == "no guardrails"
    checked = {"checkRequest": True, "checkResponse": True, "blockOnPromptAttack": True, "maxTextLength": 9}
    found = explain(subject(aiGuardrailConfig=checked)).guardrails
    assert telling.guardrails(found) == "requests and answers checked, prompt attack blocked"
    assert (found.longest, found.level) == (9, None)
    nothing = explain(subject(aiGuardrailConfig={"checkRequest": True})).guardrails
    assert telling.guardrails(nothing) == "requests checked, nothing blocked"


def test_regions_are_those_of_agentrun_and_those_that_hosts_name() -> None:
    found = {service.name: service.regions for service in explain(subject()).services}
    assert found == {"chat-stable": ("cn-hangzhou",), "chat-canary": (), "chat-backup": ("us-east-1",)}


def test_a_proxy_that_leads_nowhere_or_is_hidden_is_a_sentence() -> None:
    assert explain(Subject(Found(PROXY, "p", None, {"modelProxyName": "p"}, None))).models == ()
    body = {"modelProxyName": "p", "proxyConfig": {"endpoints": [{"modelNames": ["m"]}]}}
    with pytest.raises(ConfigError, match="has an endpoint that names neither a model service nor a URL"):
        explain(Subject(Found(PROXY, "p", None, body, None)))
    with pytest.raises(ConfigError, match=r"The proxy p cannot be explained: x is secret\."):
        explain(Subject(Found(PROXY, "p", None, {}, None, "x is secret")))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:sk-never@e.example/v1?key=sk-never#sk-never", "https://e.example/v1"),
        ("https://e.example/openai/v1/sk-never/t", "https://e.example/openai/v1/…/…"),
        ("https://[sk-never", "an address that makes no sense"),
    ],
)
def test_what_may_be_secret_in_a_url_is_in_no_fact(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
    body = {"modelProxyName": "p", "proxyConfig": {"endpoints": [{"baseUrl": url, "modelNames": ["m"]}]}}
    found = explain(Subject(Found(PROXY, "p", None, body, None)))
    assert "sk-never" not in found.model_dump_json() + repr(found) + "".join(picture([found]))
    assert found.services[0].name == shown


def test_the_picture_shows_shares_and_fallbacks_in_order() -> None:
    lines = list(picture([explain(subject())]))
    assert lines[:4] == [
        "graph LR",
        '  callers(["callers"])',
        '  callers --> p0["chat"]',
        '  p0s0["chat-stable<br/>tongyi, cn-hangzhou"]',
    ]
    assert lines[-3:] == [
        '  p0 -->|"m, chat-1111111: 95 %"| p0s0',
        '  p0 -->|"m, chat-1111111: 5 %"| p0s1',
        '  p0 -.->|"fallback 1"| p0s2',
    ]


@given(st.text(min_size=1))
def test_no_name_gets_out_of_its_label(name: str) -> None:
    body = {"modelProxyName": name, "proxyConfig": {"endpoints": [{"modelServiceName": name, "modelNames": [name]}]}}
    for line in picture([explain(Subject(Found(PROXY, name, None, body, None)))]):
        label = line.partition('"')[2].rpartition('"')[0]
        assert not set(label.replace("<br/>", "")) & set('"<>`|[](){}')


@given(gateways())
def test_facts_are_the_same_again_from_json(of: Subject) -> None:
    found = explain(of)
    assert Proxy.model_validate(json.loads(found.model_dump_json(by_alias=True))) == found
