"""A plugin's provider as it is served: what answers about resources is imported when the engine first asks of one."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto.plugin_pb2 import PluginAttach

from ..engine.log import Engine
from .configuration import Configured, Context, Settings

if TYPE_CHECKING:
    from .resources import Resources


class Provider(Configured):
    """One configured provider of one program."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._stop = asyncio.Event()

    @cached_property
    def resources(self) -> Resources:
        """What answers about resources."""
        from .resources import Resources  # with the models, which a first answer need not wait for

        return Resources(self.engine, lambda: self.settings, self._stop)

    async def Attach(self, request: PluginAttach, context: Context) -> Empty:
        """Begin anew for the run of an engine that has not started this process (PULUMI_DEBUG_PROVIDERS)."""
        if request.address != self.engine.address:
            self.engine = Engine(request.address)
            self.settings = Settings({}, self.engine.say)
            self._stop = asyncio.Event()
            self.__dict__.pop("resources", None)
        return Empty()

    async def Check(self, request: messages.CheckRequest, context: Context) -> messages.CheckResponse:
        """Validate the inputs and complete them with defaults and a name."""
        return await self.resources.check(request, context)

    async def Diff(self, request: messages.DiffRequest, context: Context) -> messages.DiffResponse:
        """Compare old outputs with checked inputs, down to the properties that differ."""
        return await self.resources.diff(request, context)

    async def Create(self, request: messages.CreateRequest, context: Context) -> messages.CreateResponse:
        """Create a resource, or adopt it, and wait until it is ready; in a preview, foretell what that would meet."""
        return await self.resources.create(request, context)

    async def Read(self, request: messages.ReadRequest, context: Context) -> messages.ReadResponse:
        """Return a resource as it is, for a refresh, an import or a look-up; gone if the service says so."""
        return await self.resources.read(request, context)

    async def Update(self, request: messages.UpdateRequest, context: Context) -> messages.UpdateResponse:
        """Change a resource in place and wait until it is ready; in a preview, foretell its outputs."""
        return await self.resources.update(request, context)

    async def Delete(self, request: messages.DeleteRequest, context: Context) -> Empty:
        """Delete a resource and wait until it is gone."""
        return await self.resources.delete(request, context)

    async def Construct(self, request: messages.ConstructRequest, context: Context) -> messages.ConstructResponse:
        """Register a component of the schema and what is in it, as its program declares it."""
        return await self.resources.construct(request, context)

    async def Invoke(self, request: messages.InvokeRequest, context: Context) -> messages.InvokeResponse:
        """Answer a function of the schema: look up one resource, or list some."""
        return await self.resources.invoke(request, context)

    async def Cancel(self, request: Empty, context: Context) -> Empty:
        """Let everything that waits end, each with what it has come to."""
        self._stop.set()
        return Empty()
