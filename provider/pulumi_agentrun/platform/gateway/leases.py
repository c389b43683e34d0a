"""Places under a proxy's limits: each is taken once, kept while its call lasts, and given back once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import anyio

from .ledger import LEASE, Ledger
from .limits import Limits, Refusal
from .streams import Passage

_RENEWED_EVERY = LEASE / 3


class Leases:
    """The places that the calls of this process hold."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._held: set[tuple[str, str]] = set()
        self._renewing: asyncio.Task[None] | None = None

    async def take(
        self, proxy: str, limits: Limits, call: str, passage: Passage, stack: AsyncExitStack
    ) -> Refusal | None:
        """Take a place, or return why there is none; with the stack, it is given back and what was spent is counted."""

        async def give_back() -> None:
            self._held.discard((proxy, call))
            # Whoever is told to stop, since the caller is gone, gives it back all the same.
            with anyio.CancelScope(shield=True):
                await asyncio.to_thread(self._ledger.end, proxy, limits, call, passage.tokens, self._clock())

        # Before it is taken: what is interrupted while it waits for the database may have it.
        stack.push_async_callback(give_back)
        refused = await asyncio.to_thread(self._ledger.begin, proxy, limits, call, self._clock())
        if refused is None and limits.calls:
            self._held.add((proxy, call))
            if self._renewing is None or self._renewing.done():
                self._renewing = asyncio.create_task(self._renew())
        return refused

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEWED_EVERY)
            if not self._held:
                return
            await asyncio.to_thread(self._ledger.renew, list(self._held), self._clock())
