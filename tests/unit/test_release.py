"""What a release takes: workflows that can do no more than they must, one version, a wheel that has it, whole SBOMs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pulumi_agentrun
import pytest
import yaml
from unit.pages import ROOT, text_of
from unit.test_documents import RECIPES

WORKFLOWS = {path.name: path.read_text("utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")}
PARSED: dict[str, dict[str, Any]] = {name: yaml.safe_load(text) for name, text in WORKFLOWS.items()}
MORE = {
    "attest": {"contents": "read", "id-token": "write", "attestations": "write"},
    "pypi": {"id-token": "write"},
    "npm": {"id-token": "write"},
    "github": {"contents": "write"},
}
"""Jobs of a release that may do more than read the repository, and what."""
(VERSION,) = re.findall(r'^version = "(.*)"$', text_of("pyproject.toml"), re.MULTILINE)

every_workflow = pytest.mark.parametrize("name", WORKFLOWS)


@every_workflow
def test_actions_are_pinned_by_their_commit(name: str) -> None:
    for action in re.findall(r"uses: (\S+)(.*)", WORKFLOWS[name]):
        if not action[0].startswith("./"):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action[0]), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", action[1]), action


def test_an_action_has_one_commit_everywhere() -> None:
    used = set(re.findall(r"uses: ([\w/-]+)@(\S+)", "".join(WORKFLOWS.values())))
    assert len(used) == len({name for name, _ in used})


@every_workflow
def test_jobs_may_read_and_a_few_more(name: str) -> None:
    assert PARSED[name]["permissions"] == {"contents": "read"}
    more = {job: spec["permissions"] for job, spec in PARSED[name]["jobs"].items() if "permissions" in spec}
    assert more == (MORE if name == "release.yml" else {})


@every_workflow
def test_no_secret_is_stored(name: str) -> None:
    assert "secrets." not in WORKFLOWS[name]


@every_workflow
def test_what_is_run_is_there(name: str) -> None:
    for targets in re.findall(r"run: make ((?:[a-z-]+ ?)+)", WORKFLOWS[name]):
        assert set(targets.split()) <= RECIPES.keys()
    for path in re.findall(r"(?<![\w/.])((?:tests|tools)/[\w/.-]+)", WORKFLOWS[name]):
        assert (ROOT / path).exists(), path


def test_nothing_is_published_before_all_is_tested_built_and_attested() -> None:
    needs = {job: spec.get("needs", []) for job, spec in PARSED["release.yml"]["jobs"].items()}
    assert needs == {
        "test": [], "build": "test", "sdks": "test", "attest": ["build", "sdks"],
        "pypi": "attest", "npm": "attest", "github": ["pypi", "npm"],
    }  # fmt: skip
    assert re.search("^  workflow_call:$", WORKFLOWS["test.yml"], re.MULTILINE)


def test_the_version_stands_in_one_place() -> None:
    assert version("pulumi-agentrun") == VERSION == pulumi_agentrun.__version__
    sources = [*(ROOT / "provider").rglob("*.py"), *(ROOT / "tools").glob("*.py"), *(ROOT / "tools").glob("sdks/*.sh")]
    code = [path for path in sources if "venv" not in path.parts and path.name != "version.py"]
    assert [path for path in code if f'"{VERSION}"' in path.read_text("utf-8")] == []


def test_a_wheel_has_the_version_and_what_the_plugin_needs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == f"pulumi_agentrun-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as files:
        metadata = files.read(f"pulumi_agentrun-{VERSION}.dist-info/METADATA").decode()
        names = files.namelist()
    assert f"\nVersion: {VERSION}\n" in metadata
    assert "pulumi_agentrun/plugin/schema.json" in names
    for tool in ("mkdocs", "pyinstaller", "cyclonedx"):
        assert tool not in metadata.lower().partition("\n\n")[0]


def test_the_sbom_says_what_the_executable_is_made_of() -> None:
    made = ROOT / "dist" / f"pulumi-agentrun-{VERSION}.cdx.json"
    if not made.exists():
        pytest.skip(f"dist/{made.name} is not there: `make dist` writes it")
    sbom = json.loads(made.read_text("utf-8"))
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", text_of("requirements.dist.lock"), re.MULTILINE))
    found = {part["name"].lower().replace("_", "-"): part["version"] for part in sbom["components"]}
    assert sbom["bomFormat"] == "CycloneDX"
    assert sbom["metadata"]["component"]["version"] == VERSION
    for name in ("pulumi", "pydantic", "grpcio", "httpx", "alibabacloud-credentials", "pyinstaller"):
        assert found[name] == locked[name]
