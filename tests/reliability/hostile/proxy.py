"""The hostile network as a process: `python -m reliability.hostile.proxy LIFETIME`, driven by lines on standard input.

Each line is a JSON object and is answered by one: `{"upstream": "127.0.0.1:80", "rules": [...], "lag": {...},
"seed": "s", "share": 0.05}` begins anew; `{"records": true}` lets arrive what is under way and asks what became of the
calls since. It ends with its standard input, or after LIFETIME seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from typing import Any

from reliability.hostile.calls import Answer, Call
from reliability.hostile.network import Effect, Exchange, Later, Network, Outcome, Pass, Step, Wait, without_length
from reliability.hostile.replicas import Lag
from reliability.hostile.script import Decider, Script, Seeded, from_json
from reliability.hostile.signing import signer

_LONGEST_WAIT = 60.0


class Proxy:
    """Accepts connections and treats what comes over them as the network says."""

    def __init__(self, key: str, secret: str) -> None:
        self._sign = signer(key, secret)
        self._upstream = ("127.0.0.1", 0)
        self._under_way: set[asyncio.Future[Any]] = set()
        self._network = self._anew({})

    def _anew(self, order: dict[str, Any]) -> Network:
        decide: Decider = Script(from_json(order.get("rules", ())))
        if "seed" in order:
            decide = Seeded(order["seed"], order["share"])
        return Network(decide, Lag(**order.get("lag", {})), asyncio.get_running_loop().time, self._sign)

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Begin anew, or tell what became of the calls since."""
        if "records" in order:
            while self._under_way:
                await asyncio.wait(self._under_way)
            return {"records": [asdict(record) for record in self._network.records]}
        host, _, port = order["upstream"].partition(":")
        self._upstream = (host, int(port))
        self._network = self._anew(order)
        return {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Treat the calls of one connection, until it ends on either side."""
        try:
            while (call := await _read(reader)) is not None:
                # Whoever asked may go: what was sent arrives all the same.
                outcome = await asyncio.shield(self._begin(self._network.exchange(call)))
                if not await _give(writer, outcome):
                    break
        except (OSError, EOFError):
            pass  # whoever asked has gone
        finally:
            writer.transport.abort()

    def _begin(self, steps: Exchange | Effect, seconds: float = 0.0) -> asyncio.Future[Any]:
        task = asyncio.ensure_future(self._drive(steps, seconds))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _drive(self, steps: Exchange | Effect, seconds: float) -> Any:
        await asyncio.sleep(seconds)
        found = None
        try:
            while True:
                found = await self._perform(steps.send(found))
        except StopIteration as end:
            return end.value

    async def _perform(self, step: Step) -> Answer | None:
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
        elif isinstance(step, Later):
            self._begin(step.steps, step.seconds)
        elif isinstance(step, Pass):
            return await _passed_on(self._upstream, step.call)
        return None


async def _read(reader: asyncio.StreamReader) -> Call | None:
    """Read one request, or nothing where the connection ends between two."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return Call(method, target, headers, await reader.readexactly(length) if length else b"")


async def _passed_on(upstream: tuple[str, int], call: Call) -> Answer | None:
    """Send a request to the platform as it is, but over a connection of its own; None if no answer comes."""
    try:
        reader, writer = await asyncio.open_connection(*upstream)
    except OSError:
        return None
    kept = [(name, value) for name, value in call.headers if name.lower() not in ("connection", "content-length")]
    lines = [f"{name}: {value}" for name, value in [*kept, ("connection", "close")]]
    head = "\r\n".join([f"{call.method} {call.target} HTTP/1.1", *lines, f"content-length: {len(call.body)}", "", ""])
    try:
        writer.write(head.encode("latin-1") + call.body)
        raw = await asyncio.wait_for(reader.read(), _LONGEST_WAIT)
    except (OSError, asyncio.TimeoutError):
        return None
    finally:
        writer.close()
    top, ended, body = raw.partition(b"\r\n\r\n")
    if not ended:
        return None
    first, *rest = top.decode("latin-1").split("\r\n")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in rest))
    return without_length(Answer(int(first.split(" ")[1]), body, headers))


async def _give(writer: asyncio.StreamWriter, outcome: Outcome) -> bool:
    """Answer; return whether the connection lives on."""
    answer = outcome.answer
    if answer is None:
        return False
    length = () if answer.status == 204 else (("content-length", str(len(answer.body))),)
    lines = [f"{name}: {value}" for name, value in (*answer.headers, *length)]
    head = "\r\n".join([f"HTTP/1.1 {answer.status} Hostile", *lines, "", ""]).encode("latin-1")
    if outcome.is_cut:
        writer.write(head + answer.body[: len(answer.body) // 2])
        await writer.drain()
        return False
    at_once, slowly = {"head": (b"", head + answer.body), "body": (head, answer.body)}.get(
        outcome.dribbles, (head + answer.body, b"")
    )
    writer.write(at_once)
    for byte in slowly:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(outcome.pace)
    await writer.drain()
    return True


async def main(lifetime: float, key: str, secret: str) -> None:
    """Serve until standard input ends, or the lifetime has passed."""
    loop = asyncio.get_running_loop()
    loop.call_later(lifetime, sys.exit, 1)
    proxy = Proxy(key, secret)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, backlog=256)
    _say({"url": "http://{}:{}".format(*server.sockets[0].getsockname()[:2])})
    orders = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        _say(await proxy.obey(json.loads(line)))
    server.close()


def _say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), *sys.argv[2:]))
