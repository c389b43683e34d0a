"""What a resource that a client has returned can do itself.

Source: the resources of agentrun-sdk 0.0.54.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from ..errors import InvalidArgumentError

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..config import Config

C = TypeVar("C")
"""The input of its creation."""
U = TypeVar("U")
"""The input of its updates."""

INTERVAL = 5
"""Seconds between two looks at a resource."""
TIMEOUT = 300
"""Seconds that waiting may take."""


class Resource(Generic[C, U]):
    """A resource with its client's configuration.

    What its methods find is put into it. A `config` for one call wins over its own, field by field; a resource that no
    client has returned, and the methods of the class, have the environment's.
    """

    _connect: ClassVar[type[Any]]
    """What makes a client: `ModelClient`, which says so itself, for it stands above the models."""
    _name_field: ClassVar[str]
    if TYPE_CHECKING:
        _request_id: str | None
        _config: Config | None

    @classmethod
    def create(cls, input: C, config: Config | None = None) -> Self:
        """Create one, as `ModelClient.create` does."""
        with cls._connect(config) as client:
            return client.create(input)  # type: ignore[no-any-return]

    @classmethod
    async def create_async(cls, input: C, config: Config | None = None) -> Self:
        """Create one, as `create` does."""
        async with cls._connect(config) as client:
            return await client.create_async(input)  # type: ignore[no-any-return]

    @classmethod
    def get_by_name(cls, name: str, config: Config | None = None) -> Self:
        """Get the one that has a name. Raises ResourceNotExistError."""
        with cls._connect(config) as client:
            return client._get(cls, name)  # type: ignore[no-any-return]

    @classmethod
    async def get_by_name_async(cls, name: str, config: Config | None = None) -> Self:
        """Get the one that has a name, as `get_by_name` does."""
        async with cls._connect(config) as client:
            return await client._get_async(cls, name)  # type: ignore[no-any-return]

    @classmethod
    def update_by_name(cls, name: str, input: U, config: Config | None = None) -> Self:
        """Change the one that has a name; what the input leaves unset is left alone."""
        with cls._connect(config) as client:
            return client.update(name, input)  # type: ignore[no-any-return]

    @classmethod
    async def update_by_name_async(cls, name: str, input: U, config: Config | None = None) -> Self:
        """Change the one that has a name, as `update_by_name` does."""
        async with cls._connect(config) as client:
            return await client.update_async(name, input)  # type: ignore[no-any-return]

    @classmethod
    def delete_by_name(cls, name: str, config: Config | None = None) -> Self:
        """Delete the one that has a name. Raises ResourceNotExistError."""
        with cls._connect(config) as client:
            return client._delete(cls, name)  # type: ignore[no-any-return]

    @classmethod
    async def delete_by_name_async(cls, name: str, config: Config | None = None) -> Self:
        """Delete the one that has a name, as `delete_by_name` does."""
        async with cls._connect(config) as client:
            return await client._delete_async(cls, name)  # type: ignore[no-any-return]

    @classmethod
    def list_all(cls, *, config: Config | None = None, **filters: Any) -> list[Self]:
        """Return those of all pages, each once; the filters are the fields of the list's input."""
        with cls._connect(config) as client:
            return list(client._all(cls, filters))

    @classmethod
    async def list_all_async(cls, *, config: Config | None = None, **filters: Any) -> list[Self]:
        """Return those of all pages, as `list_all` does."""
        async with cls._connect(config) as client:
            return [item async for item in client._all_async(cls, filters)]

    def get(self, config: Config | None = None) -> Self:
        """Take over what the service shows now."""
        return self._take(self.get_by_name(self._name(), self._for(config)))

    async def get_async(self, config: Config | None = None) -> Self:
        """Take over what the service shows now."""
        return self._take(await self.get_by_name_async(self._name(), self._for(config)))

    def refresh(self, config: Config | None = None) -> Self:
        """Take over what the service shows now."""
        return self.get(config)

    async def refresh_async(self, config: Config | None = None) -> Self:
        """Take over what the service shows now."""
        return await self.get_async(config)

    def update(self, input: U, config: Config | None = None) -> Self:
        """Change what the input sets, and take over what the service answers."""
        return self._take(self.update_by_name(self._name(), input, self._for(config)))

    async def update_async(self, input: U, config: Config | None = None) -> Self:
        """Change what the input sets, as `update` does."""
        return self._take(await self.update_by_name_async(self._name(), input, self._for(config)))

    def delete(self, config: Config | None = None) -> Self:
        """Delete it and return what the service answers, which may still be busy deleting."""
        return self.delete_by_name(self._name(), self._for(config))

    async def delete_async(self, config: Config | None = None) -> Self:
        """Delete it, as `delete` does."""
        return await self.delete_by_name_async(self._name(), self._for(config))

    def wait_until_ready_or_failed(
        self,
        callback: Callable[[Self], None] | None = None,
        interval_seconds: float = INTERVAL,
        timeout_seconds: float = TIMEOUT,
    ) -> None:
        """Refresh it until its status is final, whichever that is; `callback` is called with each answer.

        Raises WaitTimeoutError.
        """
        self._wait("final", callback, interval_seconds, timeout_seconds)

    async def wait_until_ready_or_failed_async(
        self,
        callback: Callable[[Self], None] | None = None,
        interval_seconds: float = INTERVAL,
        timeout_seconds: float = TIMEOUT,
    ) -> None:
        """Refresh it until its status is final, as `wait_until_ready_or_failed` does."""
        await self._wait_async("final", callback, interval_seconds, timeout_seconds)

    def delete_and_wait_until_finished(
        self,
        callback: Callable[[Self], None] | None = None,
        interval_seconds: float = INTERVAL,
        timeout_seconds: float = TIMEOUT,
    ) -> None:
        """Delete it and refresh it until it is gone; one that is gone already is no error.

        Raises DeleteResourceError if it stays, WaitTimeoutError if it takes too long.
        """
        self._wait("gone", callback, interval_seconds, timeout_seconds)

    async def delete_and_wait_until_finished_async(
        self,
        callback: Callable[[Self], None] | None = None,
        interval_seconds: float = INTERVAL,
        timeout_seconds: float = TIMEOUT,
    ) -> None:
        """Delete it and refresh it until it is gone, as `delete_and_wait_until_finished` does."""
        await self._wait_async("gone", callback, interval_seconds, timeout_seconds)

    def set_config(self, config: Config | None) -> Self:
        """Have its methods use another configuration."""
        self._config = config
        return self

    def _wait(self, until: str, callback: Callable[[Self], None] | None, *seconds: float) -> None:
        with self._connect(self._config) as client:
            client._wait(until, type(self), self._name(), self._taking(callback), *seconds)

    async def _wait_async(self, until: str, callback: Callable[[Self], None] | None, *seconds: float) -> None:
        async with self._connect(self._config) as client:
            await client._wait_async(until, type(self), self._name(), self._taking(callback), *seconds)

    def _taking(self, callback: Callable[[Self], None] | None) -> Callable[[Self], None]:
        def take(found: Self) -> None:
            self._take(found)
            if callback is not None:
                callback(self)

        return take

    def _take(self, found: Self) -> Self:
        self.__dict__.update(found.__dict__)
        self._request_id = found._request_id
        return self

    def _for(self, config: Config | None) -> Config | None:
        """Return the configuration of one call."""
        return config.over(self._config) if config and self._config else config or self._config

    def _name(self) -> str:
        name = getattr(self, self._name_field)
        if name is None:
            raise InvalidArgumentError(f"{self._name_field} is not known, so there is nothing to ask for.")
        return str(name)
