"""What becomes of callers: each change that they would notice is said once, and nothing else is."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.client.printable import printable
from pulumi_agentrun.routes.changes import Change, changes
from pulumi_agentrun.routes.explaining import explain
from pulumi_agentrun.routes.facts import Proxy
from pulumi_agentrun.routes.markdown import of_changes, of_proxies, rows_of
from pulumi_agentrun.routes.subjects import Subject
from unit.gateway_plans import fallback, proxy
from unit.test_drill import subject
from unit.test_explaining import gateways, made

BASE: dict[str, Any] = {"numRetries": 1, "fallbacks": [fallback("c")], "requestTimeout": 60}
ONE_WAY = ("model", "proxy", "reaches host")
"""What is weaker one way and nothing the other: a new model takes nothing from anybody, nor does a host less."""


def gate(*endpoints: Any, **policies: Any) -> Proxy:
    return explain(made(proxy(*(endpoints or [("a", 3), ("b", 1)]), mode="single", **{**BASE, **policies})))


def said(before: Proxy, after: Proxy) -> dict[str, tuple[str, str, str]]:
    found = changes([before], [after])
    assert len({(item.model, item.what) for item in found}) == len(found)
    return {f"{item.model} {item.what}".strip(): (item.before, item.after, item.effect) for item in found}


@given(gateways())
def test_nothing_changes_where_nothing_changes(of: Subject) -> None:
    assert changes([explain(of)], [explain(of)]) == []


@given(gateways(), gateways())
def test_what_changes_changes_back(one: Subject, other: Subject) -> None:
    there, back = changes([explain(one)], [explain(other)]), changes([explain(other)], [explain(one)])

    def turned(item: Change) -> Any:
        effect = {"": "", "weaker": "stronger", "stronger": "weaker"}[item.effect]
        is_whole = item.what in ONE_WAY
        return item.model, item.what, item.after, item.before, "" if is_whole else effect

    found = [(item.model, item.what, item.before, item.after, item.effect) for item in back]
    assert sorted((*f[:4], "" if f[1] in ONE_WAY else f[4]) for f in found) == sorted(map(turned, there))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (gate(("a", 1), ("b", 1)), {"m shares": ("a 75 %, b 25 %", "a 50 %, b 50 %", "")}),
        (gate(numRetries=0), {"m attempts at worst": ("4", "2", ""), "retries": ("1", "0", "")}),
        (
            gate(fallbacks=[]),
            {"m fallbacks": ("c", "nothing", "weaker"), "m reaches region": ("near", "nothing", "")},
        ),
        (gate(requestTimeout=30), {"timeout": ("60 s", "30 s", ""), "m time at worst": ("4m6s", "2m6s", "")}),
        (gate(concurrencyLimit=7), {"calls at once": ("200", "7", "")}),
        (gate(concurrencyLimit=0), {"calls at once": ("200", "any number", "")}),
        (gate(tokenRateLimiter={"tpm": 5}), {"tokens (tpm)": ("any number", "5", "")}),
        (gate(cache=True), {"cache": ("off", "on", "")}),
        (
            gate(aiGuardrailConfig={"checkRequest": True, "blockOnPromptAttack": True, "maxTextLength": 9}),
            {
                "guardrail on requests": ("off", "on", "stronger"),
                "guardrail blockOnPromptAttack": ("off", "on", "stronger"),
                "longest text": ("any length", "9", ""),
            },
        ),
        (gate(("a", 3), ("b", 1), ("d", 1, "n")), {"n model": ("nothing", "there", "")}),
        (
            gate(("a", 3, "n"), ("b", 1, "n")),
            {"m model": ("there", "nothing", "weaker"), "n model": ("nothing", "there", "")},
        ),
        (
            gate(("a", 3), ("d", 1)),
            {
                "m answered by": ("a 75 %, b 25 %", "a 75 %, d 25 %", ""),
                "m reaches provider": ("nothing", "provider-False", ""),
            },
        ),
    ],
)  # fmt: skip
def test_a_change_is_said(after: Proxy, expected: dict[str, tuple[str, str, str]]) -> None:
    found = said(gate(), after)
    assert expected.items() <= found.items()
    assert all("fails without" in what or "at worst" in what for what in found.keys() - expected.keys())


def test_what_is_less_protected_is_said_to_be_weaker() -> None:
    checked = {"checkRequest": True, "checkResponse": True, "blockOnPromptAttack": True}
    found = said(gate(aiGuardrailConfig=checked), gate(aiGuardrailConfig={"checkRequest": True}, fallbacks=[]))
    assert found["guardrail on responses"] == ("on", "off", "weaker")
    assert found["guardrail blockOnPromptAttack"] == ("on", "off", "weaker")
    assert found["m fails without region far"] == ("0 %", "100 %", "weaker")


def test_a_model_behind_the_proxys_own_name_is_a_change_of_what_is_asked_for() -> None:
    one, other = (explain(made(proxy(("a", 1, model)))) for model in ("m", "n"))
    assert said(one, other)["the proxy's own name asks for"] == ("m", "n", "")


def test_proxies_and_services_are_the_same_by_what_programs_call_them() -> None:
    one = explain(subject())
    text = one.model_dump_json().replace("1111111", "2222222")
    assert changes([one], [Proxy.model_validate_json(text)]) == []
    assert [(item.what, item.effect) for item in changes([one], [])] == [("proxy", "weaker")]
    assert [(item.what, item.effect) for item in changes([], [one])] == [("proxy", "")]


def test_keys_are_compared_by_reference() -> None:
    one = gate()
    services = tuple(item.model_copy(update={"key": f"env:{item.name}"}) for item in one.services)
    other = one.model_copy(update={"services": services})
    assert said(one, other)["key of a"] == ("none that is known", "env:a", "")


def test_a_comment_says_how_much_changes() -> None:
    assert [*of_changes([])] == ["Nothing changes for callers."]
    found = changes([gate()], [gate(fallbacks=[])])
    assert [*of_changes(found)][:2] == [f"{len(found)} things change for callers, 4 for the weaker.", ""]
    assert next(iter(of_changes(changes([gate()], [gate(cache=True)])))) == "1 thing changes for callers."
    whole = "\n".join(of_proxies([gate()]))
    assert "```mermaid\ngraph LR" in whole
    assert whole.startswith("### <code>gate</code>")


@given(st.text(min_size=1))
def test_no_name_is_more_than_text_in_a_comment(name: str) -> None:
    *_, row = rows_of(("A",), [(name,)])
    inner = row.removeprefix("| <code>").removesuffix("</code> |")
    assert not set(inner) & set("<>|`*_[]@:\n\r\\")
    assert html.unescape(inner) == printable(name)


def test_what_fallbacks_ask_for_is_compared() -> None:
    found = said(gate(), gate(fallbacks=[fallback("c", "n")]))
    assert found == {"m fallbacks ask for": ("m", "n", "")}


def test_of_two_proxies_of_one_name_both_are_compared() -> None:
    changed = gate(cache=True)
    assert changes([gate(), gate()], [gate(), gate()]) == []
    assert [(item.proxy, item.what) for item in changes([gate(), gate()], [gate(), changed])] == [("gate (2)", "cache")]


def calling(**hosts: str) -> Proxy:
    """Return a proxy that shares calls among services with these hosts."""
    of = made(proxy(*((name, 1) for name in hosts)))
    services = {
        name: replace(of.services[name], body={"providerSettings": {"baseUrl": f"https://{host}/v1"}})
        for name, host in hosts.items()
    }
    return explain(replace(of, services=services))


def test_where_calls_newly_go_is_said_and_weaker() -> None:
    found = changes([calling(a="x.example")], [calling(a="evil.example")])
    assert [tuple(item.model_dump().values())[2:] for item in found] == [
        ("reaches host", "nothing", "evil.example", "weaker"),
        ("reaches host", "x.example", "nothing", ""),
        ("hosts of a", "x.example", "evil.example", ""),
    ]


def test_services_that_change_places_are_told() -> None:
    """A service's key goes where it did not go before, even if the proxy reaches no other hosts."""
    one, other = calling(a="x.example", b="y.example"), calling(a="y.example", b="x.example")
    assert said(one, other) == {
        "hosts of a": ("x.example", "y.example", ""),
        "hosts of b": ("y.example", "x.example", ""),
    }


def test_the_url_of_an_endpoint_is_a_host_too() -> None:
    def to(host: str) -> Proxy:
        body = proxy(("a", 1))
        body["proxyConfig"]["endpoints"] = [{"baseUrl": f"https://{host}/v1", "modelNames": ["m"]}]
        return explain(made(body))

    found = changes([to("x.example")], [to("evil.example")])
    assert [(item.before, item.after, item.effect) for item in found if item.what == "reaches host"] == [
        ("nothing", "evil.example", "weaker"),
        ("x.example", "nothing", ""),
    ]
