"""`pulumi-agentrun explain`: where it takes proxies from, what it says, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.cli.command import main
from pulumi_agentrun.drill.finding import _NOT_KNOWN as NOT_KNOWN
from unit.fake_engine import pulumi
from unit.test_cli_drill import SECRET, STEERING, endpoint
from unit.test_drill import state

__all__ = ["endpoint"]  # a fixture
pytestmark = pytest.mark.usefixtures("nowhere")


def shown(text: str, given: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an engine on PATH that answers one command with JSON."""
    (folder / "given").write_text(json.dumps(given))
    pulumi(folder, f'[ "$*" = "--non-interactive {text}" ] && cat {folder}/given', monkeypatch)


def previewed() -> dict[str, Any]:
    resources = state()["deployment"]["resources"]
    return {"steps": [{"op": "create", "newState": {**made, "inputs": made.get("outputs")}} for made in resources[2:]]}


def test_an_account_is_explained(endpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--endpoint", endpoint]) == 0
    table = capsys.readouterr().out
    assert "gate: 200 calls at once (0.167 a second at worst)\nno guardrails\n" in table
    assert "m      stable       backup  2 attempts of 10m, 20m  provider p; region embedded" in table
    assert "stable   p, embedded, e, key its own key" in table
    assert main(["explain", "--endpoint", endpoint, "--json"]) == 0
    text = capsys.readouterr().out
    (proxy,) = json.loads(text)["proxies"]
    assert (proxy["name"], proxy["models"][0]["attempts"], proxy["timeout"]) == ("gate", 2, 600)
    assert main(["explain", "--endpoint", endpoint, "--format", "json"]) == 0
    assert capsys.readouterr().out == text
    assert SECRET not in table + text


@pytest.mark.parametrize("line", [["--stack", "dev"], ["--preview", "--stack", "dev"], ["--plan", "given"]])
def test_a_stack_is_explained_as_it_is_and_as_it_would_be(
    line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = "stack export --stack dev" if line[0] == "--stack" else "preview --json --show-sames --stack dev"
    shown(command, state() if line[0] == "--stack" else previewed(), tmp_path, monkeypatch)
    assert main(["explain", *line]) == 0
    table = capsys.readouterr().out
    assert table.startswith("gate (g-1111111): 200 calls at once")
    # Where the stack's settings lead is known before anything is there.
    own = "" if line[0] == "--stack" else "region cn-hangzhou; "
    assert f"service s; provider x; {own}region r" in table


def test_what_others_named_steers_no_terminal_and_breaks_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = json.loads(
        json.dumps(state()).replace('"gate"', json.dumps(STEERING)).replace("::gate", "::chat\\u001b[2J")
    )
    given["deployment"]["resources"][3]["outputs"]["credential_name"] = "c\x1b[2J\nd"
    shown("stack export --stack dev", given, tmp_path, monkeypatch)
    for form in ("table", "mermaid", "json"):
        assert main(["explain", "--stack", "dev", "--format", form]) == 0
        text = capsys.readouterr().out
        assert "\x1b" not in text
        assert "chat" in text


def test_a_proxy_that_routes_nothing_hides_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = previewed()
    idle = json.loads(json.dumps(given["steps"][1]).replace("::gate", "::idle").replace("s-1111111", "elsewhere"))
    (tmp_path / "given").write_text(json.dumps({"steps": [idle, *given["steps"]]}))
    assert main(["explain", "--plan", "given"]) == 0
    shown = capsys.readouterr().out
    assert "It routes no model: neither its endpoints" in shown
    assert "gate (g-1111111)" in shown


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--stack", "dev", "--region", "cn-hangzhou"], "--endpoint and --region are about an account;"),
        (["--plan", "given", "--stack", "dev"], "--plan is a preview that was made before:"),
        (["--plan", "nothing"], "The plan nothing cannot be read: No such file or directory."),
        (["--plan", "bad"], "The plan bad cannot be read: it is no JSON."),
        (["--plan", "list"], "The plan list is not what pulumi preview --json --show-sames writes."),
        (["--plan", "given", "--proxy", "gat"], "There is no model proxy 'gat'; did you mean gate?"),
        (["--plan", "empty"], "There is no model proxy, so there is nothing to explain."),
    ],
)
def test_what_cannot_be_explained_is_one_sentence(
    line: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "given").write_text(json.dumps(previewed()))
    (tmp_path / "bad").write_text("{")
    (tmp_path / "list").write_text("[]")
    (tmp_path / "empty").write_text('{"steps": []}')
    assert main(["explain", *line]) == 2
    text = capsys.readouterr().err
    assert text.startswith(f"error: {said}")
    assert text.count("\n") == 1


