"""The policy pack in the real engine: what is advised, blocked, configured, and not known yet."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import metadata
from typing import Any

import pytest
from e2e.project import DOORS, PACK, Project, Run

SECRET = "sk-seen-by-no-policy-message"
SERVICE = f"""
service = ModelService(
    "qwen", model_type="llm", provider="tongyi", model_service_name="qwen",
    provider_settings={{"base_url": "https://a.example/v1", "api_key": "{SECRET}", "model_names": ["m1"]}},
)
"""
PROXY = """
ModelProxy("gateway", proxy_config={"endpoints": [{"model_service_name": service.model_service_name,
           "model_names": ["m1"]}]})
"""


def run(project: Project, verb: str, config: dict[str, Any] | None = None, preset: str = "baseline") -> Run:
    """Run with the pack."""
    file = project.folder / "policies.json"
    file.write_text(json.dumps(config or {}))
    operate = {"up": project.up, "preview": project.preview}[verb]
    options = ("--policy-pack", str(PACK), "--policy-pack-config", str(file))
    done = operate(*options, check=False, env={"AGENTRUN_POLICIES": preset})
    assert SECRET not in done.console
    assert "Traceback" not in done.console
    return done


@pytest.mark.parametrize("door", DOORS)
def test_advice_is_shown_and_mandates_block(project: Project, door: str) -> None:
    project.program(SERVICE + PROXY)
    done = run(project, "up")
    assert done.code == 0, done.console
    assert "[advisory]" in done.console
    assert project.spelled("provider_settings.api_key: must not be set; use credential_name.") in done.console
    assert "[mandatory]" not in done.console

    project.program(SERVICE.replace("https://a", "http://a") + PROXY)
    done = run(project, "preview")
    assert done.code != 0
    assert "[mandatory]" in done.console
    assert project.spelled("provider_settings.base_url: must begin with https://. Use the provider's") in done.console
    done = run(project, "up", {"agentrun-secure-base-urls": "disabled"})
    assert done.code == 0, done.console


@pytest.mark.parametrize("door", DOORS)
def test_references_to_any_key_lead_where_they_may(project: Project, door: str) -> None:
    project.program(
        SERVICE + PROXY.replace("]})", "]}, arms_configuration={'arms_license_key_from': 'env:KEY_OF_ARMS'})")
    )
    project.env["KEY_OF_ARMS"] = SECRET
    rule = {"enforcementLevel": "mandatory", "references": ["env:MODEL_*"]}
    done = run(project, "preview", {"agentrun-no-inline-api-key": rule})
    assert done.code != 0
    assert project.spelled("arms_configuration.arms_license_key_from: must match one of env:MODEL_*.") in done.console
    rule = {"enforcementLevel": "advisory", "references": ["env:KEY_OF_*"]}
    done = run(project, "preview", {"agentrun-no-inline-api-key": rule})
    assert done.code == 0, done.console
    assert "must match one of" not in done.console


def test_settings_and_levels_are_configured(project: Project) -> None:
    project.program(SERVICE)
    done = run(project, "preview", {"agentrun-allowed-providers": {"allowed": ["openai", "azure*"]}})
    assert done.code != 0
    assert "provider: must be one of openai, azure*." in done.console
    done = run(
        project, "preview",
        {"agentrun-allowed-providers": {"enforcementLevel": "advisory", "allowed": ["openai"]}},
    )  # fmt: skip
    assert done.code == 0
    done = run(project, "preview", {"agentrun-allowed-providers": {"allowed": 7}})
    assert done.code != 0
    assert "allowed" in done.console
    assert "Expected: array" in done.console.replace("expected", "Expected")


def test_production_blocks_what_baseline_lets_pass(project: Project) -> None:
    project.program(SERVICE + PROXY)
    done = run(project, "preview", preset="production")
    assert done.code != 0
    for policy in ("no-inline-api-key", "private-networking", "naming"):
        assert f"agentrun-{policy}" in done.console


FIT = """
network = {"network_mode": "PRIVATE", "vpc_id": "vpc-1", "vswitch_ids": ["vsw-1"], "security_group_id": "sg-1"}
ModelService("s", model_type="llm", provider="tongyi", model_service_name="s", description="d", credential_name="c",
             provider_settings={"base_url": "https://a.example/v1", "model_names": ["m1", "m2"]},
             network_configuration=network)
