"""Remembers deletions that go on after a run has given up waiting for them, until one is seen to have ended.

The engine keeps such a resource in state as it was, and asks a provider about one that the program has again only
whether state and program differ. So this is kept beside the engine's own files, on this machine; elsewhere, the engine
itself warns of the operation that was cut short.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from .client.kinds import Kind
from .places import Place


def note(kind: Kind[Any], place: Place, name: str) -> None:
    """Remember that what has a name is being deleted."""
    with suppress(OSError):  # a file system that cannot be written to
        path = _path(kind, place, name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)


def is_noted(kind: Kind[Any], place: Place, name: str) -> bool:
    """Say whether what has a name was being deleted when a run last heard of it."""
    return _path(kind, place, name).exists()


def forget(kind: Kind[Any], place: Place, name: str) -> None:
    """Forget it, for the deletion has ended one way or the other."""
    with suppress(OSError):
        _path(kind, place, name).unlink(missing_ok=True)


def _path(kind: Kind[Any], place: Place, name: str) -> Path:
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    key = json.dumps([kind.collection, place.location or place.address, place.account, name])
    return home / "agentrun-leaving" / sha256(key.encode()).hexdigest()[:32]
