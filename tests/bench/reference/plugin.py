"""Plugins that say of everything what they are told: one does no more, one asks the service besides."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc.aio
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto.plugin_pb2 import PluginInfo
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer, add_ResourceProviderServicer_to_server


class Nothing(ResourceProviderServicer):
    version = ""

    async def GetPluginInfo(self, _request: Any, _context: Any) -> PluginInfo:
        return PluginInfo(version=self.version)

    async def CheckConfig(self, request: Any, _context: Any) -> messages.CheckResponse:
        return messages.CheckResponse(inputs=request.news)

    async def DiffConfig(self, _request: Any, _context: Any) -> messages.DiffResponse:
        return messages.DiffResponse()

    async def Configure(self, _request: Any, _context: Any) -> messages.ConfigureResponse:
        return messages.ConfigureResponse(
            acceptSecrets=True, acceptResources=True, acceptOutputs=True, supportsPreview=True
        )

    async def Check(self, request: Any, _context: Any) -> messages.CheckResponse:
        return messages.CheckResponse(inputs=request.news)

    async def Diff(self, _request: Any, _context: Any) -> messages.DiffResponse:
        return messages.DiffResponse(changes=messages.DiffResponse.DIFF_NONE)

    async def Create(self, request: Any, _context: Any) -> messages.CreateResponse:
        return messages.CreateResponse(id="x", properties=request.properties)

    async def Read(self, request: Any, _context: Any) -> messages.ReadResponse:
        return messages.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    async def Delete(self, _request: Any, _context: Any) -> Empty:
        return Empty()


class Asking(Nothing):
    def __init__(self) -> None:
        # Here, for a plugin that does nothing does not wait for the official client.
        from alibabacloud_agentrun20250910 import models

        from bench.reference import official

        self.api, self.official = models, official

    async def Create(self, request: Any, _context: Any) -> messages.CreateResponse:
        if not request.preview:
            body = self.api.CreateModelServiceInput().from_map(_plain(MessageToDict(request.properties)))
            await self.official.client().create_model_service_async(self.api.CreateModelServiceRequest(body=body))
            while await self._status(body.model_service_name) != "READY":
                await asyncio.sleep(self.official.PAUSE)
        return messages.CreateResponse(id=request.properties["modelServiceName"], properties=request.properties)

    async def Read(self, request: Any, _context: Any) -> messages.ReadResponse:
        await self._status(request.id)
        return await super().Read(request, _context)

    async def Delete(self, request: Any, _context: Any) -> Empty:
        await self.official.client().delete_model_service_async(request.id)
        while True:
            try:
                await self._status(request.id)
            except Exception as error:
                if self.official.is_gone(error):
                    return Empty()
                raise
            await asyncio.sleep(self.official.PAUSE)

    async def _status(self, name: str) -> str:
        return str((await self.official.client().get_model_service_async(name)).body.data.status)


def _plain(value: Any) -> Any:
    """Return a value without Pulumi's marks of secrets, which are objects with the value in them."""
    if isinstance(value, dict):
        is_marked = "value" in value and len(value) == 2
        return _plain(value["value"]) if is_marked else {key: _plain(item) for key, item in value.items()}
    return value


async def serve(version: str, *, asks: bool) -> None:
    """Serve until the engine ends the process, which is told the port."""
    Nothing.version = version
    server = grpc.aio.server()
    add_ResourceProviderServicer_to_server(Asking() if asks else Nothing(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()