def test_what_changes_for_callers_is_said_in_each_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = previewed()
    (tmp_path / "before").write_text(json.dumps(given))
    given["steps"][1]["newState"]["inputs"]["proxy_config"]["policies"] = {"concurrency_limit": 7}
    (tmp_path / "after").write_text(json.dumps(given))
    assert main(["explain", "--plan", "before", "--json"]) == 0
    (tmp_path / "main.json").write_text(capsys.readouterr().out)

    def said(plan: str, *more: str) -> str:
        assert main(["explain", "--plan", plan, "--against", "main.json", *more]) == 0
        return capsys.readouterr().out

    assert said("before") == said("before", "--format", "markdown") == "Nothing changes for callers.\n"
    assert json.loads(said("before", "--json")) == {"changes": [], "unknown": []}
    assert said("after").splitlines()[1].split() == ["gate", "calls", "at", "once", "200", "7"]
    comment = said("after", "--format", "markdown")
    assert comment.startswith("1 thing changes for callers.\n\n| Proxy |")
    assert "<code>calls at once</code> | <code>200</code> | <code>7</code>" in comment
    (change,) = json.loads(said("after", "--json", "--proxy", "g"))["changes"]
    assert (change["what"], change["effect"]) == ("calls at once", "")
    assert main(["explain", "--plan", "after", "--format", "markdown"]) == 0
    assert "```mermaid" in capsys.readouterr().out


def test_where_proxies_and_services_stand_is_said_against_what_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = previewed()
    service, proxy = (step["newState"]["inputs"] for step in given["steps"])
    proxy |= {"network_configuration": {"network_mode": "PRIVATE"}, "execution_role_arn": "acs:ram::1:role/r"}
    (tmp_path / "before").write_text(json.dumps(given))
    assert main(["explain", "--plan", "before", "--json"]) == 0
    text = capsys.readouterr().out
    (tmp_path / "main.json").write_text(text)
    assert json.loads(text)["proxies"][0]["standing"] == {
        "network": "PRIVATE", "role": "acs:ram::1:role/r", "logs": "nothing",
    }  # fmt: skip
    proxy |= {"network_configuration": None, "execution_role_arn": NOT_KNOWN, "log_configuration": {"project": "p"}}
    service["networkConfiguration"] = {"networkMode": "PRIVATE"}
    (tmp_path / "after").write_text(json.dumps(given))
    assert main(["explain", "--plan", "after", "--against", "main.json", "--json"]) == 0
    assert [
        tuple(change[name] for name in ("proxy", "what", "before", "after", "effect"))
        for change in json.loads(capsys.readouterr().out)["changes"]
    ] == [
        ("gate", "network mode", "PRIVATE", "PUBLIC", "weaker"),
        ("gate", "execution role", "acs:ram::1:role/r", "not known", ""),
        ("gate", "logs", "nothing", "p", "stronger"),
        ("", "network mode of s", "PUBLIC", "PRIVATE", "stronger"),
    ]


@pytest.mark.parametrize("text", ["{}", "[]", '{"proxies": [{"name": "sk-never-shown"}]}', "null"])
def test_what_is_no_explanation_is_refused_in_a_sentence(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "given").write_text(json.dumps(previewed()))
    (tmp_path / "main.json").write_text(text)
    assert main(["explain", "--plan", "given", "--against", "main.json"]) == 2
    assert capsys.readouterr().err == (
        "error: The explanation main.json is not what this version's explain --json writes.\n"
    )
    assert main(["explain", "--plan", "given", "--against", "main.json", "--format", "mermaid"]) == 2
    assert capsys.readouterr().err == "error: --against has no picture: --format is table, json or markdown.\n"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("NaN", "cannot be read: it is no JSON."),
        ("-Infinity", "cannot be read: it is no JSON."),
        ("1e999", "is not what this version's explain --json writes."),
    ],
)
def test_a_number_that_is_none_is_refused_in_a_sentence(
    number: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "given").write_text(json.dumps(previewed()))
    assert main(["explain", "--plan", "given", "--json"]) == 0
    given = json.loads(capsys.readouterr().out)
    given["proxies"][0]["timeout"] = "NUMBER"
    (tmp_path / "main.json").write_text(json.dumps(given).replace('"NUMBER"', number))
    assert main(["explain", "--plan", "given", "--against", "main.json"]) == 2
    assert capsys.readouterr().err == f"error: The explanation main.json {said}\n"


