"""The configuration of one provider: from the engine's properties to an account and region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..accounts import Accounts
from ..client.errors import ConfigError
from ..client.transport import Session
from ..lifecycle import Place
from ..shapes import UNKNOWN
from .values import Properties, hide

_SECRET = ("accessKeySecret", "securityToken")


class Settings:
    """What one provider is configured with."""

    def __init__(self, given: Mapping[str, Any], notify: Callable[[str], None]) -> None:
        self._is_known = UNKNOWN not in given.values()
        self._accounts = Accounts(lambda key: given.get(key.removeprefix("agentrun:")), notify)

    def connect(self) -> tuple[Session, Place]:
        """Return the connections and where they lead. Raises ConfigError with one sentence that says what to set."""
        if not self._is_known:
            raise ConfigError("The provider's configuration is known only once what it comes from is deployed.")
        return self._accounts.connect(None)

    def faults(self) -> list[str]:
        """Return what is wrong; what a preview does not know yet is not."""
        try:
            if self._is_known:
                self.connect()
        except ConfigError as error:
            return [str(error)]
        return []

    @property
    def region(self) -> Any:
        """The region, None if the endpoint tells of none, or UNKNOWN."""
        return self.connect()[1].region if self._is_known else UNKNOWN

    @staticmethod
    def hidden(given: Properties) -> dict[str, Any]:
        """Return the configuration to keep, with credentials hidden."""
        return hide(given.values, [*given.secrets, *((key,) for key in _SECRET)])
