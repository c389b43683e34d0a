"""Fixtures of the trials on the hostile network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from reliability.hostile.origins import Origins
from reliability.hostile.process import HostileProxy


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origins]:
    with HostileProxy() as proxy:
        yield Origins(tmp_path_factory.mktemp("origins"), proxy)
