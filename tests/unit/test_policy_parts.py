"""What each single part of a rule's conditions decides: resources that only that part lets through, or stops."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_agentrun.policy import View
from unit.test_policy import AWAY, END, FALLBACK, HELD, MOVED, PRIVATE, ROLE, offering
from unit.views import found, proxy, service, to

STRANGE = "names no model service of this stack, so nothing is known of it"
"""What is said of a service that a proxy names and that is not in the stack."""
SPARE = {"fallbacks": to("elsewhere", model_name="m1")}
FIRST_NAME = "proxy_config.endpoints[0].model_service_name"
OURS = {"classes": {"ours": ["openai"]}}
HOLDING = proxy(policies=HELD)
NO_CHECKS: dict[str, Any] = {"request": False, "response": False, "blocks": []}
WILD = service(provider_settings={"model_names": ["m*"]})
ONLY_URL = proxy([{"base_url": "https://x.example/v1", "model_names": ["m"]}])

# rule, configuration, resources, what is found
PARTS: list[tuple[str, dict[str, Any], list[View], list[str]]] = [
    ("limits", {"retries": {"min": 1, "max": 5}}, [proxy(policies={"num_retries": 3})], []),
    ("limits", {"tokensPerMinute": {"min": 5}}, [proxy(policies={"token_rate_limiter": {"tpm": 9}})], []),
    ("pinned-models", {}, [offering("m-0613", "")], []),
    ("successors", {"models": END, "today": "2030-01-01"}, [offering("")], []),
    ("litellm-version", {"required": True}, [proxy(litellm_version="1.81.0")], []),
    ("fallback", {}, [proxy(policies={"fallbacks": [{"model_name": "m9"}]}), service()], []),
    ("allowed-models", {}, [WILD], []),
    ("allowed-models", {"allowed": ["*"]}, [WILD], []),
    (
        "allowed-models", {"allowed": ["m*"]}, [WILD],
        ["provider_settings.model_names[0]: must be the name of one model, for not all are allowed and a pattern "
         "offers many"],
    ),
    ("allowed-models", {"sunset": {"x1": "2020-01-01"}, "today": "2029-12-31"}, [service()], []),
    ("safe-fallback", {}, [service(), proxy(policies=SPARE)], []),
    (
        "safe-fallback", {"region": False, "network": False},
        [service(network_configuration=PRIVATE), MOVED, proxy(policies=HELD)], [],
    ),
    ("secure-base-urls", {}, [service(provider_settings={"base_url": None})], []),
    (
        "secure-base-urls", {"parameters": []}, [service(provider_settings={"base_url": "https://a.example/v1?k=1"})],
        ["provider_settings.base_url: must have nothing after a ? or # but nothing"],
    ),
    ("no-inline-api-key", {"keyless": ["custom"]}, [service(provider="custom")], []),
    (
        "no-inline-api-key", {"keyless": ["custom"]}, [service()],
        ["credential_name: must be set, for the service has no key"],
    ),
    ("guardrails", {"levels": ["high"], **NO_CHECKS}, [proxy(policies={"ai_guardrail_config": {"level": "high"}})], []),
    ("execution-role", {"allowed": [ROLE]}, [proxy(execution_role_arn=ROLE)], []),
    ("safe-fallback", OURS, [service(provider="a"), service(model_service_name="s2", provider="a"), HOLDING], []),
    (
        "safe-fallback", OURS, [service(provider="a"), service(model_service_name="s2", provider="b"), HOLDING],
        [f"{FALLBACK}[0]: must be of a class of providers that an endpoint is of"],
    ),
    (
        "tags", {"name": "(?P<owner>a)-(?P<cost>b)?.*"}, [service(model_service_name="a-", description="x")],
        ["description: must say cost: …"],
    ),
    ("weights", {}, [proxy(to("a", weight=0))], ["proxy_config.endpoints[0].weight: must be above 0"]),
    ("services-exist", {}, [ONLY_URL], []),
    ("models-offered", {}, [service(provider_settings={"model_names": None}), proxy(to("s1", model_names=["m"]))], []),
    ("tags", {"name": "(?P<owner>a)-.*"}, [service(model_service_name=None, description="owner: a, cost: b")], []),
    ("caching", {}, [proxy(policies={"cache": True})], []),
    ("caching", {"sensitive": ["q*"]}, [proxy(model_proxy_name=None, policies={"cache": True})], []),
    # Of a service that is in no stack, the provider and the region are not known, and its models neither.
    ("survives-outage", {}, [proxy()], [f"{FIRST_NAME} {STRANGE}"]),
    ("survives-outage", {"of": ["service"]}, [proxy()], [f"{FIRST_NAME} {STRANGE}"]),
    (
        "survives-outage", {}, [service(), proxy(policies=SPARE)],
        [f"{FALLBACK}[0].model_service_name {STRANGE}"],
    ),
    ("survives-outage", {"of": ["service"]}, [service(), proxy(policies=SPARE)], []),
    (
        "survives-outage", {"of": ["service", "provider"]}, [proxy(to("elsewhere", model_names=["m"]))],
        [
            f"{FALLBACK}: must leave callers somebody to answer while any one service is away",
            f"{FIRST_NAME} {STRANGE}",
        ],
    ),
    ("retry-budget", {"attempts": 1}, [proxy()], [f"{FIRST_NAME} {STRANGE}"]),
    (
        "retry-budget", {"attempts": 1}, [*AWAY, proxy(to("elsewhere", model_names=["m"]), policies=HELD)],
        ["proxy_config.policies.num_retries: must come, with the fallbacks, to at most 1 attempts"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "config", "views", "said"), PARTS)
def test_each_part_of_a_condition_decides_something(
    name: str, config: dict[str, Any], views: list[View], said: list[str]
) -> None:
    assert found(name, config, views) == said
