"""Each policy rule: what passes, what does not, what is not known yet, whom it ignores, and a wrong configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.client.models.fields import Model, SecretValue
from pulumi_agentrun.lifecycle.schema import Shape, shape_of, shape_of_model
from pulumi_agentrun.lifecycle.unknown import UNKNOWN
from pulumi_agentrun.policy import PRESETS, RULES, NotKnown, Rule, Settings, View, policies
from pulumi_agentrun.policy.rules.security import references
from pulumi_agentrun.policy.view import view_of
from pulumi_policy import ResourceValidationArgs, ResourceValidationPolicy, StackValidationPolicy
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy
from unit.views import BY_NAME, SECRET, found, proxy, service, to

GUARD = {"check_request": True, "check_response": True, "block_on_prompt_attack": True, "block_on_sensitive_data": True}
FALL = {"fallbacks": to("s2")}
ROLE = "acs:ram::123:role/gate"
AWAY = [service(), service(model_service_name="s2", provider="tongyi")]
HELD = {"fallbacks": to("s2", model_name="m1"), "num_retries": 1, "request_timeout": 10}
END = {"m1": {"sunset": "2030-03-01", "successor": "m2"}}
PRIVATE = {"network_mode": "PRIVATE", "vpc_id": "v", "vswitch_ids": ["w"], "security_group_id": "g"}

FALLBACK = "proxy_config.policies.fallbacks"
NAMES = "provider_settings.model_names"
FAR = {"base_url": "https://m.us-east-1.aliyuncs.com"}
ABROAD = service(provider_settings=FAR)
MOVED = service(
    model_service_name="s2", provider="tongyi", provider_settings=FAR,
    network_configuration={"network_mode": "PUBLIC"},
)  # fmt: skip


def offering(*models: str) -> View:
    return service(provider_settings={"model_names": [*models]})


# rule, configuration, resources, the findings
PASS: list[tuple[str, dict[str, Any], list[View]]] = [
    ("allowed-providers", {}, [service()]),
    ("allowed-providers", {"allowed": ["open*"]}, [service(), proxy()]),
    ("allowed-models", {"allowed": ["m*"]}, [service(), proxy(to("s1", model_names=["m1"]))]),
    ("allowed-models", {"sunset": {"m1": "2030-01-01"}, "today": "2029-12-31"}, [service()]),
    ("no-inline-api-key", {}, [service(credential_name="c"), service(provider_settings={"api_key_from": "env:K"})]),
    (
        "no-inline-api-key",
        {"references": ["env:MODEL_*", "file:/run/secrets/*"]},
        [
            service(credential_name="c"),
            service(provider_settings={"api_key_from": "env:MODEL_A"}),
            service(provider_settings={"api_key_from": "file:/run/secrets/a/../b"}),
            proxy(arms_configuration={"arms_license_key_from": "env:MODEL_ARMS"}),
        ],
    ),
    ("no-inline-api-key", {}, [proxy(arms_configuration={"arms_license_key_from": "env:HOME"}), proxy()]),
    ("no-inline-api-key", {"keyless": ["Custom"]}, [service(provider="custom")]),
    ("secure-base-urls", {"hosts": ["*.example"]}, [service(), proxy(to("s1", base_url="https://b.example"))]),
    ("private-networking", {}, [service(network_configuration=PRIVATE)]),
    ("private-networking", {"modes": ["PUBLIC"]}, [proxy(network_configuration={"network_mode": "PUBLIC"})]),
    ("guardrails", {}, [proxy(policies={"ai_guardrail_config": GUARD}), service()]),
    ("guardrails", {"request": False, "response": False, "blocks": []}, [proxy()]),
    ("limits", {"retries": {"max": 1}, "requestTimeout": {"max": 9}, "concurrency": {"max": 9}}, [proxy()]),
    ("limits", {"tokensPerMinute": {"min": 5}}, [proxy()]),
    ("limits", {"anyRateLimit": True}, [proxy(policies={"token_rate_limiter": {"tpm": 1}, "num_retries": 5})]),
    ("fallback", {}, [proxy(policies=FALL), service()]),
    ("weights", {"total": 100}, [proxy(), proxy([*to("a", weight=90), *to("b", weight=10)])]),
    ("sizes", {}, [proxy(cpu=8, memory=16384)]),
    (
        "naming",
        {},
        [service(description="d", model_service_name="a-1"), service(description="d", model_service_name=None)],
    ),
    ("allowed-regions", {"allowed": ["cn-a"]}, [service(), proxy(service_region_id="cn-a")]),
    ("allowed-regions", {}, [service(region=NotKnown(("region",)))]),
    ("services-exist", {"external": ["shared-*"]}, [service(), proxy(to("s1", "shared-1"))]),
    ("models-offered", {}, [service(), proxy(to("s1", model_names=["m2"]) + to("elsewhere", model_names=["x"]))]),
    ("no-cycles", {}, [service(), proxy(policies={"fallbacks": to("s1", model_name="m2") + to("s2")})]),
    ("unused-services", {}, [service(), proxy()]),
    ("unused-services", {"external": ["s1"]}, [service()]),
    ("survives-outage", {}, [*AWAY, proxy(policies=HELD)]),
    ("survives-outage", {"of": ["region"]}, [service(), proxy()]),
    ("survives-outage", {"of": ["service"], "failing": 1}, [service(), proxy()]),
    ("survives-outage", {}, [proxy([{}])]),
    ("retry-budget", {"attempts": 4, "seconds": 50}, [*AWAY, proxy(policies=HELD)]),
    ("retry-budget", {"attempts": None}, [service(), proxy(policies={"num_retries": 99})]),
    ("safe-fallback", {"classes": {"ours": ["open*", "tongyi"]}}, [*AWAY, proxy(policies=HELD)]),
    ("safe-fallback", {"region": False, "network": False}, [service(), MOVED, proxy(policies=HELD)]),
    ("safe-fallback", {}, [service(), proxy(to("elsewhere"), policies={"fallbacks": to("s1", "elsewhere")})]),
    ("token-budget", {}, [proxy()]),
    ("token-budget", {"tokensPerDay": 1440}, [proxy(policies={"token_rate_limiter": {"tpm": 1, "tpd": 9999}})]),
    ("pinned-models", {"exempt": ["M2"]}, [offering("m-2024-08-06", "m-0613", "m@1", "m-20240806", "m2")]),
    ("successors", {"models": END, "today": "2029-11-30"}, [service()]),
    ("successors", {"models": END, "today": "2030-02-28", "notice": 0}, [service()]),
    (
        "litellm-version", {"least": "1.81"},
        [proxy(litellm_version=v) for v in ("v1.81.0", "1.100", "1.81.0-stable", "1.82.0rc1")] + [proxy()],
    ),
    ("execution-role", {"allowed": ["*/gate"]}, [proxy(execution_role_arn=ROLE)]),
    ("logs", {}, [proxy(log_configuration={"project": "p", "logstore": "l"})]),
    ("tags", {}, [service(description="For chats. Owner: ml, cost=42"), proxy(description="cost: a; owner : b")]),
    (
        "tags", {"name": "(?P<owner>[a-z]+)-.*", "required": ["owner"]},
        [service(model_service_name="ml-qwen", description="d")],
    ),
    ("protect", {}, [replace(service(), is_protected=True)]),
    ("protect", {"kinds": ["ModelProxy"]}, [replace(service(), is_protected=False)]),
    ("caching", {}, [proxy(policies={"cache": True})]),
    ("caching", {"sensitive": ["q*"]}, [proxy(policies={"cache": True})]),
    ("caching", {"sensitive": ["p*"]}, [proxy(policies={"cache": False})]),
]  # fmt: skip
FAIL: list[tuple[str, dict[str, Any], list[View], list[str]]] = [
    (
        "no-inline-api-key", {"references": ["env:MODEL_*", "file:/run/secrets/*"]},
        [
            service(provider_settings={"api_key_from": "env:HOME"}),
            service(provider_settings={"api_key_from": "file:/run/secrets/../../etc/passwd"}),
        ],
        ["provider_settings.api_key_from: must match one of env:MODEL_*, file:/run/secrets/*"] * 2,
    ),
    (
        "no-inline-api-key", {"references": ["env:MODEL_*"]},
        [proxy(arms_configuration={"arms_license_key_from": "file:/home/ci/.pulumi/credentials.json"})],
        ["arms_configuration.arms_license_key_from: must match one of env:MODEL_*"],
    ),
    (
        "no-inline-api-key", {"references": ["env:MODEL_*"], "allowReferences": False},
        [proxy(arms_configuration={"arms_license_key_from": "env:HOME"})],
        ["arms_configuration.arms_license_key_from: must match one of env:MODEL_*"],
    ),
    ("allowed-providers", {"allowed": ["tongyi"]}, [service()], ["provider: must be one of tongyi"]),
    (
        "allowed-models", {"allowed": ["m1"], "denied": ["m2"]}, [service(), proxy(to("s1", model_names=["x"]))],
        [
            "provider_settings.model_names[1]: must be one of m1", "provider_settings.model_names[1]: is denied (m2)",
            "proxy_config.endpoints[0].model_names[0]: must be one of m1",
        ],
    ),
    (
        "allowed-models", {"sunset": {"m*": "2030-01-01"}, "today": "2030-01-01"},
        [proxy(policies={"fallbacks": to("s1", model_name="m1")})],
        ["proxy_config.policies.fallbacks[0].model_name: is not allowed any more (m* since 2030-01-01)"],
    ),
    (
        "no-inline-api-key", {"allowReferences": False},
        [service(provider_settings={"api_key": SECRET}), service(provider_settings={"api_key_from": "env:K"})],
        [
            "provider_settings.api_key: must not be set; use credential_name",
            "provider_settings.api_key_from: must not be set; use credential_name",
        ],
    ),
    (
        "secure-base-urls", {"hosts": ["b.example"]},
        [service(provider_settings={"base_url": f"http://u:{SECRET}@a.example"}), proxy(to("s", base_url="http://b.example"))],
        [
            "provider_settings.base_url: must begin with https://",
            "provider_settings.base_url: must not carry a user name or password",
            "provider_settings.base_url: must lead to one of b.example",
            "proxy_config.endpoints[0].base_url: must begin with https://",
        ],
    ),
    (
        "private-networking", {}, [service(), proxy(network_configuration={"network_mode": "PRIVATE"})],
        [
            "network_configuration.network_mode: must be PRIVATE",
            "network_configuration.vpc_id: must be set, for a private network is one of a VPC",
            "network_configuration.vswitch_ids: must be set, for a private network is one of a VPC",
            "network_configuration.security_group_id: must be set, for a private network is one of a VPC",
        ],
    ),
    (
        "guardrails", {"levels": ["high"]},
        [proxy(policies={"ai_guardrail_config": {**GUARD, "check_response": False}})],
        [
            "proxy_config.policies.ai_guardrail_config.check_response: must be true",
            "proxy_config.policies.ai_guardrail_config.level: must be one of high",
        ],
    ),
    (
        "limits", {"anyRateLimit": True, "requestTimeout": {"required": True}, "concurrency": {"min": 2}},
        [proxy(policies={"num_retries": 6, "concurrency_limit": 1})],
        [
            "proxy_config.policies.request_timeout: must be set",
            "proxy_config.policies.num_retries: must be at most 5",
            "proxy_config.policies.concurrency_limit: must be at least 2",
            "proxy_config.policies.token_rate_limiter: must limit tokens per second, minute, hour or day",
        ],
    ),
    (
        "limits", {"tokensPerMinute": {"max": 100}, "tokensPerDay": {"max": 1e6, "required": True}},
        [proxy(), proxy(policies={"token_rate_limiter": {"tpm": 100, "tpd": 1000001}})],
        [
            "proxy_config.policies.token_rate_limiter.tpm: must be set, to at most 100: unset, it is unlimited",
            "proxy_config.policies.token_rate_limiter.tpd: must be set, to at most 1e+06: unset, it is unlimited",
            "proxy_config.policies.token_rate_limiter.tpd: must be at most 1e+06",
        ],
    ),
    ("fallback", {}, [proxy()], ["proxy_config.policies.fallbacks: must name at least 1"]),
    (
        "weights", {"total": 100}, [proxy([*to("a", weight=0), *to("b"), *to("c", weight=99)])],
        [
            "proxy_config.endpoints[0].weight: must be above 0", "proxy_config.endpoints[1].weight: must be above 0",
            "proxy_config.endpoints: must have weights that add up to 100",
        ],
    ),
    ("sizes", {"cpu": {"min": 1, "max": 2}}, [proxy(cpu=3, memory=1)], ["cpu: must be at most 2"]),
    (
        "naming", {}, [service(model_service_name="Bad Name")],
        ["model_service_name: must match [a-z][a-z0-9-]*", "description: must say what it is for"],
    ),
    (
        "allowed-regions", {"allowed": ["cn-b"]}, [service(), proxy(region="cn-b", service_region_id="us")],
        ["region: must be one of cn-b", "service_region_id: must be one of cn-b"],
    ),
    (
        "services-exist", {}, [service(), proxy(to("s1", "s2"), policies={"fallbacks": to("s3")})],
        [
            "proxy_config.endpoints[1].model_service_name: names no model service of this stack",
            "proxy_config.policies.fallbacks[0].model_service_name: names no model service of this stack",
        ],
    ),
    (
        "models-offered", {},
        [service(), proxy(to("s1", model_names=["m1", "m9"]), policies={"fallbacks": to("s1", model_name="m8")})],
        [
            "proxy_config.endpoints[0].model_names[1]: is not offered by its model service",
            "proxy_config.policies.fallbacks[0].model_name: is not offered by its model service",
        ],
    ),
    (
        "no-cycles", {}, [service(), proxy(policies={"fallbacks": to("s1")})],
        ["proxy_config.policies.fallbacks[0]: falls back to what has been tried already"],
    ),
    (
        "no-cycles", {},
        [service(provider_settings={"base_url": "https://gw.example/v1"}), proxy(endpoint="https://gw.example")],
        ["proxy_config.endpoints[0]: leads back to this proxy"],
    ),
    ("unused-services", {}, [service(), proxy(to("s2"))], ["model_service_name: is named by no proxy of this stack"]),
    (
        "survives-outage", {}, [ABROAD, proxy()],
        [
            f"{FALLBACK}: must leave callers somebody to answer while any one service is away",
            f"{FALLBACK}: must leave callers somebody to answer while any one provider is away",
            f"{FALLBACK}: must leave callers somebody to answer while any one region is away",
        ],
    ),
    (
        "survives-outage", {}, [service(), service(model_service_name="s2"), proxy(policies=HELD)],
        [f"{FALLBACK}: must leave callers somebody to answer while any one provider is away"],
    ),
    (
        "retry-budget", {"attempts": 3, "seconds": 40}, [*AWAY, proxy(policies=HELD)],
        [
            "proxy_config.policies.num_retries: must come, with the fallbacks, to at most 3 attempts",
            "proxy_config.policies.request_timeout: must come, with retries and fallbacks, to at most 40 seconds",
        ],
    ),
    (
        "safe-fallback", {"classes": {"ours": ["openai"], "others": ["tongyi"]}},
        [service(network_configuration=PRIVATE), MOVED, proxy(policies=HELD)],
        [
            f"{FALLBACK}[0]: must stay in the region of an endpoint",
            f"{FALLBACK}[0]: must be no more public than the endpoints",
            f"{FALLBACK}[0]: must be of a class of providers that an endpoint is of",
        ],
    ),
    (
        "safe-fallback", {"classes": {"ours": ["openai"]}}, [*AWAY, proxy(policies=HELD)],
        [f"{FALLBACK}[0]: must be of a class of providers that an endpoint is of"],
    ),
    (
        "safe-fallback", {"classes": {"ours": ["openai"]}},
        [
            service(), proxy(policies=HELD),
            service(model_service_name="s2", provider_settings={"base_url": "https://api.deepseek.com"}),
        ],
        [f"{FALLBACK}[0]: must be of a class of providers that an endpoint is of"],
    ),
    (
        "token-budget", {"tokensPerDay": 1439}, [proxy(policies={"token_rate_limiter": {"tpm": 1}}), proxy()],
        [
            "proxy_config.policies.token_rate_limiter: must limit tokens, for the stack has a budget",
            "proxy_config.policies.token_rate_limiter: must leave all proxies together at most 1439 tokens a day",
        ],
    ),
    (
        "pinned-models", {}, [offering("gpt-4o", "m-latest")],
        [f"{NAMES}[{index}]: must name a version, for an alias may mean another tomorrow" for index in (0, 1)],
    ),
    (
        "successors", {"models": {**END, "m*": END["m1"]}, "today": "2029-12-01"}, [offering("openai/M1", "x")],
        ["provider_settings.model_names[0]: ends on 2030-03-01; use m2 (m1)"],
    ),
    (
        "litellm-version", {"least": "v1.81", "required": True},
        [proxy(litellm_version=v) for v in ("1.9.9", "newest", "1.81rc1", "1.81.dev1", "v1.81-nightly")] + [proxy()],
        ["litellm_version: must be at least v1.81"] * 5 + ["litellm_version: must be set"],
    ),
    (
        "execution-role", {"allowed": ["*:role/other"]},
        [proxy(execution_role_arn=role) for role in (None, "*", "acs:ram::*:role/gate", "acs:ram::1:role/*", ROLE)],
        ["execution_role_arn: must be set"]
        + ["execution_role_arn: must be the ARN of one role, acs:ram::ACCOUNT:role/NAME, without *"] * 3
        + ["execution_role_arn: must be one of *:role/other"],
    ),
    (
        "logs", {}, [proxy(log_configuration={"project": " "})],
        ["log_configuration.project: must be set", "log_configuration.logstore: must be set"],
    ),
    (
        "tags", {}, [service(description="landowner: x, cost:")],
        ["description: must say owner: …", "description: must say cost: …"],
    ),
    (
        "tags", {"name": "(?P<team>[a-z]+)-.*", "required": ["owner"]}, [service(model_service_name="ml-qwen")],
        ["description: must say owner: …"],
    ),
    ("protect", {}, [replace(service(), is_protected=False)], ["protect: must be set among the resource options"]),
    (
        "caching", {"sensitive": ["P*"]}, [proxy(policies={"cache": True})],
        ["proxy_config.policies.cache: must be off, for sensitive data passes through"],
    ),
]  # fmt: skip
UNSURE: list[tuple[str, dict[str, Any], list[View], str]] = [
    ("allowed-providers", {"allowed": ["x"]}, [service(provider=UNKNOWN)], "provider"),
    (
        "allowed-models",
        {"allowed": ["x"]},
        [service(provider_settings={"model_names": UNKNOWN})],
        "provider_settings.model_names",
    ),
    ("no-inline-api-key", {}, [service(provider_settings={"api_key": UNKNOWN})], "provider_settings.api_key"),
    ("no-inline-api-key", {"references": ["env:*"]}, [proxy(arms_configuration=UNKNOWN)], "arms_configuration"),
    ("no-inline-api-key", {}, [proxy(arms_configuration=UNKNOWN)], "arms_configuration"),
    ("secure-base-urls", {}, [service(provider_settings={"base_url": UNKNOWN})], "provider_settings.base_url"),
    ("private-networking", {}, [service(network_configuration=UNKNOWN)], "network_configuration"),
    ("guardrails", {}, [proxy(policies=UNKNOWN)], "proxy_config.policies"),
    ("limits", {}, [proxy(policies={"num_retries": UNKNOWN})], "proxy_config.policies.num_retries"),
    ("fallback", {}, [proxy(policies={"fallbacks": UNKNOWN})], "proxy_config.policies.fallbacks"),
    ("weights", {}, [proxy([*to("a", weight=UNKNOWN), *to("b", weight=1)])], "proxy_config.endpoints[0].weight"),
    ("sizes", {}, [proxy(cpu=UNKNOWN)], "cpu"),
    ("naming", {}, [service(model_service_name=UNKNOWN, description="d")], "model_service_name"),
    ("allowed-regions", {"allowed": ["cn-a"]}, [service(region=NotKnown(("region",)))], "region"),
    ("services-exist", {}, [service(), proxy(to(UNKNOWN))], "proxy_config.endpoints[0].model_service_name"),
    (
        "models-offered",
        {},
        [service(provider_settings={"model_names": UNKNOWN}), proxy(to("s1", model_names=["m"]))],
        "provider_settings.model_names",
    ),
    ("no-cycles", {}, [service(), proxy(endpoint=UNKNOWN)], "endpoint"),
    ("unused-services", {}, [service(model_service_name=UNKNOWN)], "model_service_name"),
    ("survives-outage", {}, [proxy(policies={"fallbacks": UNKNOWN})], "proxy_config.policies.fallbacks"),
    ("retry-budget", {}, [proxy(policies={"num_retries": UNKNOWN})], "proxy_config.policies.num_retries"),
    ("safe-fallback", {}, [proxy(policies={"fallbacks": UNKNOWN})], "proxy_config.policies.fallbacks"),
    (
        "token-budget", {"tokensPerDay": 9}, [proxy(policies={"token_rate_limiter": UNKNOWN})],
        "proxy_config.policies.token_rate_limiter",
    ),
    ("pinned-models", {}, [service(provider_settings={"model_names": UNKNOWN})], NAMES),
    ("successors", {"models": END}, [service(provider_settings={"model_names": UNKNOWN})], NAMES),
    ("litellm-version", {"least": "1"}, [proxy(litellm_version=UNKNOWN)], "litellm_version"),
    ("execution-role", {}, [proxy(execution_role_arn=UNKNOWN)], "execution_role_arn"),
    ("logs", {}, [proxy(log_configuration=UNKNOWN)], "log_configuration"),
    ("tags", {}, [service(description=UNKNOWN)], "description"),
    ("caching", {"sensitive": ["*"]}, [proxy(policies={"cache": UNKNOWN})], "proxy_config.policies.cache"),
]  # fmt: skip
OUTRIGHT = {"protect"}
"""Rules about what a program says outright, so that it is always known."""
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("allowed-providers", {"allowed": "openai"}, "allowed"),
    ("allowed-models", {"sunset": {"m": "soon"}}, "sunset.m"),
    ("no-inline-api-key", {"allowReferences": "perhaps"}, "allowReferences"),
    ("secure-base-urls", {"hosts": [1]}, "hosts.0"),
    ("private-networking", {"mode": []}, "mode"),
    ("guardrails", {"blocks": ["everything"]}, "blocks.0"),
    ("limits", {"retries": {"max": "many"}}, "retries.max"),
    ("fallback", {"min": "one"}, "min"),
    ("weights", {"total": 1.5}, "total"),
    ("sizes", {"cpu": 2}, "cpu"),
    ("naming", {"pattern": "["}, "pattern"),
    ("allowed-regions", {"allowed": {}}, "allowed"),
    ("services-exist", {"external": None}, "external"),
    ("models-offered", {"x": 1}, "x"),
    ("no-cycles", {"x": 1}, "x"),
    ("unused-services", {"external": 1}, "external"),
    ("survives-outage", {"of": ["planet"]}, "of.0"),
    ("retry-budget", {"attempts": 0}, "attempts"),
    ("safe-fallback", {"classes": []}, "classes"),
    ("token-budget", {"tokensPerDay": 0}, "tokensPerDay"),
    ("pinned-models", {"version": "["}, "version"),
    ("successors", {"models": {"m": {"sunset": "soon", "successor": "n"}}}, "models.m.sunset"),
    ("litellm-version", {"least": "newest"}, "least"),
    ("execution-role", {"allowed": 1}, "allowed"),
    ("logs", {"x": 1}, "x"),
    ("tags", {"name": "["}, "name"),
    ("protect", {"kinds": "all"}, "kinds"),
    ("caching", {"sensitive": 1}, "sensitive"),
]


@pytest.mark.parametrize("table", [PASS, FAIL, UNSURE, BAD], ids=["pass", "fail", "unsure", "bad"])
def test_every_rule_is_in_every_table(table: list[Any]) -> None:
    assert {row[0] for row in table} == set(BY_NAME) - (OUTRIGHT if table is UNSURE else set())


@pytest.mark.parametrize(("name", "config", "views"), PASS)
def test_what_is_right_passes(name: str, config: dict[str, Any], views: list[View]) -> None:
    assert found(name, config, views) == []


@pytest.mark.parametrize(("name", "config", "views", "expected"), FAIL)
def test_what_is_wrong_is_named_by_its_path_and_no_value_is_shown(
    name: str, config: dict[str, Any], views: list[View], expected: list[str]
) -> None:
    assert found(name, config, views) == expected
    assert SECRET not in " ".join(expected)


@pytest.mark.parametrize(("name", "config", "views", "path"), UNSURE)
def test_what_is_not_known_neither_fails_nor_passes_and_is_named_once(
    name: str, config: dict[str, Any], views: list[View], path: str
) -> None:
    assert found(name, config, views) == [f"{path} is not known yet; it will be checked in the update"]


@pytest.mark.parametrize(("name", "config", "where"), BAD)
def test_a_wrong_configuration_is_refused_in_a_sentence(name: str, config: dict[str, Any], where: str) -> None:
    with pytest.raises(ConfigError, match=f"policy agentrun-{name} is wrong: {where}: "):
        BY_NAME[name].configured(config)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_has_a_word_on_every_rule(preset: str) -> None:
    for rule in RULES:
        rule.configured(PRESETS[preset][rule.name].settings)
        assert str(rule.remedy).endswith(".")
        assert "$ref" not in json.dumps(rule.schema)
        assert "enforcementLevel" not in rule.schema
    made = policies(preset)
    assert [policy.name for policy in made] == [rule.name for rule in RULES]
    levels = {policy.enforcement_level.value for policy in made if policy.enforcement_level}
    assert levels <= {"advisory", "mandatory", "disabled"}


def test_settings_without_a_source_have_a_schema_without_sentences() -> None:
    """As those typed into a console have."""
    there: dict[str, Any] = {"Settings": Settings}
    exec("class Own(Settings):\n    most: int = 1\n    'How many.'", there)
    rule = Rule("own", "About.", "Mend it.", there["Own"], lambda view, settings: [])
    assert rule.schema == {"most": {"default": 1, "type": "integer"}}


def test_a_preset_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="There is no preset 'strict'; there are baseline, production"):
        policies("strict")


PLUGIN = {"providerSettings": {"baseUrl": "http://a.example"}, "modelServiceName": "s1"}
DYNAMIC = {"provider_settings": {"base_url": "http://a.example"}, "model_service_name": "s1", "__provider": "x"}


def args(type_: str, props: dict[str, Any]) -> ResourceValidationArgs:
    checked: Any = unknown_checking_proxy(props)
    made: Callable[..., ResourceValidationArgs] = ResourceValidationArgs
    return made(type_, checked, f"urn:pulumi:dev::p::{type_}::s1", "s1", None, None)


def policy(name: str) -> ResourceValidationPolicy:
    [one] = [item for item in policies() if item.name == f"agentrun-{name}"]
    assert isinstance(one, ResourceValidationPolicy)
    return one


def telling(told: list[str]) -> Callable[[str, str | None], None]:
    """Return what a policy reports violations to."""

    def report(text: str, urn: str | None = None) -> None:
        told.append(text)

    return report


def fail(text: str, urn: str | None = None) -> None:
    pytest.fail(text)


@pytest.mark.parametrize(
    ("type_", "props", "path"),
    [
        ("agentrun:index:ModelService", PLUGIN, "providerSettings.baseUrl"),
        ("pulumi-python:dynamic/agentrun:ModelService", DYNAMIC, "provider_settings.base_url"),
    ],
)
def test_both_doors_are_recognised_and_spoken_to_in_their_spelling(
    type_: str, props: dict[str, Any], path: str
) -> None:
    told: list[str] = []
    policy("secure-base-urls").validate(args(type_, props), telling(told))
    assert told == [f"{path}: must begin with https://. Use the provider's https endpoint."]


@pytest.mark.parametrize(
    "type_", ["aws:s3/bucket:Bucket", "agentrun:index:Other", "pulumi-python:dynamic:Resource", "agentrun:ModelService"]
)
def test_other_resources_are_ignored(type_: str) -> None:
    assert view_of(type_, "x", PLUGIN, "urn", None) is None
    policy("secure-base-urls").validate(args(type_, PLUGIN), fail)


def test_what_is_not_known_in_preview_is_said_to_be_checked_later() -> None:
    props = {"providerSettings": {"baseUrl": UNKNOWN_STRING_VALUE}}
    with pytest.raises(UnknownValueError) as caught:
        policy("secure-base-urls").validate(args("agentrun:index:ModelService", props), fail)
    assert caught.value.message == "providerSettings.baseUrl is not known yet; it will be checked in the update"


def test_rules_for_stacks_are_policies_for_stacks() -> None:
    for rule, item in zip(RULES, policies(), strict=True):
        assert isinstance(item, StackValidationPolicy if rule.is_for_stacks else ResourceValidationPolicy)
        if isinstance(item, ResourceValidationPolicy):
            assert not item.has_remediation(), "a remediation would turn secrets into plain text"


def test_references_are_known_by_the_marks_of_the_fields() -> None:
    """Wherever a model has a secret; a value of the user's own is none, whatever it is called."""

    class Header(Model):
        token: SecretValue | None = None
        hint_from: str | None = None

    class Endpoint(Model):
        headers: list[Header] | None = None

    whole = Shape(None, fields=shape_of_model(Endpoint))
    view = View(PROXY, "p", {"headers": [{"token_from": "env:A"}, {}], "hint_from": "env:HOME"})
    assert list(references(view, whole)) == [
        ("headers", 0, "token_from"),
        ("headers", 1, "token_from"),
    ]
    unknown = View(PROXY, "p", {"headers": UNKNOWN})
    assert list(map(str, references(unknown, whole))) == [str(NotKnown(("headers",)))]
    paths = [path for kind in (SERVICE, PROXY) for path in references(View(kind, "x", {}), shape_of(kind))]
    assert paths == [("provider_settings", "api_key_from"), ("arms_configuration", "arms_license_key_from")]


