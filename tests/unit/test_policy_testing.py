"""The kit for tests of rules, and the rules of this package held to their cases by it."""

from __future__ import annotations

import math
import sys
import threading
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import pulumi
import pulumi_policy.policy as sdk
import pytest
from e2e.recording import recorders
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2 as messages
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.policy import pack as pack_module
from pulumi_agentrun.policy import policies
from pulumi_agentrun.policy import reading as reading_module
from pulumi_agentrun.policy.testing import (
    UNKNOWN,
    Case,
    Door,
    Resource,
    Secret,
    declared,
    fails,
    mutated,
    mutations,
    near_miss,
    passes,
    told,
    uncovered,
    unsure,
)
from pulumi_policy import Policy, ResourceValidationPolicy
from unit.policy_cases import cases

DOORS: tuple[Door, ...] = ("dynamic", "plugin")


@pytest.mark.parametrize("case", [case for door in DOORS for case in cases(door)], ids=str)
def test_each_rule_says_of_its_cases_what_it_should(case: Case) -> None:
    case.check(policies())


def test_each_rule_has_cases_of_every_way() -> None:
    without = [*uncovered(policies(), cases(), ("passes", "fails", "near miss", "unsure"))]
    # Whether a program protects something is no property of it, and always known.
    assert without == [f"agentrun-protect has no case of the kind '{way}'." for way in ("near miss", "unsure")]


SERVICE = {
    "model_type": "llm",
    "provider": "tongyi",
    "provider_settings": {"base_url": "https://a.example/v1", "api_key": Secret("sk-of-a-case"), "model_names": ["m1"]},
}
BASE_URL = ("provider_settings", "base_url")
RULE = '''
"""A rule of somebody's own."""

def hosts(args, report):
    url = args.props["provider_settings"]["base_url"]
    if not is_ours(url):
        report("provider_settings.base_url: must be ours")
    if url.endswith("/never"):
        return

def is_ours(url):
    return url.startswith("https://a.example/") or url == "https://a.example"
'''


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    (tmp_path / "rules_of_our_own.py").write_text(RULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "rules_of_our_own", raising=False)
    return import_module("rules_of_our_own")


def pack(rules: ModuleType) -> list[Policy]:
    return [ResourceValidationPolicy("hosts", "Hosts are ours.", rules.hosts)]


def service(door: Door = "dynamic", **more: Any) -> Resource:
    return declared("ModelService", "s", {**SERVICE, **more}, door=door)


def test_rules_of_ones_own_are_held_to_cases(rules: ModuleType) -> None:
    says = ["provider_settings.base_url: must be ours"]
    for case in (
        passes("hosts", service()),
        fails("hosts", service().but("https://b.example", *BASE_URL), says=says),
        near_miss("hosts", service(), change=(BASE_URL, "https://a.example.evil.example"), says=says),
        unsure("hosts", service().but(UNKNOWN, *BASE_URL), unknown=["provider_settings.base_url can't be known"]),
    ):
        case.check(pack(rules))


@pytest.mark.parametrize(
    "case",
    [
        passes("hosts", service().but("https://b.example", *BASE_URL)),
        fails("hosts", service(), says=["provider_settings"]),
        fails("hosts", service().but("https://b.example", *BASE_URL), says=["another"]),
        unsure("hosts", service(), unknown=["base_url"]),
        passes("hosts", service().but(UNKNOWN, *BASE_URL)),
        near_miss("hosts", service(), change=(BASE_URL, "https://a.example/v2"), says=["provider_settings"]),
        near_miss("hosts", service().but("x", *BASE_URL), change=(BASE_URL, "y"), says=["provider_settings"]),
    ],
    ids=str,
)
def test_a_case_that_is_wrong_says_what_was_said_instead(case: Case, rules: ModuleType) -> None:
    with pytest.raises(AssertionError, match=r"hosts was to say of s: .*, but said: ") as caught:
        case.check(pack(rules))
    assert "sk-of-a-case" not in str(caught.value) + repr(case)


