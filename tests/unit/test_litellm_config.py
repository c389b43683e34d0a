"""From a gateway to a LiteLLM proxy's configuration and back: the same calls, no key, and what is lost said once."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.cli.command import main
from pulumi_agentrun.cli.litellm_config import configuration
from pulumi_agentrun.cli.litellm_file import opened
from pulumi_agentrun.cli.litellm_gateways import Keys, Planned, gateways
from pulumi_agentrun.cli.programs import Code
from pulumi_agentrun.drill import finding
from pulumi_agentrun.lifecycle.gateway import DEFAULTS
from pulumi_agentrun.routes.subjects import Found, Subject, chosen_part
from unit.litellm_plans import HASH, previewed, shown
from unit.test_drill import KEY, SECRET, service, state, subject
from unit.test_litellm import FILES, FOLDER

Explain = Callable[..., str]
pytestmark = pytest.mark.usefixtures("nowhere")


@pytest.fixture
def explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Explain:
    """Return what runs the command about a plan, and returns the configuration."""

    def run(plan: dict[str, Any], *more: str) -> str:
        (tmp_path / "plan.json").write_text(json.dumps(plan))
        assert main(["explain", "--plan", "plan.json", "--format", "litellm", *more]) == 0
        return capsys.readouterr().out

    return run


def imported(text: str) -> list[Planned]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(text)
        return gateways(opened(path), Keys())


def variable(gateway: str, service: str, end: str) -> str:
    return re.sub(r"\W", "_", f"{gateway}_{service}_{end}").upper()


def by_reference(gateway: Planned) -> dict[str, Any]:
    """Return a gateway's arguments with what was secret as a reference to the environment, and with all defaults."""
    arguments = deepcopy({**gateway.arguments})
    for key, settings in arguments["services"].items():
        if "api_key_from" not in settings:
            settings.pop("api_key", None)
            settings["api_key_from"] = f"env:{variable(gateway.name, key, 'API_KEY')}"
        url = settings.get("base_url")
        if shown(url) == "[secret]" or (not url and settings["provider"] == "custom"):
            settings["base_url"] = Code(f'os.environ["{variable(gateway.name, key, "API_BASE")}"]')
    found = {**DEFAULTS, "model_proxy_name": gateway.name, **shown(arguments)}
    return {**found, "model_proxy_name": chosen_part(found["model_proxy_name"])}


@pytest.mark.parametrize("name", FILES)
def test_a_gateway_that_was_imported_is_the_same_when_it_comes_back(name: str, explained: Explain) -> None:
    for gateway in gateways(opened(FOLDER / name), Keys()):
        text = explained(previewed(gateway))
        assert "sk-never" not in text
        known = {item.name: item for item in imported(text)}
        back = known.get(f"{gateway.name}{HASH}") or known[gateway.name]  # a model of it may have its name
        assert by_reference(back) == by_reference(gateway)
        assert [*back.arguments["services"]] == [*gateway.arguments["services"]], "fallbacks have an order"


def routes(of: Subject, asked: str, in_litellm: bool = False) -> list[dict[tuple[str, ...], Any]]:
    """Return who answers a name: the shares of each group, by what makes a target, here or as LiteLLM has it."""
    plan = of.plan
    found = []
    for group in (plan.groups[asked], *plan.fallbacks):
        shares: dict[tuple[str, ...], float] = {}
        for target, share in zip(group.targets, group.shares().values(), strict=True):
            there = of.services[target.place]
            url = there.body["providerSettings"].get("baseUrl", "")
            key = (there.body["provider"], url, there.key, target.model)
            key = as_in_litellm(*key) if in_litellm else key
            shares[key] = shares.get(key, 0.0) + share
        found.append({key: pytest.approx(share) for key, share in shares.items() if share})
    return found


def as_in_litellm(provider: str, url: str, key: str, model: str) -> tuple[str, str, str, str]:
    if key.startswith("credential "):
        key = f"env:{key.removeprefix('credential ').replace('-', '_').upper()}"
    return "custom" if provider == "hunyuan" else provider, url, key, model


