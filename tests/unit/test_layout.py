"""What holds the code base together: imports in one direction, names that say a duty, strings that state depends on."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib import metadata
from pathlib import Path

import pulumi_agentrun
import pulumi_agentrun.client.models.shared
import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi_agentrun import client
from pulumi_agentrun.dynamic import CredentialProvider, ModelProxyProvider, ModelServiceProvider
from pulumi_agentrun.resources import args

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


FOLDERS: dict[str, set[str]] = {
    "version": set(),
    "client": set(),
    "lifecycle": {"client"},
    "engine": {"lifecycle", "client"},
    "dynamic": {"engine", "lifecycle", "client"},
    "plugin": {"engine", "lifecycle", "client"},
    "resources": {"dynamic", "lifecycle", "client"},
    "routes": {"lifecycle", "client", "platform"},
    "policy": {"routes", "lifecycle", "client"},
    "policy_pack": {"policy", "client", "engine"},
    "platform": set(),
    "drill": {"routes", "policy", "lifecycle", "client", "platform"},
    "promotion": {"drill", "routes", "policy", "lifecycle", "client"},
    "cli": {"promotion", "drill", "routes", "policy", "dynamic", "lifecycle", "client", "platform"},
    "inventory": {"cli"},
    "testing": {"resources", "drill", "routes", "dynamic", "lifecycle", "client", "platform"},
}
"""What each folder may import of the others, besides the version."""
WITHOUT_PULUMI = ("client", "lifecycle", "platform")
EMBEDDING = ("embedded.py", "local.py")
"""The modules of the client that run the embedded platform."""
ENTRANCES = ("policy/__main__.py",)
"""Modules that only start a subcommand of `cli`: `python -m …` for those who had it that way."""


def folder_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def is_module(name: str) -> bool:
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    folder = folder_of(path)
    if folder == "__init__":
        return  # names of all folders, each imported when it is used
    ours = {name.split(".")[1] for name in imported(path) if name.startswith("pulumi_agentrun.")}
    allowed = FOLDERS[folder] | {folder, "version"} | ({"platform"} if path.name in EMBEDDING else set())
    if path.relative_to(PACKAGE).as_posix() in ENTRANCES:
        allowed = {"cli"}
    assert ours <= allowed
    if folder in WITHOUT_PULUMI:
        assert not {"pulumi", "grpc", "google"} & {name.split(".")[0] for name in imported(path)}


def test_no_two_modules_need_each_other() -> None:
    def dotted(path: Path) -> str:
        return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")

    needs = {
        dotted(path): {name for name in imported(path) if name.startswith("pulumi_agentrun.") and is_module(name)}
        for path in MODULES
        if path.name != "__init__.py"
    }
    list(TopologicalSorter(needs).static_order())  # raises CycleError


def test_the_policies_know_pulumi_in_one_place_and_so_does_the_kit_for_their_tests() -> None:
    for path in PACKAGE.joinpath("policy").rglob("*.py"):
        if path.name not in ("pack.py", "judging.py", "reading.py", "stack.py") and path.parent.name != "testing":
            names = imported(path) - {"pulumi_policy.Policy"}
            assert not any(name.startswith(("pulumi_policy.", "pulumi.")) for name in names), path


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("from pulumi_agentrun import *", {"pydantic", "httpx", "click", "pulumi_agentrun.client.models"}),
        ("import pulumi_agentrun.dynamic.provider, pulumi_agentrun.plugin.resources", {"httpx", "sqlite3"}),
        ("from pulumi_agentrun.client import ModelClient, ModelServiceCreateInput; ModelClient()", {"pulumi", "httpx"}),
        ("import pulumi_agentrun.policy.pack", {"httpx", "click", "pulumi_agentrun.platform.platform"}),
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


def test_what_programs_write_is_public() -> None:
    models = {
        found.__name__
        for module in (client.models, client.models.shared)
        for found in vars(module).values()
        if isinstance(found, type) and found.__module__ == module.__name__ and not found.__name__.startswith("_")
    }
    assert models <= set(client.__all__)
    assert {name for name in vars(args) if name.endswith("Args")} <= set(pulumi_agentrun.__all__)


def test_the_package_lists_its_names_and_tells_its_version_without_importing_anything() -> None:
    code = "import pulumi_agentrun as p, sys; print(*dir(p)); print(p.__version__); print('pulumi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names, version, is_imported = done.stdout.splitlines()
    assert {*pulumi_agentrun.__all__, "__version__"} <= {*names.split()}
    assert not {"Any", "TYPE_CHECKING", "import_module"} & {*names.split()}
    assert version == metadata.version("pulumi-agentrun")
    assert is_imported == "False"


def test_the_pickles_in_state_are_pinned() -> None:
    """Another string would make every stack that exists unreadable, or show a change in each of its resources."""
    assert serialize_provider(ModelServiceProvider()) == (
        "gASVNwAAAAAAAACMF3B1bHVtaV9hZ2VudHJ1bi5keW5hbWljlIwUTW9kZWxTZXJ2aWNlUHJvdmlkZXKUk5QpgZQu"
    )
    assert serialize_provider(ModelProxyProvider()) == (
        "gASVNQAAAAAAAACMF3B1bHVtaV9hZ2VudHJ1bi5keW5hbWljlIwSTW9kZWxQcm94eVByb3ZpZGVylJOUKYGULg=="
    )
    assert serialize_provider(CredentialProvider()) == (
        "gASVNQAAAAAAAACMF3B1bHVtaV9hZ2VudHJ1bi5keW5hbWljlIwSQ3JlZGVudGlhbFByb3ZpZGVylJOUKYGULg=="
    )
