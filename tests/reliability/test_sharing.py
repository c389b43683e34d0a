"""One client in several event loops, processes and copies: nobody gets another's answer, and nothing stays open."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import gc
import os
import pickle
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pulumi_agentrun.client import (
    Config,
    ConfigError,
    CredentialClient,
    ModelClient,
    ModelServiceCreateInput,
    ModelServiceListInput,
)
from pulumi_agentrun.client.pool import Connections
from pulumi_agentrun.client.session import Session
from reliability.test_connections import answer
from reliability.test_peers import GET, Peer, client, limited, request


def forking(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test where there is fork; Python 3.12 and later warn of it in a process with threads, as this one is."""
    warns = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
    lacks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork: there is nothing to try")
    marked: Callable[..., None] = warns(lacks(test))
    return marked


class Counting:
    """A script that answers each request, as often as asked, with the nonce that it has, and counts connections."""

    def __init__(self) -> None:
        self.made = self.open = 0
        self._lock = threading.Lock()

    def __call__(self, connection: socket.socket) -> Iterator[bytes]:
        with self._lock:
            self.made, self.open = self.made + 1, self.open + 1
        try:
            with contextlib.suppress(ConnectionError):
                while True:
                    head = request(connection).decode()
                    nonce = head.partition("x-acs-signature-nonce: ")[2].partition("\r\n")[0]
                    yield answer(nonce)
        finally:
            with self._lock:
                self.open -= 1

    def wait_until_none_is_open(self) -> None:
        until = time.monotonic() + 20
        while self.open and time.monotonic() < until:
            time.sleep(0.01)
        assert self.open == 0


@forking
def test_after_a_fork_nobody_gets_the_others_answers() -> None:
    script = Counting()
    with Peer(script) as peer, client(f"http://{peer.address}") as one:
        session = one.session()
        session.run(limited(GET, 20.0))
        ready, answered = os.pipe()
        child = os.fork()
        if not child:
            code = 1
            with contextlib.suppress(BaseException):
                session.run(limited(GET, 20.0))
                code = 0
            os.write(answered, b"x")
            os._exit(code)
        os.read(ready, 1)
        session.run(limited(GET, 20.0))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        os.close(ready)
        os.close(answered)
        assert script.made == 2, "the child has made a connection of its own, and the parent has kept the one it had"


@forking
def test_an_embedded_platform_is_opened_anew_after_a_fork(tmp_path: Path) -> None:
    settings = {"base_url": "https://a.example/v1", "api_key": "sk", "model_names": ["m"]}
    given = {"model_type": "llm", "provider": "p", "provider_settings": settings}
    with ModelClient(Config(endpoint=f"file://{tmp_path}/data")) as one:
        one.create(ModelServiceCreateInput(model_service_name="before", **given))
        child = os.fork()
        who = "parent" if child else "child"
        code = 1
        try:
            for index in range(20):
                one.create(ModelServiceCreateInput(model_service_name=f"{who}-{index}", **given))
            code = 0
        finally:
            if not child:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert len(list(one.iterate(ModelServiceListInput()))) == 41


async def calls(session: Session, number: int) -> None:
    for _ in range(number):
        await session.run_async(limited(GET, 20.0))
        await asyncio.sleep(0.01)


