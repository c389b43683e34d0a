"""Places under a proxy's limits: each is taken once, kept while its call lasts, and given back once.

What waits at the same moment is written in one transaction, by the event loop itself: a thread for each would cost more
than all the rest of a call. Only where another process is writing does a thread wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TypeAlias

import anyio

from ..store import Busy
from .ledger import LEASE, Ledger, Step, begun, ended, renewed
from .limits import Limits, Refusal
from .streams import Passage

_RENEWED_EVERY = LEASE / 3
_Waiting: TypeAlias = "list[tuple[Step, asyncio.Future[Refusal | None]]]"


class Leases:
    """The places that the calls of this process hold."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._held: set[tuple[str, str]] = set()
        self._renewing: asyncio.Task[None] | None = None
        self._waiting: _Waiting = []
        self._writing: asyncio.Future[list[Refusal | None]] | None = None

    async def take(
        self, proxy: str, limits: Limits, call: str, passage: Passage, stack: AsyncExitStack
    ) -> Refusal | None:
        """Take a place, or return why there is none; with the stack, it is given back and what was spent is counted."""

        async def give_back() -> None:
            self._held.discard((proxy, call))
            # Whoever is told to stop, since the caller is gone, gives it back all the same.
            with anyio.CancelScope(shield=True):
                await self._written(ended(proxy, limits, call, passage.tokens, self._clock()))

        # Before it is taken: what is interrupted while it waits for the database may have it.
        stack.push_async_callback(give_back)
        refused = await self._written(begun(proxy, limits, call, self._clock()))
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
            await self._written(renewed(list(self._held), self._clock()))

    async def _written(self, step: Step) -> Refusal | None:
        """Return what a step came to, which is taken after all that waited before it."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Refusal | None] = loop.create_future()
        self._waiting.append((step, done))
        if len(self._waiting) == 1 and self._writing is None:
            loop.call_soon(self._write)
        return await done

    def _write(self) -> None:
        batch, self._waiting = self._waiting, []
        steps = [step for step, _ in batch]
        try:
            _tell(batch, self._ledger.keep(steps, is_patient=False))
        except Busy:
            # No task: what has a place gives it back even while the loop ends, which cancels those.
            self._writing = asyncio.get_running_loop().run_in_executor(None, self._ledger.keep, steps)
            self._writing.add_done_callback(partial(self._go_on, batch))
        except Exception as error:
            _fail(batch, error)

    def _go_on(self, batch: _Waiting, written: asyncio.Future[list[Refusal | None]]) -> None:
        self._writing = None
        try:
            _tell(batch, written.result())
        except Exception as error:
            _fail(batch, error)
        if self._waiting:
            self._write()


def _tell(batch: _Waiting, found: Sequence[Refusal | None]) -> None:
    for (_, done), refusal in zip(batch, found, strict=True):
        if not done.done():  # else its caller is gone
            done.set_result(refusal)


def _fail(batch: _Waiting, error: Exception) -> None:
    for _, done in batch:
        if not done.done():
            done.set_exception(error)
