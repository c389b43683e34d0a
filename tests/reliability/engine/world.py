"""The service behind a stack, in this process and on a clock of its own; the one place that reaches into the client."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from pulumi_agentrun.client import flows, session
from pulumi_agentrun.client.clock import Clock
from pulumi_agentrun.client.config import Config, resolve
from pulumi_agentrun.client.embedded import EmbeddedTransport
from pulumi_agentrun.client.errors import AgentRunError
from pulumi_agentrun.client.kinds import KINDS
from pulumi_agentrun.client.operations import Operation
from pulumi_agentrun.dynamic import host
from pulumi_agentrun.platform.platform import Platform
from pulumi_agentrun.platform.states import microseconds
from pulumi_agentrun.platform.store import Store
from pulumi_agentrun.platform.verification import Nonces, Verifier
from reliability.hostile.platform import HostilePlatform
from reliability.hostile.replicas import Lag
from reliability.hostile.script import Trouble

CURRENT = Lag()
"""No reads of what was before a write."""


class World:
    """Platforms in folders; time passes only when something waits. There is one world at a time."""

    def __init__(self, folder: Path, lag: Lag = CURRENT) -> None:
        self.now = time.time()
        self._lag = lag
        self.folder = folder / "platform"
        self.loop = asyncio.new_event_loop()
        """Where the plugin's calls run, one after another."""
        self._platforms: dict[Path, Platform] = {}
        self._replicas: dict[Path, HostilePlatform] = {}
        self._replaced = ExitStack()
        for module, name, ours in (
            (session, "Clock", lambda: _Clock(self)),
            (session, "EmbeddedTransport", self._wire),
            (host, "widen", lambda: None),  # it looks at every object of the process, and here are no threads
        ):
            self._replaced.enter_context(patch.object(module, name, ours))
        # The provider keeps notes beside the engine's own files.
        self._replaced.enter_context(patch.dict(os.environ, PULUMI_HOME=str(folder / "home")))
        self.platform.switch()  # makes it
        self._session = session.Session(resolve(Config(endpoint=self.endpoint)))

    def close(self) -> None:
        """Give the client its clock back, and close the platforms."""
        self._replaced.close()
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        for platform in self._platforms.values():
            platform.close()

    @property
    def endpoint(self) -> str:
        """Where the stack's service is."""
        return f"file://{self.folder}"

    @property
    def platform(self) -> Platform:
        """The stack's service, to switch and to break."""
        return self._platform(self.folder)

    def _platform(self, folder: Path) -> Platform:
        if folder not in self._platforms:
            # Requests are signed with the real time, so that is what signatures are compared with.
            verifier = Verifier({"embedded": "embedded"}, time.time)
            clock = lambda: self.now  # noqa: E731
            self._platforms[folder] = Platform(Store(folder), verifier, clock, self.pass_time, Nonces())
        return self._platforms[folder]

    def _wire(self, folder: Path) -> httpx.BaseTransport:
        if folder not in self._replicas:
            clock, sleep = (lambda: self.now), self.pass_time
            self._replicas[folder] = HostilePlatform(
                self._platform(folder), lambda call: Trouble(), self._lag, clock=clock, sleep=sleep
            )
        return _Wire(self._replicas[folder])

    def outside(self, operation: Operation[Any]) -> None:
        """Do something that Pulumi knows nothing of; the service may refuse it."""
        with suppress(AgentRunError):
            self._session.run(flows.call(operation))
        self.pass_time(10)

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def live(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return what is on the platform, by kind and name, in the program's spelling."""
        return dict(self._live())

    def _live(self) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
        with self.platform._store.reading() as tables:
            for kind in KINDS:
                for row in tables.all(kind.title, microseconds(self.now)):
                    yield (kind.word, row.name), kind.model.model_validate(row.body).to_state()


class _Clock(Clock):
    """Lets time pass in a world instead of waiting."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> float:
        return self._world.now

    def sleep(self, seconds: float) -> None:
        self._world.pass_time(seconds)

    async def sleep_async(self, seconds: float, stop: asyncio.Event | None = None) -> None:
        self._world.pass_time(seconds)


class _Wire(EmbeddedTransport):
    """Answer from a platform that stays open when a session ends."""

    def __init__(self, platform: HostilePlatform) -> None:
        self._ours: Any = platform

    def _opened(self, method: str) -> Platform:
        return self._ours  # type: ignore[no-any-return]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)

    def close(self) -> None:
        """Leave the platform open."""

    async def aclose(self) -> None:
        """Leave the platform open."""
