"""An engine that says what a test wants it to say."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest


def pulumi(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an engine on PATH that says what a script says."""
    program = folder / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
