"""The clients with a service far away: over TLS, through a relay that each piece takes half a round trip to pass."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from unittest import mock

from certificates import signed_by_itself
from pulumi_agentrun.client import BackendType

from bench.clients import AT_ONCE, creation, each, official, ours, served, together
from bench.report import Row

ROUND_TRIP = 30.0
"""Milliseconds."""


def rows(folder: Path, count: int, rounds: int) -> tuple[list[Row], list[str]]:
    """Compare gets with the round trip, one after the other, and with the official client's, many at once."""
    folder.mkdir()
    tls = signed_by_itself(folder)
    alone: list[float] = []
    mine: list[tuple[float, int]] = []
    theirs: list[tuple[float, int]] = []
    options = ("--tls-cert", tls.certificate, "--tls-key", tls.key)
    with mock.patch.dict(os.environ, SSL_CERT_FILE=tls.certificate), served(folder / "data", *options) as (port, _):
        with ours(port, "https") as client:
            client.create(creation("there"))
        for _ in range(rounds):
            with Relay(port) as relay:
                alone.append(_alone(relay.port, count // 16))
            with Relay(port) as relay:
                took = asyncio.run(_mine(relay.port, count))
            mine.append((took, relay.connections))
            with Relay(port) as relay:
                took = asyncio.run(_theirs(relay.port, tls.certificate, count))
            theirs.append((took, relay.connections))
    where = f"over TLS, {ROUND_TRIP:g} ms away"
    made = [round(median(number for _, number in side)) for side in (mine, theirs)]
    note = (
        f"A get {where}, {AT_ONCE} at a time: for {count:,} calls ours makes {made[0]:,} connections, "
        f"the official client {made[1]:,}.\n"
    )
    bound = [ROUND_TRIP] * rounds
    several = [[milliseconds for milliseconds, _ in side] for side in (mine, theirs)]
    return [
        Row(
            f"client: get {where}, beside the round trip",
            alone,
            bound,
            unit="ms",
            most=1.15,
            drawn_as="client: 30 ms away",
        ),
        Row(
            f"client: get {where}, {AT_ONCE} at a time",
            several[0],
            several[1],
            unit="ms",
            least=4,
            drawn_as="client: 30 ms away, 64 at a time",
        ),
    ], [note]


def _alone(port: int, count: int) -> float:
    with ours(port, "https") as client:
        client.get("there", BackendType.SERVICE)  # which connects
        return each(lambda i: client.get("there", BackendType.SERVICE), count)[0]


async def _mine(port: int, count: int) -> float:
    async with ours(port, "https") as client:
        return (await together(lambda i: client.get_async("there", BackendType.SERVICE), count))[0]


async def _theirs(port: int, authority: str, count: int) -> float:
    client = official(port, authority)
    return (await together(lambda i: client.get_model_service_async("there"), count))[0]


class Relay:
    """A process between clients and a server of this machine."""

    def __init__(self, to: int) -> None:
        command = [sys.executable, "-m", "bench.far", str(to)]
        self._process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.connections = 0
        """How many were made, once it has ended."""

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        told, _error = self._process.communicate(timeout=10)
        self.connections = told.count("connection\n")


async def _relay(to: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        print("connection", flush=True)
        await asyncio.sleep(ROUND_TRIP / 1000)  # for the handshake of TCP, which the system has answered
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", to)
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    later = asyncio.get_running_loop().call_later
    while piece := await reader.read(2**16):
        later(ROUND_TRIP / 2000, writer.write, piece)
    later(ROUND_TRIP / 2000, writer.close)


if __name__ == "__main__":
    asyncio.run(_relay(int(sys.argv[1])))
