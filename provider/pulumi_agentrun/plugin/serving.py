"""Serves one provider on 127.0.0.1, and prints the port."""

from __future__ import annotations

import asyncio
import os
import sys

import grpc.aio
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from ..engine.log import Engine
from .monitor import LIMITS
from .provider import Provider

_WATCH = 1.0


def serve(engine: str) -> None:
    """Serve until the engine at an address ends this process, or is gone itself."""
    try:
        asyncio.run(_serve(engine))
    except KeyboardInterrupt:
        return


async def _serve(engine: str) -> None:
    server = grpc.aio.server(options=LIMITS)
    add_ResourceProviderServicer_to_server(Provider(Engine(engine)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    starter = os.getppid()
    while os.getppid() == starter:  # an engine that was killed stops nobody
        await asyncio.sleep(_WATCH)
    await server.stop(grace=None)
