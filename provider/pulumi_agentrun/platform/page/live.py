"""What readers of the page are sent: everything once, then what changes, as server-sent events."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from ..gateway.calls import Gateway
from ..platform import Platform
from .board import Board
from .reading import Reader, called, counted

INTERVAL = 0.3
"""Seconds between two looks at what there is, as long as somebody watches."""
MOST_REST = 2.0
"""Seconds between two looks at most, however long one took: what a page shows is not older than a look and this."""
_SILENCE = 15.0
_LOG = logging.getLogger("pulumi_agentrun.platform")


class Live:
    """One look at the platform for all readers; it belongs to an event loop."""

    def __init__(self, platform: Platform, gateway: Gateway) -> None:
        self._reader = Reader(platform, gateway)
        self._journal = gateway.journal
        self._board = Board()
        self._epoch = uuid.uuid4().hex[:8]
        self._moved = asyncio.Event()
        self._looking = asyncio.Lock()
        self._told = (0, 0)
        self._watching: asyncio.Task[None] | None = None
        self._readers = 0
        self._is_closed = False

    @property
    def readers(self) -> int:
        """How many watch."""
        return self._readers

    def close(self) -> None:
        """End all streams."""
        self._is_closed = True
        self._moved.set()

    async def events(self, last: str, is_welcome: Callable[[], bool]) -> AsyncIterator[bytes]:
        """Yield events for a reader who knows all up to the event `last`, for as long as the reader is welcome."""
        self._readers += 1
        try:
            await self._look_or_log()
            if self._watching is None or self._watching.done():
                self._watching = asyncio.create_task(self._watch())
            version, number = self._known(last)
            yield b"retry: 1000\n\n"
            while not self._is_closed and is_welcome():
                moved = self._moved
                event = self._event(version, number)
                if event is not None:
                    version, number = self._board.version, self._journal.number
                    yield event
                    continue
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(moved.wait(), _SILENCE)
                    continue
                yield b": nothing new\n\n"
        finally:
            self._readers -= 1

    def _known(self, last: str) -> tuple[int | None, int]:
        """Return the version and the number of calls that a reader knows."""
        epoch, *numbers = last.split("-")
        if epoch == self._epoch and len(numbers) == 2 and all(_is_number(part) for part in numbers):
            return int(numbers[0]), int(numbers[1])
        return None, 0

    def _event(self, version: int | None, number: int) -> bytes | None:
        change = self._board.since(version)
        calls = [called(*found) for found in self._journal.after(0 if change.is_all else number)]
        if not change.is_any and not calls:
            return None
        data: dict[str, Any] = {**change._asdict(), "calls": calls}
        text = json.dumps(data, separators=(",", ":"))
        return f"id: {self._epoch}-{self._board.version}-{self._journal.number}\ndata: {text}\n\n".encode()

    async def _watch(self) -> None:
        rest = INTERVAL
        while self._readers and not self._is_closed:
            await asyncio.sleep(rest)
            started = time.perf_counter()
            await self._look_or_log()
            rest = rest_after(time.perf_counter() - started)

    async def _look_or_log(self) -> None:
        try:
            # One after the other, or an older look could come after a newer one.
            async with self._looking:
                await self._look()
        except Exception as error:
            # Its text may quote what is in the database.
            _LOG.error("the page cannot read the platform: %s", type(error).__name__)

    async def _look(self) -> None:
        """Put on the board what there is now, and wake those who wait for news."""
        found = await asyncio.to_thread(self._reader.read)
        for kind, items in found.items():
            self._board.keep(kind, items)
        if self._told[1] != self._journal.number:
            for name, counts in self._journal.counts.items():
                self._board.put("count", name, counted(counts))
        if self._told != (self._board.version, self._journal.number):
            self._told = (self._board.version, self._journal.number)
            self._moved.set()
            self._moved = asyncio.Event()


def rest_after(took: float) -> float:
    """Return how long to rest after a look: while thousands of resources change, looking takes a tenth of the time."""
    # The time on the clock, which a busy machine makes long without much having been done: so it has a bound.
    return min(max(INTERVAL, 9 * took), MOST_REST)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20
