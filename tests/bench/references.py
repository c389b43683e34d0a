"""Providers that do nothing, through the machinery of either door: what Pulumi itself costs."""

from __future__ import annotations

import sys
from pathlib import Path

DYNAMIC = '''
"""A dynamic provider that does nothing, with the same inputs."""
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider


class NothingProvider(ResourceProvider):
    def create(self, props):
        return CreateResult("x", props)

    def diff(self, id, olds, news):
        return DiffResult(changes=False)


class ModelService(Resource):
    def __init__(self, name, **props):
        super().__init__(NothingProvider(), name, props)
'''
PLUGIN = '''\
#!{python}
"""A plugin that does nothing: it says of everything what it is told."""
import asyncio
import sys

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2 as messages
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer, add_ResourceProviderServicer_to_server


class Nothing(ResourceProviderServicer):
    async def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="{version}")

    async def CheckConfig(self, request, context):
        return messages.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request, context):
        return messages.DiffResponse()

    async def Configure(self, request, context):
        return messages.ConfigureResponse(
            acceptSecrets=True, acceptResources=True, acceptOutputs=True, supportsPreview=True
        )

    async def Check(self, request, context):
        return messages.CheckResponse(inputs=request.news)

    async def Diff(self, request, context):
        return messages.DiffResponse(changes=messages.DiffResponse.DIFF_NONE)

    async def Create(self, request, context):
        return messages.CreateResponse(id="x", properties=request.properties)

    async def Read(self, request, context):
        return messages.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    async def Delete(self, request, context):
        return Empty()


async def serve():
    server = grpc.aio.server()
    add_ResourceProviderServicer_to_server(Nothing(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


asyncio.run(serve())
'''


def plugin(folder: Path, version: str) -> Path:
    """Write the plugin that does nothing under the name of ours; return the folder to find it in."""
    folder.mkdir()
    file = folder / "pulumi-resource-agentrun"
    file.write_text(PLUGIN.replace("{python}", sys.executable).replace("{version}", version))
    file.chmod(0o755)
    return folder
