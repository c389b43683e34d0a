"""The runs of Pulumi that one process serves: that of the engine which started it, or those that attach to it."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING

from ..engine.address import is_there
from ..engine.log import Engine
from .settings import Settings

if TYPE_CHECKING:
    from .protocol import Context
    from .resources import Resources

_NOT_BY_HAND = (
    "Pulumi has started this provider process itself, for a run that is still under way: "
    "attach to one that was started by hand."
)


class Run:
    """One run: what it has configured, and its resources."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.settings = Settings(None, engine.say)
        self.stop = asyncio.Event()
        """Set once everything that waits is to end."""

    @cached_property
    def resources(self) -> Resources:
        """What answers about resources."""
        from .resources import Resources  # with the models, which a first answer need not wait for

        return Resources(self.engine, lambda: self.settings, self.stop)

    async def close(self) -> None:
        """Let everything that waits end, and keep no file or connection of the run."""
        self.stop.set()
        await self.engine.close()
        if "resources" in vars(self):
            self.resources.close()


class Runs:
    """All runs, each known by the connection over which its engine calls, so that none is led to another's account."""

    def __init__(self, engine: Engine) -> None:
        self._first = Run(engine)
        self._attached: dict[str, Run] = {}

    def of(self, context: Context) -> Run:
        """Return the run that a call belongs to."""
        return self._attached.get(context.peer(), self._first) if self._attached else self._first

    async def attach(self, address: str, context: Context) -> str | None:
        """Begin a run of an engine that has not started this process, or return why that cannot be."""
        if await asyncio.to_thread(is_there, self._first.engine.address):
            return _NOT_BY_HAND
        for peer, run in [*self._attached.items()]:
            if not await asyncio.to_thread(is_there, run.engine.address):
                del self._attached[peer]
                await run.close()
        self._attached[context.peer()] = Run(Engine(address))
        return None
