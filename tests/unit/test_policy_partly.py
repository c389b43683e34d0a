"""What policy rules make of what is known or well-formed only in part, and how settings lie over settings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.lifecycle.casing import properties
from pulumi_agentrun.lifecycle.unknown import UNKNOWN
from pulumi_agentrun.policy import PRESETS, RULES, Finding, NotKnown, Unjudged, View
from pulumi_agentrun.policy.pack import policies
from unit.views import BY_NAME, SECRET, found, proxy, service, to

LATER = " is not known yet; it will be checked in the update"
ENDPOINT = "proxy_config.endpoints[0]"
NAME = f"{ENDPOINT}.model_service_name"
FALL = "proxy_config.policies.fallbacks"
NOT_HERE = "names no model service of this stack"
NOT_OFFERED = "is not offered by its model service"


def named(name: Any, **more: Any) -> View:
    return service(model_service_name=name, **more)


# rule, configuration, resources, what is found beside what is not known
PARTLY: list[tuple[str, dict[str, Any], list[View], list[str]]] = [
    (
        "allowed-models", {"allowed": ["m1"]}, [service(provider_settings={"model_names": [UNKNOWN, "x"]})],
        [f"provider_settings.model_names[0]{LATER}", "provider_settings.model_names[1]: must be one of m1"],
    ),
    (
        "allowed-models", {"allowed": ["m1"]}, [proxy(UNKNOWN, policies={"fallbacks": to("s", model_name="x")})],
        [f"proxy_config.endpoints{LATER}", f"{FALL}[0].model_name: must be one of m1"],
    ),
    (
        "no-inline-api-key", {"allowReferences": False},
        [service(provider_settings={"api_key": UNKNOWN, "api_key_from": "env:K"})],
        [
            f"provider_settings.api_key{LATER}",
            "provider_settings.api_key_from: must not be set; use credential_name",
        ],
    ),
    (
        "secure-base-urls", {}, [proxy([*to("a", base_url=UNKNOWN), *to("b", base_url="http://x.example")])],
        [
            f"proxy_config.endpoints[0].base_url{LATER}",
            "proxy_config.endpoints[1].base_url: must begin with https://",
        ],
    ),
    (
        "guardrails", {}, [proxy(policies={"ai_guardrail_config": {"check_request": UNKNOWN, "check_response": True}})],
        [
            f"proxy_config.policies.ai_guardrail_config.check_request{LATER}",
            "proxy_config.policies.ai_guardrail_config.block_on_prompt_attack: must be true",
            "proxy_config.policies.ai_guardrail_config.block_on_sensitive_data: must be true",
        ],
    ),
    (
        "limits", {"concurrency": {"required": True}}, [proxy(policies={"num_retries": UNKNOWN})],
        [f"proxy_config.policies.num_retries{LATER}", "proxy_config.policies.concurrency_limit: must be set"],
    ),
    (
        "limits", {"anyRateLimit": True}, [proxy(policies={"token_rate_limiter": {"tps": UNKNOWN, "tpm": 1}})],
        [f"proxy_config.policies.token_rate_limiter.tps{LATER}"],
    ),
    (
        "limits", {"anyRateLimit": True}, [proxy(policies={"token_rate_limiter": {"tps": UNKNOWN}})],
        [f"proxy_config.policies.token_rate_limiter.tps{LATER}"],
    ),
    (
        "weights", {"total": 100}, [proxy([*to("a", weight=UNKNOWN), *to("b", weight=0)])],
        [f"proxy_config.endpoints[0].weight{LATER}", "proxy_config.endpoints[1].weight: must be above 0"],
    ),
    (
        "fallback", {"min": 2}, [proxy(to(UNKNOWN), policies={"fallbacks": to("a", "b")})],
        [f"{NAME}{LATER}"],
    ),
    ("fallback", {}, [proxy(to(UNKNOWN), policies={"fallbacks": to("a", "b")})], []),
    ("sizes", {}, [proxy(cpu=UNKNOWN, memory=99999)], [f"cpu{LATER}", "memory: must be at most 16384"]),
    (
        "naming", {}, [named(UNKNOWN)], [f"model_service_name{LATER}", "description: must say what it is for"],
    ),
    (
        "services-exist", {}, [service(), proxy(to(UNKNOWN, "s2"), policies={"fallbacks": to("s3")})],
        [f"{NAME}{LATER}", f"proxy_config.endpoints[1].model_service_name: {NOT_HERE}",
         f"{FALL}[0].model_service_name: {NOT_HERE}"],
    ),
    ("services-exist", {}, [named(UNKNOWN), service(), proxy(to("s1"))], []),
    ("services-exist", {}, [named(UNKNOWN), service(), proxy(to("s2", "s3"))], [f"model_service_name{LATER}"]),
    (
        "models-offered", {}, [service(), proxy(to(UNKNOWN, "s1", model_names=["m9"]))],
        [f"{NAME}{LATER}", f"proxy_config.endpoints[1].model_names[0]: {NOT_OFFERED}"],
    ),
    (
        "models-offered", {},
        [service(provider_settings={"model_names": ["m1", UNKNOWN]}), proxy(to("s1", model_names=["m1", "m3"]))],
        [f"provider_settings.model_names[1]{LATER}"],
    ),
    ("unused-services", {}, [service(), named("s2"), proxy(to("s1", UNKNOWN))],
     [f"proxy_config.endpoints[1].model_service_name{LATER}"]),
    ("unused-services", {}, [service(), named(UNKNOWN), named("s2"), proxy(to("s1"))],
     [f"model_service_name{LATER}", "model_service_name: is named by no proxy of this stack"]),
    (
        "no-cycles", {}, [service(), proxy(policies={"fallbacks": [*to(UNKNOWN), *to("s1")]})],
        [f"{FALL}[0].model_service_name{LATER}", f"{FALL}[1]: falls back to what has been tried already"],
    ),
    (
        "no-cycles", {},
        [named("s1", provider_settings={"base_url": "https://gw.example/p"}),
         named("s2", provider_settings={"base_url": UNKNOWN}), proxy(to("s2", "s1"), endpoint="https://gw.example/p")],
        [f"provider_settings.base_url{LATER}", "proxy_config.endpoints[1]: leads back to this proxy"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "config", "views", "expected"), PARTLY)
def test_what_is_known_is_judged_and_what_is_not_is_named(
    name: str, config: dict[str, Any], views: list[View], expected: list[str]
) -> None:
    assert found(name, config, views) == expected


def test_what_the_service_has_yet_to_say_is_not_known() -> None:
    """A dynamic preview shows what changes without its outputs: neither is a loop found, nor is there none."""
    gate, on = "https://gw.example/p/{}/v1", {"status": "READY"}
    old = proxy(to("s1"), model_proxy_name="a", endpoint=gate.format("a"), **on)
    new = proxy([{"base_url": gate.format("a")}], model_proxy_name="b")
    views = [view.awaited for view in (named("s1", provider_settings={"base_url": gate.format("b")}, **on), old, new)]
    assert found("no-cycles", {}, views) == [f"endpoint{LATER}"]
    shown = proxy(new.props["proxy_config"]["endpoints"], endpoint=gate.format("b"))
    assert len(found("no-cycles", {}, [*views[:2], shown.awaited])) == 2
    assert found("no-cycles", {}, [*views[:2], proxy([{"base_url": gate.format("a")}], **on).awaited]) == []


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.is_for_stacks], ids=lambda rule: rule.name)
def test_of_what_a_preview_shows_nothing_nothing_is_known(rule: Any) -> None:
    views = [View(PROXY, "p", {}).awaited, service()]
    budget = {"tokensPerDay": 1} if "tokensPerDay" in rule.schema else {}
    assert [type(item) for item in rule.findings(views, rule.configured(budget))] == [NotKnown]


# rule, configuration, resources, what could not be judged
MALFORMED: list[tuple[str, dict[str, Any], View, list[str]]] = [
    ("weights", {}, proxy([*to("a", weight="6"), *to("b", weight=4)]), [f"{ENDPOINT}.weight is no number"]),
    ("limits", {}, proxy(policies=[1]), ["proxy_config.policies is no object"]),
    ("limits", {}, proxy(policies={"num_retries": True}), ["proxy_config.policies.num_retries is no number"]),
    ("sizes", {}, proxy(cpu="many", memory={}), ["cpu is no number", "memory is no number"]),
    ("fallback", {}, proxy(policies={"fallbacks": "s1"}), [f"{FALL} is no list"]),
    ("naming", {"description": False}, named(7), ["model_service_name is no text"]),
    ("secure-base-urls", {}, service(provider_settings={"base_url": ["x"]}), ["provider_settings.base_url is no text"]),
    ("no-inline-api-key", {}, View(SERVICE, "s", {"provider_settings": ["x"]}), ["provider_settings is no object"]),
    ("allowed-models", {}, proxy({"a": 1}), ["proxy_config.endpoints is no list"]),
    ("no-cycles", {}, proxy(endpoint=7), ["endpoint is no text"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "config", "view", "expected"), MALFORMED)
def test_what_has_not_the_form_of_its_property_is_named(
    name: str, config: dict[str, Any], view: View, expected: list[str]
) -> None:
    views = [service(), view] if name == "no-cycles" else [view]
    assert found(name, config, views) == [f"{text}, so it was not judged" for text in expected]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(SECRET) | st.just(UNKNOWN)
    | st.sampled_from(["s1", "m1", "https://[x", "https://a:99999/", "http://%zz.example", "https://\ud800", "."]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["endpoints", "policies", "fallbacks", "model_service_name", "model_names", "base_url",
                         "weight", "api_key", "model_name", "token_rate_limiter", "ai_guardrail_config"]),
        inner, max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.data())
def test_no_shape_of_a_resource_stops_a_rule_or_shows_a_value(data: st.DataObject) -> None:
    """The engine asks policies although a check has failed, and a service answers what it likes."""
    views = [
        View(kind, "x", data.draw(st.dictionaries(st.sampled_from([*sorted(properties(kind)), "endpoint"]), ANY)))
        for kind in (SERVICE, SERVICE, PROXY, PROXY)
    ]
    for rule in RULES:
        for item in rule.findings(views, rule.configured(PRESETS["production"][rule.name].settings)):
            assert isinstance(item, Finding | Unjudged)
            assert item.view in views
            assert SECRET not in str(item)
    assert SECRET not in repr(views)


def test_what_a_layer_does_not_name_stays() -> None:
    rule = BY_NAME["limits"]
    preset = PRESETS["production"]["agentrun-limits"].settings
    made: Any = rule.configured(preset, {"retries": {"required": True}, "concurrency": {"max": 9}})
    assert (made.retries.max, made.retries.required) == (5, True)
    assert (made.concurrency.max, made.concurrency.required) == (9, True)
    assert made.any_rate_limit is True
    made = rule.configured(preset, {"any_rate_limit": False, "retries": {"max": None}})
    assert made.any_rate_limit is False, "in either spelling"
    assert made.retries.max is None
    made = BY_NAME["allowed-models"].configured({"sunset": {"a": "2030-01-01"}}, {"sunset": {"b": "2031-01-01"}})
    assert set(made.sunset) == {"a", "b"}
    made = BY_NAME["guardrails"].configured({}, {"blocks": ["malicious_url"]})
    assert made.blocks == ("malicious_url",), "a list is one value"


@pytest.mark.parametrize("preset", PRESETS)
def test_the_engine_is_given_no_defaults_that_would_come_back_as_configuration(preset: str) -> None:
    def defaults(schema: Any) -> list[Any]:
        if isinstance(schema, dict):
            inner = [item for value in schema.values() for item in defaults(value)]
            return inner + ([schema["default"]] if "default" in schema else [])
        return [item for value in schema for item in defaults(value)] if isinstance(schema, list) else []

    for rule, policy in zip(RULES, policies(preset), strict=True):
        assert policy.config_schema is not None
        assert set(policy.config_schema.properties) == set(rule.schema)
        assert defaults(policy.config_schema.properties) == []


def test_a_layer_that_is_wrong_is_named() -> None:
    with pytest.raises(ConfigError, match=r"policy agentrun-limits is wrong: retries\.max: "):
        BY_NAME["limits"].configured({"retries": {"required": True}}, {"retries": {"max": "x"}})


@pytest.mark.parametrize(
    ("name", "config", "sentence"),
    [
        ("limits", {"retrys": {}}, "retrys: there is no such setting; did you mean retries?"),
        ("limits", {"retries": {"maxx": 1}}, "retries.maxx: there is no such setting; did you mean max?"),
        ("sizes", {"zzz": 1}, "zzz: there is no such setting; there are cpu, memory."),
        ("no-cycles", {"x": 1}, "x: this policy has no settings."),
        ("limits", {"retries": {"max": "x"}, "anyRateLimit": 7}, "retries.max: must be a number; anyRateLimit: "),
        ("weights", {"total": 1.5}, "total: must be a whole number."),
        ("sizes", {"cpu": 2}, "cpu: must be an object."),
        ("allowed-models", {"allowed": "m", "sunset": {"m": "soon"}}, "allowed: must be a list; sunset.m: must be a d"),
        ("secure-base-urls", {"hosts": [SECRET, 1]}, "hosts.1: must be a text."),
        ("guardrails", {"blocks": ["all"]}, "blocks.0: must be 'content_moderation', "),
        ("naming", {"pattern": "["}, "pattern: is no regular expression: "),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_setting_is_said_in_words(name: str, config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        BY_NAME[name].configured(config)
    assert f"The configuration of policy agentrun-{name} is wrong: {sentence}" in str(caught.value)


@given(ANY, st.sampled_from([*BY_NAME]))
@example({"endpoints": "https://\ud800"}, "allowed-models")
def test_no_form_of_a_setting_shows_the_words_of_a_library(value: Any, name: str) -> None:
    rule, said = BY_NAME[name], []
    for key in rule.schema:
        try:
            rule.configured({key: value})
        except ConfigError as error:
            said.append(str(error))
    assert "nput should" not in " ".join(said)
    assert SECRET not in " ".join(said)
