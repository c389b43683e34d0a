"""The audit of an account: what it says, what it fails by, and what it cannot know."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.cli.command import main as command
from pulumi_agentrun.client import Config, ModelClient, ModelProxyCreateInput, ModelServiceCreateInput
from pulumi_agentrun.platform import Fault, Platform
from pulumi_agentrun.policy.audit import Gap, Violation, choices, judged
from unit.views import SECRET, proxy, service, to


def main(arguments: list[str]) -> int:
    return command(["audit", *arguments])


@pytest.fixture
def account(tmp_path: Path) -> Path:
    with ModelClient(Config(endpoint=f"file://{tmp_path / 'data'}")) as client:
        client.create(
            ModelServiceCreateInput(
                model_service_name="s1", model_type="llm", provider="openai",
                provider_settings={"base_url": "http://a.example", "api_key": SECRET, "model_names": ["m1"]},
            )
        )  # fmt: skip
        client.create(
            ModelProxyCreateInput(model_proxy_name="p1", proxy_config={"endpoints": to("s1", model_names=["m2"])})
        )
    return tmp_path


def test_an_audit_is_a_table_an_object_and_an_exit_code(account: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--endpoint", f"file://{account / 'data'}"]
    assert main(where) == 1
    text = capsys.readouterr().out
    assert re.search(
        r"^mandatory +s1 +agentrun-secure-base-urls +provider_settings\.base_url must ", text, re.MULTILINE
    )
    assert "2 resources, 2 mandatory and " in text
    assert SECRET not in text
    assert main([*where, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["resources"] == 2
    broken = {(v["policy"], v["resource"], v["path"]) for v in report["violations"] if v["level"] == "mandatory"}
    assert broken == {
        ("agentrun-secure-base-urls", "s1", "provider_settings.base_url"),
        ("agentrun-models-offered", "p1", "proxy_config.endpoints[0].model_names[0]"),
    }
    config = account / "config.json"
    config.write_text('{"all": "disabled", "agentrun-fallback": {"enforcementLevel": "advisory", "min": 2}}')
    assert main([*where, "--json", "--config", str(config)]) == 0
    assert [v["message"] for v in json.loads(capsys.readouterr().out)["violations"]] == ["must name at least 2"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"agentrun-nope": "mandatory"}', "There is no policy 'agentrun-nope'; there are agentrun-allowed-providers"),
        ('{"agentrun-no-inline-apikey": "mandatory"}', "did you mean agentrun-no-inline-api-key?"),
        ('{"agentrun-naming": "loud"}', "The enforcementLevel of policy agentrun-naming must be one of advisory"),
        ('{"agentrun-naming": {"enforcementLevel": "advisory", "x": 1}}', "policy agentrun-naming is wrong: x"),
        ('{"all": {"enforcementLevel": "advisory", "x": 1}}', "policy all is wrong: x: `all` sets the level"),
        ("[]", "must be an object of policies"),
        ("{", "cannot be read"),
    ],
)
def test_an_audit_with_a_wrong_configuration_fails_in_a_sentence(
    account: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    config = account / "config.json"
    config.write_text(text)
    assert main(["--endpoint", f"file://{account / 'data'}", "--config", str(config)]) == 2
    assert sentence in capsys.readouterr().err


def audited(where: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, Any]]:
    code = main(["--endpoint", f"file://{where}", "--json", *more])
    return code, json.loads(capsys.readouterr().out)


def put(where: Path, **settings: Any) -> None:
    with ModelClient(Config(endpoint=f"file://{where}")) as client:
        client.create(
            ModelServiceCreateInput(
                model_service_name="s1",
                model_type="llm",
                provider="openai",
                description="d",
                provider_settings=settings,
            )
        )


def test_a_live_address_that_is_none_is_a_violation_like_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, base_url="https://[x")
    code, report = audited(tmp_path, capsys)
    assert code == 1
    assert [v["message"] for v in report["violations"] if v["level"] == "mandatory"] == ["must be the URL of a host"]


def test_a_key_is_not_blamed_on_a_program_that_may_have_it_by_reference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, base_url="https://a.example", api_key=SECRET)
    config = tmp_path / "config.json"
    config.write_text('{"all": "disabled", "agentrun-no-inline-api-key": "mandatory"}')
    assert audited(tmp_path, capsys, "--preset", "production", "--config", str(config))[0] == 0
    config.write_text('{"all": "disabled", "agentrun-no-inline-api-key":'
                      '{"enforcementLevel": "mandatory", "allowReferences": false}}')  # fmt: skip
    code, report = audited(tmp_path, capsys, "--config", str(config))
    assert code == 1
    assert [v["path"] for v in report["violations"]] == ["provider_settings.api_key"]


@pytest.mark.parametrize(
    "data",
    [{"items": [7], "total": 1}, {"items": [{"providerSettings": 7}], "total": 1}, {"items": "x"}, [], "x", None, 7],
    ids=str,
)
def test_an_answer_of_another_shape_is_no_violation(
    account: Path, capsys: pytest.CaptureFixture[str], data: Any
) -> None:
    body = json.dumps({"code": "SUCCESS", "requestId": "r", "data": data}).encode()
    Platform.open(account / "data", {}).inject(Fault(operation="ListModelServices", status=200, body=body))
    assert main(["--endpoint", f"file://{account / 'data'}"]) in (0, 2)
    assert "Traceback" not in "".join(capsys.readouterr())


def test_an_account_that_refuses_could_not_be_audited(account: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Platform.open(account / "data", {}).inject(Fault(operation="ListModelProxies", status=403, code="NoPermission"))
    assert main(["--endpoint", f"file://{account / 'data'}"]) == 2
    assert "NoPermission" in capsys.readouterr().err


def test_a_preset_of_the_environment_that_is_not_there_is_a_sentence(
    account: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTRUN_POLICIES", "strict")
    assert main(["--endpoint", f"file://{account / 'data'}"]) == 2
    assert "There is no preset 'strict'; there are baseline, production." in capsys.readouterr().err


def test_what_could_not_be_judged_is_told_from_what_is_wrong() -> None:
    views = [service(), proxy(to("s1"), cpu="many")]
    [found] = judged(views, choices("baseline", {"all": "disabled", "agentrun-sizes": "mandatory"}))
    assert found == Gap("mandatory", "agentrun-sizes", "model proxy", "p1", "cpu", "is no number, so it was not judged")
    [found] = judged([proxy(cpu=9)], choices("baseline", {"all": "disabled", "agentrun-sizes": "mandatory"}))
    assert isinstance(found, Violation)


def test_in_ci_an_audit_wants_a_preset(
    account: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    where = ["--endpoint", f"file://{account / 'data'}"]
    assert main(where) == 2
    assert "CI is set and no preset is named; name it: baseline or production." in capsys.readouterr().err
    assert main([*where, "--preset", "baseline"]) == 1
    monkeypatch.setenv("AGENTRUN_POLICIES", "baseline")
    assert main(where) == 1
