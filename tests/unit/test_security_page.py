"""SECURITY.md says what a reader looks for, and the workflow to copy gives a pull request nothing to take."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "examples" / "ci" / "github-actions.yml").read_text()
DRILL = (ROOT / "examples" / "failover" / "github-actions.yml").read_text()
WORKFLOW: dict[Any, Any] = yaml.safe_load(TEXT)
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]


def test_a_pull_request_reaches_no_secret() -> None:
    """Each job says on what it runs, and the ones of a pull request name no secret, environment or variable."""
    assert set(WORKFLOW[True]) == {"pull_request", "push", "schedule"}, "no pull_request_target, no workflow_run"
    assert "secrets" not in str({key: value for key, value in WORKFLOW.items() if key != "jobs"})
    for name, job in JOBS.items():
        assert re.fullmatch(r"github\.event_name == '(pull_request|push|schedule)'", job["if"]), name
        if "pull_request" in job["if"]:
            assert "secrets." not in str(job)
            assert "vars." not in str(job)
            assert "environment" not in job
        else:
            assert job["environment"]


def test_a_drill_reaches_no_secret_and_may_read_the_repository_and_no_more() -> None:
    assert "secrets." not in DRILL
    workflow = yaml.safe_load(DRILL)
    assert workflow["permissions"] == {}
    assert [job["permissions"] for job in workflow["jobs"].values()] == [{"contents": "read"}]
    assert "persist-credentials: false" in DRILL
    assert "--require-hashes" in DRILL


def test_only_the_step_that_needs_a_secret_has_it() -> None:
    for job in JOBS.values():
        assert "secrets." not in str(job.get("env", {}))
        assert all("secrets." not in str(step) or "pulumi" in step["run"] for step in job["steps"])


def test_preview_and_deployment_are_apart() -> None:
    assert JOBS["deploy"]["needs"] == "preview"
    assert JOBS["deploy"]["environment"] != JOBS["preview"]["environment"] == JOBS["drift"]["environment"]
    assert [name for name, job in JOBS.items() if "pulumi up" in str(job)] == ["deploy"]


def test_a_job_may_read_the_repository_and_no_more() -> None:
    assert WORKFLOW["permissions"] == {}
    allowed = {name: job["permissions"] for name, job in JOBS.items()}
    assert allowed.pop("comment") == {"pull-requests": "write"}
    assert all(found == {"contents": "read"} for found in allowed.values())


def test_what_may_comment_runs_nothing_of_the_pull_request() -> None:
    (step,) = JOBS["comment"]["steps"]
    assert set(step) == {"if", "run", "env"}, "no checkout, no action"
    assert step["run"].startswith("gh pr comment ")
    assert "${{" not in step["run"], "what a pull request says comes by the environment, never as a command"


@pytest.mark.parametrize("line", [line for line in (TEXT + DRILL).splitlines() if "uses:" in line])
def test_an_action_is_pinned_by_its_commit(line: str) -> None:
    assert re.fullmatch(r" *- uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)


def test_what_is_installed_is_checked_and_no_token_stays() -> None:
    for job in JOBS.values():
        assert all("--require-hashes" in step["run"] for step in job["steps"] if "pip" in step.get("run", ""))
        checkouts = [step for step in job["steps"] if "checkout" in step.get("uses", "")]
        assert [step["with"]["persist-credentials"] for step in checkouts] == [False] * (job is not JOBS["comment"])


@pytest.mark.parametrize(
    "said",
    [
        "private vulnerability reporting", "Supported", "write state", "pull request", "Local users", "--debug",
        "policies", "allowInsecure", "umask",
    ],
)  # fmt: skip
def test_the_page_says_what_a_reader_looks_for(said: str) -> None:
    assert said in (ROOT / "SECURITY.md").read_text()


@pytest.mark.parametrize(("is_there", "base"), [(False, '{"proxies": []}'), (True, "explained: name: base")])
def test_a_pull_request_that_brings_the_project_is_compared_with_nothing(
    is_there: bool, base: str, tmp_path: Path
) -> None:
    """The command in the base's folder takes the Pulumi.yaml of the folder above, as Pulumi does."""
    (step,) = (step["run"] for step in JOBS["check"]["steps"] if step.get("id") == "callers")
    fake = tmp_path / ".venv" / "bin" / "pulumi-agentrun"
    fake.parent.mkdir(parents=True)
    fake.write_text("""#!/bin/sh
case "$*" in
  *--against*) cat main.json;;
  *) [ -f Pulumi.yaml ] || cd ..; echo "explained: $(cat Pulumi.yaml)";;
esac
""")
    fake.chmod(0o755)
    (tmp_path / ".gitignore").write_text(".venv\n")
    git = "git -c user.name=a -c user.email=a@example.com"
    project = "echo 'name: base' > Pulumi.yaml" if is_there else "true"
    setup = f"""
git init --quiet && {project} && git add . && {git} commit --quiet --message a
echo 'name: mine' > Pulumi.yaml && git add . && {git} commit --quiet --message b
touch Pulumi.check.yaml
"""
    env = {**os.environ, "GITHUB_STEP_SUMMARY": "summary", "GITHUB_OUTPUT": "output"}
    subprocess.run(["bash", "-ec", setup + step], cwd=tmp_path, env=env, check=True, timeout=60)
    assert (tmp_path / "summary").read_text() == f"{base}\n"
