"""The pages' snippets: those in Python are type-checked, those for a terminal are shell."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from unit.pages import PAGES, ROOT, text_of

_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
TRIED: dict[str, set[str]] = {
    "tests/unit/test_testing_page.py": {"docs/testing.md"},
    "tests/unit/test_snippets.py": {"docs/testing-policies.md"},
    "tests/e2e/test_schema_examples.py": {"docs/_index.md", "docs/plugin.md"},
}
"""Pages whose Python is run, and by what."""
BLOCKS = {
    (page, number): block
    for page in PAGES
    for number, block in enumerate(_BLOCK.findall(text_of(page)))
    if page not in set().union(*TRIED.values()) or block[0] != "python"
}
PYTHON = {place: text for place, (language, text) in BLOCKS.items() if language == "python"}
CONSOLE = {place: text for place, (language, text) in BLOCKS.items() if language in ("", "sh")}
LANGUAGES = {"", "sh", "python", "json", "mermaid", "typescript", "go", "csharp", "yaml"}
PRELUDE = """\
import pulumi
from pulumi_agentrun import Credential, ModelGateway, ModelProxy, ModelService, ProviderSettingsArgs

config = pulumi.Config()
"""
GIVEN = {
    "docs/client.md": 'key = url = "text"\n',
    "docs/configuration.md": "settings: ProviderSettingsArgs = {}\n",
    "docs/gateway.md": 'endpoint = token = "text"\n',
    "docs/sharing-stacks.md": 'key = url = other = their = "text"\n',
}
"""What a page's text has said before its snippets."""
GOES_ON = {("docs/sharing-stacks.md", "pulumi.export(")}
"""Snippets that go on from the one before them, by how they begin."""


def sources() -> dict[str, str]:
    """Return the modules to check, by name."""
    found: dict[str, str] = {}
    last = ""
    for (page, number), text in PYTHON.items():
        if any(page == of and text.startswith(begin) for of, begin in GOES_ON):
            found[last] += text
            continue
        last = re.sub(r"\W", "_", f"{page}_{number}")
        found[last] = PRELUDE + GIVEN.get(page, "") + text
    return found


def test_snippets_in_python_are_typed_right(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is a tool of the checks")
    for name, text in sources().items():
        (tmp_path / f"{name}.py").write_text(text)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "--cache-dir",
        str(tmp_path),
    ]
    done = subprocess.run(
        [*command, *(f"{name}.py" for name in sources())], cwd=tmp_path, env={"MYPYPATH": str(ROOT / "provider")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


OUR_RULES = """
def hosts(args, report):
    is_service = args.resource_type.endswith(":ModelService")
    if is_service and not args.props["provider_settings"]["base_url"].startswith("https://a.example/"):
        report("provider_settings.base_url: must be one of ours")
"""
OUR_PACK = """
import our_rules as rules
from pulumi_policy import ResourceValidationPolicy

PACK_POLICIES = [ResourceValidationPolicy("our-hosts", "Ours only.", rules.hosts)]
"""


def test_the_tests_of_policies_run_as_they_stand(tmp_path: Path) -> None:
    """`docs/testing-policies.md`, with a pack as its reader has one."""
    (shown,) = (text for language, text in _BLOCK.findall(text_of("docs/testing-policies.md")) if language == "python")
    for name, text in (("our_rules", OUR_RULES), ("our_pack", OUR_PACK), ("test_page", shown)):
        (tmp_path / f"{name}.py").write_text(text)
    command = [sys.executable, "-W", "ignore", "-m", "pytest", "-p", "no:cacheprovider", "test_page.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert "2 passed" in done.stdout, done.stdout


def commands(text: str) -> str:
    """Return what a reader types of a snippet for a terminal: all of it, or what stands after the prompts."""
    typed = re.findall(r"^\$ (.*)$", text, re.MULTILINE)
    return "\n".join(typed) if typed else text


@pytest.mark.parametrize(("place", "text"), CONSOLE.items(), ids=[f"{page}-{number}" for page, number in CONSOLE])
def test_snippets_for_a_terminal_are_shell(place: tuple[str, int], text: str) -> None:
    done = subprocess.run(["bash", "-n"], input=commands(text), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), place


def test_snippets_of_json_are() -> None:
    for language, text in BLOCKS.values():
        assert language != "json" or json.loads(text)


@pytest.mark.parametrize("page", PAGES)
def test_snippets_are_in_languages_that_somebody_tries(page: str) -> None:
    assert {language for language, _ in _BLOCK.findall(text_of(page))} <= LANGUAGES


def test_what_tries_them_is_there_and_names_them() -> None:
    for test, pages in TRIED.items():
        text = (ROOT / test).read_text("utf-8")
        for page in pages:
            assert Path(page).name in text, (test, page)
