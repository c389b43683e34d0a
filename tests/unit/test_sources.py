"""Modules that follow the API say what they were taken from, in a version that is the one tested with."""

from __future__ import annotations

import ast
import re
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest
from alibabacloud_agentrun20250910 import models
from alibabacloud_agentrun20250910.client import Client
from alibabacloud_tea_openapi import exceptions
from alibabacloud_tea_openapi.client import Client as OpenApi
from alibabacloud_tea_openapi.utils import Utils

PACKAGE = Path(__file__).parents[2] / "provider" / "pulumi_agentrun"
FOLLOWING = [
    *sorted(PACKAGE.joinpath("client", "models").glob("[!_]*.py")),
    *(
        PACKAGE / "client" / f"{name}.py"
        for name in (
            "answers",
            "config",
            "credentials",
            "errors",
            "kinds",
            "model_client",
            "operations",
            "pages",
            "signature",
            "waiters",
        )
    ),
]
OFFICIAL = {
    "alibabacloud-agentrun20250910": SimpleNamespace(models=models, Client=Client),
    "alibabacloud-tea-openapi": SimpleNamespace(Client=OpenApi, Utils=Utils, exceptions=exceptions),
}


def source_of(path: Path) -> str:
    """Return the end of a module's docstring that says what it was taken from, in one line."""
    text = " ".join((ast.get_docstring(ast.parse(path.read_text())) or "").split())
    return text[text.index(" Source") :] if " Source" in text else ""


@pytest.mark.parametrize("path", FOLLOWING, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_it_says_what_it_follows(path: Path) -> None:
    assert re.search(r"(alibabacloud-[\w-]+|agentrun-sdk)", source_of(path))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_it_follows_is_there(path: Path) -> None:
    parts = re.split(r"(alibabacloud-[\w-]+|agentrun-sdk) ([\d.]+\d)", source_of(path))
    for package, said, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if package in OFFICIAL:
            assert said == version(package)
            for name in re.findall(r"`((?:models|Client|Utils|exceptions)(?:\.\w+)+)`", text):
                found = OFFICIAL[package]
                for part in name.split("."):
                    found = getattr(found, part)
