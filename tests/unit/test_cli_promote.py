"""`pulumi-agentrun promote`: what it asks Pulumi, what it says, how it ends, and what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pulumi_agentrun.cli.command import main
from unit.fake_engine import pulumi
from unit.test_promotion import KEY, stack

pytestmark = pytest.mark.usefixtures("nowhere")

APP = {
    "deployment": {
        "resources": [
            {
                "type": "pulumi:pulumi:StackReference",
                "urn": "urn:pulumi:x::app::pulumi:pulumi:StackReference::r",
                "inputs": {"name": "organization/p/prod"},
            }
        ]
    }
}
NAMES = ["dev", "prod", "organization/app/\x1b[2J"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with stacks whose states are in files beside it."""
    (tmp_path / "Pulumi.yaml").write_text("name: p\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  p:model: m # small\n")
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  # big\n  p:model: n # later\n")
    (tmp_path / "state-dev").write_text(json.dumps(stack("dev", "2222222", policies={"concurrency_limit": 7})))
    (tmp_path / "state-prod").write_text(json.dumps(stack()))
    (tmp_path / "state-app").write_text(json.dumps(APP))
    (tmp_path / "stacks").write_text(json.dumps([{"name": name} for name in NAMES]))
    script = f"""
case "$*" in
  "--non-interactive stack ls --all --json") cat {tmp_path}/stacks;;
  "--non-interactive stack export --stack organization/app/"*) cat {tmp_path}/state-app;;
  "--non-interactive stack export --stack "*) cat {tmp_path}/state-$5;;
  *) echo "error: what is $*" >&2; exit 1;;
esac"""
    pulumi(tmp_path, script, monkeypatch)
    return tmp_path


LINE = ["promote", "--from", "dev", "--to", "prod"]


def test_two_stacks_are_compared_and_the_code_says_whether_that_was_wanted(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(LINE) == 1
    shown = capsys.readouterr().out
    assert "Callers of prod would notice 1 difference, 1 unexpected:" in shown
    assert r"Read by organization/app/\x1b[2J." in shown
    assert "p:model  differs" in shown
    assert "\x1b" not in shown
    with (project / "Pulumi.prod.yaml").open("a") as file:
        file.write("  agentrun:promotion:\n    expected: [calls at once]\n")
    assert main([*LINE, "--no-consumers", "--format", "markdown"]) == 0
    comment = capsys.readouterr().out
    assert comment.startswith("### From <code>dev</code> to <code>prod</code>: as expected")
    assert "Read by" not in comment
    assert main([*LINE, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["isGood"], data["consumers"]) == (True, [NAMES[2]])
    assert KEY not in shown + comment + json.dumps(data)


def test_the_targets_rules_decide_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "rules.json").write_text('{"agentrun-allowed-providers": {"allowed": ["openai"]}}')
    assert main([*LINE, "--config", "rules.json", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert "agentrun-allowed-providers" in [item["policy"] for item in data["violations"]]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--from", "dev", "--to", "nope"], "error: pulumi stack export cannot read the stack: cat: "),
        ([*LINE[1:], "--config", "nothing"], "The configuration nothing cannot be read: No such file or directory."),
        ([*LINE[1:], "--preset", "strict"], "There is no preset 'strict'; there are baseline, production."),
        ([*LINE[1:], "--apply", " ,"], "--apply needs the names of settings, with commas between them."),
        ([*LINE[1:], "--apply", "modle"], "There is no setting p:modle in Pulumi.dev.yaml; did you mean p:model?"),
        (
            ["--from", "dev", "--to", "organization/app/x"],
            "dev and organization/app/x are stacks of different projects",
        ),
    ],
)
def test_what_cannot_be_found_out_is_one_sentence(
    line: list[str], said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["promote", *line]) == 2
    text = capsys.readouterr().err
    assert said in text
    assert text.count("\n") == 1


def test_settings_are_written_into_the_file_and_nothing_else_happens(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "bin" / "pulumi").unlink()  # nobody is asked
    assert main([*LINE, "--apply", "model"]) == 0
    assert (project / "Pulumi.prod.yaml").read_text() == "config:\n  # big\n  p:model: m # later\n"
    assert (
        capsys.readouterr().out
        == "Wrote model into Pulumi.prod.yaml. Next: git diff, then pulumi preview --stack prod\n"
    )
    assert main([*LINE, "--apply", "p:model"]) == 0
    assert capsys.readouterr().out == "Pulumi.prod.yaml has all of that already.\n"
    (project / "Pulumi.yaml").unlink()
    assert main([*LINE, "--apply", "model"]) == 2
    assert capsys.readouterr().err == "error: There is no Pulumi.yaml here or above: --apply writes beside it.\n"


def test_a_stack_that_nobody_may_read_is_a_sentence(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "stacks").write_text(json.dumps([{"name": "theirs"}]))
    assert main(LINE) == 2
    text = capsys.readouterr().err
    assert text.startswith("error: Who reads prod is not known: pulumi stack export cannot read the stack")
    assert text.endswith("; --no-consumers leaves that out.\n")


def test_without_a_project_states_are_compared_alone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "Pulumi.yaml").unlink()
    assert main([*LINE, "--no-consumers", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["settings"] == []
