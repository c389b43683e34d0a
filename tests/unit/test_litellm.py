"""From a LiteLLM proxy's configuration to a program: what it declares, what it leaves out, and no key anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_agentrun.cli.command import main
from pulumi_agentrun.client import ModelProxyListInput, ModelServiceListInput
from pulumi_agentrun.testing import AgentRunMocks
from unit.running import deploy

FOLDER = Path(__file__).with_name("litellm")
FILES = sorted(path.name for path in FOLDER.glob("*.yaml"))
Import = Callable[[str], dict[str, Any]]


@pytest.fixture
def imported(capsys: pytest.CaptureFixture[str]) -> Import:
    def run(name: str) -> dict[str, Any]:
        assert main(["import-litellm", str(FOLDER / name), "--json"]) == 0
        shown = capsys.readouterr()
        assert "sk-never" not in shown.out + shown.err
        return dict(json.loads(shown.out))

    return run


def remarks(found: dict[str, Any]) -> dict[str, str]:
    return {f"{item['line']} {item['path']}": item["reason"] for item in found["remarks"]}


def deployed(found: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run a program on mocks; return what the proxies have, by the names of their services without hashes."""
    for name in re.findall(r'env:(\w+)|os\.environ\["(\w+)"\]', found["program"]):
        monkeypatch.setenv(name[0] or name[1], "https://from.example/v1" if name[1] else "sk-of-no-account")
    mocks = AgentRunMocks()
    pulumi.runtime.set_mocks(mocks, project="unit", stack="dev", preview=False)
    pulumi.runtime.set_all_config({f"unit:{name}": "https://set.example" for name in found["settings"]})
    try:
        deploy(lambda: exec(compile(found["program"], "__main__.py", "exec"), {}))
    finally:
        pulumi.runtime.settings.reset_options()
    return {proxy.model_proxy_name or "": proxy for proxy in mocks.client.iterate(ModelProxyListInput())} | {
        "services": list(mocks.client.iterate(ModelServiceListInput()))
    }