ModelProxy("p", model_proxy_name="p", description="d", network_configuration=network, proxy_config={
    "endpoints": [{"model_service_name": "s", "model_names": [name], "weight": 60} for name in ("m1", "m2")],
    "policies": {"fallbacks": [{"model_service_name": "s", "model_name": "m2"}], "num_retries": 6,
                 "ai_guardrail_config": {"check_request": True, "check_response": True, "block_on_prompt_attack": True,
                                         "block_on_sensitive_data": True}},
})
"""
"""Fit for production but for the numbers."""
TOTAL, CAP = "must have weights that add up to 100", "must be at most 5"
SOME, CONCURRENCY = "must limit tokens per second, minute, hour or day", "must be set"
NUMBERS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {TOTAL, CAP, SOME, CONCURRENCY}),
    ({"agentrun-limits": {"retries": {"required": True}}}, {TOTAL, CAP, SOME, CONCURRENCY}),
    ({"agentrun-limits": {"retries": {"max": 6}, "anyRateLimit": False}}, {TOTAL, CONCURRENCY}),
    ({"agentrun-limits": {"concurrency": {"min": 1}}, "agentrun-weights": {"total": 120}}, {CAP, SOME, CONCURRENCY}),
]
"""Configurations over `production`, and what they find."""


@pytest.mark.parametrize("door", DOORS)
def test_a_presets_own_settings_hold_and_a_configuration_changes_only_what_it_names(
    project: Project, door: str
) -> None:
    """In the engine, which completes a configuration from the schemas, and over the account in the same way."""
    project.program(FIT)
    for config, expected in NUMBERS:
        done = run(project, "preview", config, preset="production")
        assert done.code != 0, done.console
        assert {text for text in (TOTAL, CAP, SOME, CONCURRENCY) if text in done.console} == expected, config
    project.up()
    for config, expected in NUMBERS:
        assert audited(project, config) == expected, config


def audited(project: Project, config: dict[str, Any]) -> set[str]:
    """Return what an audit by `production` says."""
    file = project.folder / "audit.json"
    file.write_text(json.dumps(config))
    command = [sys.executable, "-m", "pulumi_agentrun.policy", "--endpoint", f"file://{project.data}", "--json"]
    command += ["--preset", "production", "--config", str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stderr
    return {found["message"] for found in json.loads(done.stdout)["violations"]} & {TOTAL, CAP, SOME, CONCURRENCY}


def test_a_stack_that_breaks_a_rule_is_blocked_before_anything_is_touched(project: Project) -> None:
    project.program(
        "team = pulumi.ComponentResource('acme:index:Team', 'team')\n"
        + SERVICE.replace('"tongyi",', '"tongyi", opts=pulumi.ResourceOptions(parent=team),')
        + PROXY.replace('"m1"', '"m2"')
    )
    options = ("--yes", "--stack", "dev", "--policy-pack", str(PACK))
    done = project.pulumi("up", *options, check=False, env={"AGENTRUN_POLICIES": "baseline"})
    assert done.code != 0
    assert "model_names[0]: is not offered by its model service." in done.console
    assert not project.data.exists(), "the preview has stopped it"


def test_what_is_not_known_is_checked_in_the_update(project: Project) -> None:
    project.program(
        SERVICE
        + "late = service.created_at.apply(lambda at: 'http://' + at[:4] + '.example')\n"
        + "ModelService('late', model_type='llm', provider='openai', provider_settings={'base_url': late})\n"
    )
    done = run(project, "preview")
    assert done.code == 0, done.console
    assert "provider_settings.base_url is not known yet; it will be checked in the update" in done.console
    done = run(project, "up")
    assert done.code != 0
    assert "provider_settings.base_url: must begin with https://" in done.console
    assert set(project.resources()) == {"qwen"}


@pytest.mark.parametrize("door", DOORS)
def test_regions_are_known_before_anything_is_there(project: Project, door: str) -> None:
    """As the provider will find them: the embedded platform is a region of its own, whatever is set beside it."""
    project.pulumi("config", "set", "agentrun:region", "cn-hangzhou")
    project.program(SERVICE)
    done = run(project, "preview", {"agentrun-allowed-regions": {"allowed": ["cn-hangzhou"]}})
    assert done.code != 0
    assert "region: must be one of cn-hangzhou." in done.console
    assert run(project, "preview", {"agentrun-allowed-regions": {"allowed": ["embedded"]}}).code == 0


def test_the_region_of_a_profile_is_its_own(project: Project) -> None:
    for key, value in {"endpoint": "https://agentrun.example", "region": "cn-beijing", "accessKeyId": "id"}.items():
        project.pulumi("config", "set", "--path", f"agentrun:profiles.north.{key}", value)
    project.pulumi("config", "set", "--secret", "--path", "agentrun:profiles.north.accessKeySecret", "s")
    project.program(SERVICE.replace('provider="tongyi",', 'provider="tongyi", profile="north",'))
    done = run(project, "preview", {"agentrun-allowed-regions": {"allowed": ["embedded"]}})
    assert "region: must be one of embedded." in done.console
    assert run(project, "preview", {"agentrun-allowed-regions": {"allowed": ["cn-beijing"]}}).code == 0


@pytest.mark.parametrize("profiles", ['{"north": "cn-beijing"}', '["north"]', "north"])
def test_profiles_that_are_none_are_the_providers_to_refuse(project: Project, profiles: str) -> None:
    """The engine asks policies although a check has failed, and has nothing to say of the resource then."""
    project.pulumi("config", "set", "--secret", "agentrun:profiles", profiles)
    project.program(SERVICE.replace('provider="tongyi",', 'provider="tongyi", profile="north",'))
    done = run(project, "preview", {"agentrun-allowed-regions": {"allowed": ["cn-beijing"]}})
    assert done.code != 0
    assert "resource 'qwen' has a problem: " in done.console
    assert "must be" not in done.console.replace("agentrun:profiles must be", "")
    assert "Exception" not in done.console


def test_a_preset_that_is_not_there_is_a_sentence(project: Project) -> None:
    project.program(SERVICE)
    done = run(project, "preview", preset="strict")
    assert done.code != 0
    assert "AGENTRUN_POLICIES: There is no preset 'strict'; there are baseline, production." in done.console


def test_settings_that_the_engine_cannot_judge_are_refused_in_a_sentence(project: Project) -> None:
    project.program(SERVICE)
    done = run(project, "preview", {"agentrun-naming": {"enforcementLevel": "mandatory", "pattern": "["}})
    assert done.code != 0
    assert "The configuration of policy agentrun-naming is wrong: pattern: " in done.console


def test_what_is_misspelt_in_a_configuration_is_refused_with_the_nearest_name(project: Project) -> None:
    project.program(SERVICE + PROXY)
    done = run(project, "preview", {"agentrun-no-inline-apikey": "mandatory"})
    assert done.code != 0
    assert "There is no policy 'agentrun-no-inline-apikey'; did you mean agentrun-no-inline-api-key?" in done.console
    done = run(project, "preview", {"agentrun-no-inline-apikey": {"allowReferences": False}})
    assert done.code != 0
    assert 'invalid enforcement level ""' in done.console, "the engine refuses it before the pack is asked"
    done = run(project, "preview", {"agentrun-limits": {"retrys": {"max": 3}}})
    assert done.code != 0
    assert "policy agentrun-limits is wrong: retrys: there is no such setting; did you mean retries?" in done.console
    done = run(project, "preview", {"all": {"enforcementLevel": "advisory", "retrys": 3}})
    assert done.code != 0
    assert "The configuration of policy all is wrong: retrys: `all` sets the level of the policies" in done.console
    assert run(project, "preview", {"all": "disabled"}).code == 0


@pytest.mark.parametrize("door", DOORS)
def test_what_is_known_is_judged_in_preview_and_what_is_not_is_named(project: Project, door: str) -> None:
    project.program(
        SERVICE
        + "late = service.created_at.apply(lambda at: at and 'qwen')\n"
        + """ModelProxy("gateway", proxy_config={"endpoints": [
            {"model_service_name": late}, {"model_service_name": "qwen", "model_names": ["m9"]}]})\n"""
    )
    done = run(project, "preview")
    assert done.code != 0
    assert project.spelled("proxy_config.endpoints[1].model_names[0]: is not offered") in done.console
    assert project.spelled("gateway: proxy_config.endpoints[0].model_service_name is not known yet") in done.console


@pytest.mark.parametrize("door", DOORS)
def test_gateways_of_one_host_are_no_loop_and_a_real_one_is(project: Project, door: str) -> None:
    address = "http://127.0.0.1:8080/models/{}/v1"
    config = {"agentrun-secure-base-urls": "disabled"}  # the embedded platform's addresses are http://
    program = """
