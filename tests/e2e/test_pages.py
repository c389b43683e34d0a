"""The pages that a new user begins with: their commands run as they stand, and print what they show."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from e2e.project import Project
from e2e.served import CREDENTIALS, ServedPlatform
from unit.pages import PAGES, code
from unit.test_documents import OPTIONS

ROOT = Path(__file__).parents[2]
INSTALL = "python3 -m venv .venv && .venv/bin/pip install pulumi-agentrun"


def blocks(page: str, language: str = "") -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    return [text for written, text in found if written == language]


def in_order(shown: list[str], console: str) -> None:
    """Assert that the lines of a page stand in what was printed, whatever the hashes of names."""
    lines = iter(_timeless(console).splitlines())
    for line in shown:
        assert any(found.strip() == _timeless(line).strip() for found in lines), f"{line!r} is not in\n{console}"


def _timeless(text: str) -> str:
    return re.sub(r"-[0-9a-f]{7}\b", "-1234567", text)


def test_getting_started_is_followed_from_nothing(tmp_path: Path) -> None:
    first, second = blocks("docs/getting-started.md")
    assert INSTALL in first
    first = first.replace(INSTALL, f"ln -s {sys.prefix} .venv")
    second = re.sub(r"^(.*)# asks for it$", rf"echo {CREDENTIALS['id']} | \1", second, flags=re.MULTILINE)
    second = re.sub(r"^(.*)# .*; asks for it$", r"echo sk-served | \1", second, flags=re.MULTILINE)
    assert second.count("echo") == 2
    engine = shutil.which("pulumi")
    assert engine
    env = os.environ | {"PULUMI_HOME": str(tmp_path / "home"), "PULUMI_SKIP_UPDATE_CHECK": "1", "NO_COLOR": "1"}
    with ServedPlatform(tmp_path / "account") as served:
        script = [first, "pulumi destroy --yes", f"export AGENTRUN_CONTROL_ENDPOINT={served.url}",
                  second.replace("LTAI...", "id"), "pulumi up --yes --expect-no-changes"]  # fmt: skip
        done = subprocess.run(
            ["bash", "-euc", "\n".join(script).replace("pulumi up\n", "pulumi up --yes\n")],
            cwd=tmp_path, env=env, text=True, check=False, timeout=240, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert len(re.findall(r"\+ 2 created", done.stdout)) == 2
    assert "- 2 deleted" in done.stdout
    assert not re.search(rf"sk-for-trying|sk-served|{CREDENTIALS['id']}", done.stdout)
    assert (tmp_path / "models" / ".agentrun").is_dir()


def test_the_readmes_program_and_its_preview(project: Project) -> None:
    program = blocks("README.md", "python")[0]
    (preview,) = (block for block in blocks("README.md") if block.startswith("$ pulumi preview --diff"))
    project.pulumi("config", "set", "--secret", "apiKey", "sk-readme")
    main = project.folder / "__main__.py"
    main.write_text(program)
    project.up()
    main.write_text(program.replace('"weight": 100', '"weight": 80').replace('"tongyi"', '"openai"'))
    in_order(preview.splitlines()[1:], project.preview().console)


def test_the_readmes_errors_are_all_of_one_resource(project: Project) -> None:
    (errors,) = (block for block in blocks("README.md") if "has a problem" in block)
    wrong = '{"endpoints": [{"model_service_name": "a"}, {"model_service_name": "b", "weight": -1}], '
    wrong += '"policies": {"num_retrys": 2}}'
    project.program(f"for name in ('gateway', 'other'):\n    ModelProxy(name, proxy_config={wrong})\n")
    project.pulumi("stack", "select", "dev")
    run = project.pulumi("preview", check=False)
    assert run.code != 0
    in_order(errors.splitlines()[1:], run.console.replace("other", "gateway"))
    assert len(set(re.findall(r"resource '(\w+)' has a problem", run.console))) == 1, "the others come next time"


@cache
def helped(*words: str) -> str:
    """Return what Pulumi's command line says of a command, with what it shows to few."""
    shown = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_DEBUG_COMMANDS": "true"}
    env = os.environ | shown | {"PULUMI_SKIP_UPDATE_CHECK": "1"}
    done = subprocess.run(["pulumi", *words, "--help"], env=env, text=True, check=True, capture_output=True, timeout=60)
    return done.stdout


def options_of(text: str) -> list[str]:
    return re.findall(r"(?<!\S)--?[a-z][\w-]*", text.partition("$(")[0])


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_of_pulumis_command_line_is_there(page: str) -> None:
    for line in code(page):
        for command in re.findall(r"(?:^|(?<! as)[ =])pulumi ([a-z][^|;)]*)", line):
            words = tuple(re.findall(r"(?<!\S)[a-z][a-z-]*", command.partition("-")[0]))
            assert re.search(rf"^ +pulumi {words[0]}\b", helped(*words), re.MULTILINE), command
            assert {*options_of(command)} <= {*re.findall(r"-[\w-]+", helped(*words))}, command
        if line.startswith("-"):
            theirs = "".join(helped(*name.split()) for name in ("up", "preview", "destroy", "import", "config set"))
            known = {"--link", *re.findall(r"-[\w-]+", theirs), *(name for names in OPTIONS.values() for name in names)}
            assert {*options_of(line)} <= known, line
