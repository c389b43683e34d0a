"""Calls over the connections of a client's configurations, and what they have found."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .config import Config, resolve
from .flows import Flow
from .operations import items_of

if TYPE_CHECKING:
    from typing_extensions import Self

    from .session import Session

T = TypeVar("T")


class Calls:
    """A client without its methods: its configuration, and a session for each that a call completes it to."""

    def __init__(self, config: Config | None = None) -> None:
        self._config = config or Config()
        self._sessions: dict[Config, Session] = {}
        self._is_over = False

    @classmethod
    def over(cls, session: Session) -> Self:
        """Return a client over connections of one's own, with a transport or a clock of its own for instance."""
        client = cls()
        client._sessions[client._config] = session
        client._is_over = True
        return client

    def __reduce__(self) -> tuple[Any, ...]:
        """Let a copy, in another process too, have the configuration, and connections of its own."""
        if self._is_over:  # what it would connect to is not what these lead to
            raise TypeError("A client over connections that were given to it cannot be copied.")
        return type(self), (self._config,)

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

            self._sessions.setdefault(merged, Session(resolve(merged)))
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
