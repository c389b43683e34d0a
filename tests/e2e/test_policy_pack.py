"""The policy pack as `pip install` brings it: a command that the engine starts, by itself or from a wheel."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e import processes
from e2e.project import DOORS, PACK, Project
from pulumi_agentrun.version import __version__

ROOT = Path(__file__).parents[2]
PROGRAM = """
ModelService("qwen", model_type="llm", provider="tongyi", provider_settings={"base_url": "http://a.example/v1"})
"""
INSECURE = "[mandatory]  agentrun-secure-base-urls"
SECRET = "sk-told-to-the-pack-alone"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", folder, ROOT], check=True, timeout=120)
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheels_pack_runs_and_writes_nothing_beside_itself(project: Project, wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "with blanks" / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*command, "--target", installed, wheel], check=True, timeout=120)
    project.program(PROGRAM)
    env = {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1", "AGENTRUN_POLICIES": "baseline"}
    before = sorted(installed.rglob("*"))
    for folder in [installed, *(path for path in before if path.is_dir())]:
        folder.chmod(0o555)
    try:
        run = project.preview("--policy-pack", str(installed / "bin" / PACK.name), check=False, env=env)
    finally:
        for folder in [installed, *(path for path in before if path.is_dir())]:
            folder.chmod(0o755)
    assert run.code != 0
    assert INSECURE in run.console, run.console
    assert f"agentrun@v{__version__}" in run.console
    assert sorted(installed.rglob("*")) == before


def test_the_wheel_has_every_file_of_the_package(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "provider/pulumi_agentrun"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = [name.removeprefix("provider/") for name in listed.stdout.splitlines()]
    with zipfile.ZipFile(wheel) as archive:
        held = archive.namelist()
    assert set(names) <= set(held)
    assert "pulumi_agentrun/platform/page/files/index.html" in names


def test_without_the_policy_sdk_the_pack_says_what_to_install(tmp_path: Path, project: Project) -> None:
    project.program(PROGRAM)
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['pulumi_policy'] = None\n")
    env = os.environ | {"PYTHONPATH": str(tmp_path), "AGENTRUN_POLICIES": "baseline"}
    run = project.preview("--policy-pack", str(PACK), check=False, env={"PYTHONPATH": str(tmp_path)})
    assert run.code != 0
    assert "error: The policy pack needs Pulumi's policy SDK: pip install 'pulumi-agentrun[policy]'" in run.console
    assert "Traceback" not in run.console
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['grpc'] = None\n")
    with socket.create_server(("127.0.0.1", 0)) as engine:
        command = [str(PACK), f"127.0.0.1:{engine.getsockname()[1]}"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == "error: The policy pack needs grpc: install pulumi-agentrun anew, with all that it needs.\n"


def test_in_ci_a_preset_has_to_be_named(project: Project) -> None:
    project.program(PROGRAM)
    pack = str(PACK)
    run = project.preview("--policy-pack", pack, check=False, env={"CI": "true"})
    assert run.code != 0
    assert "CI is set and no preset is named; name it: baseline or production." in run.console
    assert "Traceback" not in run.console
    run = project.preview("--policy-pack", pack, check=False, env={"CI": "true", "AGENTRUN_POLICIES": "production"})
    assert "[mandatory]  agentrun-naming" in run.console


def test_the_pack_needs_no_environment_to_be_active(project: Project) -> None:
    project.program(PROGRAM)
    path = os.pathsep.join(
        entry for entry in os.environ["PATH"].split(os.pathsep) if Path(entry) != Path(sys.executable).parent
    )
    run = project.preview("--policy-pack", str(PACK), check=False, env={"PATH": path})
    assert INSECURE in run.console, run.console


def folder(where: Path) -> Path:
    """Make a pack of one's own, as docs/policies.md has it, in a folder."""
    where.mkdir()
    (where / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (where / "__main__.py").write_text(
        "from pulumi_agentrun.policy import policies\nfrom pulumi_policy import PolicyPack\n"
        "PolicyPack('our-models', policies('baseline'))\n"
    )
    return where


KINDS = pytest.mark.parametrize("kind", ["command", "folder"])


@KINDS
@pytest.mark.parametrize("door", DOORS)
def test_the_pack_goes_by_the_settings_of_its_own_stack(project: Project, tmp_path: Path, door: str, kind: str) -> None:
    """Pulumi may have been started by a program, as the Automation API does: that one's settings are around too."""
    project.pulumi("config", "rm", "agentrun:endpoint")
    project.pulumi("config", "set", "agentrun:region", "cn-beijing")
    project.pulumi("config", "set", "agentrun:accessKeyId", "id")
    project.pulumi("config", "set", "agentrun:accountId", "1")
    project.pulumi("config", "set", "--secret", "agentrun:accessKeySecret", SECRET)
    project.program(PROGRAM + PROGRAM.replace("qwen", "later"))
    settings = project.folder / "policies.json"
    outer = '{"agentrun:region": "cn-hangzhou", "agentrun:endpoint": "file://elsewhere"}'
    env = {"PULUMI_CONFIG": outer, "PULUMI_CONFIG_AGENTRUN_ENDPOINT": "file://it", "AGENTRUN_POLICIES": "baseline"}
    pack = PACK if kind == "command" else folder(tmp_path / "pack")
    for allowed, found in (("cn-hangzhou", True), ("cn-beijing", False)):
        settings.write_text(f'{{"agentrun-allowed-regions": {{"allowed": ["{allowed}"]}}}}')
        options = ("--policy-pack", str(pack), "--policy-pack-config", str(settings))
        run = project.preview(*options, check=False, env=env)
        assert (f"region: must be one of {allowed}." in run.console) is found, run.console
        assert INSECURE in run.console
        assert SECRET not in run.console


def test_files_that_settings_name_are_looked_for_in_the_program(project: Project) -> None:
    project.program(PROGRAM.replace("http://", "https://").replace('v1"', 'v1", "model_names": ["qwen-turbo"]'))
    (project.folder / "ends.json").write_text('{"qwen-turbo*": {"sunset": "2020-01-01", "successor": "qwen-flash"}}')
    settings = project.folder / "policies.json"
    settings.write_text('{"agentrun-successors": {"enforcementLevel": "mandatory", "file": "ends.json"}}')
    options = ("--policy-pack", str(PACK), "--policy-pack-config", str(settings))
    run = project.preview(*options, check=False, env={"AGENTRUN_POLICIES": "baseline"})
    assert "[mandatory]  agentrun-successors" in run.console, run.console


@KINDS
@pytest.mark.parametrize("door", DOORS)
def test_where_pulumi_does_not_say_the_stacks_settings_the_region_is_not_judged(
    project: Project, tmp_path: Path, door: str, kind: str
) -> None:
    project.program(PROGRAM.replace("http://", "https://"))
    project.up()
    settings = project.folder / "policies.json"
    settings.write_text('{"agentrun-allowed-regions": {"allowed": ["cn-hangzhou"]}}')
    pack = PACK if kind == "command" else folder(tmp_path / "pack")
    options = ("--stack", "dev", "--policy-pack", str(pack), "--policy-pack-config", str(settings))
    run = project.pulumi("policy", "analyze", *options, env={"AGENTRUN_POLICIES": "baseline"}, check=False)
    if door == "dynamic":  # by the plugin's door the settings stand at the provider, which the engine shows
        assert "region cannot be told: Pulumi does not say the settings of the stack here" in run.console
    else:
        assert "region: must be one of cn-hangzhou." in run.console


def test_one_pack_with_two_configurations_is_refused(project: Project, tmp_path: Path) -> None:
    """Pulumi starts it once, and would have it judge by the one that comes last."""
    project.program(PROGRAM.replace("http://", "https://"))
    options, env = [], {"AGENTRUN_POLICIES": "baseline"}
    for allowed in ("openai", "deepseek"):
        settings = tmp_path / f"{allowed}.json"
        settings.write_text(f'{{"agentrun-allowed-providers": {{"allowed": ["{allowed}"]}}}}')
        options.append(settings)
    other = tmp_path / "another"
    other.symlink_to(PACK)

    def given(*packs: Path) -> str:
        pairs = zip(packs, options, strict=True)
        return project.preview(
            *[part for pack, file in pairs for part in ("--policy-pack", str(pack), "--policy-pack-config", str(file))],
            check=False, env=env,
        ).console  # fmt: skip

    assert "given twice with different configurations, and Pulumi starts it once for both." in given(PACK, PACK)
    console = given(PACK, other)
    assert "must be one of openai." in console
    assert "must be one of deepseek." in console


def test_what_is_none_of_ours_may_hold_whatever_it_likes(project: Project) -> None:
    project.program(
        "from pulumi.dynamic import CreateResult, Resource, ResourceProvider\n"
        "class Provider(ResourceProvider):\n    def create(self, props):\n        return CreateResult('x', {})\n"
        "class Own(Resource):\n    pass\n"
        "class Ours(pulumi.ComponentResource):\n    pass\n"
        "Own(Provider(), 'own', {'share': float('nan')})\n"
        "Ours('acme:agentrun:Team', 'ours', {'share': float('nan')})\n" + PROGRAM
    )
    run = project.preview("--policy-pack", str(PACK), check=False, env={"AGENTRUN_POLICIES": "baseline"})
    assert INSECURE in run.console
    assert "failed to run policy" not in run.console


def packs(pid: int) -> Iterator[int]:
    """Yield the packs among the processes that descend from one."""
    for child in processes.children(pid):
        try:
            command = Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(PACK) in command:
            yield child


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "a kill"])
@pytest.mark.parametrize("is_launched", [False, True], ids=["by the engine", "by a launcher"])
def test_the_pack_ends_with_its_engine_and_says_nothing(
    project: Project, tmp_path: Path, by: signal.Signals, is_launched: bool
) -> None:
    file = PACK
    if is_launched:
        file = tmp_path / "launcher"
        file.write_text(f'#!/bin/sh\n"{PACK}" "$@"\nexit $?\n')
        file.chmod(0o755)
    project.program("import time\nopen('started', 'w').close()\ntime.sleep(60)\n")
    engine = shutil.which("pulumi")
    assert engine
    command = [engine, "--non-interactive", "preview", "--stack", "dev", "--policy-pack", str(file)]
    with subprocess.Popen(
        command, cwd=project.folder, env=project.env | {"AGENTRUN_POLICIES": "baseline"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        everyone: list[int] = []
        try:
            processes.until(lambda: (project.folder / "started").exists())
            everyone = list(processes.children(process.pid))
            [pack] = packs(process.pid)
            process.send_signal(by)
            processes.until(lambda: not Path(f"/proc/{pack}").exists())
        finally:
            processes.end(process.pid)
            for child in everyone:  # those of a killed engine descend from nobody
                processes.end(child)
            console, _ = process.communicate(timeout=60)
    assert "Traceback" not in console, console
    assert "KeyboardInterrupt" not in console, console


def test_interrupted_while_it_starts_the_pack_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "pulumi_policy.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(60)\n")
    with socket.create_server(("127.0.0.1", 0)) as engine:
        address = f"127.0.0.1:{engine.getsockname()[1]}"
        command, env = [str(PACK), "--tracing", "file:trace", address], os.environ | {"PYTHONPATH": str(tmp_path)}
        with subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "importing\n"
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=60) == ("", "")


def test_by_hand_the_pack_says_what_it_is_for() -> None:
    def said(*args: str) -> str:
        done = subprocess.run([PACK, *args], capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    assert said("--version") == f"{PACK.name} {__version__}\n"
    assert "pulumi preview --policy-pack FILE" in " ".join(said("--help").split())
    assert f"{PACK.name}: error: the following arguments are required: engine" in said()
    assert f"{PACK.name}: error: argument engine: must be HOST:PORT" in said("x")
