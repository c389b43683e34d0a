"""Two stacks of one program compared: what callers notice, what is replaced, what rules say, and what stays unsaid."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from pulumi_agentrun.drill.finding import SIGNATURE
from pulumi_agentrun.policy.audit import choices
from pulumi_agentrun.policy.view import DYNAMIC, PLUGIN
from pulumi_agentrun.promotion.comparing import Promotion, compared
from pulumi_agentrun.promotion.fates import fates
from pulumi_agentrun.promotion.reporting import as_markdown, sections
from pulumi_agentrun.promotion.stacks import Deployed, deployed, reads
from unit.test_drill import resource

KEY = "v1:never-shown"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": KEY}


def stack(
    name: str = "prod",
    digits: str = "1111111",
    settings: dict[str, Any] | None = None,
    policies: dict[str, Any] | None = None,
    **proxy: Any,
) -> dict[str, Any]:
    """Return what a stack exports that has a service and a proxy before it."""
    reach = {"base_url": "https://a.example", "api_key": SECRET, "model_names": ["m"], **(settings or {})}
    service = {"model_service_name": f"s-{digits}", "provider": "tongyi", "provider_settings": reach, "region": "r"}
    config = {"endpoints": [{"model_service_name": f"s-{digits}", "weight": 1}], "policies": policies or {}}
    gate = {"model_proxy_name": f"gate-{digits}", "proxy_mode": "multi", "proxy_config": config, "cpu": 2, **proxy}
    made = [resource("ModelService", "s", service), resource("ModelProxy", "gate", gate)]
    for item in made:
        item["urn"] = item["urn"].replace(":dev::p:", f":{name}::p:")
    return {"deployment": {"resources": made}}


def promoted(source: dict[str, Any], target: dict[str, Any], **more: Any) -> Promotion:
    given: dict[str, Any] = {"expected": [], "settings": [], "consumers": None, **more}
    rules = given.pop("rules", choices("baseline", {"all": "disabled"}))
    return compared(deployed("dev", source), deployed("prod", target), rules, **given)


def test_stacks_that_are_the_same_but_for_their_names_are_the_same() -> None:
    found = promoted(stack("dev", "2222222"), stack())
    assert (found.differences, found.fates, found.is_good) == ((), (), True)
    assert [section.line for section in sections(found)] == [
        "Callers of prod would notice nothing.",
        "Where keys come from:",
        "The rules of prod let dev through.",
    ]


def test_what_nobody_expects_is_told_apart() -> None:
    source = stack("dev", "2222222", policies={"concurrency_limit": 7, "token_rate_limiter": {"tpm": 5}})
    found = promoted(source, stack(), expected=["calls at once", "gate-* shares"])
    assert {item.change.what: item.is_expected for item in found.differences} == {
        "calls at once": True,
        "tokens (tpm)": False,
    }
    assert [change.what for change in found.unexpected] == ["tokens (tpm)"]
    assert (found.idle, found.is_good) == (("gate-* shares",), False)
    assert promoted(source, stack(), expected=["calls *", "tokens (*)"]).is_good
    differences = next(sections(found))
    assert differences.line == "Callers of prod would notice 2 differences, 1 unexpected:"
    assert [row[3:5] for row in differences.rows] == [("200", "7"), ("any number", "5")]


def test_a_difference_is_expected_of_one_model_or_of_all() -> None:
    source = stack("dev", settings={"model_names": ["n"]})
    assert not promoted(source, stack(), expected=["m model"]).is_good
    assert promoted(source, stack(), expected=["m model", "n model", "the proxy's own name asks for"]).is_good
    assert promoted(source, stack(), expected=["model", "asks for"]).is_good


def test_keys_are_compared_by_reference_and_never_shown() -> None:
    ours = {"api_key": None, "api_key_from": "env:OURS"}
    found = promoted(stack("dev", settings=ours), stack(settings={"api_key": None, "api_key_from": "env:THEIRS"}))
    assert [(key.source, key.target, key.verdict) for key in found.keys] == [("env:OURS", "env:THEIRS", "differs")]
    found = promoted(stack("dev"), stack(settings={"api_key": None}))
    assert [(key.source, key.target, key.verdict) for key in found.keys] == [("its own key", "", "missing")]
    found = promoted(stack("dev"), stack())
    assert [(key.source, key.target, key.verdict) for key in found.keys] == [
        ("its own key", "its own key", "not compared")
    ]
    found = promoted(stack("dev", settings=ours), stack(settings=ours))
    assert [key.verdict for key in found.keys] == ["same"]
    said = json.dumps(found.to_json()) + "".join(as_markdown(found)) + repr(found)
    assert KEY not in said


@pytest.mark.parametrize("door", [DYNAMIC, PLUGIN])
def test_what_cannot_change_in_place_is_replaced(door: str) -> None:
    def views(exported: dict[str, Any]) -> Any:
        text = json.dumps(exported).replace(DYNAMIC, door)
        names = {"proxy_config": "proxyConfig", "model_proxy_name": "modelProxyName", "proxy_mode": "proxyMode"}
        names |= {"model_service_name": "modelServiceName", "provider_settings": "providerSettings"}
        names |= {"base_url": "baseUrl", "model_names": "modelNames", "api_key": "apiKey"}
        for name, camel in names.items() if door == PLUGIN else ():
            text = text.replace(f'"{name}"', f'"{camel}"')
        return deployed("x", json.loads(text)).views

    source, target = stack("dev", "2222222", cpu=4), stack(settings={"base_url": "https://b.example"})
    del target["deployment"]["resources"][1]
    target["deployment"]["resources"].append(resource("ModelProxy", "gone", {"model_proxy_name": "gone"}))
    found = [*fates(views(source), views(target))]
    url = "provider_settings" if door == DYNAMIC else "providerSettings"
    assert [(fate.name, fate.fate, fate.fields) for fate in found] == [
        ("s", "updated in place", (url,)),
        ("gate", "created", ()),
        ("gone", "deleted", ()),
    ]
    found = [*fates(views(stack("dev", cpu=4, description="x")), views(stack()))]
    assert [(fate.name, fate.fate, fate.fields) for fate in found] == [("gate", "replaced", ("cpu",))]


def test_the_targets_rules_judge_what_the_source_has() -> None:
    rules = choices("baseline", {"all": "disabled", "agentrun-allowed-providers": {
        "enforcementLevel": "mandatory", "allowed": ["openai"]}})  # fmt: skip
    found = promoted(stack("dev"), stack(), rules=rules)
    assert [(item.policy, item.resource) for item in found.refusals] == [("agentrun-allowed-providers", "s")]
    assert not found.is_good
    data = found.to_json()
    assert (len(data["violations"]), data["unjudged"], data["isGood"]) == (1, [], False)
    assert [*sections(found)][-1].line == "The rules of prod about dev: 1 mandatory broken, 1 in all."
    inline = choices("baseline", {"all": "disabled", "agentrun-no-inline-api-key": "mandatory"})
    assert len(promoted(stack("dev"), stack(), rules=inline).refusals) == 1


def test_a_stack_without_resources_has_everything_to_get() -> None:
    empty = deployed("prod", {"deployment": None})
    assert (empty.stack, empty.project, empty.proxies) == ("", "", ())
    found = promoted(stack("dev"), {"deployment": {}})
    assert [(item.change.what, item.change.after) for item in found.differences] == [("proxy", "there")]
    assert [fate.fate for fate in found.fates] == ["created", "created"]


@pytest.mark.parametrize(
    ("name", "is_meant"),
    [
        ("organization/p/prod", True),
        ("p/prod", True),
        ("prod", True),
        ("organization/q/prod", False),
        ("dev", False),
        (None, False),
    ],
)
def test_a_stack_that_reads_another_is_known_by_its_reference(name: str | None, is_meant: bool) -> None:
    of = Deployed("prod", "prod", "p", (), ())
    reference = {"type": "pulumi:pulumi:StackReference", "urn": "urn:pulumi:x::p::pulumi:pulumi:StackReference::r"}
    assert reads({"deployment": {"resources": [{**reference, "inputs": {"name": name}}]}}, of) is is_meant
    assert not reads({"deployment": {"resources": [{**reference, "inputs": None}]}}, of)


def test_a_comment_says_the_same_as_the_table() -> None:
    found = promoted(
        stack("dev", cpu=4), stack(), settings=[("p:a", "missing"), ("p:b", "differs")],
        consumers=["organization/app/prod"], expected=["shares"],
    )  # fmt: skip
    text = "\n".join(as_markdown(found))
    assert text.startswith("### From <code>dev</code> to <code>prod</code>: as expected\n")
    assert "| <code>model proxy</code> | <code>gate</code> | <code>replaced</code> | <code>cpu</code> |" in text
    assert "<code>p&#58;a</code> | <code>not in prod</code>" in text
    assert "<code>Read by organization/app/prod.</code>" in text
    assert "<code>Expected to differ, and the same&#58; shares.</code>" in text
    assert found.to_json()["consumers"] == ["organization/app/prod"]


def test_two_proxies_are_each_compared_with_their_own() -> None:
    target = stack()
    second = deepcopy(target["deployment"]["resources"][1])
    second["urn"] = second["urn"].replace("::gate", "::other")
    target["deployment"]["resources"].append(second)
    found = promoted(stack("dev"), target)
    assert [(item.change.proxy, item.change.effect) for item in found.differences] == [("other", "weaker")]


def test_a_new_host_is_a_difference() -> None:
    found = promoted(stack("dev", settings={"base_url": "https://evil.example"}), stack())
    assert [(item.what, item.effect) for item in found.unexpected] == [
        ("reaches host", "weaker"),
        ("reaches host", ""),
        ("hosts of s", ""),
    ]
    assert promoted(
        stack("dev", settings={"base_url": "https://b.example"}), stack(), expected=["reaches host", "hosts of *"]
    ).is_good


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (
            {"network_configuration": {"network_mode": "PUBLIC"}},
            {"network_configuration": {"network_mode": "PRIVATE", "vpc_id": "v"}},
            ("network mode", "PRIVATE", "PUBLIC", "weaker"),
        ),
        (
            {"network_configuration": {"network_mode": "PRIVATE", "vpc_id": "v"}},
            {},
            ("network mode", "PUBLIC", "PRIVATE", "stronger"),
        ),
        (
            {},
            {"network_configuration": {"network_mode": "PRIVATE", "vpc_id": "v"}},
            ("network mode", "PRIVATE", "PUBLIC", "weaker"),
        ),
        (
            {"network_configuration": {"network_mode": "PUBLIC_AND_PRIVATE"}},
            {"network_configuration": {"network_mode": "PUBLIC"}},
            ("network mode", "PUBLIC", "PUBLIC_AND_PRIVATE", ""),
        ),
        (
            {"execution_role_arn": "acs:ram::2:role/r"},
            {"execution_role_arn": "acs:ram::1:role/r"},
            ("execution role", "acs:ram::1:role/r", "acs:ram::2:role/r", ""),
        ),
        (
            {"network_configuration": SECRET},
            {"network_configuration": {"network_mode": "PUBLIC"}},
            ("network mode", "PUBLIC", "not known", ""),
        ),
        ({"log_configuration": SECRET}, {}, ("logs", "nothing", "not known", "")),
        (
            {},
            {"log_configuration": {"project": "p", "logstore": "l"}},
            ("logs", "p/l", "nothing", "weaker"),
        ),
    ],
)
def test_where_a_proxy_stands_is_a_difference(
    ours: dict[str, Any], theirs: dict[str, Any], said: tuple[str, str, str, str]
) -> None:
    (change,) = promoted(stack("dev", **ours), stack(**theirs)).unexpected
    assert (change.proxy, change.what, change.before, change.after, change.effect) == ("gate", *said)
    assert promoted(stack("dev", **ours), stack(**theirs), expected=[said[0]]).is_good


def test_where_a_service_stands_is_a_difference() -> None:
    source, target = stack("dev"), stack()
    service = target["deployment"]["resources"][0]
    service["outputs"]["network_configuration"] = {"network_mode": "PRIVATE", "vpc_id": "v"}
    (change,) = promoted(source, target).unexpected
    assert (change.what, change.before, change.after, change.effect) == (
        "network mode of s", "PRIVATE", "PUBLIC", "weaker",
    )  # fmt: skip


@pytest.mark.parametrize("kind", [0, 1])
def test_another_order_without_meaning_is_no_update(kind: int) -> None:
    several = {"model_names": ["m", "n"]}
    endpoints = [{"base_url": f"https://{name}.example", "model_names": ["m", "n"], "weight": 1} for name in "ab"]
    source, target = stack("dev", "2222222", settings=deepcopy(several)), stack(settings=several)
    for exported in (source, target):
        exported["deployment"]["resources"][1]["outputs"]["proxy_config"] = {"endpoints": deepcopy(endpoints)}
    service, gate = (made["outputs"] for made in target["deployment"]["resources"])
    (gate["proxy_config"]["endpoints"] if kind else service["provider_settings"]["model_names"]).reverse()
    assert promoted(source, target).fates == ()
    fallbacks = [{"model_service_name": name, "model_name": "m"} for name in "ab"]
    for exported, order in ((source, 1), (target, -1)):
        config = exported["deployment"]["resources"][1]["outputs"]["proxy_config"]
        config["policies"] = {"fallbacks": fallbacks[::order]}
    assert [fate.fields for fate in promoted(source, target).fates] == [("proxy_config",)]
