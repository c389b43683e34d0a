"""What tells a session the time, and waits for it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress


class Clock:
    """The machine's own clock; another one is a subclass."""

    def now(self) -> float:
        """Return a moment in seconds, later ones larger."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait in this thread."""
        time.sleep(seconds)

    async def sleep_async(self, seconds: float, stop: asyncio.Event | None = None) -> None:
        """Wait on the running event loop, no longer than until `stop` is set."""
        if stop is None:
            return await asyncio.sleep(seconds)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
        return None