for name, base in {"first": "%s", "second": "%s"}.items():
    ModelService(name, model_type="llm", provider="custom", model_service_name=name,
                 provider_settings={"base_url": base})
    ModelProxy(name + "-gate", model_proxy_name=name + "-gate",
               proxy_config={"endpoints": [{"model_service_name": name}]})
"""
    project.program(program % (address.format("second-gate"), "https://a.example/v1"))
    done = run(project, "up", config)
    assert done.code == 0, done.console
    project.program(program % (address.format("second-gate"), address.format("First-gate").replace("F", "%66")))
    done = run(project, "up", config)
    assert done.code != 0
    assert done.console.count("leads back to this proxy") == 2


@pytest.mark.parametrize("door", DOORS)
def test_a_loop_that_an_update_would_close_is_not_passed_over_in_preview(project: Project, door: str) -> None:
    """Where a preview shows no endpoint of what is updated, it has to be named as not known."""
    program = """
ModelProxy("gate", model_proxy_name="gate", proxy_config={"endpoints": [
    {"base_url": "%s", "weight": 100, "model_names": ["m"]}]})
"""
    project.program(program % "https://ok.example/v1")
    done = run(project, "up")
    assert done.code == 0, done.console
    done = run(project, "preview")
    assert "not known" not in done.console, "what stays as it is has its endpoint in state"
    project.program(program % "http://127.0.0.1:8080/models/gate/v1")
    done = run(project, "preview")
    assert "can't run policy 'agentrun-no-cycles'" in done.console
    assert f"policy pack 'agentrun@v{metadata.version('pulumi-agentrun')}' during preview" in done.console
    assert re.search(rf"agentrun\|local\|\S+ +{re.escape(metadata.version('pulumi-agentrun'))}\n", done.console)
    assert "gate: endpoint is not known yet; it will be checked in the update" in done.console


@pytest.mark.parametrize("door", ["plugin"])
def test_resources_of_a_provider_that_is_not_known_are_named(project: Project, door: str) -> None:
    """The engine shows a stack's policies nothing of them."""
    project.program(
        SERVICE
        + "from pulumi_agentrun_sdk import Provider\n"
        + "late = Provider('late', region=service.created_at.apply(lambda at: 'cn-beijing'))\n"
        + PROXY.replace("]})", "]}, opts=pulumi.ResourceOptions(provider=late))")
    )
    done = run(project, "preview")
    assert "gateway: proxyConfig is not known yet; it will be checked in the update" in done.console


