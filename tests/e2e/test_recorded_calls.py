"""What the real engine asks of the provider is still what was recorded, and so what the small engine is held to."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e.project import DOORS
from reliability.recorder import files
from reliability.recorder.real import Recorder
from reliability.table import HISTORIES

NAMES = (
    "removed, up --refresh",
    "destroy --refresh",
    "replaced, old first, with a dependent",
    "up --refresh --replace, delete_before_replace",
    "engine killed before the old one is deleted, up --refresh",
    "import",
)
"""Of all that is recorded, what no deployment may do otherwise unnoticed."""


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", NAMES)
def test_the_engine_asks_what_was_recorded(tmp_path: Path, name: str, door: str) -> None:
    recorded, now = files.read(name), files.versions()
    asked = Recorder(tmp_path / "project", tmp_path / "home", door).play(HISTORIES[name])
    before = {key: recorded[key] for key in now}
    assert asked == recorded[door], (
        f"Pulumi {now} does not do what was recorded with {before}: run `make record`, look at what has changed in "
        "tests/reliability/recorded, and let tests/reliability/engine do the same."
    )
