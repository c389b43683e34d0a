"""Peers on real sockets that answer slowly, endlessly, too much or wrongly: each call ends in time, with an error."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_agentrun.client import AgentRunError, Config, ModelClient, TransportError, bounds, operations
from pulumi_agentrun.client.flows import Flow, once
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.models import ModelServiceCreateInput, ModelServiceListInput, ModelServiceUpdateInput
from pydantic import SecretStr

Script = Callable[[socket.socket], Iterator[bytes]]
PACE = 0.02
"""Seconds between two bytes of a peer that dribbles: far less than any read may take."""
TOTAL = 0.3
KEY = "sk-never-shown"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
FINE = json.dumps({"code": "SUCCESS", "requestId": "R", "data": {"modelServiceName": "a"}}).encode()


class Peer:
    """Accepts connections, and sends on each what a script yields, until the client has left or the test is over."""

    def __init__(self, script: Script, pace: float = 0.0) -> None:
        self.over = threading.Event()
        self._script = script
        self._pace = pace
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._serve, args=[connection]))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(30)
            for piece in self._script(connection):
                connection.sendall(piece)
                if self.over.wait(self._pace):
                    return
            connection.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()


def request(connection: socket.socket) -> bytes:
    """Read the head of a request."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(4096)
        if not piece:
            raise ConnectionError
        received += piece
    return received


def saying(*pieces: bytes | list[bytes]) -> Script:
    """Return a script that reads a request and says pieces, one after the other; a list of one is said for ever."""

    def script(connection: socket.socket) -> Iterator[bytes]:
        request(connection)
        for piece in pieces:
            yield from [piece] if isinstance(piece, bytes) else repeat(piece[0])

    return script


def silent(connection: socket.socket) -> Iterator[bytes]:
    """Read nothing and say nothing."""
    yield from repeat(b"")


