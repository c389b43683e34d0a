"""examples/environments explained and promoted from dev to prod on the real engine, as the pages show it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from e2e.test_examples import Clone
from e2e.test_pages import blocks, in_order


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Return the example with its three stacks deployed, and an application that reads prod."""
    clone = Clone(tmp_path)
    shown = clone.follow("environments")
    assert "Callers of prod would notice 3 differences, 0 unexpected:" in shown
    return clone


def shown_by(page: str) -> dict[str, list[str]]:
    """Return the lines that a page shows below each of its commands."""
    found = (block.splitlines() for block in blocks(page) if block.startswith("$ pulumi-agentrun "))
    return {command.removeprefix("$ "): lines for command, *lines in found}


def test_dev_is_promoted_to_prod(clone: Clone) -> None:
    without_keys = "unset PULUMI_CONFIG_PASSPHRASE DASHSCOPE_API_KEY DEEPSEEK_API_KEY\n"
    for command, lines in shown_by("docs/explain.md").items():
        in_order(lines, clone.again("environments", f"{without_keys}{command}"))
    compare, apply, _ = shown_by("docs/promotion.md").items()
    shown = clone.again("environments", f"{without_keys}{compare[0]} || echo ended with $?")
    in_order([*compare[1], "ended with 1"], shown)
    assert "sk-try" not in shown

    settings = clone.root / "examples" / "environments" / "Pulumi.prod.yaml"
    before = settings.read_text()
    in_order(apply[1], clone.again("environments", f"{without_keys}{apply[0]}"))
    assert settings.read_text() == before.replace("model: qwen-max", "model: qwen-turbo")
    up = "export DASHSCOPE_API_KEY=sk-try DEEPSEEK_API_KEY=sk-try\npulumi up --yes --skip-preview --stack prod"
    assert "2 updated" in clone.again("environments", up)
    shown = clone.again("environments", "pulumi-agentrun promote --from dev --to prod --no-consumers")
    assert re.match(r"Callers of prod would notice \d+ differences, 0 unexpected:", shown)


def test_what_reads_the_target_is_found_in_the_backend(clone: Clone) -> None:
    application = clone.root / "examples" / "environments" / "application"
    application.mkdir()
    (application / "Pulumi.yaml").write_text(
        "name: app\nruntime: {name: python, options: {virtualenv: ../../../.venv}}\n"
    )
    (application / "__main__.py").write_text(
        "import pulumi\npulumi.StackReference('organization/agentrun-environments/prod').require_output('endpoint')\n"
    )
    clone.again("environments/application", "pulumi stack init live\npulumi up --yes --skip-preview")
    state = clone.again("environments", "pulumi stack export --stack prod")
    shown = clone.again("environments", "pulumi-agentrun promote --from staging --to prod --json")
    assert json.loads(shown)["consumers"] == ["organization/app/live"]
    assert clone.again("environments", "pulumi stack export --stack prod") == state


def test_a_change_of_the_program_is_a_comment(clone: Clone) -> None:
    """The step of examples/ci, as it stands there, in a repository of two commits."""
    import yaml

    workflow = yaml.safe_load((Path(__file__).parents[2] / "examples" / "ci" / "github-actions.yml").read_text())
    steps = {step.get("name"): step["run"] for step in workflow["jobs"]["check"]["steps"] if "run" in step}
    folder = clone.root / "models"
    folder.mkdir()
    (folder / ".venv").symlink_to(clone.root / ".venv")
    (folder / ".gitignore").write_text(".venv\n")
    (folder / "Pulumi.yaml").write_text("name: models\nruntime: {name: python, options: {virtualenv: .venv}}\n")
    program = """
from pulumi_agentrun import ModelGateway
reach = {"provider": "tongyi", "api_key": "sk-never-shown", "base_url": "https://a.example", "model_names": ["m"]}
ModelGateway("chat", services={"a": reach, "b": reach}, num_retries=RETRIES)
"""
    git = "git -c user.name=a -c user.email=a@example.com"
    commit = f"{git} add . && {git} commit --quiet --message a"
    (folder / "__main__.py").write_text(program.replace("RETRIES", "1"))
    clone.run(f"cd models && git init --quiet && {commit}")
    (folder / "__main__.py").write_text(program.replace("RETRIES", "4"))
    clone.run(f"cd models && {commit}")
    setup = """
export PATH=$PWD/.engine:$PWD/.venv/bin:$PATH PULUMI_BACKEND_URL=file://$PWD/models PULUMI_CONFIG_PASSPHRASE=x
export GITHUB_STEP_SUMMARY=$PWD/summary GITHUB_OUTPUT=$PWD/output
cd models
"""
    clone.run("\n".join([setup, steps["Preview on the embedded platform"], steps["What changes for callers"]]))
    comment = (clone.root / "summary").read_text()
    assert "<code>attempts at worst</code> | <code>4</code> | <code>10</code>" in comment
    head, *body, end = (clone.root / "output").read_text().splitlines()
    assert (head, "\n".join(body) + "\n") == (f"markdown<<{end}", comment)
    assert "sk-never-shown" not in comment