def test_a_feed_of_successors_is_a_file_that_a_team_keeps(tmp_path: Path) -> None:
    feed = tmp_path / "feed.json"
    feed.write_text(json.dumps({"m1": {"sunset": "2030-01-01", "successor": "m7"}, "m2": END["m1"]}))
    config: dict[str, Any] = {"file": str(feed), "today": "2030-02-01", "models": {"m1": END["m1"]}}
    assert found("successors", config, [service()]) == [
        f"{NAMES}[0]: ends on 2030-03-01; use m2 (m1)",
        f"{NAMES}[1]: ends on 2030-03-01; use m2 (m2)",
    ]
    for text, sentence in {
        "{": "is no JSON",
        "[]": "must have for each model its sunset (a date) and successor",
        '{"m1": "2030-01-01"}': "must have for each model its sunset (a date) and successor",
    }.items():
        feed.write_text(text)
        with pytest.raises(
            ConfigError, match=re.escape(f"policy agentrun-successors is wrong: the file of the feed {sentence}.")
        ):
            BY_NAME["successors"].configured({"file": str(feed)})
    with pytest.raises(ConfigError, match="the file of the feed cannot be read: No such file"):
        BY_NAME["successors"].configured({"file": str(tmp_path / "none.json")})
    with pytest.raises(
        ConfigError, match=f"the file of the feed cannot be read in {re.escape(str(Path.cwd()))}: No such"
    ):
        BY_NAME["successors"].configured({"file": "none.json"})


def test_a_proxy_s_own_region_and_credential_are_no_outage_of_its_routes() -> None:
    views = [service(credential_name="c"), proxy(credential_name="c")]
    assert found("survives-outage", {"of": ["region", "credential"]}, views) == []


def test_what_no_program_manages_may_be_protected_or_not() -> None:
    assert found("protect", {}, [service()]) == []