def test_a_program_gets_its_first_proxy_and_loses_its_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "some").write_text(json.dumps(previewed()))
    (tmp_path / "none").write_text('{"steps": []}')

    def said(*line: str) -> str:
        assert main(["explain", *line]) == 0
        return capsys.readouterr().out

    (tmp_path / "some.json").write_text(said("--plan", "some", "--json"))
    (tmp_path / "none.json").write_text(said("--plan", "none", "--json"))
    assert json.loads((tmp_path / "none.json").read_text()) == {"proxies": [], "unknown": []}
    assert said("--plan", "none", "--format", "markdown") == "There is no model proxy.\n"
    new = ["gate", "proxy", "nothing", "there"]
    assert said("--plan", "some", "--against", "none.json").splitlines()[1].split() == new
    gone = ["gate", "proxy", "there", "nothing", "weaker"]
    assert said("--plan", "none", "--against", "some.json").splitlines()[1].split() == gone
    assert said("--plan", "none", "--against", "some.json", "--proxy", "gate").splitlines()[1].split() == gone
    assert main(["explain", "--plan", "none", "--against", "some.json", "--proxy", "gat"]) == 2
    assert capsys.readouterr().err == "error: There is no model proxy 'gat'; did you mean gate?\n"


def test_what_is_not_known_of_one_proxy_hides_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = previewed()
    (tmp_path / "before").write_text(json.dumps(given))
    later = json.loads(json.dumps(given["steps"][1]).replace("::gate", "::later"))
    later["newState"]["inputs"]["proxy_config"]["policies"] = {"num_retries": NOT_KNOWN}
    (tmp_path / "given").write_text(json.dumps({"steps": [later, *given["steps"]]}))
    why = "proxy_config.policies.num_retries is not known before the update"

    def said(*line: str) -> str:
        assert main(["explain", *line]) == 0
        return capsys.readouterr().out

    table = said("--plan", "given")
    assert "gate (g-1111111): " in table
    assert table.endswith(f"later cannot be explained: {why}.\n")
    data = json.loads(said("--plan", "given", "--json"))
    assert [proxy["name"] for proxy in data["proxies"]] == ["gate"]
    assert data["unknown"] == [{"name": "later", "apiName": "g-1111111", "why": why}]
    (tmp_path / "main.json").write_text(json.dumps(data))
    assert f"%% later cannot be explained: {why}.\n" in said("--plan", "given", "--format", "mermaid")
    assert "<code>later cannot be explained&#58; proxy&#95;config" in said("--plan", "given", "--format", "markdown")
    assert said("--plan", "given", "--proxy", "later") == f"later cannot be explained: {why}.\n"
    alone = said("--plan", "given", "--format", "markdown", "--proxy", "later")
    assert alone.startswith("\n<code>later cannot be explained")
    # What is not known on one side neither goes nor comes.
    for plan in ("before", "given"):
        shown = said("--plan", plan, "--against", "main.json")
        assert shown == f"Nothing changes for callers.\nlater cannot be explained: {why}.\n"
    (tmp_path / "known.json").write_text(said("--plan", "before", "--json").replace('"gate"', '"later"'))
    compared = json.loads(said("--plan", "given", "--against", "known.json", "--json"))
    assert [(item["proxy"], item["what"]) for item in compared["changes"]] == [("gate", "proxy")]
    assert [item["name"] for item in compared["unknown"]] == ["later"]
    comment = said("--plan", "given", "--against", "main.json", "--format", "markdown")
    assert comment.startswith("Nothing changes for callers.\n\n<code>later cannot be explained")
