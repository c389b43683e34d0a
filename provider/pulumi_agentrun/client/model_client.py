"""ModelClient: AgentRun's model services and model proxies, each method one line over a flow.

Source: agentrun-sdk 0.0.54, `agentrun.model.ModelClient`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from . import flows, operations, waiters
from .calls import Calls
from .config import Config
from .kinds import PROXY, SERVICE, Kind, kind_of_model
from .models import (
    CreateInput,
    ListInput,
    ModelProvider,
    ModelProviderListInput,
    ModelProxy,
    ModelProxyCreateInput,
    ModelProxyListInput,
    ModelProxyUpdateInput,
    ModelService,
    ModelServiceCreateInput,
    ModelServiceListInput,
    ModelServiceUpdateInput,
    SystemProps,
    UpdateInput,
)
from .models.resource import Resource
from .models.shared import BackendType
from .pages import Pages

if TYPE_CHECKING:
    from .session import Session

R = TypeVar("R", bound=SystemProps)
T = TypeVar("T")
Items = list[T]  # `list` is a method in the class below


class ModelClient(Calls):
    """A client of AgentRun's model services and model proxies.

    Every method takes a `config` whose set fields win over the client's for that call. One set of pooled connections a
    configuration is kept until `close` (`with`) or `aclose` (`async with`). Safe to share among threads.
    All methods raise `AgentRunError`.
    """

    @overload
    def create(self, input: ModelServiceCreateInput, config: Config | None = None) -> ModelService: ...
    @overload
    def create(self, input: ModelProxyCreateInput, config: Config | None = None) -> ModelProxy: ...
    def create(
        self, input: ModelServiceCreateInput | ModelProxyCreateInput, config: Config | None = None
    ) -> ModelService | ModelProxy:
        """Create a model service or a model proxy.

        Raises ResourceAlreadyExistError if the name is taken. Sent again only if it surely never arrived.
        """
        wanted: CreateInput[Any] = input
        return self._run(flows.call(operations.create(wanted)), config)  # type: ignore[no-any-return]

    @overload
    async def create_async(self, input: ModelServiceCreateInput, config: Config | None = None) -> ModelService: ...
    @overload
    async def create_async(self, input: ModelProxyCreateInput, config: Config | None = None) -> ModelProxy: ...
    async def create_async(
        self, input: ModelServiceCreateInput | ModelProxyCreateInput, config: Config | None = None
    ) -> ModelService | ModelProxy:
        """Create a model service or a model proxy, as `create` does."""
        wanted: CreateInput[Any] = input
        return await self._run_async(flows.call(operations.create(wanted)), config)

    @overload
    def update(self, name: str, input: ModelServiceUpdateInput, config: Config | None = None) -> ModelService: ...
    @overload
    def update(self, name: str, input: ModelProxyUpdateInput, config: Config | None = None) -> ModelProxy: ...
    def update(
        self, name: str, input: ModelServiceUpdateInput | ModelProxyUpdateInput, config: Config | None = None
    ) -> ModelService | ModelProxy:
        """Change what the input sets; the rest is left alone."""
        wanted: UpdateInput[Any] = input
        return self._run(flows.call(operations.update(name, wanted)), config)  # type: ignore[no-any-return]

    @overload
    async def update_async(
        self, name: str, input: ModelServiceUpdateInput, config: Config | None = None
    ) -> ModelService: ...
    @overload
    async def update_async(
        self, name: str, input: ModelProxyUpdateInput, config: Config | None = None
    ) -> ModelProxy: ...
    async def update_async(
        self, name: str, input: ModelServiceUpdateInput | ModelProxyUpdateInput, config: Config | None = None
    ) -> ModelService | ModelProxy:
        """Change what the input sets, as `update` does."""
        wanted: UpdateInput[Any] = input
        return await self._run_async(flows.call(operations.update(name, wanted)), config)

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
        return self._run(flows.get(_kind(backend_type), name), config)

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
        return await self._run_async(flows.get(_kind(backend_type), name), config)

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
        return self._run(flows.delete(_kind(backend_type), name), config)

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
        return await self._run_async(flows.delete(_kind(backend_type), name), config)

    @overload
    def list(self, input: ModelServiceListInput, config: Config | None = None) -> Items[ModelService]: ...
    @overload
    def list(self, input: ModelProxyListInput, config: Config | None = None) -> Items[ModelProxy]: ...
    def list(
        self, input: ModelServiceListInput | ModelProxyListInput, config: Config | None = None
    ) -> Items[ModelService] | Items[ModelProxy]:
        """Return the items of one page."""
        return self._run(flows.call(operations.list_page(input)), config).items

    @overload
    async def list_async(self, input: ModelServiceListInput, config: Config | None = None) -> Items[ModelService]: ...
    @overload
    async def list_async(self, input: ModelProxyListInput, config: Config | None = None) -> Items[ModelProxy]: ...
    async def list_async(
        self, input: ModelServiceListInput | ModelProxyListInput, config: Config | None = None
    ) -> Items[ModelService] | Items[ModelProxy]:
        """Return the items of one page."""
        return (await self._run_async(flows.call(operations.list_page(input)), config)).items

    @overload
    def iterate(self, input: ModelServiceListInput, config: Config | None = None) -> Iterator[ModelService]: ...
    @overload
    def iterate(self, input: ModelProxyListInput, config: Config | None = None) -> Iterator[ModelProxy]: ...
    @overload
    def iterate(self, input: ListInput[R], config: Config | None = None) -> Iterator[R]: ...
    def iterate(self, input: ListInput[Any], config: Config | None = None) -> Iterator[Any]:
        """Yield the items of all pages, from the input's page on, each once."""
        pages = Pages(input)
        while pages.next is not None:
            yield from pages.take(self._run(flows.call(operations.list_page(pages.next)), config))

    @overload
    def iterate_async(
        self, input: ModelServiceListInput, config: Config | None = None
    ) -> AsyncIterator[ModelService]: ...
    @overload
    def iterate_async(self, input: ModelProxyListInput, config: Config | None = None) -> AsyncIterator[ModelProxy]: ...
    @overload
    def iterate_async(self, input: ListInput[R], config: Config | None = None) -> AsyncIterator[R]: ...
    async def iterate_async(self, input: ListInput[Any], config: Config | None = None) -> AsyncIterator[Any]:
        """Yield the items of all pages, as `iterate` does."""
        async for item in iterate_async(self.session(config), input):
            yield self._own(item, config)

    def list_model_providers(
        self, input: ModelProviderListInput | None = None, config: Config | None = None
    ) -> Items[ModelProvider]:
        """Return one page of the service's catalogue of model providers."""
        operation = operations.list_model_providers(input or ModelProviderListInput())
        return self._run(flows.call(operation), config).items

    async def list_model_providers_async(
        self, input: ModelProviderListInput | None = None, config: Config | None = None
    ) -> Items[ModelProvider]:
        """Return one page of the service's catalogue of model providers."""
        operation = operations.list_model_providers(input or ModelProviderListInput())
        return (await self._run_async(flows.call(operation), config)).items

    def _get(self, model: type[R], name: str) -> R:
        return self._run(flows.call(operations.get(kind_of_model(model), name)))

    async def _get_async(self, model: type[R], name: str) -> R:
        return await self._run_async(flows.call(operations.get(kind_of_model(model), name)))

    def _delete(self, model: type[R], name: str) -> R:
        return self._run(flows.call(operations.delete(kind_of_model(model), name)))

    async def _delete_async(self, model: type[R], name: str) -> R:
        return await self._run_async(flows.call(operations.delete(kind_of_model(model), name)))

    def _all(self, model: type[R], filters: dict[str, Any]) -> Iterator[Any]:
        return self.iterate(kind_of_model(model).list_input(**filters))

    def _all_async(self, model: type[R], filters: dict[str, Any]) -> AsyncIterator[Any]:
        return self.iterate_async(kind_of_model(model).list_input(**filters))

    def _wait(self, until: str, model: type[R], *told: Any) -> None:
        self._run(_WAITS[until](kind_of_model(model), *told))

    async def _wait_async(self, until: str, model: type[R], *told: Any) -> None:
        await self._run_async(_WAITS[until](kind_of_model(model), *told))


Resource._connect = ModelClient
_WAITS: dict[str, Callable[..., flows.Flow[None]]] = {"final": waiters.until_final, "gone": waiters.until_gone}


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
