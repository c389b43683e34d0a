"""The client's connections: none is left open, lost, or gives a call what another was answered."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi_agentrun.client import AgentRunError, ClientError, TransportError
from pulumi_agentrun.client.flows import once
from pulumi_agentrun.client.network import Limit, LoopStream
from pulumi_agentrun.client.pool import AsyncConnections
from pulumi_agentrun.client.session import Session
from reliability.test_peers import (
    COLOURS,
    FINE,
    GET,
    KEY,
    LARGE,
    Peer,
    answering,
    calling,
    client,
    limited,
    request,
    saying,
    silent,
)


def answer(request_id: str) -> bytes:
    body = json.dumps({"code": "SUCCESS", "requestId": request_id, "data": {"modelServiceName": "a"}}).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("turns", range(24))
def test_a_call_that_is_cancelled_ends_at_once_and_leaves_nothing_open(turns: int, scheme: str) -> None:
    async def cancelled(session: Session) -> None:
        task = asyncio.create_task(session.run_async(once(GET)))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 20)
        await session.aclose()

    with Peer(silent, 0.02) as peer, client(f"{scheme}://{peer.address}", read_timeout=60.0) as one:
        asyncio.run(cancelled(one.session()))
    gc.collect()  # what was not closed warns, which is an error


async def test_connections_that_take_too_long_leave_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop is busy while they are made, so that all are late at once."""
    loop, made = asyncio.get_running_loop(), threading.Event()
    with Peer(silent, 0.02) as peer, client(f"http://{peer.address}", read_timeout=0.2) as one:
        session = one.session()
        tasks = [asyncio.create_task(session.run_async(limited(GET))) for _ in range(20)]
        await asyncio.sleep(0)
        loop.call_soon(made.wait, 0.5)
        found = await asyncio.gather(*tasks, return_exceptions=True)
        await session.aclose()
    assert all(isinstance(error, TransportError) for error in found), found
    gc.collect()


