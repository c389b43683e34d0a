"""The engine or the provider killed at every single call of a lifecycle: the next run converges, nothing is lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from e2e.processes import children
from e2e.project import DOORS, Run
from e2e.served import ServedPlatform, Stage
from pulumi_agentrun.client import ModelServiceListInput

PROGRAM = """
service = ModelService("qwen", model_type="llm", provider={provider!r}, description="d",
                       provider_settings={{"base_url": "https://example.com", "api_key": "sk-1"}})
ModelProxy("gateway", description={description!r},
           proxy_config={{"endpoints": [{{"model_service_name": service.model_service_name}}]}})
"""
FIRST = PROGRAM.format(provider="tongyi", description="one")
SECOND = PROGRAM.format(provider="openai", description="two")
STEPS = {"create": (None, FIRST), "change": (FIRST, SECOND), "destroy": (FIRST, "")}


def converge(stage: Stage, program: str) -> Run:
    """Run again as a user would, adopting only what the error names."""
    for _ in range(3):
        run = stage.project.up(check=False) if program else stage.project.destroy(check=False)
        if run.code == 0:
            return run
        names = re.findall(r"AGENTRUN_ADOPT=(\S+) pulumi up", run.console)
        assert names, run.console
        run = stage.project.up(check=False, env={"AGENTRUN_ADOPT": ",".join(names)})
        if run.code == 0:
            return run
    raise AssertionError(run.console)


def victims(engine: int, who: str) -> list[int]:
    """Return what to kill: everything, or only the engine, or the provider."""
    if who == "engine":
        return [engine]
    below = list(children(engine))
    if who == "everything":
        return [engine, *below]
    ours = (b"pulumi.dynamic", b"pulumi-resource-agentrun")
    return [pid for pid in below if any(name in Path(f"/proc/{pid}/cmdline").read_bytes() for name in ours)]


def run_and_kill(stage: Stage, program: str, index: int, moment: str, who: str, then: str | None = None) -> bool:
    """Run the operation, kill at a call and check what the next run makes of it; return False if it never came.

    That run is one of `then`, if given. Before a call that only looks, all is as after the one before it: those do not
    count there.
    """
    started = threading.Event()
    holder: list[int] = []
    counted: list[int] = []

    def hook(call: int, when: str) -> None:
        if when != moment or (when == "before" and served.calls[call][0] == "GET"):
            return
        counted.append(call)
        if len(counted) == index + 1:
            started.wait(30)
            for pid in victims(holder[0], who):
                os.kill(pid, signal.SIGKILL)

    project = stage.project
    with ServedPlatform(project.data, hook, stage.port) as served:
        stage.serve(served)
        if program:
            project.program(program)
        verb = "up" if program else "destroy"
        command = ["pulumi", "--non-interactive", verb, "--yes", "--skip-preview", "--stack", "dev"]
        process = subprocess.Popen(
            command, cwd=project.folder, env=project.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        holder.append(process.pid)
        started.set()
        process.wait(120)
    if len(counted) <= index:
        assert process.returncode == 0
        return False
    with ServedPlatform(project.data, port=stage.port) as served:
        stage.serve(served)
        if who != "provider":  # the engine's lock is left
            project.pulumi("cancel", "--yes", "dev")
        if then is not None:
            program = then
            project.program(program)
        converge(stage, program)
        check(stage, program)
    return True


def check(stage: Stage, program: str) -> None:
    """Hold that the platform, the state and the program say the same."""
    live = stage.live()
    in_state = {r["id"] for r in stage.project.resources().values()}
    assert set(live) == in_state
    assert len(in_state) == (2 if program else 0)
    if program:
        expected = {"tongyi", "one"} if "'one'" in program else {"openai", "two"}
        assert set(live.values()) == expected
        assert stage.project.up().changed == {}


@pytest.mark.parametrize(
    ("door", "moment", "who"),
    [
        ("dynamic", "before", "everything"),
        ("dynamic", "after", "everything"),
        ("dynamic", "before", "provider"),
        ("dynamic", "after", "provider"),
        ("plugin", "after", "everything"),
        ("plugin", "after", "provider"),
    ],
)
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_call_loses_nothing(tmp_path: Path, step: str, door: str, moment: str, who: str) -> None:
    before, program = STEPS[step]
    stage = Stage(tmp_path / "origin", door)
    if before:
        with ServedPlatform(stage.project.data, port=stage.port) as served:
            stage.serve(served)
            stage.project.program(before)
            stage.project.up()
    killed = 0
    while run_and_kill(stage.copy(tmp_path / f"at-{killed}"), program, killed, moment, who):
        killed += 1
    assert killed >= (2 if moment == "before" else 4), "the loop has gone through a whole lifecycle"


@pytest.mark.parametrize("who", ["everything", "engine"])
@pytest.mark.parametrize("door", DOORS)
def test_a_change_that_a_kill_cut_off_can_be_put_back(tmp_path: Path, door: str, who: str) -> None:
    """Of a key that no read shows, only what this machine has noted tells that it may be the new one.

    Pulumi's host of dynamic providers outlives an engine that was killed by itself, and ends what it has begun.
    """
    stage = Stage(tmp_path / "origin", door)
    stage.project.platform.switch(api_key="absent")
    with ServedPlatform(stage.project.data, port=stage.port) as served:
        stage.serve(served)
        stage.project.program(FIRST)
        stage.project.up()
    killed = 0
    changed = FIRST.replace("sk-1", "sk-2")
    while run_and_kill(copy := stage.copy(tmp_path / f"at-{killed}"), changed, killed, "after", who, FIRST):
        copy.project.platform.switch(api_key="clear")
        [service] = copy.project.client.list(ModelServiceListInput())
        assert service.provider_settings is not None
        assert service.provider_settings.api_key is not None
        assert service.provider_settings.api_key.get_secret_value() == "sk-1"
        killed += 1
    assert killed >= 2, "the update, and the look after it"


@pytest.mark.parametrize("door", DOORS)
def test_an_interrupted_run_ends_what_it_began(tmp_path: Path, door: str) -> None:
    stage = Stage(tmp_path / "project", door)
    created = threading.Event()
    with ServedPlatform(stage.project.data, lambda index, moment: created.set() if index == 1 else None) as served:
        stage.serve(served)
        stage.project.platform.switch(latency=1.0)
        stage.project.program(FIRST)
        command = ["pulumi", "--non-interactive", "up", "--yes", "--skip-preview", "--stack", "dev"]
        process = subprocess.Popen(
            command, cwd=stage.project.folder, env=stage.project.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert created.wait(30)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) != 0
        assert set(stage.live()) == {r["id"] for r in stage.project.resources().values()}
        stage.project.up()
        check(stage, FIRST)


@pytest.mark.parametrize("door", DOORS)
def test_a_killed_run_without_checkpoints_is_taken_over_by_name(tmp_path: Path, door: str) -> None:
    stage = Stage(tmp_path / "project", door)
    stage.project.env["PULUMI_SKIP_CHECKPOINTS"] = "true"
    named = FIRST.replace('"qwen",', '"qwen", model_service_name="qwen",').replace(
        '"gateway",', '"gateway", model_proxy_name="gateway",'
    )
    assert run_and_kill(stage, named, 3, "after", "everything")
