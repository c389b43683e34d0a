"""The command `pulumi-agentrun`: what each subcommand says to people and to programs, and how it ends."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.cli import command, doctor
from pulumi_agentrun.cli.command import app, main
from pulumi_agentrun.client import Config, ModelClient, ModelServiceCreateInput
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.client.printable import printable
from unit.fake_engine import pulumi

SECRET = "sk-never-shown"
STEERING = "a\x1b[2Jb\u202ec\nd"


pytestmark = pytest.mark.usefixtures("nowhere")


@pytest.fixture
def endpoint(tmp_path: Path) -> str:
    where = f"file://{tmp_path / 'platform'}"
    with ModelClient(Config(endpoint=where)) as client:
        for name in ("first", "second"):
            settings = {"api_key": SECRET, "base_url": "https://e", "model_names": [STEERING]}
            client.create(
                ModelServiceCreateInput(
                    model_service_name=name, model_type="llm", provider="p", provider_settings=settings
                )
            )
    return where


def test_the_command_is_installed_and_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    (entry,) = entry_points(group="console_scripts", name="pulumi-agentrun")
    assert entry.load() is main
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"pulumi-agentrun {version('pulumi-agentrun')}\n"


@pytest.mark.parametrize("name", sorted(app.commands))
def test_every_subcommand_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = app.commands[name].help or ""
    assert re.search(rf"^ *Example: pulumi-agentrun {name}\b", text, re.MULTILINE)
    assert main([]) == 0
    assert re.search(rf"^  {name} ", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nope"], "error: No such command 'nope'. See pulumi-agentrun --help."),
        (["audit", "--nope"], "error: No such option '--nope'. See pulumi-agentrun audit --help."),
        (["inventory", "--only"], "error: Option '--only' requires an argument. See pulumi-agentrun"),
        (["inventory", "--json", "--write", "x"], "error: --json and --write do not go together. See pulumi-agentrun"),
    ],
)
def test_a_command_line_without_a_sense_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.replace("option: --nope", "option '--nope'").startswith(sentence)  # click 8.1 has a colon
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("end", [KeyboardInterrupt, click.Abort])
def test_an_interrupt_is_a_sentence(
    end: type[BaseException], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise end

    monkeypatch.setattr(command.app, "main", interrupted)
    assert main(["inventory"]) == 130
    assert capsys.readouterr().err == "error: It was interrupted.\n"


def test_names_of_others_do_not_steer_a_terminal(endpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inventory", "--endpoint", endpoint]) == 0
    shown = capsys.readouterr().out
    assert r"p: a\x1b[2Jb\u202ec\nd" in shown
    assert SECRET not in shown
    assert main(["inventory", "--endpoint", endpoint, "--json"]) == 0
    text = capsys.readouterr().out
    assert text.isascii()
    assert "\x1b" not in text
    assert [item["name"] for item in json.loads(text)["resources"]] == ["first", "second"]


@given(st.text())
def test_what_is_printed_is_printable_and_the_rest_stays(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable() or not text.isprintable()
    assert not {"\x1b", "\n", "\r", "\u202e"} & {*shown}
    assert text != shown or not {"\x1b", "\n", "\r", "\u202e"} & {*text}


def test_a_long_name_is_not_cut_where_no_terminal_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where, name = f"file://{tmp_path / 'long'}", "n" * 120
    with ModelClient(Config(endpoint=where)) as client:
        client.create(
            ModelServiceCreateInput(
                model_service_name=name,
                model_type="llm",
                provider="p" * 200,
                provider_settings={"base_url": "https://e"},
            )
        )
    assert main(["inventory", "--endpoint", where]) == 0
    assert f"service  {name}  READY" in capsys.readouterr().out


def test_the_platform_has_its_own_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["platform", "--help"])
    assert end.value.code == 0
    assert "--credential-file" in capsys.readouterr().out
    code = main(["platform", "--data", str(tmp_path / "x"), "--credential", "a:b", "--host", "no host"])
    assert code == 1
    assert capsys.readouterr().err.startswith("error: ")


def test_the_doctor_says_where_the_environment_leads(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi(tmp_path, "echo v3.999.0", monkeypatch)
    monkeypatch.setenv("AGENTRUN_CONTROL_ENDPOINT", endpoint)
    assert main(["doctor", "--json"]) == 0
    found = {item["what"]: item["text"] for item in json.loads(capsys.readouterr().out)["checks"]}
    assert found["Pulumi"].startswith("engine 3.999.0, Python SDK ")
    assert found["endpoint"] == endpoint
    assert found["model services"] == "the service answers, 2 there"
    assert found["model proxies"] == "the service answers, none there"


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (None, "There is no pulumi on PATH: https://www.pulumi.com/docs/install/"),
        ("exit 3", "bin/pulumi says no version (CalledProcessError): install it anew."),
        ("echo v2.1.0", "they must have the same major version"),
    ],
)
def test_an_engine_that_would_not_do_is_wrong(
    script: str | None,
    text: str,
    endpoint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if script is not None:
        pulumi(tmp_path, script, monkeypatch)
    monkeypatch.setenv("AGENTRUN_CONTROL_ENDPOINT", endpoint)
    assert main(["doctor"]) == 1
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("wrong"))
    assert text in line


def test_the_doctor_looks_at_a_stack_and_each_of_its_profiles(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    profiles = {"eu": {"endpoint": endpoint}, "us": {"region": "a b"}}
    settings = {
        "agentrun:endpoint": {"value": "https://127.0.0.1:9", "secret": False},
        "agentrun:accessKeyId": {"value": "LTAIabcdefgh", "secret": False},
        "agentrun:accessKeySecret": {"value": SECRET, "secret": False},
        "agentrun:profiles": {"value": json.dumps(profiles), "secret": True},
    }
    (tmp_path / "settings").write_text(json.dumps(settings))
    script = f'[ "$1" = version ] && echo v3.999.0 && exit; [ "$6" = dev ] && cat {tmp_path}/settings'
    pulumi(tmp_path, script, monkeypatch)
    assert main(["doctor", "--stack", "dev", "--json"]) == 1
    text = capsys.readouterr().out
    found = {item["what"]: (item["state"], item["text"]) for item in json.loads(text)["checks"]}
    assert SECRET not in text
    assert "LTAIabcd" not in text
    assert found["agentrun:accessKeySecret"] == (
        "wrong",
        "It is in plain text: pulumi config set --secret agentrun:accessKeySecret",
    )
    assert found["access key"] == ("ok", "LTAI… from agentrun:accessKeyId")
    assert found["model services"][0] == "wrong"
    assert "got no answer" in found["model services"][1]
    assert found["model services of profile eu"] == ("ok", "the service answers, 2 there")
    assert found["settings of profile us"][0] == "wrong"


def test_a_stack_that_cannot_be_read_is_said_in_pulumis_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "echo more >&2; echo \"error: no stack named 'dev' found\" >&2; exit 1"
    script = f"[ $1 = version ] && echo v3.999.0 && exit\n{said}"
    pulumi(tmp_path, script, monkeypatch)
    assert main(["doctor", "--stack", "dev"]) == 1
    assert "pulumi config cannot read its settings: no stack named 'dev' found" in capsys.readouterr().out
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="Without a pulumi on PATH"):
        doctor._settings_of("dev")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_it(shell: str) -> None:
    environment = {**os.environ, "_PULUMI_AGENTRUN_COMPLETE": f"{shell}_source"}
    code = "from pulumi_agentrun.cli.command import main; import sys; sys.exit(main([]))"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "pulumi-agentrun" in done.stdout
    assert done.stderr.count("Traceback") == 0
