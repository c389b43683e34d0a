"""`make record`: goes through all histories, or those that are named, with the real engine and writes what it asked."""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from e2e.project import sdk
from reliability.recorder import files
from reliability.recorder.real import Recorder
from reliability.table import HISTORIES


def record(name: str, folder: Path) -> None:
    """Record one history behind its doors."""
    history = HISTORIES[name]
    files.write(name, {door: Recorder(folder / door, folder / "home", door).play(history) for door in history.doors})
    sys.stderr.write(f"{name}\n")


def main(names: list[str]) -> None:
    """Record the histories; without names all of them."""
    sdk()
    with tempfile.TemporaryDirectory(prefix="record-") as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        listed = list(enumerate(names or HISTORIES))
        list(pool.map(lambda numbered: record(numbered[1], Path(folder) / str(numbered[0])), listed))
    if not names:
        files.forget_others(HISTORIES)


main(sys.argv[1:])
