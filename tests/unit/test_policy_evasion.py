"""What was tried to get past the rules, as rules see it and as the pack is handed it through both doors."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.lifecycle.unknown import UNKNOWN
from pulumi_agentrun.policy import View, policies
from pulumi_agentrun.policy.presets import preset_named
from pulumi_agentrun.policy.rules.models import Models
from pulumi_agentrun.policy.testing.received import told
from pulumi_agentrun.policy.testing.resources import Door, Resource, written
from pulumi_agentrun.policy.view import DYNAMIC
from pulumi_agentrun.routes.address import address_of
from unit.views import BY_NAME, SECRET, found, proxy, service, to

CASES = list[tuple[str, dict[str, Any], list[View], list[str]]]
NAMES, URL = "provider_settings.model_names", "provider_settings.base_url"
ENDPOINT, FALL = "proxy_config.endpoints[0]", "proxy_config.policies.fallbacks"
GUARDRAILS = "proxy_config.policies.ai_guardrail_config"
LIMITER = "proxy_config.policies.token_rate_limiter"
WILD = "must be the name of one model, for not all are allowed and a pattern offers many"
NO_LIMIT = "must be above 0 and below 1e+12, or it limits nothing"
OWN = "must not lead to the machine itself or to its metadata"
TRIED = "falls back to what has been tried already"
OFF = {"request": False, "response": False, "blocks": []}


def offering(*models: Any, **more: Any) -> View:
    return service(provider_settings={"model_names": list(models), **more})


def behind(url: Any, **more: Any) -> View:
    return service(provider_settings={"base_url": url}, **more)


MODELS: CASES = [
    ("allowed-models", {"allowed": ["m1"]}, [offering()], [f"{NAMES}: must name its models, for not all are allowed"]),
    ("allowed-models", {"denied": ["x"]}, [offering()], [f"{NAMES}: must name its models, for not all are allowed"]),
    (
        "allowed-models", {"allowed": ["m1"]}, [proxy([{"base_url": "https://a.example"}])],
        [f"{ENDPOINT}.model_names: must name its models, for not all are allowed"],
    ),
    *(
        ("allowed-models", {"denied": [pattern]}, [offering(name)], [f"{NAMES}[0]: is denied ({pattern})"])
        for pattern, name in [
            ("gpt-4*", "GPT-4o"), ("gpt-4*", "openai/gpt-4o"), ("gpt-4*", "gpt-4o "), ("gpt-4*", "\tgpt-4o"),
            ("gpt-4*", "OpenAI/GPT-4O"), ("gpt-4*", "a/b/gpt-4o"), ("GPT-4*", "gpt-4o"), ("gpt-4o", "gpt\u200b-4o"),
            ("gpt-4o", "\uff47pt-4o"), ("openai/gpt-4*", "gpt-4o"), (" gpt-4o ", "gpt-4o"),
        ]
    ),
    (
        "allowed-models", {"denied": ["openai/gpt-4*"]}, [proxy(to("s1", model_names=["gpt-4o"]))],
        [f"{ENDPOINT}.model_names[0]: is denied (openai/gpt-4*)"],
    ),
    (
        "allowed-models", {"denied": ["gpt-4*"]}, [service(model_info_configs=[{"model_name": "GPT-4o"}])],
        ["model_info_configs[0].model_name: is denied (gpt-4*)"],
    ),
    ("allowed-models", {"denied": ["gpt-4*"]}, [offering("*"), offering("openai/*")], [f"{NAMES}[0]: {WILD}"] * 2),
    ("allowed-models", {"allowed": ["openai/gpt-4o"]}, [offering("openai/gpt-4?")], [f"{NAMES}[0]: {WILD}"]),
    ("allowed-models", {"allowed": ["gpt-4o"]}, [offering("evil/gpt-4o")], [f"{NAMES}[0]: must be one of gpt-4o"]),
    (
        "allowed-models", {"sunset": {"gpt-4*": "2030-01-01"}, "today": "2030-01-01"}, [offering("openai/GPT-4o ")],
        [f"{NAMES}[0]: is not allowed any more (gpt-4* since 2030-01-01)"],
    ),
    (
        "allowed-models", {"sunset": {"m1": "2000-01-01"}, "timeZone": "Asia/Shanghai"}, [offering("m1")],
        [f"{NAMES}[0]: is not allowed any more (m1 since 2000-01-01 in Asia/Shanghai)"],
    ),
]  # fmt: skip
PROVIDERS: CASES = [
    (
        "allowed-providers", {"allowed": ["tongyi"]}, [behind("https://api.OpenAI.com./v1", provider="tongyi")],
        [f"{URL}: leads to another provider than tongyi"],
    ),
    (
        "allowed-providers", {"allowed": ["tongyi"], "hosts": {"ours": ["*.Ours.example."]}},
        [behind("https://gpt.ours.example/v1", provider="tongyi")], [f"{URL}: leads to another provider than tongyi"],
    ),
    (
        "allowed-providers", {"allowed": ["tongyi"]},
        [
            behind(f"https://{host}/v1", provider="tongyi")
            for host in ("x.openai.azure.com", "bedrock-runtime.us-east-1.amazonaws.com", "api.x.ai", "openrouter.ai")
        ],
        [f"{URL}: leads to another provider than tongyi"] * 4,
    ),
    (
        "allowed-providers", {"allowed": ["tongyi"]}, [proxy([{"base_url": "https://a.example/v1"}])],
        [f"{ENDPOINT}.base_url: must lead to a provider that is known, or have a model service with it"],
    ),
    (
        "allowed-providers", {"allowed": ["tongyi"]}, [proxy(to("s1", base_url="https://api.deepseek.com"))],
        [f"{ENDPOINT}.base_url: leads to another provider than tongyi"],
    ),
]  # fmt: skip
NUMBERS: CASES = [
    (
        "guardrails", OFF, [proxy(policies={"ai_guardrail_config": {"max_text_length": 1}})],
        [f"{GUARDRAILS}.max_text_length: must be at least 1000"],
    ),
    (
        "limits", {"anyRateLimit": True}, [proxy(policies={"token_rate_limiter": {"tpm": 0, "tpd": 2**53}})],
        [
            f"{LIMITER}: must limit tokens per second, minute, hour or day",
            f"{LIMITER}.tpm: {NO_LIMIT}", f"{LIMITER}.tpd: {NO_LIMIT}",
        ],
    ),
    (
        "limits", {}, [proxy(policies={"request_timeout": 0, "concurrency_limit": 2**53})],
        [
            f"proxy_config.policies.request_timeout: {NO_LIMIT}",
            f"proxy_config.policies.concurrency_limit: {NO_LIMIT}",
        ],
    ),
    ("sizes", {}, [proxy(cpu=0, memory=-1)], ["cpu: must be above 0", "memory: must be above 0"]),
    ("weights", {}, [proxy(to("s1", weight=0))], [f"{ENDPOINT}.weight: must be above 0"]),
    (
        "weights", {}, [proxy(to("s1", "s1", weight=1))],
        ["proxy_config.endpoints[1]: is the same as one before it; give that one its weight"],
    ),
    (
        "weights", {}, [proxy(to("s1", model_names=["m1"], weight=1) + to("s1", model_names=["M1 "], weight=1))],
        ["proxy_config.endpoints[1]: is the same as one before it; give that one its weight"],
    ),
    (
        "weights", {"total": 100}, [proxy(to("s1", "s2"))],
        ["proxy_config.endpoints: must have weights that add up to 100"],
    ),
]  # fmt: skip
FALLBACKS: CASES = [
    (
        "fallback", {}, [proxy(policies={"fallbacks": [{}, {"model_service_name": " "}]})],
        [
            f"{FALL}[0]: must have a model_service_name or a model_name",
            f"{FALL}[1]: must have a model_service_name or a model_name", f"{FALL}: must name at least 1 that help",
        ],
    ),
    ("fallback", {}, [proxy(policies={"fallbacks": to("s1")})], [f"{FALL}: must name at least 1 that help"]),
    (
        "fallback", {"min": 2}, [proxy(policies={"fallbacks": to("s2", "s2")})],
        [f"{FALL}: must name at least 2 that help"],
    ),
    (
        "no-cycles", {},
        [service(), proxy(policies={"fallbacks": [*to("s2", model_name="m1"), *to("s2", model_name="M1 ")]})],
        [f"{FALL}[1]: {TRIED}"],
    ),
    (
        "no-cycles", {},
        [service(), proxy(to("s1", model_names=["m1"]), policies={"fallbacks": [{"model_name": "M1"}]})],
        [f"{FALL}[0]: {TRIED}"],
    ),
]  # fmt: skip
KEYS: CASES = [
    *(
        ("no-inline-api-key", {}, [one], ["credential_name: must be set, for the service has no key"])
        for one in (service(), service(credential_name=" "))
    ),
    (
        "no-inline-api-key", {}, [proxy(arms_configuration={"arms_license_key": SECRET})],
        ["arms_configuration.arms_license_key: must not be set; use arms_license_key_from"],
    ),
    *(
        ("secure-base-urls", {}, [behind(url)], [f"{URL}: must have nothing after a ? or # but api-version"])
        for url in [
            f"https://a.example/v1?api_key={SECRET}", f"https://a.example/v1?{SECRET}", f"https://a.example/v1#{SECRET}",
            f"https://a.example/v1?api-version=1&k={SECRET}", f"https://a.example/v1?=#{SECRET}",
        ]
    ),
]  # fmt: skip
ADDRESSES: CASES = [
    *(
        ("secure-base-urls", {}, [behind(f"https://{host}/v1")], [f"{URL}: {OWN}"])
        for host in [
            "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "0", "0.0.0.0", "localhost",
            "LOCALHOST.", "a.localhost", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]",
            "[::127.0.0.1]",
            "169.254.169.254", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "[::ffff:a9fe:a9fe]",
            "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fe80::1%25eth0]", "[fd00:ec2::254]", "100.100.100.200",
            "1684301000", "metadata.google.internal", "metadata.tencentyun.com", "168.63.129.16", "192.0.0.192",
            "%31%32%37.0.0.1", "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "127.0.0.1:8443",
        ]
    ),
    ("secure-base-urls", {}, [proxy([{"base_url": "https://[::1]/v1"}])], [f"{ENDPOINT}.base_url: {OWN}"]),
    (
        "secure-base-urls", {"hosts": ["a.example"]}, [service(provider_settings={"base_url": None})],
        [f"{URL}: must be set, and lead to one of a.example"],
    ),
    *(
        ("secure-base-urls", {"hosts": ["*.aliyuncs.com"]}, [behind(url)], [f"{URL}: must be the URL of a host"])
        for url in ["https://evil.com\\.aliyuncs.com", "https://evil.com%5c.aliyuncs.com", "https://evil.com%2f.aliyuncs.com",
                    "https://1.2.3.256", "https://evil .aliyuncs.com"]
    ),
    (
        "secure-base-urls", {"hosts": ["good.com."]}, [behind("https://good.com.evil.example")],
        [f"{URL}: must lead to one of good.com."],
    ),
]  # fmt: skip
PRIVATE = {"network_mode": "PRIVATE", "vpc_id": "v", "vswitch_ids": ["w"], "security_group_id": "g"}
OTHERS: CASES = [
    *(
        (
            "private-networking", {}, [service(network_configuration={**PRIVATE, key: value})],
            [f"network_configuration.{key}: must be set, for a private network is one of a VPC"],
        )
        for key, value in [("vswitch_ids", None), ("vswitch_ids", []), ("vswitch_ids", [" "]),
                           ("security_group_id", None), ("security_group_id", ""), ("vpc_id", " ")]
    ),
    *(
        ("naming", {}, [service(description=text)], ["description: must say what it is for"])
        for text in ["", "  ", "\n\t", "\u200b", "\u00a0\u2060"]
    ),
]  # fmt: skip
ATTACKS = [*MODELS, *PROVIDERS, *NUMBERS, *FALLBACKS, *KEYS, *ADDRESSES, *OTHERS]
HARMLESS: list[tuple[str, dict[str, Any], list[View]]] = [
    ("allowed-models", {"allowed": ["gpt-4o"]}, [offering("GPT-4o ", "openai/gpt-4o")]),
    ("allowed-models", {"allowed": ["openai/gpt-4o"]}, [offering("gpt-4o")]),
    ("allowed-models", {"allowed": ["openai/gpt-4o"]}, [proxy(to("s1", model_names=["gpt-4o"]))]),
    ("allowed-models", {"denied": ["tongyi/gpt-4*", "openai/*"]}, [proxy(to("s1", model_names=["other"]))]),
    ("allowed-models", {"denied": ["tongyi/m1"]}, [offering("m1")]),
    ("allowed-models", {"sunset": {"m1": "2999-01-01"}}, [offering("m1")]),
    ("allowed-models", {"allowed": ["m1"]}, [proxy(to("s1"))]),
    ("allowed-providers", {"allowed": ["OpenAI"]}, [service(provider=" openai ")]),
    ("allowed-providers", {"allowed": ["tongyi"]}, [behind("https://dashscope.aliyuncs.com/v1", provider="tongyi")]),
    ("allowed-providers", {"allowed": ["tongyi"]}, [proxy([{"base_url": "https://dashscope.aliyuncs.com/v1"}])]),
    ("allowed-providers", {"allowed": ["tongyi"]}, [proxy(to("s1", base_url="https://gate.example/v1"))]),
    ("guardrails", OFF, [proxy(policies={"ai_guardrail_config": {"max_text_length": 1000}})]),
    ("limits", {"anyRateLimit": True}, [proxy(policies={"token_rate_limiter": {"tpm": 1}, "num_retries": 0})]),
    ("weights", {}, [proxy(to("s1", "s2"))]),
    ("weights", {}, [proxy([*to("s1", model_names=["a"], weight=1), *to("s1", model_names=["b"], weight=9)])]),
    ("weights", {}, [proxy([*to("s1", weight=1), *to("s1", base_url="https://b.example", weight=1)])]),
    ("fallback", {"min": 0}, [proxy()]),
    ("fallback", {}, [proxy(to("s1", model_names=["m1"]), policies={"fallbacks": to("s1", model_name="m2")})]),
    ("secure-base-urls", {"hosts": ["good.com."]}, [behind("https://good.com/v1")]),
    ("secure-base-urls", {"hosts": ["Good.com"]}, [behind("https://good.com./v1?api-version=1")]),
    ("secure-base-urls", {"hosts": ["a.example"]}, [proxy(to("s1"))]),
    ("secure-base-urls", {}, [behind("https://10.0.0.1/v1"), behind("https://[2001:db8::1]/v1")]),
]  # fmt: skip
PLACES = {"agentrun:profiles": '{"north": {"region": "cn-b"}, "same": {"region": "cn-a"}}', "agentrun:region": "cn-a"}


def handed(view: View, door: Door) -> Resource:
    return written(view.kind, view.name, view.props, door=door, settings={"region": view.region})


def through(name: str, config: dict[str, Any], views: list[View], door: Door) -> list[str]:
    """Return what the pack says, each up to the remedy; what is not known left out."""
    [policy] = [policy for policy in policies() if policy.name == f"agentrun-{name}"]
    said = told([policy], [handed(view, door) for view in views], {policy.name: config}, settings=PLACES)
    assert SECRET not in str(said)
    return [item.message for item in said if not item.is_unknown]


def camel(path: str) -> str:
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), path)


@pytest.mark.parametrize(("name", "config", "views", "expected"), ATTACKS)
def test_a_rule_is_not_got_past(name: str, config: dict[str, Any], views: list[View], expected: list[str]) -> None:
    assert [text for text in found(name, config, views) if "not known" not in text] == expected


SPELLINGS: dict[Door, Callable[[str], str]] = {"dynamic": str, "plugin": camel}


@pytest.mark.parametrize("door", SPELLINGS)
@pytest.mark.parametrize(("name", "config", "views", "expected"), ATTACKS)
def test_nor_is_the_pack_through_either_door(
    name: str, config: dict[str, Any], views: list[View], expected: list[str], door: Door
) -> None:
    said = through(name, config, views, door)
    assert len(said) == len(expected), said
    for message, text in zip(said, expected, strict=True):
        assert message.partition(": ")[0] == SPELLINGS[door](text.partition(": ")[0])


@pytest.mark.parametrize(("name", "config", "views"), HARMLESS)
def test_what_only_looks_like_it_passes(name: str, config: dict[str, Any], views: list[View]) -> None:
    assert found(name, config, views) == []
    for door in SPELLINGS:
        assert through(name, config, views, door) == []


STACK = ("services-exist", "models-offered", "unused-services", "no-cycles")


def in_stack(name: str, *resources: Resource) -> list[str]:
    """Return what the pack says of a whole stack, gaps too."""
    [policy] = [policy for policy in policies() if policy.name == f"agentrun-{name}"]
    return [item.message.partition(". ")[0] for item in told([policy], resources, settings=PLACES)]


def placed(view: View, profile: Any, door: Door) -> Resource:
    """Return a resource of a profile, or of a provider that is configured so."""
    if door == "dynamic":
        return written(view.kind, view.name, {**view.props, "profile": profile}, door=door)
    region = UNKNOWN if profile is UNKNOWN else {"north": "cn-b", "same": "cn-a", None: "cn-a"}[profile]
    return written(view.kind, view.name, view.props, door=door, settings={"region": region})


@pytest.mark.parametrize("door", SPELLINGS)
def test_a_service_of_another_account_or_region_is_another_service(door: Door) -> None:
    gate = placed(proxy(to("s1", model_names=["m1"])), None, door)
    for profile in (None, "same"):
        beside = placed(service(), profile, door)
        assert in_stack("services-exist", beside, gate) == []
        assert in_stack("unused-services", beside, gate) == []
    elsewhere = placed(service(), "north", door)
    [said] = in_stack("services-exist", elsewhere, gate)
    assert "names no model service of this stack" in said
    [said] = in_stack("unused-services", elsewhere, gate)
    assert "is named by no proxy of this stack" in said
    assert in_stack("unused-services", elsewhere, placed(service(), None, door), gate) != []
    assert in_stack("services-exist", elsewhere, placed(service(), None, door), gate) == []


@pytest.mark.parametrize("door", SPELLINGS)
def test_where_a_service_is_may_not_be_known(door: Door) -> None:
    gate, somewhere = placed(proxy(to("s1")), None, door), placed(service(), UNKNOWN, door)
    for name in ("services-exist", "unused-services"):
        [said] = in_stack(name, somewhere, gate)
        assert said.startswith(f"s1: {'profile' if door == 'dynamic' else 'region'} is not known yet")
    assert in_stack("services-exist", somewhere, placed(service(), None, door), gate) == []


def test_two_accounts_are_told_apart_by_their_keys_and_endpoints() -> None:
    def of(view: View, **settings: str) -> Resource:
        return written(view.kind, view.name, view.props, door="plugin", settings={"region": "cn-a", **settings})

    gate = of(proxy(to("s1")), accessKeyId="one")
    assert in_stack("services-exist", of(service(), accessKeyId="one"), gate) == []
    assert in_stack("services-exist", of(service(), accessKeyId="two"), gate) != []
    assert in_stack("services-exist", of(service(), accessKeyId="one", endpoint="https://other.example"), gate) != []
    same = of(service(), accessKeyId="two", accountId="7"), of(proxy(to("s1")), accessKeyId="one", accountId="7")
    assert in_stack("services-exist", *same) == [], "two keys of one account"


def test_a_provider_of_ours_under_another_type_is_held_to_the_rules() -> None:
    made = written(SERVICE, "s", {"model_service_name": "s", "model_type": "llm", "provider": "openai",
                                  "provider_settings": {"base_url": "http://a.example"}})  # fmt: skip
    gate = written(PROXY, "p", {"model_proxy_name": "p", "proxy_config": {"endpoints": to("nowhere")}})
    for type_ in ("pulumi-python:dynamic:Resource", "pulumi-python:dynamic/acme:Model"):
        [said] = through_type("secure-base-urls", made, type_)
        assert said.startswith("provider_settings.base_url: must begin with https://")
        [said] = through_type("services-exist", gate, type_)
        assert said.startswith("proxy_config.endpoints[0].model_service_name: names no model service of this stack")
    assert through_type("secure-base-urls", made, "pulumi-nodejs:dynamic:Resource") == []
    strange = Resource(made.type, "s", {**made.props, "colour": "red"})
    assert through_type("secure-base-urls", strange, "pulumi-python:dynamic:Resource") == [], "nothing of ours"
    partly = Resource(made.type, "s", {"model_service_name": "s"})
    assert through_type("secure-base-urls", partly, "pulumi-python:dynamic:Resource") == []


def through_type(name: str, resource: Resource, type_: str) -> list[str]:
    assert resource.type.startswith(DYNAMIC)
    return in_stack(name, Resource(type_, resource.name, resource.props, provider=resource.provider))


EMPTYING: list[tuple[str, list[dict[str, Any]], str]] = [
    ("limits", [{"retries": {"min": 3, "max": 2}}], "retries: min must not be above max"),
    ("limits", [{"retries": {"max": 5}}, {"retries": {"min": 6}}], "retries: min must not be above max"),
    ("limits", [{"retries": {"max": float("nan")}}], "retries.max: must be a number"),
    ("limits", [{"retries": {"max": float("inf")}}], "retries.max: must be a number"),
    ("fallback", [{"min": -1}], "min: must be at least 0"),
    ("weights", [{"total": 0}], "total: must be above 0"),
    ("guardrails", [{"textLength": -1}], "textLength: must be at least 0"),
    ("allowed-models", [{"timeZone": "Mars/Olympus"}], "timeZone: is no time zone; there are UTC, "),
]


@pytest.mark.parametrize(("name", "layers", "sentence"), EMPTYING)
def test_settings_that_empty_a_rule_are_refused(name: str, layers: list[dict[str, Any]], sentence: str) -> None:
    with pytest.raises(ConfigError, match=f"policy agentrun-{name} is wrong: {sentence}"):
        BY_NAME[name].configured(*layers)


def test_a_number_that_is_none_is_no_number() -> None:
    for value in (float("nan"), float("inf")):
        assert found("sizes", {}, [proxy(cpu=value)]) == ["cpu is no number, so it was not judged"]


def test_the_day_of_a_sunset_begins_in_one_zone() -> None:
    late = datetime(2029, 12, 31, 20, tzinfo=timezone.utc)

    def now(zone: tzinfo) -> datetime:
        return late.astimezone(zone)

    assert Models().day(now) == date(2029, 12, 31)
    assert Models(time_zone="Asia/Shanghai").day(now) == date(2030, 1, 1)
    assert Models(time_zone="Asia/Shanghai", today=date(2020, 1, 1)).day(now) == date(2020, 1, 1)
    assert now(timezone.utc).utcoffset() == timedelta(0)


@pytest.mark.parametrize("environ", [{"CI": "true"}, {"CI": "1", "AGENTRUN_POLICIES": ""}])
def test_in_ci_no_preset_is_taken_for_granted(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="CI is set and no preset is named; name it: baseline or production"):
        preset_named(environ)


@pytest.mark.parametrize("environ", [{}, {"CI": ""}, {"CI": "false"}, {"CI": "0", "AGENTRUN_POLICIES": ""}])
def test_elsewhere_the_preset_is_baseline(environ: dict[str, str]) -> None:
    assert preset_named(environ) == "baseline"
    assert preset_named({**environ, "CI": "true", "AGENTRUN_POLICIES": "production"}) == "production"


def test_an_address_is_its_own_machine_s_only_if_it_is() -> None:
    for host in (
        "100.100.100.201",
        "126.0.0.1",
        "169.253.0.1",
        "notlocalhost",
        "localhost.example",
        "[2002:808:808::]",
    ):
        address = address_of(f"https://{host}/")
        assert address is not None
        assert not address.is_own, host
