"""What holds the code base together: imports in one direction, names that say a duty, strings that state depends on."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pulumi_agentrun
import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi_agentrun.dynamic import ModelProxyProvider, ModelServiceProvider

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "provider" / "pulumi_agentrun"
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, wherever in it, as absolute names."""
    package = [*path.relative_to(PACKAGE.parent).with_suffix("").parts][:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) + 1 - node.level]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", [p for p in MODULES if p.is_relative_to(PACKAGE / "platform")], ids=str)
def test_the_platform_imports_nothing_of_the_rest(path: Path) -> None:
    ours = {name for name in imported(path) if name.startswith("pulumi")}
    assert all(name.startswith("pulumi_agentrun.platform") for name in ours)


@pytest.mark.parametrize("path", [p for p in MODULES if p.is_relative_to(PACKAGE / "client")], ids=str)
def test_the_client_imports_neither_pulumi_nor_what_stands_on_it(path: Path) -> None:
    ours = {name for name in imported(path) if name.split(".")[0] in ("pulumi", "pulumi_agentrun")}
    allowed = (
        "pulumi_agentrun.client",
        *(["pulumi_agentrun.platform"] if path.name in ("embedded.py", "local.py") else []),
    )
    assert all(name.startswith(allowed) for name in ours)


LAYERS = (
    "private",
    "options",
    "keys",
    "shapes",
    "leaves",
    "naming",
    "inputs",
    "notes",
    "places",
    "changes",
    "drift",
    "journal",
    "claims",
    "waiting",
    "live",
    "sending",
    "creation",
    "lifecycle",
    "controller",
    "failures",
    "spelling",
    "accounts",
    "host",
    "hosted",
    "dynamic",
    "resources",
)


@pytest.mark.parametrize("name", LAYERS)
def test_imports_point_one_way(name: str) -> None:
    above = {f"pulumi_agentrun.{other}" for other in LAYERS[LAYERS.index(name) + 1 :]}
    assert not above & imported(PACKAGE / f"{name}.py")
    if name not in ("failures", "host", "hosted", "dynamic", "resources"):
        assert not any(module.split(".")[0] == "pulumi" for module in imported(PACKAGE / f"{name}.py"))


@pytest.mark.parametrize("folder", ["plugin", "policy"])
def test_front_doors_know_nothing_of_each_other(folder: str) -> None:
    for path in PACKAGE.joinpath(folder).glob("*.py"):
        others = {"plugin", "policy", "dynamic", "resources", "components", "platform"} - {folder}
        assert not {f"pulumi_agentrun.{other}" for other in others} & imported(path), path
        if folder == "policy" and path.name != "pack.py":
            assert not any(
                name.startswith(("pulumi_policy.", "pulumi.")) for name in imported(path) - {"pulumi_policy.Policy"}
            )


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import pulumi_agentrun.resources", {"pydantic", "httpx"}),
        ("import pulumi_agentrun.hosted, pulumi_agentrun.plugin.provider", {"httpx", "sqlite3"}),
        ("from pulumi_agentrun.client import ModelClient, ModelServiceCreateInput; ModelClient()", {"pulumi", "httpx"}),
    ],
)
def test_what_takes_long_is_imported_where_it_is_used(statement: str, absent: set[str]) -> None:
    """A program only declares resources, and a preview talks to no service."""
    code = f"{statement}; import sys; print(sorted({absent!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_file_says_its_duty() -> None:
    assert not {"utils", "util", "helpers", "base", "common", "core", "misc"} & {path.stem for path in MODULES}
    for path in MODULES:
        assert ast.get_docstring(ast.parse(path.read_text())), path


def test_the_public_names_are_sorted_and_there() -> None:
    assert pulumi_agentrun.__all__ == sorted(pulumi_agentrun.__all__)
    assert all(getattr(pulumi_agentrun, name).__doc__ for name in pulumi_agentrun.__all__)


def test_the_pickles_in_state_are_pinned() -> None:
    """Another string would make every stack that exists unreadable, or show a change in each of its resources."""
    assert serialize_provider(ModelServiceProvider()) == (
        "gASVNwAAAAAAAACMF3B1bHVtaV9hZ2VudHJ1bi5keW5hbWljlIwUTW9kZWxTZXJ2aWNlUHJvdmlkZXKUk5QpgZQu"
    )
    assert serialize_provider(ModelProxyProvider()) == (
        "gASVNQAAAAAAAACMF3B1bHVtaV9hZ2VudHJ1bi5keW5hbWljlIwSTW9kZWxQcm94eVByb3ZpZGVylJOUKYGULg=="
    )


def test_generated_files_are_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
