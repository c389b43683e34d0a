"""The policy pack as `pip install` brings it: in a wheel, in a folder that nobody may write to."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from e2e.project import Project

ROOT = Path(__file__).parents[2]
PROGRAM = """
ModelService("qwen", model_type="llm", provider="tongyi", provider_settings={"base_url": "http://a.example/v1"})
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and return a folder with what it holds."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", folder, ROOT], check=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_the_wheels_pack_runs_and_writes_nothing_beside_itself(project: Project, installed: Path) -> None:
    project.program(PROGRAM)
    env = {**project.env, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1", "AGENTRUN_POLICIES": "baseline"}
    command = [sys.executable, "-m", "pulumi_agentrun.policy", "--path"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60, cwd=project.folder)
    pack = Path(done.stdout.strip())
    assert pack.is_relative_to(installed), done.stdout
    before = sorted(installed.rglob("*"))
    for folder in [installed, *(path for path in before if path.is_dir())]:
        folder.chmod(0o555)
    try:
        run = project.preview("--policy-pack", str(pack), check=False, env=env)
    finally:
        for folder in [installed, *(path for path in before if path.is_dir())]:
            folder.chmod(0o755)
    assert run.code != 0
    assert "[mandatory]  agentrun-secure-base-urls" in run.console, run.console
    assert sorted(installed.rglob("*")) == before


def test_without_the_policy_sdk_the_pack_says_what_to_install(tmp_path: Path, project: Project) -> None:
    project.program(PROGRAM)
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['pulumi_policy'] = None\n")
    pack = Path(shutil.copytree(ROOT / "provider" / "pulumi_agentrun" / "policy_pack", tmp_path / "pack"))
    run = project.preview("--policy-pack", str(pack), check=False, env={"PYTHONPATH": str(tmp_path)})
    assert run.code != 0
    assert "error: The policy pack needs Pulumi's policy SDK: pip install 'pulumi-agentrun[policy]'" in run.console
    assert "Traceback" not in run.console


def test_the_wheel_has_every_file_of_the_package(installed: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "provider/pulumi_agentrun"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = [name.removeprefix("provider/") for name in listed.stdout.splitlines()]
    assert [name for name in names if not (installed / name).is_file()] == []
    assert "pulumi_agentrun/platform/page/files/index.html" in names


def test_in_ci_a_preset_has_to_be_named(project: Project) -> None:
    project.program(PROGRAM)
    pack = str(ROOT / "provider" / "pulumi_agentrun" / "policy_pack")
    run = project.preview("--policy-pack", pack, check=False, env={"CI": "true"})
    assert run.code != 0
    assert "CI is set and no preset is named; name it: baseline or production." in run.console
    assert "Traceback" not in run.console
    run = project.preview("--policy-pack", pack, check=False, env={"CI": "true", "AGENTRUN_POLICIES": "production"})
    assert "[mandatory]  agentrun-naming" in run.console
