"""A served platform for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.local import Local, served


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with served(tmp_path / "data") as local:
        yield local
