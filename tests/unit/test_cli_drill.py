"""`pulumi-agentrun drill`: where it takes a proxy from, what it says, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pulumi_agentrun.cli.command import main
from pulumi_agentrun.client import Config, ModelClient, ModelProxyCreateInput, ModelServiceCreateInput
from unit.fake_engine import pulumi

SECRET = "sk-never-shown"
STEERING = "chat\x1b[2J"


pytestmark = pytest.mark.usefixtures("nowhere")


@pytest.fixture
def endpoint(tmp_path: Path) -> str:
    where = f"file://{tmp_path / 'platform'}"
    with ModelClient(Config(endpoint=where)) as client:
        for name in ("stable", "backup"):
            settings = {"api_key": SECRET, "base_url": "https://e", "model_names": ["m"]}
            client.create(
                ModelServiceCreateInput(
                    model_service_name=name, model_type="llm", provider="p", provider_settings=settings
                )
            )
        config = {
            "endpoints": [{"model_service_name": "stable"}],
            "policies": {"num_retries": 0, "fallbacks": [{"model_service_name": "backup", "model_name": "m"}]},
        }
        client.create(ModelProxyCreateInput(model_proxy_name="gate", proxy_config=config))
    return where


def test_an_account_is_drilled_and_judged(endpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["drill", "--endpoint", endpoint, "--calls", "600", "--event", "stable down 10m..20m"]
    assert main([*line, "--expect", "success >= 99.9%"]) == 0
    shown = capsys.readouterr().out
    assert "600 calls of the proxy gate in 1h, for m, seed 0." in shown
    assert "met     success >= 99.9%: 100 %" in shown
    assert SECRET not in shown
    assert main([*line, "--expect", "fallback == 0%"]) == 1
    assert "NOT MET fallback == 0%" in capsys.readouterr().out


def test_an_event_that_happens_to_nothing_fails(endpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "--endpoint", endpoint, "--calls", "50", "--event", "backup down"]) == 1
    assert "event   backup down: it happened to nothing: NOT TRIED" in capsys.readouterr().out


def test_programs_get_json_and_people_a_page(endpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "drill.html"
    line = ["drill", "--endpoint", endpoint, "--calls", "50", "--json", "--html", str(page)]
    assert main(line) == 0
    first, html = capsys.readouterr().out, page.read_bytes()
    data = json.loads(first)
    assert (data["calls"], data["isGood"], data["services"][0]["name"]) == (50, True, "stable")
    assert main(line) == 0
    assert (capsys.readouterr().out, page.read_bytes()) == (first, html)
    assert main([*line[:-1], str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path} cannot be written: Is a directory.\n"


def test_a_file_says_the_scenario_and_the_line_adds_to_it(
    endpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "drill.json"
    file.write_text(
        json.dumps({"duration": "10m", "rate": "1/s", "events": ["stable 500 10%"], "expect": ["p99 <= 1h"]})
    )
    line = ["drill", "--endpoint", endpoint, "--json", "--scenario", str(file)]
    assert main(line) == 0
    assert json.loads(capsys.readouterr().out)["calls"] == 600
    assert main([*line, "--calls", "70", "--event", "stable slow 1s", "--expect", "calls == 70"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["calls"], data["seconds"]) == (70, 3600)
    assert [event["event"] for event in data["events"]] == ["stable 500 10%", "stable slow 1s"]
    assert [item["expected"] for item in data["expectations"]] == ["p99 <= 1h", "calls == 70"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read: No such file or directory."),
        ("{", "cannot be read: it is no JSON."),
        ("[]", "must be an object of settings."),
        ('{"event": []}', "event: there is no such setting; did you mean events?"),
        ('{"events": 5}', "events: must be a list of texts."),
    ],
)
def test_a_file_that_makes_no_sense_is_one_sentence(
    text: str | None, said: str, endpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "drill.json"
    if text is not None:
        file.write_text(text)
    line = ["drill", "--endpoint", endpoint, "--scenario", str(file), "--event", "stable down"]
    assert main(line) == 2
    assert said in capsys.readouterr().err


def test_a_stack_is_drilled_by_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = "pulumi-python:dynamic/agentrun:ModelProxy"
    config = {"endpoints": [{"base_url": "https://e", "model_names": ["m"]}]}
    outputs = {"model_proxy_name": f"{STEERING}-1111111", "proxy_mode": "single", "proxy_config": config}
    made = {"type": token, "custom": True, "urn": f"urn:pulumi:dev::p::{token}::{STEERING}", "outputs": outputs}
    (tmp_path / "state").write_text(json.dumps({"deployment": {"resources": [made]}}))
    pulumi(tmp_path, f'[ "$2 $3 $4 $5" = "stack export --stack dev" ] && cat {tmp_path}/state', monkeypatch)
    assert main(["drill", "--stack", "dev", "--calls", "50"]) == 0
    shown = capsys.readouterr().out
    assert r"of the proxy chat\x1b[2J in 1h" in shown
    assert "\x1b" not in shown


def test_a_preview_that_fails_is_said_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"diagnostics": [{"severity": "info", "message": "x"}, {"severity": "error", "message": "error: no such\n"}]}
    (tmp_path / "said").write_text(json.dumps(said))
    pulumi(tmp_path, f"cat {tmp_path}/said; exit 1", monkeypatch)
    assert main(["drill", "--preview", "--stack", "dev"]) == 2
    assert capsys.readouterr().err == "error: pulumi preview cannot say what would be: no such\n"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "error: Without a pulumi on PATH, it is not possible to read the stack.\n"),
        ("echo what", "error: pulumi stack export cannot read the stack: JSONDecodeError\n"),
        ("echo 'error: no stack' >&2; exit 6", "error: pulumi stack export cannot read the stack: no stack\n"),
        ("exit 6", "error: pulumi stack export cannot read the stack: it gave no reason\n"),
        ("echo '{}'", "error: There is no model proxy in the stack, so there is nothing to drill.\n"),
    ],
)
def test_a_stack_that_cannot_be_read_is_one_sentence(
    script: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if script is not None:
        pulumi(tmp_path, script, monkeypatch)
    assert main(["drill", "--stack", "dev"]) == 2
    assert capsys.readouterr().err == said


def test_an_account_and_a_stack_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "--stack", "dev", "--region", "cn-hangzhou"]) == 2
    assert capsys.readouterr().err.startswith("error: --endpoint and --region are about an account")
