"""What the pages name is there: commands, options, settings, variables, files and links."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.cli.command import app
from pulumi_agentrun.client.config import Config, resolve
from pulumi_agentrun.client.kinds import KINDS
from pulumi_agentrun.lifecycle.profiles import KEYS
from pulumi_agentrun.platform import switches
from pulumi_agentrun.platform.__main__ import _parser
from unit.pages import PAGES, ROOT, code, text_of

PACKAGE = ROOT / "provider" / "pulumi_agentrun"
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
RECIPES = dict(re.findall(r"^([a-z0-9-]+):.*\n((?:\t.*\n|  .*\n)*)", MAKEFILE, re.MULTILINE))
SUBCOMMANDS = {"inventory": "inventory", "policy": "audit", "platform": "platform"}
"""What the modules that can be run are."""
OPTIONS = {
    name: {option for item in command.params for option in (*item.opts, *item.secondary_opts)}
    for name, command in app.commands.items()
}
OPTIONS["platform"] = {*_parser()._option_string_actions}
NOT_OURS = {
    "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_DEBUG_GRPC", "PULUMI_DEBUG_PROVIDERS",
    "PULUMI_DIY_BACKEND_GZIP", "PULUMI_SKIP_CHECKPOINTS",
}  # fmt: skip
COPIED = {".github/workflows/models.yml", "test_models.py", "test_gateway.py"}
"""Files that readers make of what they copy."""
_VARIABLE = re.compile(r"\b_?[A-Z]+(?:_[A-Z]+)+\b")

every_page = pytest.mark.parametrize("page", PAGES)


def named(page: str, pattern: str) -> list[tuple[str, ...]]:
    """Return what a pattern's groups find in the code of a page."""
    return [match.groups() for line in code(page) for match in re.finditer(pattern, line)]


@every_page
def test_targets_of_make_are_there_and_know_their_variables(page: str) -> None:
    for targets, variables in named(page, r"(?:^|[ (])make((?: [a-z][a-z-]*)+)((?: [A-Z]+=\S+)*)"):
        for target in targets.split():
            assert target in RECIPES
            assert set(re.findall(r"([A-Z]+)=", variables)) <= set(re.findall(r"\b[A-Z]+\b", RECIPES[target]))


def test_every_target_is_listed_and_no_file() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert sorted(phony.split()) == sorted(RECIPES)
    assert [name for name in RECIPES if not re.search(rf"^{name}:.* ## \S", MAKEFILE, re.MULTILINE)] == ["stack"]


@every_page
def test_our_commands_are_there_and_have_their_options(page: str) -> None:
    for module, options in named(page, r"python3? -m pulumi_agentrun\.(\w+)([^)|;]*)"):
        assert (PACKAGE / module / "__main__.py").exists() or (PACKAGE / f"{module}.py").exists()
        assert _given(options) <= OPTIONS[SUBCOMMANDS[module]]
    for command, options in named(page, r"^(?:\$ )?pulumi-agentrun ([a-z][\w-]*)([^)|;]*)"):
        assert _given(options) <= OPTIONS[command] | {"--help"}
    for (setting,) in named(page, r"--switch ([a-z]\w*=\w+)"):
        assert switches.parse(setting)


def _given(options: str) -> set[str]:
    return set(re.findall(r"(?<!\S)--?[a-z][\w-]*", options))


@every_page
def test_settings_are_there(page: str) -> None:
    for (setting,) in named(page, r"(?<!/)\bagentrun:([\w.:]+)"):
        profile = re.fullmatch(r"profiles\.\w+\.(\w+)", setting)
        known = {*KEYS, "profiles", "promotion", "index"} | {kind.token for kind in KINDS}
        assert profile[1] in KEYS if profile else setting.partition(":")[0] in known


ROWS = dict(re.findall(r"^\| `agentrun:(\w+)` \|([^|]*)\|", text_of("README.md"), re.MULTILINE))
EFFECTS: dict[str, tuple[str, Any]] = {
    "endpoint": ("https://agentrun.example.com", lambda found: found.base_url),
    "region": ("eu-central-1", lambda found: found.region),
    "allowInsecure": ("true", lambda found: str(found.base_url == "http://elsewhere.example").lower()),
    "accessKeyId": ("another", lambda found: found.credentials.access_key_id),
    "accessKeySecret": ("another", lambda found: found.credentials.access_key_secret),
    "securityToken": ("a-token", lambda found: found.credentials.security_token),
    "accountId": ("1234", lambda found: found.account_id),
}
"""By setting, a value for its variables, and where a connection shows it."""