def answering(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> Script:
    lines = [b"HTTP/1.1 " + status, b"content-length: %d" % len(body), *headers, b"", body]
    return saying(b"\r\n".join(lines))


def client(url: str, read_timeout: float = 20.0) -> ModelClient:
    """Return a client that waits for each step so long."""
    config = Config(
        endpoint=url, access_key_id="id", access_key_secret=SecretStr("s"), allow_insecure=True,
        connect_timeout=read_timeout, read_timeout=read_timeout,
    )  # fmt: skip
    return ModelClient(config)


@contextmanager
def calling(colour: str, url: str, read_timeout: float = 20.0) -> Iterator[Callable[..., Any]]:
    """Make calls of a client in one of its two colours."""
    with client(url, read_timeout) as one:

        def call(flow: Flow[Any]) -> Any:
            session = one.session()
            return session.run(flow) if colour == "sync" else asyncio.run(closing(session, flow))

        yield call


async def closing(session: Any, flow: Flow[Any]) -> Any:
    try:
        return await session.run_async(flow)
    finally:
        await session.aclose()


def limited(operation: operations.Operation[Any], seconds: float = TOTAL) -> Flow[Any]:
    return once(replace(operation, timeout=seconds))


GET = operations.get(SERVICE, "a")
LARGE = operations.update("a", ModelServiceUpdateInput(description="x" * 16_000_000))
ENDLESS = {
    "an answer that never comes": saying([b""]),
    "a status that dribbles": saying(b"HTTP/1.1 200 ", [b"O"]),
    "headers that dribble": saying(HEAD, b"x-one: ", [b"y"]),
    "headers that never end": saying(HEAD, [b"x-one: y\r\n"]),
    "a body that dribbles": saying(HEAD, b"content-length: 100000\r\n\r\n", [b" "]),
    "a chunk that dribbles": saying(HEAD, b"transfer-encoding: chunked\r\n\r\n", b"1000\r\n", [b" "]),
    "chunks that dribble": saying(HEAD, b"transfer-encoding: chunked\r\n\r\n", [b"1\r\n \r\n"]),
    "interim answers without an end": saying([b"HTTP/1.1 103 Early Hints\r\n\r\n"]),
    "nothing at all": silent,
}
COLOURS = pytest.mark.parametrize("colour", ["sync", "async"])


@COLOURS
@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_exchange_ends_with_its_time(script: Script, colour: str) -> None:
    failing = pytest.raises(TransportError, match="got no answer")
    with Peer(script, PACE) as peer, calling(colour, f"http://{peer.address}") as call, failing:
        call(limited(GET))


@COLOURS
def test_a_request_that_nobody_reads_ends_with_its_time(colour: str) -> None:
    failing = pytest.raises(TransportError, match="UpdateModelService of model service a got no answer")
    with Peer(silent, PACE) as peer, calling(colour, f"http://{peer.address}") as call, failing:
        call(limited(LARGE))


@COLOURS
@pytest.mark.parametrize("script", [silent, saying(b"HTTP/1.1 200 ", [b"O"]), saying()])
def test_a_tls_handshake_and_a_tunnel_end_with_their_time(
    script: Script, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Peer(script, PACE) as peer:
        url = f"https://{peer.address}"
        if script is not silent:
            monkeypatch.setenv("https_proxy", f"http://{peer.address}")
            url = "https://nowhere.example"
        with calling(colour, url) as call, pytest.raises(TransportError, match="got no answer"):
            call(limited(GET))


@COLOURS
@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_exchange_through_a_proxy_ends_with_its_time(
    script: Script, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Peer(script, PACE) as peer:
        monkeypatch.setenv("http_proxy", f"http://{peer.address}")
        with calling(colour, "http://nowhere.example") as call, pytest.raises(TransportError, match="got no answer"):
            call(limited(GET))


@COLOURS
def test_an_exchange_without_a_timeout_of_its_own_ends_too(colour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = ENDLESS["a body that dribbles"]
    monkeypatch.setattr("pulumi_agentrun.client.session.LONGEST_EXCHANGE", TOTAL)
    failing = pytest.raises(TransportError, match="got no answer")
    with Peer(script, PACE) as peer, calling(colour, f"http://{peer.address}", read_timeout=0.2) as call, failing:
        call(once(GET))


def bomb(layers: int) -> bytes:
    packed = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    content = b"".join([packed.compress(b" " * 2**20) for _ in range(40)] + [packed.flush()])
    for _ in range(layers):
        content = gzip.compress(content)
    return content


GZIP = b"content-encoding: gzip"
WRONG: dict[str, tuple[Script, str]] = {
    "a gzip bomb": (answering(bomb(0), GZIP), "its body is larger than 32 MiB"),
    "a gzip bomb in gzip": (answering(bomb(1), b"content-encoding: gzip, gzip"), "not asked for"),
    "no gzip": (answering(FINE, GZIP), "its compressed body is broken"),
    "half of gzip": (answering(gzip.compress(FINE)[:-20], GZIP), "its compressed body ends too early"),
    "gzip with a wrong sum": (answering(gzip.compress(FINE)[:-8] + bytes(8), GZIP), "its compressed body is broken"),
    "another encoding": (answering(FINE, b"content-encoding: br"), "not asked for"),
    "a body without an end": (saying(HEAD, b"\r\n", [b" " * 2**20]), "its body is larger than 32 MiB"),
    "headers without an end": (saying(HEAD, [b"x: " + b"y" * 10_000 + b"\r\n"]), "got no answer"),
    "no HTTP": (saying(b"SSH-2.0-OpenSSH\r\n\r\n"), "got no answer: RemoteProtocolError"),
    "a body cut short": (saying(HEAD, b"content-length: 1000\r\n\r\n", FINE), "without sending complete message body"),
    "nothing": (saying(), "Server disconnected without sending a response"),
}


@COLOURS
@pytest.mark.parametrize(("script", "reason"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_read_is_no_answer(script: Script, reason: str, colour: str) -> None:
    failing = pytest.raises(TransportError, match=reason)
    with Peer(script) as peer, calling(colour, f"http://{peer.address}") as call, failing as caught:
        call(limited(GET, 20.0))
    assert caught.value.sent


@COLOURS
@pytest.mark.parametrize(
    "body", [FINE, gzip.compress(FINE), gzip.compress(FINE) + b"rest"], ids=["plain", "gzip", "gzip and a rest"]
)
def test_a_body_is_read_as_it_is_encoded(body: bytes, colour: str) -> None:
    headers = [] if body is FINE else [GZIP]
    with Peer(answering(body, *headers)) as peer, calling(colour, f"http://{peer.address}") as call:
        assert call(limited(GET, 20.0)).model_service_name == "a"


@COLOURS
def test_a_large_answer_comes_whole(colour: str) -> None:
    with Peer(answering(b" " * 5_000_000 + FINE)) as peer, calling(colour, f"http://{peer.address}") as call:
        assert call(limited(GET, 60.0)).model_service_name == "a"


@COLOURS
def test_a_request_is_one_write(colour: str) -> None:
    """In two, it takes both sides twice the system calls."""
    first: list[bytes] = []

    def script(connection: socket.socket) -> Iterator[bytes]:
        first.append(connection.recv(65536))
        yield b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(FINE), FINE)

    with Peer(script) as peer, calling(colour, f"http://{peer.address}") as call:
        call(limited(operations.update("a", ModelServiceUpdateInput(description="after the head")), 60.0))
    assert first[0].startswith(b"PUT ")
    assert b"after the head" in first[0]


def test_a_bomb_costs_no_more_memory_than_a_body_may_have() -> None:
    body, packed = bounds.Body("gzip"), bomb(0)
    tracemalloc.start()
    with pytest.raises(bounds.BodyError):
        body.add(packed)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3 * bounds.LARGEST_BODY


@COLOURS
def test_a_connection_left_in_the_middle_is_not_used_again(colour: str) -> None:
    turns = iter([ENDLESS["a body that dribbles"], answering(FINE)])
    peer = Peer(lambda connection: next(turns)(connection), PACE)
    with peer, calling(colour, f"http://{peer.address}") as call:
        with pytest.raises(AgentRunError):
            call(limited(GET))
        assert call(limited(GET, 20.0)).model_service_name == "a"


names = st.sampled_from(
    ["content-length", "transfer-encoding", "content-encoding", "connection", "retry-after", "x-acs-retry-after",
     "date", "location", "content-type", "x-acs-request-id"]
)  # fmt: skip
values = st.binary(max_size=8) | st.sampled_from(
    [b"", b"0", b"5", b"-1", b"99999999", b"chunked", b"gzip", b"identity", b"br", b"close", b"\xff\xfe", b"a, b",
     "²".encode(), b"Thu, 01 Jan 2026 00:00:00 GMT", b"http://127.0.0.1:9/"]
)  # fmt: skip
whole = [FINE, gzip.compress(FINE), gzip.compress(FINE)[:20], b"[" * 100_000, b"\x1f\x8b", b"5\r\nhello\r\n"]
errors = st.builds(lambda code, text: json.dumps({"code": code, "message": text}).encode(), st.text(), st.text())
bodies = st.sampled_from(whole) | st.binary(max_size=60) | errors
statuses = st.sampled_from([100, 101, 200, 201, 204, 206, 302, 304, 400, 404, 409, 429, 500, 503, 599, 999, 0, 20])


@st.composite
def said(draw: st.DrawFn) -> bytes:
    """Draw what a peer says: something like an answer of HTTP, or anything."""
    headers = draw(st.lists(st.tuples(names, values), max_size=4))
    body = draw(bodies)
    if draw(st.booleans()):
        headers.append(("content-length", b"%d" % len(body)))
    lines = [b"HTTP/1.%d %d x" % (draw(st.sampled_from([0, 1, 1, 1])), draw(statuses))]
    lines += [name.encode() + b": " + value for name, value in headers]
    return (
        draw(st.sampled_from([b"\r\n", b"\r\n", b"\n"])).join([*lines, b"", body]) if draw(st.integers(0, 9)) else body
    )


@contextmanager
def sessions(peer: Peer) -> Iterator[list[Callable[..., Any]]]:
    with calling("sync", f"http://{peer.address}") as sync, calling("async", f"http://{peer.address}") as on_loop:
        yield [sync, on_loop]


CREATE = operations.create(
    ModelServiceCreateInput(model_service_name="a", model_type="llm", provider="p", provider_settings={"api_key": KEY})
)
OPERATIONS = [GET, CREATE, operations.list_page(ModelServiceListInput()), operations.delete(SERVICE, "a")]


@given(said(), st.sampled_from(OPERATIONS))
@settings(max_examples=50)
def test_whatever_a_peer_says_a_call_returns_or_fails_in_time(
    text: bytes, operation: operations.Operation[Any]
) -> None:
    with Peer(saying(text)) as peer, sessions(peer) as calls:
        for call in calls:
            shown = ""
            try:
                shown = repr(call(limited(operation, 5.0)))
            except AgentRunError as error:
                shown = str(error)
            assert KEY not in shown
