"""The configuration of one provider: from the engine's properties to an account and region."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..client.errors import ConfigError
from ..client.flows import Notice
from ..lifecycle.profiles import Accounts
from ..lifecycle.schema import UNKNOWN
from ..lifecycle.steps import Place
from .values import Properties, hide

if TYPE_CHECKING:
    from ..client.session import Session

_SECRET = ("accessKeySecret", "securityToken")


class Settings:
    """What one provider is configured with."""

    def __init__(
        self, given: Mapping[str, Any], notify: Callable[[Notice], None], *, is_configured: bool = False
    ) -> None:
        self._given = dict(given)
        self._is_known = UNKNOWN not in given.values()
        self.is_configured = is_configured and self._is_known
        """Whether they hold for good; in a preview, they may not be known yet."""
        self._accounts = Accounts(lambda key: given.get(key.removeprefix("agentrun:")), notify)
        self._faults: list[str] | None = None

    async def connect(self, *, make: bool = False) -> tuple[Session, Place]:
        """Return the connections and where they lead; with `make`, an embedded platform that is missing is made.

        Raises ConfigError with one sentence that says what to set.
        """
        if not self._is_known:
            raise ConfigError("The provider's configuration is known only once what it comes from is deployed.")
        connected = self._accounts.connected(None)
        if connected is None:  # in a thread, for the credential chain may ask other services
            connected = await asyncio.to_thread(self._accounts.connect, None, make=make)
        return connected

    async def faults(self) -> list[str]:
        """Return what is wrong; what a preview does not know yet is not."""
        if self._faults is None:
            self._faults = await asyncio.to_thread(self._found_faults)
        return self._faults

    def _found_faults(self) -> list[str]:
        try:
            if self._is_known:
                self._accounts.place(None)
        except ConfigError as error:
            return [str(error)]
        return []

    @property
    def place(self) -> Place | None:
        """Where it leads; None if that is not known yet, or cannot be."""
        if not self._is_known:
            return None
        try:
            return self._accounts.place(None)
        except ConfigError:
            return None

    @property
    def region(self) -> Any:
        """The region, None if the endpoint tells of none, or UNKNOWN."""
        return self._accounts.place(None).region if self._is_known else UNKNOWN

    def refusal(self, given: Mapping[str, Any]) -> str | None:
        """Return why another configuration cannot take the place of this one, if it cannot."""
        if not self.is_configured or given == self._given:
            return None
        return (
            "This provider process was configured before, with other settings: "
            "end it, and let Pulumi start one for each provider."
        )

    @staticmethod
    def hidden(given: Properties) -> dict[str, Any]:
        """Return the configuration to keep, with credentials hidden."""
        return hide(given.values, [*given.secrets, *((key,) for key in _SECRET)])
