"""The commands beside Pulumi, each as a process: what is wrong is one sentence, and never a traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pulumi_agentrun.client import Config, ModelClient, ModelServiceCreateInput
from pulumi_agentrun.platform import Platform

COMMANDS = {"inventory": 1, "policy": 2}
"""The modules, and their exit codes when something is wrong with the account."""


def run(folder: Path, module: str, *options: str, **more: str) -> tuple[int, str, str]:
    """Run a command without any credentials of this machine."""
    alone = {"HOME": str(folder), "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true", **more}
    command = [sys.executable, "-m", f"pulumi_agentrun.{module}", *options]
    env = os.environ | alone
    done = subprocess.run(command, cwd=folder, env=env, text=True, capture_output=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("neither a directory nor JSON")
    (tmp_path / "spoiled").mkdir()
    (tmp_path / "spoiled" / "platform.db").write_bytes(b"no database" * 100)
    Platform.open(tmp_path / "platform", {}).close()
    with ModelClient(Config(endpoint=f"file://{tmp_path / 'platform'}")) as client:
        client.create(
            ModelServiceCreateInput(
                model_service_name="a", model_type="llm", provider="p", provider_settings={"base_url": "https://e"}
            )
        )
    return tmp_path


@pytest.mark.parametrize("module", COMMANDS)
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--endpoint", "https://[x"), "error: --endpoint must be https://HOST"),
        (("--endpoint", "file://missing"), "There is no embedded platform in "),
        (("--endpoint", "file://file"), "There is no embedded platform in "),
        (("--endpoint", "file://spoiled"), "spoiled cannot be opened: file is not a database. Check the path"),
        (("--region", "x@evil.example/?"), "error: --region must be a region such as cn-hangzhou"),
        (("--endpoint", "http://127.0.0.1:9"), "got no answer: "),
    ],
)
def test_an_account_that_cannot_be_had_is_one_sentence(
    folder: Path, module: str, options: tuple[str, ...], sentence: str
) -> None:
    key = {"AGENTRUN_ACCESS_KEY_ID": "ak", "AGENTRUN_ACCESS_KEY_SECRET": "sk-never-shown"}
    code, output, said = run(folder, module, *options, **key)
    assert (code, output) == (COMMANDS[module], "")
    assert said.startswith("error: ")
    assert sentence in said
    assert said.count("\n") == 1
    assert "sk-never-shown" not in said


@pytest.mark.parametrize("module", COMMANDS)
def test_no_credentials_at_all_is_one_sentence(folder: Path, module: str) -> None:
    pytest.importorskip("alibabacloud_credentials")
    code, output, said = run(folder, module)
    assert (code, output) == (COMMANDS[module], "")
    assert said.startswith("error: No AgentRun credentials are configured: set ")
    assert "(The credential chain says: unable to load credentials" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("module", COMMANDS)
def test_an_argument_that_there_is_not_is_misuse(folder: Path, module: str) -> None:
    code, _, said = run(folder, module, "--colour")
    assert code == 2
    assert re.match(r"error: No such option:? '?--colour'?\. See pulumi-agentrun ", said)  # as click words it
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("module", "options", "code", "sentence"),
    [
        ("inventory", ("--write", "file"), 1, "file cannot be written: File exists"),
        ("inventory", ("--write", "file/below"), 1, "file/below cannot be written: Not a directory"),
        ("policy", ("--config", "missing"), 2, "The configuration missing cannot be read: No such file or directory."),
        ("policy", ("--config", "spoiled"), 2, "The configuration spoiled cannot be read: Is a directory."),
        ("policy", ("--config", "file"), 2, "The configuration file cannot be read: it is no JSON."),
        ("policy", ("--config", "spoiled/platform.db"), 2, "cannot be read: it is no JSON."),
    ],
)
def test_a_wrong_file_is_one_sentence(
    folder: Path, module: str, options: tuple[str, ...], code: int, sentence: str
) -> None:
    found, output, said = run(folder, module, "--endpoint", "file://platform", *options)
    assert (found, output) == (code, "")
    assert said.startswith("error: ")
    assert sentence in said
    assert said.count("\n") == 1