def test_an_endpoint_in_another_region_counts(project: Project) -> None:
    project.pulumi("config", "set", "agentrun:region", "cn-hangzhou")
    project.pulumi("config", "set", "agentrun:endpoint", "https://agentrun.cn-beijing.aliyuncs.com")
    project.pulumi("config", "set", "agentrun:accessKeyId", "id")
    project.pulumi("config", "set", "--secret", "agentrun:accessKeySecret", "s")
    project.program(SERVICE)
    done = run(project, "preview", {"agentrun-allowed-regions": {"allowed": ["cn-hangzhou"]}})
    assert done.code != 0
    assert "region: must be one of cn-hangzhou." in done.console
    assert run(project, "preview", {"agentrun-allowed-regions": {"allowed": ["cn-beijing"]}}).code == 0


ATTACKS = """
names = ["OpenAI/GPT-4o", "gpt-4o "]
def serve(name, url, **more):
    ModelService(name, model_type="llm", provider="tongyi", model_service_name=name, **more,
                 provider_settings={"base_url": url, "model_names": names})
serve("alias", "https://a.example/v1", description=" ", model_info_configs=[{"model_name": "GPT-4"}])
serve("elsewhere", "https://api.openai.com./v1?key=k", network_configuration={"network_mode": "PRIVATE", "vpc_id": "v"})
serve("metadata", "https://0xA9FEA9FE/latest")
serve("mapped", "https://[::ffff:127.0.0.1]/v1")
ModelProxy("gate", model_proxy_name="gate", arms_configuration={"arms_license_key": "k"}, proxy_config={
    "endpoints": [{"base_url": "https://unknown.example/v1", "weight": 0}],
    "policies": {"fallbacks": [{"model_service_name": "alias"}] * 2, "concurrency_limit": 0,
                 "token_rate_limiter": {"tpm": 2**53 - 1}, "ai_guardrail_config": {"max_text_length": 1}}})
"""
GOT_PAST = [
    "provider_settings.model_names[0]: is denied (gpt-4*)", "provider_settings.model_names[1]: is denied (gpt-4*)",
    "model_info_configs[0].model_name: is denied (gpt-4*)", "description: must say what it is for",
    "provider_settings.base_url: leads to another provider than tongyi",
    "provider_settings.base_url: must have nothing after a ? or # but api-version",
    "network_configuration.vswitch_ids: must be set", "network_configuration.security_group_id: must be set",
    "credential_name: must be set, for the service has no key",
    "provider_settings.base_url: must not lead to the machine itself or to its metadata",
    "arms_configuration.arms_license_key: must not be set; use arms_license_key_from",
    "proxy_config.endpoints[0].base_url: must lead to a provider that is known",
    "proxy_config.endpoints[0].model_names: must name its models", "proxy_config.endpoints[0].weight: must be above 0",
    "proxy_config.policies.fallbacks: must name at least 2 that help",
    "proxy_config.policies.concurrency_limit: must be above 0 and below 1e+12",
    "proxy_config.policies.token_rate_limiter: must limit tokens per second, minute, hour or day",
    "proxy_config.policies.ai_guardrail_config.max_text_length: must be at least 1000",
]  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_what_was_got_past_is_not_any_more(project: Project, door: str) -> None:
    """A part of tests/unit/test_policy_evasion.py in the real engine."""
    project.program(ATTACKS)
    rules = {
        "agentrun-allowed-models": {"denied": ["gpt-4*"]}, "agentrun-allowed-providers": {"allowed": ["tongyi"]},
        "agentrun-fallback": {"min": 2},
    }  # fmt: skip
    done = run(project, "preview", rules, preset="production")
    assert done.code != 0
    assert [text for text in GOT_PAST if project.spelled(text) not in done.console] == []
    assert done.console.count("must not lead to the machine itself") >= 2


