"""`make record`: goes through all histories, or those that are named, with the real engine and writes what it asked."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from reliability.recorder import files
from reliability.recorder.real import Recorder
from reliability.table import HISTORIES


def main(names: list[str]) -> None:
    """Record the histories; without names all of them."""
    with tempfile.TemporaryDirectory(prefix="record-") as folder:
        for index, name in enumerate(names or HISTORIES):
            sys.stderr.write(f"{name}\n")
            history = HISTORIES[name]
            files.write(
                name,
                {
                    door: Recorder(Path(folder) / f"{index}-{door}", Path(folder) / "home", door).play(history)
                    for door in history.doors
                },
            )
    if not names:
        files.forget_others(HISTORIES)


main(sys.argv[1:])
