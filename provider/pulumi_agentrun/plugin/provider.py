"""A plugin's provider as it is served: what answers about resources is imported when the engine first asks of one."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as messages

from .configuration import Configured
from .protocol import Context


class Provider(Configured):
    """What an engine calls: each call is answered by the run that it belongs to."""

    async def Check(self, request: messages.CheckRequest, context: Context) -> messages.CheckResponse:
        """Validate the inputs and complete them with defaults and a name."""
        return await self.runs.of(context).resources.check(request, context)

    async def Diff(self, request: messages.DiffRequest, context: Context) -> messages.DiffResponse:
        """Compare old outputs with checked inputs, down to the properties that differ."""
        return await self.runs.of(context).resources.diff(request, context)

    async def Create(self, request: messages.CreateRequest, context: Context) -> messages.CreateResponse:
        """Create a resource, or adopt it, and wait until it is ready; in a preview, foretell what that would meet."""
        return await self.runs.of(context).resources.create(request, context)

    async def Read(self, request: messages.ReadRequest, context: Context) -> messages.ReadResponse:
        """Return a resource as it is, for a refresh, an import or a look-up; gone if the service says so."""
        return await self.runs.of(context).resources.read(request, context)

    async def Update(self, request: messages.UpdateRequest, context: Context) -> messages.UpdateResponse:
        """Change a resource in place and wait until it is ready; in a preview, foretell its outputs."""
        return await self.runs.of(context).resources.update(request, context)

    async def Delete(self, request: messages.DeleteRequest, context: Context) -> Empty:
        """Delete a resource and wait until it is gone."""
        return await self.runs.of(context).resources.delete(request, context)

    async def Construct(self, request: messages.ConstructRequest, context: Context) -> messages.ConstructResponse:
        """Register a component of the schema and what is in it, as its program declares it."""
        return await self.runs.of(context).resources.construct(request, context)

    async def Invoke(self, request: messages.InvokeRequest, context: Context) -> messages.InvokeResponse:
        """Answer a function of the schema: look up one resource, or list some."""
        return await self.runs.of(context).resources.invoke(request, context)

    async def Cancel(self, request: Empty, context: Context) -> Empty:
        """Let everything that waits end, each with what it has come to."""
        self.runs.of(context).stop.set()
        return Empty()