words = st.sampled_from(("tongyi", "openai", "deepseek", "anthropic", "hunyuan", "custom"))
models = st.lists(st.sampled_from(("m", "n", "o", "org/p", "gate", "gpt-4o")), min_size=1, max_size=3, unique=True)


@st.composite
def planned(draw: st.DrawFn) -> Planned:
    services: dict[str, dict[str, Any]] = {}
    for key in draw(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=7, unique=True)):
        settings: dict[str, Any] = {"provider": draw(words), "model_names": draw(models)}
        if settings["provider"] in ("hunyuan", "custom") or draw(st.booleans()):
            settings["base_url"] = f"https://{draw(st.sampled_from('xyz'))}.example/v1"
        name = draw(st.sampled_from(("one", "two")))
        settings |= draw(st.sampled_from(({"credential_name": f"held-{name}"}, {"api_key_from": f"env:KEY_{name}"})))
        services[key] = settings
    taking = draw(st.lists(st.sampled_from([*services]), min_size=1, unique=True))
    arguments: dict[str, Any] = {
        "services": services,
        "weights": {key: draw(st.integers(0, 100)) for key in taking},
        "fallbacks": draw(st.lists(st.sampled_from([*services]), unique=True)),
        "num_retries": draw(st.integers(0, 5)),
        "request_timeout": draw(st.integers(1, 600)),
        **draw(st.sampled_from(({}, {"model_proxy_name": "gate"}, {"model_proxy_name": "front"}))),
    }
    return Planned("gate", arguments)


@given(planned())
def test_callers_of_any_gateway_get_the_same_by_each_name(gateway: Planned) -> None:
    (before,) = finding.all_of_preview(previewed(gateway))
    text = configuration(before)
    back = {item.name: item for item in imported(text)}
    written = yaml.safe_load(text)
    aliases = written["router_settings"].get("model_group_alias", {})
    offered = {entry["model_name"]: None for entry in written["model_list"]}
    ids = [entry["model_info"]["id"] for entry in written["model_list"]]
    assert len(ids) == len({*ids})
    for asked in before.plan.groups:
        short = chosen_part(asked)
        name = short if asked == before.proxy.name and short not in before.plan.groups else asked
        assert {name, aliases.get(name)} & offered.keys()
        found = back[re.sub("/", "-", aliases.get(name, name))]
        (after,) = finding.all_of_preview(previewed(found))
        theirs = routes(after, next(known for known in (name, after.proxy.name) if known in after.plan.groups))
        assert theirs == routes(before, asked, in_litellm=True)
        assert (after.plan.retries, after.plan.timeout) == (before.plan.retries, before.plan.timeout)


def written(of: Subject) -> dict[str, Any]:
    return dict(yaml.safe_load(configuration(of)))


def comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


def test_shares_fallbacks_and_limits_are_there() -> None:
    found = written(subject(requestTimeout=30, concurrencyLimit=7, cache=True))
    chat, canary, backup = found["model_list"]
    assert chat == {
        "model_name": "chat",
        "litellm_params": {
            "model": "dashscope/m",
            "api_base": "https://a.example/v1",
            "api_key": "os.environ/CHAT_STABLE_API_KEY",
            "weight": 95,
        },
        "model_info": {"id": "stable"},
    }
    assert (canary["litellm_params"]["weight"], backup["model_name"]) == (5, "backup")
    assert found["router_settings"] == {
        "num_retries": 1,
        "timeout": 30,
        "fallbacks": [{"chat": ["backup"]}, {"m": ["backup"]}],
        "model_group_alias": {"m": "chat"},
    }
    assert found["litellm_settings"] == {"cache": True, "cache_params": {"type": "local"}}
    assert found["general_settings"] == {"global_max_parallel_requests": 7}


