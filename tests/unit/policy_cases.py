"""The tables of the policies' tests as cases of the kit, through either door."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.lifecycle.casing import properties, to_schema
from pulumi_agentrun.lifecycle.unknown import UNKNOWN
from pulumi_agentrun.policy import Unjudged, View, policies
from pulumi_agentrun.policy.testing import Case, Door, Resource, fails, near_miss, passes, unsure
from pulumi_agentrun.policy.testing.resources import written
from unit import test_policy, test_policy_evasion, test_policy_partly, test_policy_parts
from unit.test_policy import AWAY, END, FALLBACK, GUARD, HELD, PRIVATE, ROLE, offering
from unit.views import BY_NAME, proxy, service, to

REGIONS = ("cn-a", "cn-b")
SETTINGS = {
    "agentrun:region": "cn-a",
    "agentrun:profiles": json.dumps({region: {"region": region} for region in REGIONS}),
}
LATER = "is not known yet"
UNTOLD = "so it was not judged"
UNKNOWN_TEXTS = (LATER, UNTOLD, test_policy_parts.STRANGE)
BASE = ("provider_settings", "base_url")
POLICIES = ("proxy_config", "policies")
FIRST = ("proxy_config", "endpoints", 0)

# rule, configuration, resources, what of the first would be otherwise, and what would be said then
NEAR: list[tuple[str, dict[str, Any], list[View], tuple[tuple[str | int, ...], Any], list[str]]] = [
    ("allowed-providers", {"allowed": ["openai"]}, [service()], (("provider",), "open"), ["provider: must be one of"]),
    (
        "allowed-models", {"denied": ["m1"]}, [service(provider_settings={"model_names": ["m10"]})],
        (("provider_settings", "model_names"), ["M1"]), ["provider_settings.model_names[0]: is denied"],
    ),
    (
        "no-inline-api-key", {}, [service(credential_name="c")], (("provider_settings", "api_key"), "k"),
        ["provider_settings.api_key: must not be set"],
    ),
    (
        "secure-base-urls", {}, [service(provider_settings={"base_url": "https://127.0.0.1.example"})],
        (BASE, "https://127.0.0.1"), ["provider_settings.base_url: must not lead to the machine itself"],
    ),
    (
        "private-networking", {}, [service(network_configuration=PRIVATE)],
        (("network_configuration", "vswitch_ids"), []), ["network_configuration.vswitch_ids: must be set"],
    ),
    (
        "guardrails", {}, [proxy(policies={"ai_guardrail_config": GUARD})],
        ((*POLICIES, "ai_guardrail_config", "check_response"), False),
        ["proxy_config.policies.ai_guardrail_config.check_response: must be true"],
    ),
    (
        "limits", {}, [proxy(policies={"num_retries": 5})], ((*POLICIES, "num_retries"), 6),
        ["proxy_config.policies.num_retries: must be at most 5"],
    ),
    (
        "fallback", {}, [proxy(policies={"fallbacks": to("s2")})],
        ((*POLICIES, "fallbacks", 0, "model_service_name"), "s1"),
        ["proxy_config.policies.fallbacks: must name at least 1 that help"],
    ),
    (
        "weights", {}, [proxy([*to("a", weight=1), *to("b", weight=1)])], ((*FIRST, "weight"), 0),
        ["proxy_config.endpoints[0].weight: must be above 0"],
    ),
    ("sizes", {}, [proxy(cpu=8, memory=1)], (("cpu",), 8.5), ["cpu: must be at most 8"]),
    ("naming", {}, [service(description="d")], (("description",), " "), ["description: must say what it is for"]),
    (
        "allowed-regions", {"allowed": ["cn-a"]}, [proxy(service_region_id="cn-a")], (("service_region_id",), "cn-b"),
        ["service_region_id: must be one of cn-a"],
    ),
    (
        "services-exist", {}, [proxy(to("s1")), service()], ((*FIRST, "model_service_name"), "s2"),
        ["proxy_config.endpoints[0].model_service_name: names no model service of this stack"],
    ),
    (
        "models-offered", {}, [proxy(to("s1", model_names=["m2"])), service()], ((*FIRST, "model_names", 0), "m3"),
        ["proxy_config.endpoints[0].model_names[0]: is not offered by its model service"],
    ),
    (
        "no-cycles", {}, [proxy([{"base_url": "https://gw.example/p/b"}], endpoint="https://gw.example/p/a")],
        ((*FIRST, "base_url"), "https://gw.example/p/a/"), ["proxy_config.endpoints[0]: leads back to this proxy"],
    ),
    (
        "unused-services", {}, [service(), proxy()], (("model_service_name",), "s2"),
        ["model_service_name: is named by no proxy of this stack"],
    ),
    (
        "survives-outage", {}, [proxy(policies=HELD), *AWAY],
        ((*POLICIES, "fallbacks", 0, "model_service_name"), "s1"),
        [f"{FALLBACK}: must leave callers somebody to answer while any one {of}" for of in ("service", "provider")],
    ),
    (
        "retry-budget", {"attempts": 4}, [proxy(policies=HELD), *AWAY], ((*POLICIES, "num_retries"), 2),
        ["proxy_config.policies.num_retries: must come, with the fallbacks, to at most 4 attempts"],
    ),
    (
        "safe-fallback", {}, [AWAY[1], proxy(policies=HELD), AWAY[0]], (BASE, "https://m.us-east-1.aliyuncs.com"),
        [f"{FALLBACK}[0]: must stay in the region of an endpoint"],
    ),
    (
        "token-budget", {"tokensPerDay": 24}, [proxy(policies={"token_rate_limiter": {"tph": 1}})],
        ((*POLICIES, "token_rate_limiter", "tph"), 2),
        ["proxy_config.policies.token_rate_limiter: must leave all proxies together at most 24 tokens a day"],
    ),
    (
        "pinned-models", {}, [offering("m-0613")], (("provider_settings", "model_names"), ["m-13"]),
        ["provider_settings.model_names[0]: must name a version"],
    ),
    (
        "successors", {"models": END, "today": "2030-01-01"}, [offering("m10")],
        (("provider_settings", "model_names"), ["m1"]),
        ["provider_settings.model_names[0]: ends on 2030-03-01; use m2"],
    ),
    (
        "litellm-version", {"least": "1.81"}, [proxy(litellm_version="1.81.0")], (("litellm_version",), "1.80.99"),
        ["litellm_version: must be at least 1.81"],
    ),
    (
        "execution-role", {}, [proxy(execution_role_arn=ROLE)], (("execution_role_arn",), f"{ROLE}*"),
        ["execution_role_arn: must be the ARN of one role"],
    ),
    (
        "logs", {}, [proxy(log_configuration={"project": "p", "logstore": "l"})],
        (("log_configuration", "logstore"), ""),
        ["log_configuration.logstore: must be set"],
    ),
    (
        "tags", {}, [service(description="owner: a, cost: b")], (("description",), "owner: a, costs: b"),
        ["description: must say cost: …"],
    ),
    (
        "caching", {"sensitive": ["p1"]}, [proxy(policies={"cache": False})], ((*POLICIES, "cache"), True),
        ["proxy_config.policies.cache: must be off"],
    ),
]  # fmt: skip


def refused(name: str, layers: list[dict[str, Any]]) -> None:
    """Hold a rule to refusing a configuration."""
    try:
        BY_NAME[name].configured(*layers)
    except ConfigError:
        return
    raise AssertionError(f"agentrun-{name} was to refuse {layers}")


def checks() -> Iterator[Callable[[], None]]:
    """Yield all that rules are held to here: their cases, and what they refuse as their configuration."""
    made = policies()
    yield from (partial(case.check, made) for case in cases())
    yield from (partial(refused, name, [config]) for name, config, _ in test_policy.BAD)
    yield from (partial(refused, name, layers) for name, layers, _ in test_policy_evasion.EMPTYING)


def handed(view: View, door: Door) -> Resource:
    """Return the resource that a view is of; what the service says of it is known."""
    region = UNKNOWN if isinstance(view.region, Unjudged) else view.region
    # Through the dynamic door another region than the stack's is that of a profile.
    props = {**view.props, "profile": region} if door == "dynamic" and region != "cn-a" else view.props
    made = written(view.kind, view.name, props, door=door, settings={"region": region}, protect=bool(view.is_protected))
    shown = {**props, "status": props.get("status", "READY")}
    return replace(made, shown=to_schema(properties(view.kind), shown) if door == "plugin" else shown)


def cases(door: Door = "dynamic") -> Iterator[Case]:
    """Yield a case for each row of each table."""
    for name, config, views in (*test_policy.PASS, *test_policy_evasion.HARMLESS):
        if not any(isinstance(view.region, Unjudged) for view in views):
            yield passes(f"agentrun-{name}", *_all(views, door), **_more(config))
    for name, config, views, of in test_policy.UNSURE:
        where = "profile" if door == "dynamic" and of == "region" else test_policy_evasion.SPELLINGS[door](of)
        yield unsure(f"agentrun-{name}", *_all(views, door), unknown=[f"{where} {LATER}"], **_more(config))
    for name, config, views, expected in _broken():
        says = [text for text in expected if not any(part in text for part in UNKNOWN_TEXTS)]
        unknown = [text.partition(" ")[0] for text in expected if text not in says]
        spell = test_policy_evasion.SPELLINGS[door]
        if not expected:
            yield passes(f"agentrun-{name}", *_all(views, door), **_more(config))
            continue
        more = {**_more(config), "unknown": tuple(map(spell, unknown))}
        yield fails(f"agentrun-{name}", *_all(views, door), says=[_begun(text, door) for text in says], **more)
    for name, config, views, (path, value), expected in NEAR:
        if door == "dynamic":
            yield near_miss(
                f"agentrun-{name}", *_all(views, door), change=(path, value), says=expected, **_more(config)
            )


def _broken() -> Iterator[tuple[str, dict[str, Any], list[View], list[str]]]:
    yield from (*test_policy.FAIL, *test_policy_evasion.ATTACKS, *test_policy_partly.PARTLY, *test_policy_parts.PARTS)
    for name, config, view, expected in test_policy_partly.MALFORMED:
        views = [service(), view] if name == "no-cycles" else [view]
        yield name, config, views, [f"{text}, {UNTOLD}" for text in expected]


def _begun(text: str, door: Door) -> str:
    """Return how what is said begins: through the plugin its path, for the rest is spelled otherwise, too."""
    path, colon, _ = text.partition(": ")
    return test_policy_evasion.SPELLINGS[door](path) + colon if door == "plugin" else text


def _all(views: Sequence[View], door: Door) -> list[Resource]:
    return [handed(view, door) for view in views]


def _more(config: dict[str, Any]) -> dict[str, Any]:
    return {"config": config, "settings": SETTINGS}
