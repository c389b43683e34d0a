"""Credentials go to the host that was meant, whatever a setting holds, and in clear to no other machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi_agentrun.client.config import Config, resolve
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.client.proxies import proxy_for
from pulumi_agentrun.engine.log import Engine
from pulumi_agentrun.lifecycle.profiles import Accounts
from pulumi_agentrun.lifecycle.readers import PYTHON
from pulumi_agentrun.plugin import values
from pulumi_agentrun.plugin.provider import Provider

KEYS = {"AGENTRUN_ACCESS_KEY_ID": "id", "AGENTRUN_ACCESS_KEY_SECRET": "secret"}
ELSEWHERE = [
    "x@evil.example/?", "evil.example/", "evil.example#", "a.evil.example", "a:80", "cn-hangzhou ", "cn-hangzhou\n",
    "CN-HANGZHOU", "-cn", "cn-", "cn--a", "\uff43n", "cn\\evil", "cn%2fevil", "cn_a",
]  # fmt: skip
NO_ENDPOINTS = [
    "https://a b.example", "https://a.example\n", " https://a.example", "https://a.example\t", "https://a\\@b.example",
    "https://a\u3002example", "https://\u2024.example", "https://user@a.example", "https://@a.example",
    "https://a.example@b.example", "https://a.example/x", "https://a.example//", "https://a.example?", "https://a.example#",
    "https://a..example", "https://.a", "https://a%2eexample", "https://[::1", "https://[::1]x", "https://[fe80::1%25e]",
    "https://[a.example]", "https://a.example:", "https://a.example:99999", "https://a.example:8o", "https:///a.example",
    "https:a.example", "ftp://a.example", "javascript://a.example", "://a.example", "https://", "a.example/../b",
]  # fmt: skip
text = st.text(max_size=12) | st.text("ab1-.:/@?#\\ \n[]%_\u3002", max_size=16)


def profile(**settings: str) -> Accounts:
    keys = {"accessKeyId": "id", "accessKeySecret": "s"}
    return Accounts({"agentrun:profiles": {"eu": settings | keys}}.get, lambda text: None)


@pytest.mark.parametrize("region", ELSEWHERE)
def test_a_region_that_is_none_is_refused_wherever_it_comes_from(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    for endpoint in (None, "https://a.example"):
        with pytest.raises(ConfigError, match=r"^region must be a region such as cn-hangzhou"):
            resolve(Config(region=region, endpoint=endpoint), KEYS)
    for name in ("AGENTRUN_REGION", "FC_REGION"):
        with pytest.raises(ConfigError, match=f"^{name} must be a region"):
            resolve(Config(), KEYS | {name: region})
    assert told(lambda: profile(region=region).place("eu")).startswith("agentrun:profiles.eu.region must be a region")
    stack = Accounts({"agentrun:region": region}.get, lambda text: None)
    assert told(lambda: stack.connect(None)).startswith("agentrun:region must be a region")
    assert "agentrun:region must be a region" in plugin_says(region=region)


def told(work: Callable[[], object]) -> str:
    """Return what a person with a stack is told of a failure."""
    with pytest.raises(ConfigError) as caught:
        work()
    return caught.value.told(PYTHON)


def plugin_says(**settings: Any) -> str:
    request = messages.CheckRequest(news=values.write(settings | {"accessKeyId": "id", "accessKeySecret": "s"}))
    answer = asyncio.run(Provider(Engine("")).CheckConfig(request, None))  # type: ignore[arg-type]
    return "".join(failure.reason for failure in answer.failures)


@given(text)
@example("x@evil.example/?")
def test_a_region_never_leads_out_of_its_domain(region: str) -> None:
    try:
        url = resolve(Config(region=region), KEYS).base_url
    except ConfigError:
        return
    expected = f"agentrun.{region or 'cn-hangzhou'}.aliyuncs.com"
    assert httpx.URL(url).host == urlsplit(url).hostname == expected


@pytest.mark.parametrize("endpoint", NO_ENDPOINTS)
def test_an_endpoint_that_parsers_could_read_another_way_is_refused(endpoint: str) -> None:
    with pytest.raises(ConfigError, match=r"^endpoint must be https://HOST"):
        resolve(Config(endpoint=endpoint), KEYS)
    with pytest.raises(ConfigError, match=r"^AGENTRUN_CONTROL_ENDPOINT must be https://HOST"):
        resolve(Config(), KEYS | {"AGENTRUN_CONTROL_ENDPOINT": endpoint})


@given(st.sampled_from(["https://", "http://", "HTTPS://", ""]), text)
def test_an_endpoint_leads_where_everybody_reads_that_it_leads(scheme: str, rest: str) -> None:
    try:
        url = resolve(Config(endpoint=f"{scheme}{rest}", allow_insecure=True), KEYS).base_url
    except ConfigError:
        return
    if url == "http://embedded":
        return
    ours, theirs = httpx.URL(url), urlsplit(url)
    assert ours.host == theirs.hostname
    assert ours.raw_path == b"/"
    assert rest.lower().startswith(theirs.netloc) or ours.port is None or "[" in rest or ":0" in rest


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1:8080", "[::1]:80", "localhost", "LocalHost:1"])
def test_what_stays_on_this_machine_may_go_in_clear(host: str) -> None:
    assert resolve(Config(endpoint=f"http://{host}"), KEYS).base_url == f"http://{host.lower()}"


INSECURE = [
    "a.example", "10.0.0.1:80", "localhost.evil.example", "localhost.", "127.0.0.1.evil.example", "128.0.0.1", "127.1",
    "[::ffff:10.0.0.1]", "0.0.0.0", "[::]", "agentrun.cn-hangzhou.aliyuncs.com", "notlocalhost",
]  # fmt: skip


@pytest.mark.parametrize("host", INSECURE)
def test_nothing_goes_in_clear_to_another_machine_unless_allowed(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = f"http://{host}"
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=r"^endpoint is http://.*set allow_insecure to true"):
        resolve(Config(endpoint=endpoint), KEYS)
    said = told(lambda: profile(endpoint=endpoint).place("eu"))
    assert said.startswith("agentrun:profiles.eu.endpoint is http://")
    assert "set agentrun:profiles.eu.allowInsecure to true" in said
    assert "agentrun:endpoint is http://" in plugin_says(endpoint=endpoint)
    allowed = resolve(Config(endpoint=endpoint, allow_insecure=True), KEYS)
    assert allowed.base_url == endpoint
    assert resolve(Config(endpoint=endpoint), KEYS | {"AGENTRUN_ALLOW_INSECURE": "true"}).base_url == endpoint
    assert profile(endpoint=endpoint, allowInsecure="True").place("eu").address == endpoint
    assert plugin_says(endpoint=endpoint, allowInsecure=True) == ""


def test_only_yes_allows_what_is_not_secure() -> None:
    endpoint = "http://a.example"
    with pytest.raises(ConfigError, match="is http://"):
        resolve(Config(endpoint=endpoint, allow_insecure=False), KEYS | {"AGENTRUN_ALLOW_INSECURE": "true"})
    with pytest.raises(ConfigError, match="AGENTRUN_ALLOW_INSECURE must be true or false"):
        resolve(Config(endpoint=endpoint), KEYS | {"AGENTRUN_ALLOW_INSECURE": "yes"})
    with pytest.raises(ConfigError, match=r"agentrun:profiles\.eu\.allowInsecure must be true or false"):
        profile(endpoint=endpoint, allowInsecure="1").place("eu")


def test_a_proxy_elsewhere_is_not_given_what_is_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "")
    assert proxy_for("http://127.0.0.1:8080") is None
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:3128")
    assert proxy_for("http://127.0.0.1:8080") is not None
