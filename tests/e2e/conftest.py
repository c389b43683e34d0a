"""Fixtures of the end-to-end tests: each test gets a Pulumi project of its own, on the real engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.project import Project


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Project]:
    """Return a function that makes a project with some stack configuration."""

    def make(config: dict[str, str] | None = None, name: str = "project", door: str = "dynamic") -> Project:
        return Project(tmp_path / name, tmp_path / "home", config, door)

    return make


@pytest.fixture
def door() -> str:
    """Return the front door that a test goes through; modules that go through both parametrise it."""
    return "dynamic"


@pytest.fixture
def project(make_project: Callable[..., Project], door: str) -> Project:
    """Return a project on an embedded platform of its own."""
    return make_project(door=door)
