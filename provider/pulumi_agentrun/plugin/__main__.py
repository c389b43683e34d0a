"""`pulumi-resource-agentrun`, as the engine starts it: serves one provider on 127.0.0.1 and prints the port."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

import grpc.aio
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from ..engine.log import Engine
from .monitor import LIMITS
from .provider import Provider

_WATCH = 1.0


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


def main() -> None:
    """Serve until the engine ends this process, or is gone itself."""
    parser = argparse.ArgumentParser(prog="pulumi-resource-agentrun", description=__doc__)
    parser.add_argument("engine", help="the address of the engine's own server; the engine gives it")
    known, _ = parser.parse_known_args()
    # Plugins of pydantic, for tracing, would be looked for in every installed package, and shown what is validated.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    try:
        asyncio.run(_serve(known.engine))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
