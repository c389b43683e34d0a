"""The processes of an engine: which there are, how all of them end, and how long to wait for what they do."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path


def children(pid: int) -> Iterator[int]:
    """Yield the processes that descend from one."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(stat.parent.name)
            yield child
            yield from children(child)


def end(pid: int) -> None:
    """Kill a process and all that descend from it: the engine gives each plugin a process group of its own."""
    for victim in [pid, *children(pid)]:
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that comes at its own time. Fails after a minute."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
