"""ModelClient: AgentRun's model services and model proxies, each method one line over a flow.

Source: agentrun-sdk 0.0.54, `agentrun.model.ModelClient`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Literal, TypeVar, overload

from . import flows, operations
from .config import Config, resolve
from .kinds import PROXY, SERVICE, Kind
from .models import CreateInput, ListInput, ModelProxy, ModelService, SystemProps, UpdateInput
from .models.shared import BackendType
from .pages import Pages

if TYPE_CHECKING:
    from .session import Session

R = TypeVar("R", bound=SystemProps)
Items = list[R]  # `list` is a method in the class below


class ModelClient:
    """A client of AgentRun's model services and model proxies.

    Every method takes a `config` whose set fields win over the client's for that call. One set of pooled connections a
    configuration is kept until `close` (`with`) or `aclose` (`async with`). Safe to share among threads.
    All methods raise `AgentRunError`.
    """

    def __init__(self, config: Config | None = None) -> None:
        self._config = config or Config()
        self._sessions: dict[Config, Session] = {}

    def __enter__(self) -> ModelClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> ModelClient:
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

    def create(self, input: CreateInput[R], config: Config | None = None) -> R:
        """Create a model service or a model proxy.

        Raises ResourceAlreadyExistError if the name is taken. Sent again only if it surely never arrived.
        """
        return self.session(config).run(flows.call(operations.create(input)))

    async def create_async(self, input: CreateInput[R], config: Config | None = None) -> R:
        """Create a model service or a model proxy, as `create` does."""
        return await self.session(config).run_async(flows.call(operations.create(input)))

    def update(self, name: str, input: UpdateInput[R], config: Config | None = None) -> R:
        """Change what the input sets; the rest is left alone."""
        return self.session(config).run(flows.call(operations.update(name, input)))

    async def update_async(self, name: str, input: UpdateInput[R], config: Config | None = None) -> R:
        """Change what the input sets, as `update` does."""
        return await self.session(config).run_async(flows.call(operations.update(name, input)))

    @overload
    def get(
        self, name: str, backend_type: Literal[BackendType.SERVICE], config: Config | None = None
    ) -> ModelService: ...
    @overload
    def get(self, name: str, backend_type: Literal[BackendType.PROXY], config: Config | None = None) -> ModelProxy: ...
    @overload
    def get(
        self, name: str, backend_type: BackendType | None = None, config: Config | None = None
    ) -> ModelService | ModelProxy: ...
    def get(
        self, name: str, backend_type: BackendType | None = None, config: Config | None = None
    ) -> ModelService | ModelProxy:
        """Get what has a name; with no `backend_type`, the service, or else the proxy.

        Raises ResourceNotExistError.
        """
        return self.session(config).run(flows.get(_kind(backend_type), name))

    @overload
    async def get_async(
        self, name: str, backend_type: Literal[BackendType.SERVICE], config: Config | None = None
    ) -> ModelService: ...
    @overload
    async def get_async(
        self, name: str, backend_type: Literal[BackendType.PROXY], config: Config | None = None
    ) -> ModelProxy: ...
    @overload
    async def get_async(
        self, name: str, backend_type: BackendType | None = None, config: Config | None = None
    ) -> ModelService | ModelProxy: ...
    async def get_async(
        self, name: str, backend_type: BackendType | None = None, config: Config | None = None
    ) -> ModelService | ModelProxy:
        """Get what has a name, as `get` does."""
        return await self.session(config).run_async(flows.get(_kind(backend_type), name))

    @overload
    def delete(
        self, name: str, backend_type: Literal[BackendType.SERVICE], config: Config | None = None
    ) -> ModelService: ...
    @overload
    def delete(
        self, name: str, backend_type: Literal[BackendType.PROXY], config: Config | None = None
    ) -> ModelProxy: ...
    @overload
    def delete(
        self, name: str, backend_type: BackendType | None = None, config: Config | None = None
    ) -> ModelService | ModelProxy: ...
    def delete(
        self, name: str, backend_type: BackendType | None = None, config: Config | None = None
    ) -> ModelService | ModelProxy:
        """Delete what has a name; with no `backend_type`, the proxy, or else the service.

        Raises ResourceNotExistError. The service may still be busy deleting when this returns.
        """
        return self.session(config).run(flows.delete(_kind(backend_type), name))

    @overload
    async def delete_async(
        self, name: str, backend_type: Literal[BackendType.SERVICE], config: Config | None = None
    ) -> ModelService: ...
    @overload
    async def delete_async(
        self, name: str, backend_type: Literal[BackendType.PROXY], config: Config | None = None
    ) -> ModelProxy: ...
    @overload
    async def delete_async(
        self, name: str, backend_type: BackendType | None = None, config: Config | None = None
    ) -> ModelService | ModelProxy: ...
    async def delete_async(
        self, name: str, backend_type: BackendType | None = None, config: Config | None = None
    ) -> ModelService | ModelProxy:
        """Delete what has a name, as `delete` does."""
        return await self.session(config).run_async(flows.delete(_kind(backend_type), name))

    def list(self, input: ListInput[R], config: Config | None = None) -> Items[R]:
        """Return the items of one page."""
        return self.session(config).run(flows.call(operations.list_page(input))).items

    async def list_async(self, input: ListInput[R], config: Config | None = None) -> Items[R]:
        """Return the items of one page."""
        page = await self.session(config).run_async(flows.call(operations.list_page(input)))
        return page.items

    def iterate(self, input: ListInput[R], config: Config | None = None) -> Iterator[R]:
        """Yield the items of all pages, from the input's page on, each once."""
        session, pages = self.session(config), Pages(input)
        while pages.next is not None:
            yield from pages.take(session.run(flows.call(operations.list_page(pages.next))))

    async def iterate_async(self, input: ListInput[R], config: Config | None = None) -> AsyncIterator[R]:
        """Yield the items of all pages, as `iterate` does."""
        async for item in iterate_async(self.session(config), input):
            yield item

    def session(self, config: Config | None = None) -> Session:
        """Return the connections of a configuration, to drive flows of one's own."""
        merged = config.over(self._config) if config else self._config
        if merged not in self._sessions:
            from .session import Session  # with httpx, which an import alone need not wait for

            self._sessions.setdefault(merged, Session(resolve(merged)))
        return self._sessions[merged]


async def iterate_async(session: Session, input: ListInput[R]) -> AsyncIterator[R]:
    """Yield the items of all pages, from the input's page on, each once, over connections that there are already."""
    pages = Pages(input)
    while pages.next is not None:
        for item in pages.take(await session.run_async(flows.call(operations.list_page(pages.next)))):
            yield item


def _kind(backend_type: BackendType | None) -> Kind[ModelService] | Kind[ModelProxy] | None:
    if backend_type is None:
        return None
    return SERVICE if BackendType(backend_type) is BackendType.SERVICE else PROXY