def alone(**policies: Any) -> Subject:
    of = subject(**policies)
    body = deepcopy({**of.proxy.body})
    del body["proxyConfig"]["endpoints"][1]
    return Subject(Found(of.proxy.kind, of.proxy.name, "chat", body, None), of.services)


def test_a_limit_of_tokens_is_that_of_the_only_deployment() -> None:
    limits: dict[str, Any] = {"tokenRateLimiter": {"tpm": 600, "tpd": 9000}}
    text = configuration(alone(**limits))
    first, backup = yaml.safe_load(text)["model_list"]
    assert (first["litellm_params"]["tpm"], backup["litellm_params"].get("tpm")) == (600, None)
    assert "#   the limit of 9000 tokens (tpd) for all of the gateway" in comments(text)
    text = configuration(subject(**limits))
    assert "tpm: 600" not in text
    assert "#   the limit of 600 tokens (tpm) for all of the gateway" in comments(text)


def test_guardrails_without_a_counterpart_are_said_once() -> None:
    guardrails = {"checkRequest": True, "checkResponse": True, "blockOnPromptAttack": True, "maxTextLength": 500}
    text = configuration(subject(aiGuardrailConfig={**guardrails, "blockOnMaliciousUrl": True}))
    assert yaml.safe_load(text)["litellm_settings"] == {"callbacks": ["detect_prompt_injection"]}
    lost = comments(text)
    assert lost[lost.index("# Has no counterpart here:") + 1 :] == [
        "#   guardrail blockOnMaliciousUrl",
        "#   longest text of guardrails: 500",
    ]


def keyed(*keys: str) -> Subject:
    of = alone()
    config = deepcopy(of.proxy.body["proxyConfig"])
    config["endpoints"] = [{"modelServiceName": f"s{number}", "modelNames": ["m"]} for number in range(len(keys))]
    body = {**of.proxy.body, "proxyConfig": config, "credentialName": "callers"}
    services = {f"s{number}": Found(service("s").kind, f"s{number}", None, {"provider": "openai"}, None, key=key)
                for number, key in enumerate(keys)}  # fmt: skip
    return Subject(Found(of.proxy.kind, "gate", None, body, None), services, frozenset({"chat-backup-1111111"}))


def test_each_source_of_a_key_has_a_variable_of_its_own() -> None:
    given = keyed("env:A_B", "credential a-b", "credential a_b", "file:/run/key", "its own key", "", "credential 7")
    text = configuration(given)
    found = [entry["litellm_params"]["api_key"] for entry in yaml.safe_load(text)["model_list"]]
    assert found == [
        f"os.environ/{name}" for name in ("A_B", "A_B_2", "A_B_3", "S3_API_KEY", "S4_API_KEY", "S5_API_KEY", "_7")
    ]
    assert yaml.safe_load(text)["general_settings"]["master_key"] == "os.environ/CALLERS"
    assert "#   A_B_2: the key that credential a-b has in AgentRun" in comments(text)
    assert "#   S3_API_KEY: the key of service s3, which is in file /run/key" in comments(text)
    assert "#   CALLERS: the key of credential callers, which callers present" in comments(text)
    assert text.count("service chat-backup-1111111, which is not there: its calls go to the others") == 1


def test_no_key_and_no_part_of_a_url_that_may_be_one_is_written(explained: Explain) -> None:
    for url in (f"https://me:{KEY}@u.example/v1", f"https://u.example/v1?key={KEY}", f"https://u.example/{KEY}/v1"):
        made, proxy = state()["deployment"]["resources"][2:]
        made["outputs"]["provider_settings"] |= {"api_key": KEY, "base_url": url}
        steps = [{"op": "create", "newState": {**of, "inputs": of["outputs"]}} for of in (made, proxy)]
        text = explained({"steps": steps})
        assert "api_base: os.environ/S_API_BASE" in text
        assert "#   S_API_BASE: the base_url of s\n" in text
        assert KEY not in text
        assert "# Has no counterpart here:\n#   provider x: its models are called by OpenAI's API\n" in text


