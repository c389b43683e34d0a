"""Keeps beside the engine's own files, on this machine, what state has no place for.

The engine keeps a resource whose deletion outlasts a run in state as it was, and one whose update a kill has cut off,
and asks a provider about one that the program has again only whether state and program differ. And a run that is
limited to some resources says nothing of the others, so that a record whose object another record has taken over could
be deleted by itself. On another machine, the engine's warning of the operation that was cut short, and a run without
limits, are what helps.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from hashlib import sha256
from pathlib import Path

from .private import make_folder

Key = tuple[str, ...]
"""A kind, a place and a name."""

LEAVING = "leaving"
"""Notes of deletions that go on after a run has given up waiting for them."""
CHANGING = "changing"
"""Notes of updates that were sent, with what state had before; it has the same until the engine learns what came."""
TAKEN = "taken"
"""Notes of objects that were taken over, with the record that has them since."""

_folder: ContextVar[Path | None] = ContextVar("folder", default=None)


@contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """Keep the notes of what runs meanwhile in a folder, not beside the engine's files."""
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


def note(what: str, key: Key, text: str = "") -> None:
    """Write a note."""
    with suppress(OSError):  # a file system that cannot be written to
        path = _path(what, key)
        make_folder(path.parent)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(text, "utf-8")
        fresh.replace(path)


def read(what: str, key: Key) -> str | None:
    """Return a note, None if there is none."""
    with suppress(OSError, UnicodeDecodeError):
        return _path(what, key).read_text("utf-8")
    return None


def forget(what: str, key: Key) -> None:
    """Take a note away."""
    with suppress(OSError):
        _path(what, key).unlink(missing_ok=True)


def _path(what: str, key: Key) -> Path:
    home = _folder.get() or Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return home / "agentrun" / f"{what}-{sha256(json.dumps(key).encode()).hexdigest()[:32]}"