def test_each_event_loop_has_connections_of_its_own_and_closes_those() -> None:
    script, problems = Counting(), list[BaseException]()

    async def both(session: Session) -> None:
        await calls(session, 10)
        await session.aclose()

    def run(session: Session) -> None:
        try:
            asyncio.run(both(session))
        except BaseException as error:
            problems.append(error)

    with Peer(script) as peer, client(f"http://{peer.address}") as one:
        threads = [threading.Thread(target=run, args=[one.session()]) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        assert script.made == 3
        script.wait_until_none_is_open()
    gc.collect()


def test_a_call_on_no_event_loop_of_asyncio_says_which_it_needs() -> None:
    with client("http://127.0.0.1:1") as one, pytest.raises(ConfigError, match=r"event loops of asyncio"):
        one.session().run_async(limited(GET, 1.0)).send(None)


def test_closing_on_one_loop_leaves_anothers_connections_alone() -> None:
    script = Counting()
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    try:
        with Peer(script) as peer, client(f"http://{peer.address}") as one:
            session = one.session()
            first.run_until_complete(calls(session, 1))
            second.run_until_complete(calls(session, 1))
            second.run_until_complete(session.aclose())
            first.run_until_complete(calls(session, 1))
            assert script.made == 2
            first.run_until_complete(session.aclose())
            script.wait_until_none_is_open()
    finally:
        first.close()
        second.close()
    gc.collect()


def test_connections_that_are_idle_for_long_are_closed_while_others_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    script, barrier = Counting(), threading.Barrier(6)
    monkeypatch.setattr("pulumi_agentrun.client.pool.IDLE", 0.1)

    def run(session: Session) -> None:
        barrier.wait(20)
        session.run(limited(GET, 20.0))

    with Peer(script) as peer, client(f"http://{peer.address}") as one:
        session = one.session()
        threads = [threading.Thread(target=run, args=[session]) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wires = session._wire()
        assert isinstance(wires, Connections)
        until = time.monotonic() + 20
        while len(wires._idle) > 1 and time.monotonic() < until:
            session.run(limited(GET, 20.0))
        assert len(wires._idle) == 1


@pytest.mark.parametrize("kind", [ModelClient, CredentialClient])
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_has_the_configuration_and_connections_of_its_own(kind: type, copied: object) -> None:
    script = Counting()
    with Peer(script) as peer, client(f"http://{peer.address}") as one:
        given = kind(one._config)
        with given:
            given.session().run(limited(GET, 20.0))
            assert callable(copied)
            with copied(given) as other:
                assert other._config == given._config
                other.session().run(limited(GET, 20.0))
        assert script.made == 2


def test_a_client_over_given_connections_is_not_copied_to_go_elsewhere() -> None:
    with client("http://127.0.0.1:1") as one, pytest.raises(TypeError, match="cannot be copied"):
        copy.copy(ModelClient.over(one.session()))


def test_an_address_in_numbers_waits_for_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that take for ever to be looked up hold up neither other calls nor the end of an event loop."""
    find, over = socket.getaddrinfo, threading.Event()

    def hanging(host: str, *rest: object, **more: object) -> object:
        if host == "hangs.example" and not more.get("flags"):
            over.wait(20)
        return find("127.0.0.1" if host == "hangs.example" else host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", hanging)

    async def hung(session: Session, other: Session) -> None:
        waiting = [asyncio.create_task(session.run_async(limited(GET, 20.0))) for _ in range(40)]
        await asyncio.sleep(0.05)
        assert (await other.run_async(limited(GET, 20.0))).request_id
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await other.aclose()
        await session.aclose()

    script = Counting()
    try:
        with Peer(script) as peer, client("http://hangs.example:1") as lost, client(f"http://{peer.address}") as one:
            asyncio.run(hung(lost.session(), one.session()))
            assert not over.is_set(), "nothing has waited for the names"
    finally:
        over.set()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let SIGINT interrupt, which is ignored where a shell has started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="signals interrupt no socket there")
@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_in_a_handshake_leaves_nothing_open() -> None:
    me = threading.get_ident()

    def script(connection: socket.socket) -> Iterator[bytes]:
        connection.recv(4096)
        threading.Event().wait(0.1)  # by then, nothing is done but to wait for this answer
        signal.pthread_kill(me, signal.SIGINT)  # to the process, any of its threads might take it
        while connection.recv(4096):
            pass
        yield b""

    with Peer(script) as peer, client(f"https://{peer.address}") as one, pytest.raises(KeyboardInterrupt):
        one.session().run(limited(GET, 20.0))
    gc.collect()