@pytest.mark.parametrize("hidden", [SECRET, {"base_url": SECRET, "model_names": ["m"]}])
def test_a_url_that_is_secret_is_not_that_of_the_provider(hidden: Mapping[str, Any]) -> None:
    exported = state()
    outputs = exported["deployment"]["resources"][2]["outputs"]
    outputs |= {"provider": "openai", "provider_settings": hidden}
    exported["deployment"]["resources"][3]["outputs"]["proxy_config"]["endpoints"][0]["model_names"] = ["m"]
    (of,) = finding.all_of_state(exported)
    (entry,) = written(of)["model_list"]
    assert entry["litellm_params"]["api_base"] == "os.environ/S_API_BASE"


def test_names_of_others_stay_within_their_lines(explained: Explain) -> None:
    evil = "x\n- model_name: evil\x1b[2J"
    plan = json.loads(json.dumps(previewed(Planned("chat", {"services": {
        "a": {"provider": evil, "model_names": ["m"], "credential_name": evil}}}))))  # fmt: skip
    text = explained(plan)
    assert "\x1b" not in text
    assert len(yaml.safe_load(text)["model_list"]) == 1


def test_names_that_mean_something_else_in_litellm_are_left_out(explained: Explain) -> None:
    names = ["m", "*", "gpt-*", "os.environ/HOME"]
    services = {"a": {"provider": "openai", "model_names": names}}
    text = explained(json.loads(json.dumps(previewed(Planned("chat", {"services": services})))))
    offered = yaml.safe_load(text)
    assert {one["model_name"] for one in offered["model_list"]} <= {"m", "chat"}
    assert offered["router_settings"].get("model_group_alias", {}).keys() <= {"m", "chat"}
    for name in names[1:]:
        assert f"#   model {name}, whose name LiteLLM reads as a pattern or a variable" in comments(text)


def test_more_fallbacks_than_litellm_tries_by_itself_are_asked_for() -> None:
    services = {key: {"provider": "openai", "model_names": ["m"]} for key in "abcdefg"}
    (of,) = finding.all_of_preview(previewed(Planned("chat", {"services": services})))
    assert written(of)["router_settings"]["max_fallbacks"] == 6


def test_it_is_about_one_gateway_that_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan: dict[str, Any] = {"steps": [step for name in ("one", "two") for step in previewed(
        Planned(name, {"services": {"a": {"provider": "openai", "model_names": ["m"]}}}))["steps"]]}  # fmt: skip
    plan["steps"][3]["newState"]["inputs"]["proxy_config"]["policies"]["num_retries"] = "[secret]"
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    line = ["explain", "--plan", "plan.json", "--format", "litellm"]

    def refused(*more: str) -> str:
        assert main([*line, *more]) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        return shown.err

    said = "A LiteLLM configuration is of one model proxy: choose by --proxy one of one, two."
    assert refused() == f"error: {said}\n"
    assert refused("--proxy", "two") == (
        "error: The proxy two cannot be written: proxy_config.policies.num_retries is secret.\n"
    )
    assert "There is no model proxy 'too'" in refused("--proxy", "too")
    (tmp_path / "main.json").write_text('{"proxies": []}')
    assert refused("--against", "main.json") == (
        "error: --against has no configuration: --format is table, json or markdown.\n"
    )
    assert main([*line, "--proxy", "one"]) == 0
    assert capsys.readouterr().out.startswith("# The gateway one as a LiteLLM proxy.\n")


def test_where_a_gateway_stands_is_said() -> None:
    arguments = {"services": {"a": {"provider": "openai", "model_names": ["m"]}}}
    private = {"network_configuration": {"network_mode": "PRIVATE"}, "log_configuration": {"project": "p"}}
    (of,) = finding.all_of_preview(previewed(Planned("chat", arguments | private)))
    lost = comments(configuration(of))
    said = [line for line in lost if " of chat" in line]
    assert said == ["#   network mode PRIVATE of chat", "#   logs of chat: p"]
