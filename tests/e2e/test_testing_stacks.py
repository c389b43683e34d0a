"""Stacks of the pytest plugin: an inline program on the real engine, its outputs and failures; nothing stays behind."""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
from pathlib import Path

import pulumi
import pytest
from pulumi_agentrun import ModelGateway, ModelProxy
from pulumi_agentrun.client import ModelServiceListInput
from pulumi_agentrun.testing import LocalGateway, LocalPlatform, StackFailed, StackMaker, drill
from pydantic import Secret, SecretStr
from unit.test_testing_page import PAGE

pytest_plugins = "pytester"
KEY = "sk-nobody-may-see-this"


def program() -> None:
    config = pulumi.Config()
    key = config.require_secret("apiKey")
    gateway = ModelGateway(
        "chat",
        services={
            name: {"provider": "tongyi", "api_key": key, "base_url": "https://e.example/v1", "model_names": ["m"]}
            for name in ("stable", "backup")
        },
        weights={"stable": config.get_int("weight") or 100},
    )
    pulumi.export("endpoint", gateway.endpoint)
    pulumi.export("key", key)


def wrong() -> None:
    ModelProxy("gateway", proxy_config={"endpoints": [{"model_service_name": "s", "weight": -1}]})


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder where temporary files go and where the engine's home is written down at each call of it."""
    for name in ("temporary", "bin"):
        tmp_path.joinpath(name).mkdir()
    engine = tmp_path / "bin" / "pulumi"
    engine.write_text(f'#!/bin/sh\necho "$PULUMI_HOME" >> {tmp_path}/homes\nexec {shutil.which("pulumi")} "$@"\n')
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{engine.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("AGENTRUN_CONTROL_ENDPOINT", "https://nobody.example")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://nobody.example")
    return tmp_path


def test_a_program_is_deployed_called_drilled_changed_and_destroyed(
    temporary: Path, agentrun_gateway: LocalGateway, agentrun_stack: StackMaker, agentrun_platform: LocalPlatform
) -> None:
    level = logging.getLogger("asyncio").level
    stack = agentrun_stack(program, config={"apiKey": SecretStr(KEY)}, project="models", name="dev")
    created = dict.fromkeys(("chat", "chat-stable", "chat-backup"), "create")
    assert stack.preview().by_name == created
    assert agentrun_platform.client.list(ModelServiceListInput()) == []
    done = stack.up()
    assert (done.by_name, done.changed) == (created, created)
    assert f"{stack.outputs['endpoint']}/v1" == agentrun_gateway.base_url()
    assert isinstance(stack.outputs["key"], Secret)
    assert stack.outputs["key"].get_secret_value() == KEY
    agentrun_gateway.upstream("stable").answers(500)
    agentrun_gateway.upstream("backup").answers("saved")
    assert agentrun_gateway.chat().text == "saved"
    assert agentrun_gateway.upstream("backup").calls[0].key == SecretStr(KEY)
    report = drill(stack, "stable down 10m..20m", expect="success == 100%", calls=500)
    assert [row.name for row in report.rows] == ["chat-stable", "chat-backup"], "as the program calls them"
    stack.set("weight", "50")
    assert stack.up().changed == {"chat": "update"}
    assert stack.refresh().changed == {}
    assert stack.destroy().changed == dict.fromkeys(created, "delete")
    assert agentrun_platform.client.list(ModelServiceListInput()) == []
    assert KEY not in repr([stack, done, stack.outputs, report]) + done.console
    stack.close()
    assert [*temporary.joinpath("temporary").iterdir()] == []
    homes = temporary.joinpath("homes").read_text().splitlines()
    assert len(homes) > 8
    assert all(home.startswith(str(temporary / "temporary")) for home in homes)
    assert os.environ["PULUMI_BACKEND_URL"] == "https://nobody.example"
    assert logging.getLogger("asyncio").level == level


def test_a_stack_can_be_on_the_served_platform_and_a_failure_is_what_the_engine_says(
    agentrun_gateway: LocalGateway, agentrun_stack: StackMaker
) -> None:
    stack = agentrun_stack(wrong, on=agentrun_gateway)
    with pytest.raises(StackFailed, match=r"proxy_config\.endpoints\[0\]\.weight: must be at least 0") as failed:
        stack.up()
    assert "Traceback" not in str(failed.value)
    stack = agentrun_stack(program, on=agentrun_gateway, config={"apiKey": SecretStr(KEY)}, name="served")
    assert len(stack.up().changed) == 3
    assert agentrun_gateway.chat().status == 200
    with pytest.raises(StackFailed, match="a stack name may only contain"):
        agentrun_stack(program, name="no such name?")


def test_the_pages_example_runs_as_it_stands(pytester: pytest.Pytester) -> None:
    for name, text in re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        pytester.path.joinpath(name).write_text(text)
    shown = re.search(r"^\$ python -m pytest test_gateway.py\n(.*)$", PAGE, re.MULTILINE)
    assert shown
    pytester.runpytest_subprocess("test_gateway.py").stdout.fnmatch_lines([f"*{shown[1]}*"])
