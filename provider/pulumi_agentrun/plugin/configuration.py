"""What a plugin answers about itself and its configuration."""

from __future__ import annotations

import json

import grpc.aio
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto.plugin_pb2 import PluginAttach, PluginInfo
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from ..engine.log import Engine
from ..version import __version__
from . import values
from .protocol import Context, schema
from .runs import Runs
from .settings import Settings
from .verdicts import failures, some


class Configured(ResourceProviderServicer):
    """What a provider answers about itself and its configuration."""

    def __init__(self, engine: Engine) -> None:
        self.runs = Runs(engine)

    async def Attach(self, request: PluginAttach, context: Context) -> Empty:
        """Take in the run of an engine that has not started this process (PULUMI_DEBUG_PROVIDERS)."""
        reason = await self.runs.attach(request.address, context)
        if reason:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, reason)
        return Empty()

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
        reasons = await Settings(given.values, self.runs.of(context).engine.say).faults()
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
        given, run = values.read(request.args).values, self.runs.of(context)
        reason = run.settings.refusal(given)
        if reason:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, reason)
        if not run.settings.is_configured:
            run.settings = Settings(given, run.engine.say, is_configured=True)
        return messages.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )
