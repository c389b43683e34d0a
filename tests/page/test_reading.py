"""What the page shows of resources: names, places, states and shares; no key, wherever one was put."""

from __future__ import annotations

from typing import Any

import pytest
from gateway.local import SECRETS, Local
from page.visitor import Visitor, items
from pulumi_agentrun.platform.page.reading import place

KEYS = ("sk-inline-key", "sk-of-the-credential", "userinfo-password", "query-key", "basic-password", "jwt-signing-key")
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "__proto__",
    "a\u2028b\nc",
    "\u202eevil",
]


def keep_keys(local: Local) -> None:
    """Put keys wherever the API lets somebody put them."""
    public = {"authConfig": {"signing": "jwt-signing-key"}, "users": [{"username": "u", "password": "basic-password"}]}
    for name, extra in (("key", {}), ("other", {"credentialPublicConfig": public})):
        credential = {"credentialName": name, "credentialAuthType": "api_key", "credentialSourceType": "internal"}
        local.control("POST", "credentials", {**credential, "credentialSecret": "sk-of-the-credential", **extra})
    url = "https://user:userinfo-password@up.example:8443/v1?key=query-key"
    settings = {"apiKey": "sk-inline-key", "baseUrl": url, "modelNames": ["m"]}
    local.service("qwen", providerSettings=settings, credentialName="key")
    said = "rejected sk-inline-key and sk-of-the-credential, basic-password, jwt-signing-key"
    local.control("PUT", "model-services/qwen", {"status": "UPDATE_FAILED", "statusReason": said})
    local.before("qwen")
    config = {"endpoints": [{"baseUrl": url, "modelNames": ["m"]}], "policies": {"numRetries": 0}}
    local.control("POST", "model-proxies", {"modelProxyName": "direct", "cpu": 1, "memory": 1, "proxyMode": "multi",
                                            "proxyConfig": config, "credentialName": "key"})  # fmt: skip


def test_no_key_is_in_anything_that_comes_back(local: Local, visitor: Visitor) -> None:
    keep_keys(local)
    local.chat()
    local.post(x_agentrun_simulate="*:status=500")
    secret = {"authorization": "Bearer sk-of-the-credential"}
    visitor.client.post("/models/direct/v1/chat/completions", json={"model": "m", "messages": []}, headers=secret)
    with visitor.events() as events:
        first = next(events)
        visitor.ask("POST", "/page/troubles", {"service": "qwen", "status": 500})
        visitor.ask("POST", "/page/faults", {"status": 500, "code": "X", "message": "y"})
        next(events)
    service, direct = items(first, "service")["qwen"], items(first, "proxy")["direct"]
    assert service["reason"] == "rejected ****** and ******, ******, ******"
    assert service["address"] == "https://up.example:8443/v1"
    assert (service["has_key"], service["credential"]) == (True, "key")
    assert direct["routes"][0]["order"][0][0]["place"] == "https://up.example:8443/v1"
    everything = "".join(visitor.seen)
    assert [secret for secret in (*KEYS, *SECRETS) if secret in everything] == []


def test_credentials_are_shown_by_name_and_use_alone(local: Local, visitor: Visitor) -> None:
    keep_keys(local)
    assert items(visitor.everything(), "credential") == {
        "key": {"type": "api_key", "source": "internal", "is_enabled": True,
                "users": [["model service", "qwen"], ["model proxy", "direct"]]},
        "other": {"type": "api_key", "source": "internal", "is_enabled": True, "users": []},
    }  # fmt: skip


def test_shares_are_those_that_calls_take(local: Local, visitor: Visitor) -> None:
    for name in ("stable", "canary", "idle", "backup"):
        local.service(name, "big", "small")
    endpoints = [{"modelServiceName": "stable", "weight": 3, "modelNames": ["big"]},
                 {"modelServiceName": "canary", "weight": 1, "modelNames": ["big"]},
                 {"modelServiceName": "idle", "modelNames": ["big", "small"]}]  # fmt: skip
    policies = {"fallbacks": [{"modelServiceName": "backup", "modelName": "small"}], "concurrencyLimit": 7}
    local.before("stable", name="plain")
    config = {"endpoints": endpoints, "policies": policies}
    local.control(
        "POST",
        "model-proxies",
        {"modelProxyName": "gate", "cpu": 1, "memory": 1, "proxyMode": "multi", "proxyConfig": config},
    )
    found = items(visitor.everything(), "proxy")["gate"]
    shown = {tuple(route["models"]): [[(target["place"], target["share"], target["models"]) for target in group]
                                      for group in route["order"]] for route in found["routes"]}  # fmt: skip
    backup = [("backup", 1.0, ["small"])]
    assert shown == {
        ("big",): [[("stable", 0.75, []), ("canary", 0.25, []), ("idle", 0.0, [])], backup],
        ("small",): [[("idle", 1.0, [])], [("backup", 1.0, [])]],
        ("gate",): [[("stable", 0.75, ["big"]), ("canary", 0.25, ["big"]), ("idle", 0.0, ["big", "small"])], backup],
    }
    assert (found["retries"], found["timeout"], found["calls"]) == (3, 600, 7), "what holds where nothing is declared"


@pytest.mark.parametrize("name", HOSTILE)
def test_names_come_through_as_they_are(local: Local, visitor: Visitor, name: str) -> None:
    local.service(name, name, provider=name)
    config: dict[str, Any] = {"endpoints": [{"modelServiceName": name, "modelNames": [name]}]}
    proxy = {"modelProxyName": name, "cpu": 1, "memory": 1, "proxyMode": "single", "proxyConfig": config}
    local.control("POST", "model-proxies", proxy)
    event = visitor.everything()
    assert items(event, "service")[name]["models"] == [name]
    assert items(event, "proxy")[name]["routes"][0]["order"][0][0]["place"] == name
    assert "\nc" not in "".join(visitor.seen), "an event has one line of data"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("qwen", "qwen"),
        ("", ""),
        ("http://u:p@[::1]:1/v1?k=s#f", "http://[::1]:1/v1"),
        ("https://x:99999/v1", "an address that cannot be read"),
        ("https://[x", "an address that cannot be read"),
        ("https://sk-key@", "https://"),
    ],
)
def test_a_place_is_shown_without_what_may_be_a_key(name: str, shown: str) -> None:
    assert place(name) == shown
