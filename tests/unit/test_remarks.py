"""What a plan says besides its properties: which key changes, never a value of it, and what is not certain."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_agentrun.client.kinds import PROXY, SERVICE, Kind
from pulumi_agentrun.lifecycle import check, hidden_inputs
from pulumi_agentrun.lifecycle.diff import diff
from pulumi_agentrun.lifecycle.remarks import remarks
from pulumi_agentrun.lifecycle.unknown import UNKNOWN

OTHER, ONE = "sk-the-other-key", "sk-the-one-key"
ROUTES = {"endpoints": [{"model_service_name": "s"}]}
NAMELESS = {"proxy_config": ROUTES, "model_proxy_name": UNKNOWN}
UNSURE = (
    "model proxy a is replaced only if proxy_mode comes to be another, which is not known yet: set it to be certain"
)


def said(kind: Kind[Any], before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    base: dict[str, Any] = {hidden_inputs.URN: "urn:pulumi:dev::p::t::a"}
    base |= {"model_type": "llm", "provider": "p"} if kind is SERVICE else {}
    olds, failures = check.check(kind, {}, base | before)
    news, more = check.check(kind, olds, base | after)
    assert failures + more == []
    lines = [str(notice.text) for notice in remarks(kind, "a", diff(kind, "a", olds, news), olds, news)]
    assert not [line for line in lines if "-key" in line]
    return lines


def settings(**given: Any) -> dict[str, Any]:
    return {"provider_settings": {"base_url": "https://a.example", **given}}


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (
            settings(api_key=ONE),
            settings(api_key=OTHER),
            ["model service a: the key provider_settings.api_key changes"],
        ),
        (settings(api_key=ONE), settings(api_key=ONE, base_url="https://b.example"), []),
        (settings(), settings(api_key=ONE), []),
        (settings(api_key=ONE), settings(), []),
        (settings(api_key=ONE), settings(api_key=UNKNOWN), []),
        (settings(api_key=ONE), {"provider_settings": UNKNOWN}, []),
    ],
)
def test_a_key_that_becomes_another_is_named(before: dict[str, Any], after: dict[str, Any], lines: list[str]) -> None:
    assert said(SERVICE, before, after) == lines


def test_a_key_of_the_monitoring_is_named_too() -> None:
    def proxy(key: str) -> dict[str, Any]:
        return {"proxy_config": ROUTES, "arms_configuration": {"arms_license_key": key}}

    assert said(PROXY, proxy(ONE), proxy(OTHER)) == [
        "model proxy a: the key arms_configuration.arms_license_key changes"
    ]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({}, {"proxy_config": UNKNOWN}, [UNSURE]),
        ({"proxy_mode": "multi"}, {"proxy_config": UNKNOWN}, []),
        ({}, {"proxy_config": UNKNOWN, "proxy_mode": "single"}, []),
        ({}, {"proxy_config": UNKNOWN, "cpu": 4}, []),
        ({"model_proxy_name": "a"}, NAMELESS, [UNSURE.replace("proxy_mode", "model_proxy_name")]),
        ({"model_proxy_name": "a"}, {**NAMELESS, "model_proxy_name": "b"}, []),
        ({"model_proxy_name": "a"}, {"proxy_config": UNKNOWN, "model_proxy_name": "b"}, []),
    ],
)
def test_a_replacement_that_is_not_certain_is_said(
    before: dict[str, Any], after: dict[str, Any], lines: list[str]
) -> None:
    assert said(PROXY, {"proxy_config": ROUTES} | before, after) == lines