def test_the_readme_has_every_setting() -> None:
    assert sorted(ROWS) == sorted([*KEYS, "profiles"])
    assert {name for name, variables in ROWS.items() if variables.strip()} == EFFECTS.keys()


@pytest.mark.parametrize(
    ("setting", "variable"), [(name, found) for name, row in ROWS.items() for found in _VARIABLE.findall(row)]
)
def test_a_variable_stands_in_for_its_setting(setting: str, variable: str) -> None:
    value, shown = EFFECTS[setting]
    prefix = "ALIBABA_CLOUD" if variable.startswith("ALIBABA_CLOUD") else "AGENTRUN"
    key = {f"{prefix}_ACCESS_KEY_ID": "id", f"{prefix}_ACCESS_KEY_SECRET": "secret"}
    endpoint = "http://elsewhere.example" if setting == "allowInsecure" else None
    assert shown(resolve(Config(endpoint=endpoint), {**key, variable: value})) == value


@cache
def _variables(folder: Path) -> set[str]:
    """Return the names of environment variables among a folder's texts, each text a name or all that it ends with."""
    texts = {
        node.value
        for path in sorted(folder.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    ends = {text for text in texts if re.fullmatch("(?:_[A-Z]+){2,}", text)}
    whole = {prefix + end for prefix in ("AGENTRUN", "ALIBABA_CLOUD") for end in ends}
    return {text for text in texts | whole if _VARIABLE.fullmatch(text)}


@every_page
def test_variables_are_read_somewhere(page: str) -> None:
    read = NOT_OURS | {"_PULUMI_AGENTRUN_COMPLETE"}
    for folder in (PACKAGE, ROOT / "tests" / "reliability", ROOT / "tools"):
        read |= _variables(folder)
    ours = named(page, r"\b((?:_PULUMI|AGENTRUN|ALIBABA_CLOUD|FC|PULUMI)(?:_[A-Z]+)+)\b")
    assert {name for (name,) in ours} <= read


def test_every_variable_that_is_read_is_on_a_page() -> None:
    pages = "\n".join(map(text_of, PAGES))
    read = {name for name in _variables(PACKAGE) if name.startswith(("AGENTRUN_", "ALIBABA_CLOUD_", "FC_"))}
    assert {name for name in read if name not in pages} == set()


@every_page
def test_files_are_there(page: str) -> None:
    folders = (ROOT, PACKAGE, PACKAGE.parent)
    for (path,) in named(
        page, r"^((?:[\w.]+/)+[\w.]+\.(?:py|md|yml|json)|(?:tests|docs|examples|tools|provider)/[\w/]*)$"
    ):
        assert path in COPIED or any((folder / path).exists() for folder in folders), path
    for (name,) in named(page, r"^(test_\w+\.py)"):
        assert name in COPIED or [*(ROOT / "tests").rglob(name), *(ROOT / "examples").rglob(name)], name


def _anchors(page: Path) -> Iterator[str]:
    """Yield what links can lead to on a page, as GitHub makes it of headings."""
    for heading in re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@every_page
def test_links_lead_somewhere(page: str) -> None:
    here = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text_of(page)):
        path, _, anchor = target.partition("#")
        there = here.parent / path if path else here
        assert there.exists(), target
        assert not anchor or anchor in _anchors(there), target


def test_the_site_has_every_page_in_its_navigation() -> None:
    """What it leaves out is listed on a page of its own, or is for Pulumi's Registry."""
    shown = set(re.findall(r"^ +- (?:[\w ]+: )?([\w/.-]+\.md)$", text_of("mkdocs.yml"), re.MULTILINE))
    elsewhere = {"docs/_index.md", "docs/installation-configuration.md"}
    pages = {page for page in PAGES if not re.match(r"docs/decisions/(?!README)", page)} - elsewhere
    assert shown == pages | {"CHANGELOG.md"}
