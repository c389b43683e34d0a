"""What tells a session the time, and waits for it."""

from __future__ import annotations

import asyncio
import time


class Clock:
    """The machine's own clock; another one is a subclass."""

    def now(self) -> float:
        """Return a moment in seconds, later ones larger."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait in this thread."""
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Wait on the running event loop."""
        await asyncio.sleep(seconds)
