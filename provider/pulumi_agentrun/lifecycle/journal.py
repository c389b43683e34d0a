"""Tells the provider processes of one run what each of them does: the engine starts one for each explicit provider."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from .private import make_folder

try:
    import fcntl
except ImportError:  # Windows: each process knows of itself alone
    fcntl = None  # type: ignore[assignment]


class Journal:
    """A file of entries that every process of a run adds to and reads.

    It is locked, shared, while any of them lives. Who can lock it alone is the first of a new run, and empties it: the
    engine's address, which names the run, may have been another run's.
    """

    def __init__(self, run: str) -> None:
        self._descriptor: int | None = None
        if fcntl is None:
            return
        with suppress(OSError):  # without a place for it, each process knows of itself alone
            folder = Path(tempfile.gettempdir()) / f"pulumi-agentrun-{os.getuid()}"
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                return
            make_folder(folder)
            name = sha256(run.encode()).hexdigest()[:16]
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
            self._descriptor = os.open(folder / name, flags, 0o600)
            self._join(self._descriptor)

    @staticmethod
    def _join(descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            os.ftruncate(descriptor, 0)
        fcntl.flock(descriptor, fcntl.LOCK_SH)

    def add(self, entry: dict[str, Any]) -> None:
        """Add an entry, whole or not at all."""
        if self._descriptor is not None:
            os.write(self._descriptor, f"{json.dumps(entry)}\n".encode())

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield all entries, those of this process too."""
        if self._descriptor is not None:
            text = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0).decode()
            yield from map(json.loads, text.splitlines())

    def close(self) -> None:
        """Leave the run."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
