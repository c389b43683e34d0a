"""What a plugin is configured with, as an account and region, and what it answers about itself and that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc.aio
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto.plugin_pb2 import PluginInfo
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from ..client.errors import ConfigError
from ..engine.log import Engine
from ..lifecycle.unknown import UNKNOWN
from ..version import __version__
from . import values
from .values import Properties, hide
from .verdicts import failures, some

if TYPE_CHECKING:
    from ..client.flows import Notice
    from ..client.session import Session
    from ..lifecycle.places import Place
    from ..lifecycle.profiles import Accounts

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

_SECRET = ("accessKeySecret", "securityToken")


@cache
def schema() -> dict[str, Any]:
    """Return the package's schema, as tools/schema.py has derived it from the models."""
    found: dict[str, Any] = json.loads((files(__package__) / "schema.json").read_text("utf-8"))
    return {"version": __version__, **found}


class Settings:
    """What one provider is configured with."""

    def __init__(
        self, given: Mapping[str, Any], notify: Callable[[Notice], None], *, is_configured: bool = False
    ) -> None:
        self._given = dict(given)
        self._notify = notify
        self._is_known = UNKNOWN not in given.values()
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


class Configured(ResourceProviderServicer):
    """What a provider answers about itself and its configuration."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.settings = Settings({}, engine.say)

    async def GetPluginInfo(self, request: Empty, context: Context) -> PluginInfo:
        """Say which version this is."""
        return PluginInfo(version=__version__)

    async def GetSchema(self, request: messages.GetSchemaRequest, context: Context) -> messages.GetSchemaResponse:
        """Return the package's schema."""
        return messages.GetSchemaResponse(schema=json.dumps(schema()))

    async def CheckConfig(self, request: messages.CheckRequest, context: Context) -> messages.CheckResponse:
        """Say what is wrong with the provider's configuration, and mark what is secret in it.

        The engine does not tell here what was set as a secret, so a credential in plain text cannot be refused: it is
        made a secret, and state never holds it in clear.
        """
        given = values.read(request.news)
        reasons = await Settings(given.values, self.engine.say).faults()
        return messages.CheckResponse(inputs=values.write(Settings.hidden(given)), failures=failures(reasons))

    async def DiffConfig(self, request: messages.DiffRequest, context: Context) -> messages.DiffResponse:
        """Compare configurations; none replaces, for the engine would then replace resources without asking about them.

        Where old settings led, state alone remembers, by resource: the environment may have had its part in it.
        """
        olds, news = values.read(request.olds).values, values.read(request.news).values
        changed = sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key))
        return messages.DiffResponse(
            changes=some(changed), diffs=changed, replaces=[], deleteBeforeReplace=False, hasDetailedDiff=False
        )

    async def Configure(self, request: messages.ConfigureRequest, context: Context) -> messages.ConfigureResponse:
        """Take the configuration that was checked, once: another one would lead what is under way elsewhere."""
        given = values.read(request.args).values
        reason = self.settings.refusal(given)
        if reason:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, reason)
        if not self.settings.is_configured:
            self.settings = Settings(given, self.engine.say, is_configured=True)
        return messages.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )
