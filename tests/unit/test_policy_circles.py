"""Requests that go in circles, and those that only look as if they did."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_agentrun.policy import View
from pulumi_agentrun.routes.address import address_of, endpoint_region
from unit.views import found, proxy, service, to

BACK = "leads back to this proxy"
TRIED = "falls back to what has been tried already"
GATE = "https://gw.example/model-proxies/{}/v1"


def behind(name: str, base_url: str, **more: Any) -> View:
    return service(model_service_name=name, provider_settings={"base_url": base_url, **more})


def gate(name: str, *targets: str, endpoint: str | None = None, **more: Any) -> View:
    return proxy(to(*targets), model_proxy_name=name, endpoint=endpoint or GATE.format(name), **more)


@pytest.mark.parametrize(
    ("entrance", "base_url"),
    [
        ("https://gw.example", "https://gw.example/v1"),
        ("https://gw.example/p/a/v1", "https://gw.example/p/a/v1"),
        ("https://gw.example/p/a/v1", "https://gw.example/p/a/v1/"),
        ("https://gw.example/p/a/v1/", "https://gw.example/p/a/v1/chat"),
        ("https://gw.example/p/a/v1", "https://GW.Example/p/a/v1"),
        ("https://gw.example/p/a/v1", "HTTPS://gw.example:443/p/a/v1"),
        ("https://gw.example/p/a/v1", "https://gw.example./p/a/v1"),
        ("https://gw.example/p/a/v1", "https://gw.example/p/%61/v1"),
        ("https://gw.example/p/a%2fb/v1", "https://gw.example/p/a%2Fb/v1"),
        ("https://gw.example/p/ü/v1", "https://gw.example/p/%C3%BC/v1"),
        ("https://gw.example/p/a/v1", "https://gw.example//p/./x/../a/v1?k=v#f"),
        ("https://gw.example/p/a/v1", "https://user:word@gw.example/p/a/v1"),
        ("https://bücher.example/v1", "https://xn--bcher-kva.example/v1"),
        ("http://gw.example:80/v1", "http://gw.example/v1"),
        ("https://[::1]:8443/v1", "https://[0:0::1]:8443/v1"),
    ],
)
def test_an_address_leads_back_however_it_is_written(entrance: str, base_url: str) -> None:
    views = [behind("s1", base_url), gate("a", "s1", endpoint=entrance)]
    assert found("no-cycles", {}, views) == [f"proxy_config.endpoints[0]: {BACK}"]


@pytest.mark.parametrize(
    ("entrance", "base_url"),
    [
        ("https://gw.example/p/a/v1", "https://gw.example/p/b/v1"),
        ("https://gw.example/p/a/v1", "https://gw.example/p/a/v2"),
        ("https://gw.example/p/a/v1", "https://gw.example/p/a/v10"),
        ("https://gw.example/p/a/v1", "https://gw.example/p/A/v1"),
        ("https://gw.example/p/a/v1", "https://gw.example:8443/p/a/v1"),
        ("https://gw.example/p/a/v1", "http://gw.example/p/a/v1"),
        ("https://gw.example/p/a/v1", "https://gw.example.evil.example/p/a/v1"),
        ("https://gw.example/p/a%2Fb/v1", "https://gw.example/p/a/b/v1"),
        ("https://gw.example/p/a/v1", "https://gw.example/"),
        ("https://[x", "https://[x"),
        ("not an address", "not an address"),
    ],
)
def test_another_address_does_not(entrance: str, base_url: str) -> None:
    assert found("no-cycles", {}, [behind("s1", base_url), gate("a", "s1", endpoint=entrance)]) == []


def test_a_chain_of_gateways_on_one_host_is_no_circle_and_a_ring_is_one_for_each() -> None:
    chain = [
        behind("to-b", GATE.format("b")), behind("to-c", GATE.format("c")), behind("out", "https://m.example/v1"),
        gate("a", "to-b"), gate("b", "to-c"), gate("c", "out"),
    ]  # fmt: skip
    assert found("no-cycles", {}, chain) == []
    ring = [*chain, behind("to-a", GATE.format("a"))]
    ring[5] = gate("c", "out", "to-a")
    assert found("no-cycles", {}, ring) == [
        f"proxy_config.endpoints[0]: {BACK}",
        f"proxy_config.endpoints[0]: {BACK}",
        f"proxy_config.endpoints[1]: {BACK}",
    ]  # fmt: skip


def test_what_only_leads_into_a_circle_is_not_in_it() -> None:
    views = [behind("to-b", GATE.format("b")), gate("a", "to-b"), gate("b", "to-b")]
    assert found("no-cycles", {}, views) == [f"proxy_config.endpoints[0]: {BACK}"]


def test_an_endpoints_own_address_and_a_fallback_lead_back_too() -> None:
    own = proxy([{"base_url": GATE.format("a")}], model_proxy_name="a", endpoint=GATE.format("a"))
    assert found("no-cycles", {}, [own]) == [f"proxy_config.endpoints[0]: {BACK}"]
    past = proxy(to("s1", base_url="https://m.example"), model_proxy_name="a", endpoint=GATE.format("a"))
    assert found("no-cycles", {}, [behind("s1", GATE.format("a")), past]) == [], "its own address goes before"
    fallen = gate("a", "out", policies={"fallbacks": to("s1")})
    views = [behind("s1", GATE.format("a")), behind("out", "https://m.example"), fallen]
    assert found("no-cycles", {}, views) == [f"proxy_config.policies.fallbacks[0]: {BACK}"]


def test_the_nearer_of_two_entrances_is_the_one() -> None:
    views = [behind("s1", "https://gw.example/b/v1"), gate("a", "s1", endpoint="https://gw.example")]
    assert found("no-cycles", {}, views) == [f"proxy_config.endpoints[0]: {BACK}"]
    assert found("no-cycles", {}, [*views, gate("b", "out", endpoint="https://gw.example/b")]) == []


def fallbacks(endpoints: list[dict[str, Any]], *falls: tuple[str, str | None]) -> list[str]:
    listed = [{"model_service_name": name} | ({"model_name": model} if model else {}) for name, model in falls]
    one = behind("one", "https://m.example", model_names=["m1"])
    return found("no-cycles", {}, [service(), one, proxy(endpoints, policies={"fallbacks": listed})])


def test_a_fallback_to_what_every_request_has_tried_is_found() -> None:
    first, second = "proxy_config.policies.fallbacks[0]", "proxy_config.policies.fallbacks[1]"
    assert fallbacks(to("s1"), ("s1", None)) == [f"{first}: {TRIED}"]
    assert fallbacks(to("s1", model_names=["m1"]), ("s1", "m1")) == [f"{first}: {TRIED}"]
    assert fallbacks(to("s1", model_names=["m1"]), ("s2", None), ("s1", None)) == [f"{second}: {TRIED}"]
    assert fallbacks(to("one"), ("one", "m1")) == [f"{first}: {TRIED}"], "the only model of the service"
    assert fallbacks(to("s1"), ("s2", "m1"), ("s2", "m1")) == [f"{second}: {TRIED}"]
    assert fallbacks(to("s1", "s1", model_names=["m1"]), ("s1", "m1")) == [f"{first}: {TRIED}"]


def test_a_fallback_to_what_some_request_has_not_tried_is_none() -> None:
    assert fallbacks(to("s1", model_names=["m1"]), ("s1", "m2")) == []
    assert fallbacks(to("s1", model_names=["m1", "m2"]), ("s1", "m2")) == []
    assert fallbacks(to("s1"), ("s1", "m2")) == [], "s1 offers m1, too"
    assert fallbacks(to("elsewhere"), ("elsewhere", "m1")) == [], "whose models are not known here"
    assert fallbacks([*to("s1", weight=90), *to("s2", weight=10)], ("s1", None)) == [], "helps those of s2"
    assert fallbacks(to("s1"), ("s2", "m1"), ("s2", "m2"), ("s2", None)) == []
    assert fallbacks([], ("s1", None)) == []


@pytest.mark.parametrize(
    "url",
    ["", "x", "https://", "https:///a", "https://[x", "https://a:99999", "https://a..b", "//a", f"https://{'a' * 99}"],
)
def test_what_is_no_address_is_none(url: str) -> None:
    assert address_of(url) is None
    if url:
        assert found("secure-base-urls", {}, [behind("s", url)]) == [
            "provider_settings.base_url: must be the URL of a host"
        ]


def test_a_host_is_compared_however_it_is_written() -> None:
    assert found("secure-base-urls", {"hosts": ["a.example"]}, [behind("s", "https://A.example./v1")]) == []
    assert found("secure-base-urls", {"hosts": ["a.example"]}, [behind("s", "https://a.example@b.example/v1")]) == [
        "provider_settings.base_url: must not carry a user name or password",
        "provider_settings.base_url: must lead to one of a.example",
    ]


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("https://agentrun.cn-beijing.aliyuncs.com", "cn-beijing"),
        ("agentrun-vpc.CN-Beijing.aliyuncs.com.", "cn-beijing"),
        ("http://agentrun.ap-southeast-1.aliyuncs.com:80", "ap-southeast-1"),
        ("https://cn-shanghai-finance-1.agentrun.aliyuncs.com", "cn-shanghai-finance-1"),
        ("https://agentrun.aliyuncs.com", None),
        ("https://agentrun.cn-beijing.example", None),
        ("https://aliyuncs.com.cn-beijing.example", None),
        ("file://agentrun.cn-beijing.aliyuncs.com", None),
        ("https://[x", None),
        (None, None),
    ],
)
def test_the_region_that_an_endpoint_names(endpoint: str | None, region: str | None) -> None:
    assert endpoint_region(endpoint) == region