def test_a_provider_of_ours_under_another_type_is_held_to_the_rules(project: Project) -> None:
    project.program(
        """
from pulumi.dynamic import Resource
from pulumi_agentrun.dynamic import ModelServiceProvider
class Own(ModelServiceProvider):
    pass
class Plain(Resource):
    pass
class Mine(Resource, module="acme", name="Mine"):
    pass
for type_, provider in ((Plain, ModelServiceProvider()), (Mine, Own())):
    type_(provider, type_.__name__, {
        "model_service_name": type_.__name__, "model_type": "llm", "provider": "tongyi",
        "provider_settings": {"base_url": "http://a.example/v1"}})
"""
    )
    done = run(project, "preview")
    assert done.console.count("provider_settings.base_url: must begin with https://") >= 2, done.console


@pytest.mark.parametrize("door", ["dynamic"])
def test_a_service_of_another_profile_is_another_service(project: Project, door: str) -> None:
    project.pulumi("config", "set", "--path", "agentrun:profiles.north.endpoint", "file://north")
    other = SERVICE.replace('provider="tongyi",', 'provider="tongyi", profile="north",')
    project.program(other + PROXY)
    assert "names no model service of this stack" in run(project, "preview").console
    project.program(SERVICE + PROXY)
    assert "names no model service of this stack" not in run(project, "preview").console


@pytest.mark.parametrize("door", DOORS)
def test_the_newer_rules_hear_from_the_engine_what_they_go_by(project: Project, door: str) -> None:
    rules = {
        "all": "advisory", "agentrun-caching": {"sensitive": ["gate*"]}, "agentrun-litellm-version": {"required": True},
        "agentrun-retry-budget": {"attempts": 2}, "agentrun-token-budget": {"tokensPerDay": 5},
        "agentrun-successors": {"models": {"m1": {"sunset": "2000-01-01", "successor": "m2-0613"}}},
    }  # fmt: skip
    program = """
opts = pulumi.ResourceOptions(protect=%s)
service = ModelService("s", model_type="llm", provider="tongyi", model_service_name="s", opts=opts,
                       description="owner: a, cost: b",
                       provider_settings={"base_url": "https://a.example/v1", "model_names": ["m1"]})
ModelProxy("gateway", model_proxy_name="gate", description="d", opts=opts, proxy_config={
    "endpoints": [{"model_service_name": service.model_service_name}],
    "policies": {"cache": True, "num_retries": 2}})
"""
    policies = "proxy_config.policies"
    expected = [
        f"{policies}.fallbacks: must leave callers somebody to answer while any one service is away",
        f"{policies}.num_retries: must come, with the fallbacks, to at most 2 attempts",
        f"{policies}.token_rate_limiter: must limit tokens, for the stack has a budget",
        f"{policies}.cache: must be off, for sensitive data passes through", "litellm_version: must be set",
        "provider_settings.model_names[0]: ends on 2000-01-01; use m2-0613 (m1)",
        "provider_settings.model_names[0]: must name a version", "execution_role_arn: must be set",
        "log_configuration.logstore: must be set", "description: must say owner: …",
    ]  # fmt: skip
    project.program(program % False)
    done = run(project, "preview", rules, preset="production")
    assert done.code == 0, done.console
    assert [text for text in expected if project.spelled(text) not in done.console] == []
    assert done.console.count("protect: must be set among the resource options") >= 2
    assert done.console.count("description: must say cost: …") == 1
    project.program(program % True)
    assert "protect: must be set" not in run(project, "preview", rules, preset="production").console
