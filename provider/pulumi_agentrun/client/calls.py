"""Calls over the connections of a client's configurations, and what they have found."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from .config import Config, resolve
from .flows import Flow
from .operations import items_of

if TYPE_CHECKING:
    import httpx
    from typing_extensions import Self

    from .clock import Clock
    from .session import Session

T = TypeVar("T")


class Calls:
    """A client without its methods: its configuration, and a session for each that a call completes it to."""

    def __init__(
        self,
        config: Config | None = None,
        *,
        transport: httpx.BaseTransport | httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Connect to nothing yet.

        :param transport: What carries requests instead of connections of its own, one for both colours if it is both.
        :param clock: What tells the time and waits.
        """
        self._config = config or Config()
        self._transport = transport
        self._clock = clock
        self._sessions: dict[Config, Session] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def close(self) -> None:
        """Close the connections that synchronous calls used."""
        for session in self._sessions.values():
            session.close()

    async def aclose(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.aclose()

    def session(self, config: Config | None = None) -> Session:
        """Return the connections of a configuration, to drive flows of one's own."""
        merged = self._merged(config)
        if merged not in self._sessions:
            from .session import Session  # with httpx, which an import alone need not wait for

            self._sessions.setdefault(merged, Session(resolve(merged), transport=self._transport, clock=self._clock))
        return self._sessions[merged]

    def _merged(self, config: Config | None) -> Config:
        return config.over(self._config) if config else self._config

    def _run(self, flow: Flow[T], config: Config | None = None) -> T:
        return self._own(self.session(config).run(flow), config)

    async def _run_async(self, flow: Flow[T], config: Config | None = None) -> T:
        return self._own(await self.session(config).run_async(flow), config)

    def _own(self, found: T, config: Config | None) -> T:
        """Let resources keep the configuration that they came by."""
        merged = self._merged(config)
        for item in items_of(found):
            item._config = merged
        return found