@COLOURS
@pytest.mark.parametrize("way", ["direct", "proxy"])
def test_what_comes_behind_an_answer_is_no_answer_to_the_next_call(
    colour: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = iter([answer("first") + answer("nobody's"), answer("second")])

    def script(connection: socket.socket) -> Iterator[bytes]:
        request(connection)
        yield next(turns)
        connection.recv(4096)

    with Peer(script) as peer:
        url = f"http://{peer.address}"
        if way == "proxy":
            monkeypatch.setenv("http_proxy", url)
            url = "http://nowhere.example"
        with client(url) as one:
            session = one.session()
            if colour == "sync":
                found = [session.run(limited(GET, 20.0)).request_id for _ in range(2)]
            else:
                found = asyncio.run(both(session))
    assert found == ["first", "second"]


async def both(session: Session) -> list[str | None]:
    found = [(await session.run_async(limited(GET, 20.0))).request_id for _ in range(2)]
    await session.aclose()
    return found


async def test_closing_that_is_cancelled_closes_all_the_same() -> None:
    connections = AsyncConnections()
    with Peer(_keeping) as peer, client(f"http://{peer.address}") as one:
        session = one.session()
        session._transport = connections
        await asyncio.gather(*(session.run_async(limited(GET, 20.0)) for _ in range(10)))
        transports = [line._stream._transport for line in connections._idle if line._stream]
        assert len(transports) == 10
        closing = asyncio.create_task(session.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert all(transport.is_closing() for transport in transports)
        await asyncio.sleep(0)
    gc.collect()


def _keeping(connection: socket.socket) -> Iterator[bytes]:
    """Answer as often as asked."""
    with contextlib.suppress(ConnectionError):
        while True:
            request(connection)
            yield answer("a")


@COLOURS
def test_a_call_under_way_while_the_client_closes_leaves_nothing_open(colour: str) -> None:
    asked, closed, ended = threading.Event(), threading.Event(), threading.Event()

    def script(connection: socket.socket) -> Iterator[bytes]:
        request(connection)
        asked.set()
        assert closed.wait(20)
        yield answer("late")
        if not connection.recv(4096):
            ended.set()

    async def on_loop(session: Session) -> Any:
        task = asyncio.create_task(session.run_async(limited(GET, 20.0)))
        await asyncio.to_thread(asked.wait, 20)
        await session.aclose()
        closed.set()
        return await task

    with Peer(script) as peer, client(f"http://{peer.address}") as one:
        session = one.session()
        if colour == "async":
            assert asyncio.run(on_loop(session)).request_id == "late"
        else:

            def close() -> None:
                asked.wait(20)
                session.close()
                closed.set()

            closer = threading.Thread(target=close)
            closer.start()
            assert session.run(limited(GET, 20.0)).request_id == "late"
            closer.join()
        assert ended.wait(20)
    gc.collect()


@COLOURS
def test_no_log_repeats_what_a_peer_repeats(
    colour: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpcore.http11").debug("of somebody else")
    with Peer(answering(FINE, b"x-echo: " + KEY.encode())) as peer, calling(colour, f"http://{peer.address}") as call:
        call(limited(GET, 20.0))
    with Peer(saying(b"HTTP/1.1 407 %s\r\n\r\n" % KEY.encode())) as proxy:
        monkeypatch.setenv("https_proxy", f"http://{proxy.address}")
        with calling(colour, "https://nowhere.example") as call, pytest.raises(AgentRunError):
            call(limited(GET, 20.0))
    assert "of somebody else" in caplog.text
    assert KEY not in caplog.text


@COLOURS
def test_an_answer_before_all_was_sent_is_the_answer(colour: str) -> None:
    def script(connection: socket.socket) -> Iterator[bytes]:
        connection.recv(4096)
        body = json.dumps({"code": "TooLarge", "message": "too large", "requestId": "R"}).encode()
        yield b"HTTP/1.1 413 no\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        while not peer.over.wait(0.02):  # and reads nothing more
            yield b""

    peer = Peer(script)
    refused = pytest.raises(ClientError, match="too large")
    with peer, calling(colour, f"http://{peer.address}", read_timeout=0.5) as call, refused:
        call(once(LARGE))


@COLOURS
@pytest.mark.parametrize("seconds", [float("inf"), 1e300, 1e10])
def test_a_timeout_may_be_larger_than_any_that_a_socket_takes(colour: str, seconds: float) -> None:
    with Peer(answering(FINE)) as peer, calling(colour, f"http://{peer.address}", read_timeout=seconds) as call:
        assert call(limited(GET, seconds)).model_service_name == "a"


def test_looking_up_a_name_takes_no_longer_than_connecting_may(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def slow(*_: Any, **__: Any) -> Any:
        over.wait(30)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with client("https://slow.example", read_timeout=0.2) as one:
        with pytest.raises(TransportError, match=r"slow\.example was not found in time") as caught:
            one.session().run(once(GET))
        assert not caught.value.sent
        over.set()


@COLOURS
def test_a_refused_connection_says_so(colour: str) -> None:
    with socket.socket() as taken:  # bound, and never listening
        taken.bind(("127.0.0.1", 0))
        url, refused = f"http://127.0.0.1:{taken.getsockname()[1]}", pytest.raises(TransportError, match="refused")
        with calling(colour, url) as call, refused as caught:
            call(once(GET))
    assert not caught.value.sent


async def test_reading_what_has_come_gives_others_their_turn() -> None:
    stream = LoopStream(Limit())
    turns: list[str] = []
    stream.data_received(b"x")
    asyncio.get_running_loop().call_soon(turns.append, "another's")
    assert await stream.read(1) == b"x"
    assert turns


def test_a_connection_whose_socket_is_gone_takes_no_call_more() -> None:
    """Over TLS, the loop tells its end one turn later."""

    class Gone(asyncio.Transport):
        def get_extra_info(self, name: str, default: Any = None) -> Any:
            with socket.socket() as closed:
                pass
            return closed

        def is_closing(self) -> bool:
            return False

    stream = LoopStream(Limit())
    stream.connection_made(Gone())
    assert stream.get_extra_info("is_readable")
