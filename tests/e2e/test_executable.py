"""The plugin as an executable with its own interpreter, installed from its archive, where there is no Python."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from e2e.test_yaml import EXAMPLE, KEY, Yaml, names
from pulumi_agentrun.client import BackendType

ROOT = Path(__file__).parents[2]
VERSION = version("pulumi-agentrun")


@pytest.fixture(scope="module")
def archive() -> Path:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from executable import archive_name
    finally:
        sys.path.pop(0)
    made = ROOT / "dist" / archive_name()
    if not made.exists():
        pytest.skip(f"dist/{made.name} is not there: `make dist` builds it, in two minutes")
    return made


@pytest.fixture
def project(tmp_path: Path, archive: Path) -> Yaml:
    """Return a project whose PATH has the engine only, with the plugin installed from the archive."""
    engine = shutil.which("pulumi")
    assert engine
    made = Yaml(tmp_path / "project", tmp_path / "home", door="plugin")
    made.env["PATH"] = str(Path(engine).parent)
    made.program(EXAMPLE)
    made.pulumi("config", "set", "--secret", "apiKey", KEY, "--stack", "dev")
    made.pulumi("plugin", "install", "resource", "agentrun", VERSION, "--file", str(archive))
    return made


def test_it_is_this_version_with_this_schema(project: Yaml) -> None:
    assert VERSION in project.pulumi("plugin", "ls").console
    binary = project.folder.parent / "home" / "plugins" / f"resource-agentrun-v{VERSION}" / "pulumi-resource-agentrun"
    shown = subprocess.run(
        [shutil.which("pulumi") or "", "package", "get-schema", str(binary)],
        env=project.env, cwd=project.folder, text=True, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    found = json.loads(shown.stdout)
    written = json.loads((ROOT / "provider" / "pulumi_agentrun" / "plugin" / "schema.json").read_text())
    assert found["version"] == VERSION
    assert found["resources"].keys() == written["resources"].keys(), "dist is old: make dist"
    assert found["functions"].keys() == written["functions"].keys(), "dist is old: make dist"


def test_a_program_is_deployed_changed_and_destroyed(project: Yaml) -> None:
    assert project.preview().changed == {"qwen": "create", "gateway": "create"}
    consoles = [project.up().console]
    assert project.outputs()["status"] == "READY"
    assert project.up().changed == {}
    assert project.client.get(names(project)["qwen"], BackendType.SERVICE).status == "READY"
    project.program(EXAMPLE.replace("default: 2", "default: 5"))
    run = project.up()
    assert run.changed == {"gateway": "update"}
    consoles += [run.console, project.refresh().console, project.state(), project.destroy().console]
    assert project.resources() == {}
    assert all(KEY not in text for text in consoles)


def test_what_needs_an_account_says_what_to_set(project: Yaml) -> None:
    """The credential chain is in it, asks around and finds nothing; an installed extra is not asked for."""
    nowhere = {
        "AGENTRUN_CONTROL_ENDPOINT": "https://agentrun.example.com", "HOME": str(project.folder),
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
    }  # fmt: skip
    project.pulumi("config", "rm", "agentrun:endpoint", "--stack", "dev")
    run = project.preview(check=False, env=nowhere)
    assert run.code != 0
    assert "AGENTRUN_ACCESS_KEY_ID" in run.console
    assert "pip install" not in run.console
    assert "Traceback" not in run.console
