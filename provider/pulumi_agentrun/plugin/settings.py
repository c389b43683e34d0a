"""What a plugin is configured with, and the account and region that leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..client.errors import ConfigError
from ..lifecycle.unknown import UNKNOWN
from .values import Properties, hide

if TYPE_CHECKING:
    from ..client.flows import Notice
    from ..client.session import Session
    from ..lifecycle.places import Place
    from ..lifecycle.profiles import Accounts

_SECRET = ("accessKeySecret", "securityToken")
_NOTHING = "Pulumi has not configured this provider process, or has lost its connection to it: run the command again."


class Settings:
    """What one provider is configured with."""

    def __init__(
        self, given: Mapping[str, Any] | None, notify: Callable[[Notice], None], *, is_configured: bool = False
    ) -> None:
        """Take settings that were given, or None before any are: the environment alone must not decide."""
        self._is_given = given is not None
        self._given = dict(given or {})
        self._notify = notify
        self._is_known = UNKNOWN not in self._given.values()
        self.is_configured = is_configured and self._is_known
        """Whether they hold for good; in a preview, they may not be known yet."""
        self._faults: list[str] | None = None

    @cached_property
    def _accounts(self) -> Accounts:
        from ..lifecycle.profiles import Accounts  # with the models, which a first answer need not wait for

        return Accounts(lambda key: self._given.get(key.removeprefix("agentrun:")), self._notify)

    async def connect(self, *, make: bool = False) -> tuple[Session, Place]:
        """Return the connections and where they lead; with `make`, an embedded platform that is missing is made.

        Raises ConfigError with one sentence that says what to set.
        """
        if not self._is_given:
            raise ConfigError(_NOTHING)
        if not self._is_known:
            raise ConfigError("The provider's configuration is known only once what it comes from is deployed.")
        connected = self._accounts.connected(None)
        if connected is None:  # in a thread, for the credential chain may ask other services
            connected = await asyncio.to_thread(self._accounts.connect, None, make=make)
        return connected

    async def place(self) -> Place | None:
        """Return where they lead, None if a preview does not know it yet. Raises ConfigError if they lead nowhere."""
        if not self._is_known:
            return None
        for fault in await self.faults():
            raise ConfigError(fault)
        return self._accounts.place(None)

    async def faults(self) -> list[str]:
        """Return what is wrong; what a preview does not know yet is not."""
        if self._faults is None:
            self._faults = await asyncio.to_thread(self._found_faults)
        return self._faults

    def _found_faults(self) -> list[str]:
        if not self._is_given:
            return [_NOTHING]
        try:
            if self._is_known:
                self._accounts.place(None)
        except ConfigError as error:
            from ..lifecycle.readers import SCHEMA

            return [error.told(SCHEMA)]
        return []

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
