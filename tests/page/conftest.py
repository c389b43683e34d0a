"""A served platform and a visitor of its page for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.local import Local, served
from page.visitor import Visitor


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with served(tmp_path / "data") as local:
        yield local


@pytest.fixture
def stranger(local: Local) -> Iterator[Visitor]:
    """Somebody who has not signed in."""
    visitor = Visitor(local)
    yield visitor
    visitor.client.close()


@pytest.fixture
def visitor(stranger: Visitor) -> Visitor:
    """Somebody who has."""
    assert stranger.sign_in().status_code == 204
    return stranger