@pytest.mark.parametrize("name", FILES)
def test_the_program_of_each_file_runs(name: str, imported: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    found = imported(name)
    proxies = deployed(found, monkeypatch)
    assert len(proxies) - 1 == found["program"].count("= ModelGateway(") > 0
    assert proxies["services"]


@pytest.mark.parametrize("name", FILES)
def test_each_remark_has_the_line_of_its_entry(name: str, imported: Import) -> None:
    lines = (FOLDER / name).read_text().splitlines()
    for remark in imported(name)["remarks"]:
        key = re.split(r"[.\]]", remark["path"])[-1] or remark["path"].rpartition("[")[0].rpartition(".")[2]
        assert key in lines[remark["line"] - 1] or key == "model_list", remark


def test_there_are_as_many_files_as_the_page_says() -> None:
    assert len(FILES) == 10


def test_deployments_share_calls_by_their_weights(imported: Import) -> None:
    found = imported("weights.yaml")
    assert found["program"] == (FOLDER / "weights.py.txt").read_text()
    assert remarks(found) == {
        "16 router_settings.allowed_fails": "has no counterpart",
        "17 router_settings.cooldown_time": "has no counterpart",
    }
    program = imported("anchors.yaml")["program"]
    assert (
        'weights={\n        "hosted_vllm": 500,\n        "hosted_vllm-2": 250,\n        "hosted_vllm-3": 0,\n    }'
        in program
    )


def test_fallbacks_are_services_of_the_gateway_that_falls_back(
    imported: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = imported("fallbacks.yaml")
    proxies = deployed(found, monkeypatch)
    policies = proxies["fast"].proxy_config.policies
    names = [re.sub("-[0-9a-f]{7}$", "", item.model_service_name) for item in policies.fallbacks]
    assert names == ["fast-strong", "fast-spare", "fast-spare-2"]
    assert (policies.num_retries, policies.request_timeout) == (2, 13)
    assert [item.model_name for item in proxies["spare"].proxy_config.policies.fallbacks] == ["gpt-4o"]
    said = remarks(found)
    assert said["2 model_list[0].model_name"] == "falls back to each deployment of spare in turn, not by weight"
    assert said["9 litellm_settings.fallbacks[1].strong"] == "is taken without gone, which is no model of model_list"
    assert said["11 litellm_settings.context_window_fallbacks"] == "has no counterpart"


def test_limits_of_one_deployment_are_the_gateways_or_shares(imported: Import) -> None:
    found = imported("limits.yaml")
    assert 'weights={\n        "azure": 900,\n        "azure-2": 100,\n    }' in found["program"]
    assert 'token_rate_limiter={\n        "tpm": 100000,\n    }' in found["program"]
    said = remarks(found)
    assert said["3 model_list[0].litellm_params.rpm"] == "is a share of the calls here, and no limit"
    assert said["3 model_list[0].litellm_params.tpm"] == "has no counterpart"
    assert {
        f"7 model_list[2].litellm_params.{name}" for name in ("rpm", "timeout", "stream_timeout", "max_retries")
    } <= (said.keys())


def test_keys_come_from_configuration_or_the_environment(imported: Import) -> None:
    found = imported("literal_keys.yaml")
    assert found["settings"] == ["one_openai_api_key", "two_openai_base_url", "two_openai_api_key"]
    assert found["program"].count('config.require_secret("one_openai_api_key")') == 2, "the same key is one setting"
    assert {"2 general_settings.master_key", "5 environment_variables.LANGFUSE_SECRET_KEY"} <= remarks(found).keys()
    quick = imported("quickstart.yaml")["program"]
    assert '"base_url": os.environ["AZURE_API_BASE"]' in quick
    assert '"api_key_from": "env:AZURE_API_KEY"' in quick
    assert '"api_key_from": "env:DASHSCOPE_API_KEY"' in imported("fallbacks.yaml")["program"], "where LiteLLM looks"


def test_callers_reach_a_gateway_by_the_name_that_they_know(imported: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(deployed(imported("kinds.yaml"), monkeypatch)) >= {"embed", "draw"}
    assert 'model_proxy_name="chat"' in imported("weights.yaml")["program"]
    assert "model_proxy_name" not in imported("guardrails.yaml")["program"], "a model has that name"
    said = remarks(imported("kinds.yaml"))
    assert said["5 model_list[1].model_name"].startswith("is asked for by the proxy's own name here")


def test_what_the_models_do_is_taken_as_far_as_agentrun_has_a_word(imported: Import) -> None:
    found = imported("kinds.yaml")
    assert re.findall(r'model_type="(.*?)"', found["program"]) == ["text-embedding", "rerank"]
    assert remarks(found)["10 model_list[2].model_info.mode"] == "has no counterpart: model_type has to be set"


def test_guardrails_are_listed_each_and_the_one_gateway_has_the_limit(imported: Import) -> None:
    found = imported("guardrails.yaml")
    assert "concurrency_limit=20" in found["program"]
    said = remarks(found)
    for place in ("5 guardrails[0].guardrail_name", "7 guardrails[1].guardrail_name"):
        assert said[place] == "has no counterpart: ai_guardrail_config has AgentRun's own checks"


def test_what_is_malformed_is_left_out_and_said(imported: Import) -> None:
    found = imported("strange.yaml")
    assert found["program"].count("= ModelGateway(") == 1
    assert 'weights={\n        "openai": 1,\n        "openai-2": 1,\n    }' in found["program"]
    said = remarks(found)
    assert said["6 model_list[2].model_name"] == "is left out: it needs model_name and litellm_params.model"
    assert said["8 model_list[3]"] == "is left out: it must be a map"
    assert said["12 router_settings.num_retries"] == "is left out: it must be a number that is at least 0"
    wildcards = remarks(imported("wildcards.yaml"))
    assert [name for name, reason in wildcards.items() if "names its models" in reason] == [
        "2 model_list[0].model_name",
        "4 model_list[1].model_name",
    ]


def test_a_program_is_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["import-litellm", str(FOLDER / "literal_keys.yaml"), "--write", str(tmp_path / "infra")]
    assert main(arguments) == 0
    shown = capsys.readouterr()
    assert "  pulumi config set --secret one_openai_api_key\n" in shown.out
    assert f"{FOLDER / 'literal_keys.yaml'}:2: general_settings.master_key has no counterpart\n" in shown.err
    assert main(arguments) == 1
    again = capsys.readouterr()
    assert "exists already; nothing was written" in again.err
    texts = [shown.out, shown.err, again.err, (tmp_path / "infra" / "__main__.py").read_text()]
    assert not [text for text in texts if "sk-never" in text]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("model_list: [", r"config.yaml, line 1, is not YAML"),
        ("api_key: sk-never-1\n - x: [", r"config.yaml, line 2, is not YAML"),
        ("- sk-never-1", "is no configuration of a LiteLLM proxy: it must be a map with model_list"),
        ("", "is no configuration of a LiteLLM proxy"),
        ("model_list: []", "has no model that a gateway could be made of"),
        ("model_list: &a [*a]", "has no model that a gateway could be made of"),
        ("[" * 3000, "is no"),
        ("<<: sk-never-1", "is not YAML"),
        ("model_list: [{<<: sk-never-1}]", "has no model that a gateway could be made of"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text(text)
    assert main(["import-litellm", str(tmp_path / "config.yaml")]) == 1
    shown = capsys.readouterr()
    assert re.search(sentence, shown.err)
    assert shown.err.startswith("error: ")
    assert "sk-never" not in shown.err + shown.out
    assert main(["import-litellm", str(tmp_path / "absent.yaml")]) == 1
    assert "absent.yaml cannot be read: No such file or directory" in capsys.readouterr().err