def test_ways_that_no_case_tries_are_named(rules: ModuleType) -> None:
    assert [*uncovered(pack(rules), [passes("hosts", service())])] == [
        "hosts has no case of the kind 'fails'.",
        "hosts has no case of the kind 'near miss'.",
    ]


def test_what_no_case_notices_of_a_rule_is_named(rules: ModuleType) -> None:
    few = [passes("hosts", service())]
    score = mutated([rules], [partial(case.check, pack(rules)) for case in few])
    said = "\n".join(map(str, score.survivors))
    assert "rules_of_our_own:4: hosts is emptied, and no case notices" in said
    assert 0 < score.share < 100
    more = [*few, fails("hosts", service().but("https://b.example", *BASE_URL), says=["provider_settings"])]
    score = mutated([rules], [partial(case.check, pack(rules)) for case in more])
    assert "is_ours has part 2 of its condition in line 12 left out, and no case notices" in str(score.survivors[-1])
    more += [passes("hosts", service().but("https://a.example", *BASE_URL))]
    before = rules.is_ours.__code__
    score = mutated([rules], [partial(case.check, pack(rules)) for case in more])
    assert [survivor.line for survivor in score.survivors] == [8], "a condition that decides nothing"
    assert rules.is_ours.__code__ is before


def test_what_would_prove_nothing_is_refused_in_a_sentence(rules: ModuleType) -> None:
    with pytest.raises(ValueError, match="There is no check that could notice a broken rule"):
        mutated([rules], [])
    with pytest.raises(ValueError, match="There is no function in these modules that could be broken"):
        mutated([], [print])
    with pytest.raises(ValueError, match="There is no policy that cases could be for"):
        [*uncovered([], [])]
    with pytest.raises(ValueError, match="There is no policy another among those that its case is to check"):
        passes("another", service()).check(pack(rules))
    with pytest.raises(ValueError, match="A case of hosts has no resources, so it holds of any policy"):
        passes("hosts")
    with pytest.raises(ValueError, match="A case in which hosts fails must name in `says`"):
        fails("hosts", service(), says=[])
    with pytest.raises(ValueError, match="A case in which hosts fails must name in `says`"):
        near_miss("hosts", service(), change=(BASE_URL, "x"), says=[])
    with pytest.raises(ValueError, match="A case in which hosts is unsure must name in `unknown`"):
        unsure("hosts", service(), unknown=[])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "def f(n):\n    match n:\n        case int() if n > 3:\n            return 1\n    return 0\n",
            "line 3 negated",
        ),
        ("def f(n):\n    return n > 3 and n < 9\n", "part 1 of its condition in line 2 left out"),
        ("def f(n):\n    return n == 4 or n == 5\n", "part 2 of its condition in line 2 left out"),
    ],
)
def test_guards_and_single_parts_of_conditions_are_broken_too(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "guarded_rule.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "guarded_rule", raising=False)
    rule = import_module("guarded_rule")
    few = [str(survivor) for survivor in mutated([rule], [lambda: rule.f(4)]).survivors]
    assert [text for text in few if said in text]

    def check() -> None:
        assert [bool(rule.f(n)) for n in (1, 3, 4, 5, 8, 9)] == before

    before = [bool(rule.f(n)) for n in (1, 3, 4, 5, 8, 9)]
    assert mutated([rule], [check]).survivors == ()


def test_checks_that_fail_of_rules_as_they_are_prove_nothing(rules: ModuleType) -> None:
    with pytest.raises(AssertionError):
        mutated([rules], [partial(fails("hosts", service(), says=["x"]).check, pack(rules))])


def test_a_broken_rule_that_does_not_end_counts_as_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "endless_rule.py").write_text("def f(n):\n    while n > 0:\n        n -= 1\n    return n\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(mutations, "_PATIENCE", 0.05)
    rule = import_module("endless_rule")

    def check() -> None:
        assert rule.f(0) == 0
        assert rule.f(1) == 0

    assert mutated([rule], [check]).survivors == ()


def test_a_resource_is_what_the_provider_makes_of_a_program() -> None:
    gate = {"proxy_config": {"endpoints": [{"model_service_name": UNKNOWN}]}}
    made = declared("ModelProxy", "gate", gate)
    assert (made.type, made.urn) == (
        "pulumi-python:dynamic/agentrun:ModelProxy",
        "urn:pulumi:dev::project::pulumi-python:dynamic/agentrun:ModelProxy::gate",
    )
    assert {key: made.props[key] for key in ("cpu", "memory", "proxy_mode", "model_proxy_name")} == {
        "cpu": 2, "memory": 4096, "proxy_mode": "single", "model_proxy_name": "gate",
    }  # fmt: skip
    plugin = declared("ModelProxy", "gate", gate, door="plugin", settings={"region": "cn-a"})
    assert plugin.props["proxyMode"] == "single"
    assert plugin.shown is not None
    assert plugin.shown["endpoint"] is UNKNOWN
    assert plugin.shown["region"] == "cn-a"
    assert declared("ModelProxy", "gate", gate, door="plugin", settings={"region": UNKNOWN}).shown != plugin.shown


@pytest.mark.parametrize(
    ("token", "inputs", "sentence"),
    [
        ("ModelServer", {}, "ModelServer: there is no such kind of resource; did you mean ModelService?"),
        ("ModelService", {"provider": "x"}, "model_type: must be set; provider_settings: must be set."),
        ("ModelService", {**SERVICE, "colour": 1}, "colour: there is no such property"),
    ],
)
def test_what_the_provider_refuses_is_refused_in_its_words(token: str, inputs: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        declared(token, "s", inputs)
    assert str(caught.value).startswith(sentence)


def test_a_secret_is_never_shown() -> None:
    made = service()
    assert "sk-of-a-case" not in repr(made) + repr(Secret("sk-of-a-case"))
    assert made.props["provider_settings"]["api_key"] == Secret("sk-of-a-case")


def test_what_a_pack_is_handed_are_the_sdks_own_proxies() -> None:
    seen: list[dict[str, Any]] = []
    told(recorders(seen.append), [service("plugin", description=UNKNOWN)])
    assert [noted["about"] for noted in seen] == ["resource", "stack"]
    kind, props = seen[0]["props"]
    assert kind == "_DictProxy"
    assert props["description"][0] == "not known"
    assert props["providerSettings"][1]["modelNames"] == ["_ListProxy", [["str", "m1"]]]
    assert props["providerSettings"][1]["apiKey"] == ["str", "sk-of-a-case"]


def test_stack_settings_of_a_case_leave_no_trace() -> None:
    pulumi.runtime.set_all_config({"agentrun:region": "cn-before"})
    told(policies(), [service()], settings={"agentrun:region": "cn-x"})
    assert pulumi.runtime.get_config("agentrun:region") == "cn-before"


@pytest.mark.parametrize("door", ["dynamic", "plugin"])
def test_the_ready_made_pack_says_what_the_policy_sdk_alone_does(monkeypatch: pytest.MonkeyPatch, door: Door) -> None:
    """It hands the SDK only what a rule has something to say of: all cases' resources, before all policies."""
    made = policies("production")
    off = {policy.name: {"enforcementLevel": "disabled"} for policy in made[::3]}
    said = 0
    for case in cases(door):
        for config in ({case.policy: case.config}, off | {case.policy: case.config}):
            alone = told(made, case.resources, config, settings=case.settings)
            with monkeypatch.context() as within:
                within.setattr(
                    sdk, "_PolicyAnalyzerServicer", pack_module.servicer(sdk._PolicyAnalyzerServicer, "production")
                )
                assert told(made, case.resources, config, settings=case.settings) == alone
            said += bool(alone)
    assert said > 100


def test_the_ready_made_pack_reads_a_resource_once_for_all_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    """And says the same as a pack that reads it for each."""
    resources = [service(), declared("ModelProxy", "p", {"proxy_config": {"endpoints": [{"model_service_name": "s"}]}})]
    whole = told(policies("production"), resources)
    read: list[str] = []
    plain = reading_module._plain

    def counted(value: Any) -> Any:
        read.append("")
        return plain(value)

    monkeypatch.setattr(reading_module, "_plain", counted)
    servicer = pack_module.servicer(sdk._PolicyAnalyzerServicer, "production")
    monkeypatch.setattr(sdk, "_PolicyAnalyzerServicer", servicer)
    assert told(policies("production"), resources) == whole
    once = len(read)
    read.clear()
    with monkeypatch.context() as within:
        within.setattr(sdk, "deserialize_properties", lambda props: pytest.fail("the SDK reads one") if props else {})
        assert told(policies("production"), resources) == whole
    read.clear()
    told(policies("production")[:1], resources)
    assert once <= 2 * len(read) + 2, "however many policies there are"


@pytest.mark.parametrize("depth", [0, 300])
@pytest.mark.parametrize("camel", [True, False])
def test_a_resource_that_holds_what_nobody_can_read_is_judged_by_the_rest(camel: bool, depth: int) -> None:
    """The provider refuses what is no number, and what is too deep for the policy SDK; the pack does not rely on it."""
    odd: Any = math.nan
    for _ in range(depth):
        odd = {"a": odd}
    props = {"baseUrl": "http://a.example", "x": odd} if camel else {"base_url": "http://a.example", "x": odd}
    type_ = "agentrun:index:ModelService" if camel else "pulumi-python:dynamic/agentrun:ModelService"
    request = messages.AnalyzeRequest(type=type_, urn="urn", name="s")
    request.properties.update({"providerSettings" if camel else "provider_settings": props})
    servicer = pack_module.servicer(sdk._PolicyAnalyzerServicer, "production")
    pack = servicer("agentrun", "1.0.0", policies("production"), sdk.EnforcementLevel.ADVISORY)
    pack.Configure(messages.ConfigureAnalyzerRequest(), None)
    assert "agentrun-secure-base-urls" in [item.policyName for item in pack.Analyze(request, None).diagnostics]


def test_a_pack_that_is_told_to_remediate_says_that_it_does_not() -> None:
    made = policies("production")
    servicer = pack_module.servicer(sdk._PolicyAnalyzerServicer, "production")
    request = messages.AnalyzeRequest(type="agentrun:index:ModelService", urn="urn", name="s")
    pack = servicer("agentrun", "1.0.0", made, sdk.EnforcementLevel.ADVISORY)
    pack.Configure(messages.ConfigureAnalyzerRequest(), None)
    assert not pack.Remediate(request, None).not_applicable
    pack = servicer("agentrun", "1.0.0", made, sdk.EnforcementLevel.ADVISORY)
    wanted = {"agentrun-naming": messages.PolicyConfig(enforcementLevel=messages.REMEDIATE)}
    pack.Configure(messages.ConfigureAnalyzerRequest(policyConfig=wanted), None)
    assert [item.policy_name for item in pack.Remediate(request, None).not_applicable] == ["agentrun-naming"]


class Refused(Exception):
    """A gRPC context, and what a call that it aborts raises."""

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        raise Refused(details)


def test_the_program_starts_while_the_rules_and_their_configuration_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engine waits for Configure before it starts the program."""
    may_go_on, configured = threading.Event(), pack_module._configured

    def held(*args: Any) -> Any:
        assert may_go_on.wait(60)
        return configured(*args)

    monkeypatch.setattr(pack_module, "_configured", held)
    servicer = pack_module.servicer(sdk._PolicyAnalyzerServicer, "production")
    pack = servicer("agentrun", "1.0.0", policies("production"), sdk.EnforcementLevel.ADVISORY)
    wanted = {"agentrun-naming": messages.PolicyConfig(properties=ParseDict({"pattern": "["}, Struct()))}
    pack.Configure(messages.ConfigureAnalyzerRequest(policyConfig=wanted), Refused())
    may_go_on.set()
    with pytest.raises(Refused, match="policy agentrun-naming is wrong: pattern: "):
        pack.Analyze(messages.AnalyzeRequest(type="pulumi:pulumi:Stack", urn="urn", name="s"), Refused())
