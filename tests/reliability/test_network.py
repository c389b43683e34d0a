"""Trouble below HTTP, on real sockets: nobody listens, answers never come, connections die; and many calls at once."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from certificates import signed_by_itself
from e2e.served import CREDENTIALS, ServedPlatform
from pulumi_agentrun.client import (
    BackendType,
    Config,
    HTTPError,
    ModelClient,
    ModelServiceCreateInput,
    ModelServiceListInput,
    TransportError,
)
from pulumi_agentrun.client.clock import Clock
from pulumi_agentrun.client.config import resolve
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.pool import AsyncConnections, Connections
from pulumi_agentrun.client.session import Session
from pulumi_agentrun.lifecycle import check, steps
from pulumi_agentrun.lifecycle.steps import Place
from pulumi_agentrun.platform import Platform
from pulumi_agentrun.testing.threads import serving
from pydantic import SecretStr


class Instant(Clock):
    """Takes no time for pauses, and remembers how long they would have been."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def now(self) -> float:
        return sum(self.pauses)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def sleep_async(self, seconds: float, stop: asyncio.Event | None = None) -> None:
        self.pauses.append(seconds)


def client(url: str, read_timeout: float = 5.0, **seams: Any) -> ModelClient:
    secret = SecretStr(CREDENTIALS["id"])
    settings: dict[str, Any] = {"access_key_id": "id", "access_key_secret": secret, "read_timeout": read_timeout}
    config = Config(endpoint=url, allow_insecure=True, **settings)
    return ModelClient.over(Session(resolve(config), **{"clock": Instant(), **seams}))


def wanted(name: str = "a") -> dict[str, Any]:
    news = {"model_service_name": name, "model_type": "llm", "provider": "p"}
    checked, failures = check.check(SERVICE, {}, news | {"provider_settings": {"base_url": "https://a.example"}})
    assert not failures
    return checked


def service(name: str) -> ModelServiceCreateInput:
    return ModelServiceCreateInput(
        model_service_name=name, model_type="llm", provider="p", provider_settings={"base_url": "https://a.example"}
    )


def test_nobody_listens() -> None:
    clock = Instant()
    with socket.socket() as taken:  # bound, and never listening
        taken.bind(("127.0.0.1", 0))
        with client(f"http://127.0.0.1:{taken.getsockname()[1]}", clock=clock) as one:
            with pytest.raises(
                TransportError, match=r"Check endpoint, the region, the network and any HTTP proxy"
            ) as caught:
                one.create(service("a"))
            with pytest.raises(TransportError, match="got no answer"):
                asyncio.run(one.get_async("a", BackendType.SERVICE))
    assert not caught.value.sent
    assert len(clock.pauses) == 8, "it was tried again before that"


@pytest.mark.parametrize("call", ["POST", "GET"])
def test_an_answer_that_never_comes_is_looked_for(tmp_path: Path, call: str) -> None:
    over = threading.Event()
    stuck: list[int] = []

    def hook(index: int, moment: str) -> None:
        if moment == "after" and served.calls[index][0] == call and not stuck:
            stuck.append(index)
            over.wait(30)

    with ServedPlatform(tmp_path, hook) as served:
        with client(served.url, read_timeout=0.3) as one:
            live = one.session().run(steps.create(SERVICE, wanted(), Place(None, 60)))
            assert live.id == "a"
            assert [s.model_service_name for s in one.iterate(ModelServiceListInput())] == ["a"]
            assert stuck
        over.set()
    assert [method for method, _ in served.calls].count("POST") == 1, "it was not sent blindly again"


def test_connections_are_shared_and_replaced_when_they_die(tmp_path: Path) -> None:
    with ServedPlatform(tmp_path) as served:
        url = served.url
        connections = Connections()
        with client(url, transport=connections) as one:
            for name in "abc":
                one.create(service(name))
            assert len(connections._idle) == 1
            with ThreadPoolExecutor(32) as pool:
                found = list(pool.map(lambda i: one.get("abc"[i % 3], BackendType.SERVICE), range(200)))
            assert {service.model_service_name for service in found} == set("abc")
            assert 1 <= len(connections._idle) <= 32
            for idle in connections._idle:
                _cut(idle)
            assert one.get("a", BackendType.SERVICE).model_service_name == "a", "a dead connection is no failure"


async def test_connections_of_a_loop_are_shared_and_replaced_when_they_die(tmp_path: Path) -> None:
    connections = AsyncConnections()
    with ServedPlatform(tmp_path) as served:
        async with client(served.url, transport=connections) as one:
            await one.create_async(service("a"))
            for _ in range(2):
                await asyncio.gather(*(one.get_async("a", BackendType.SERVICE) for _ in range(32)))
                assert 1 <= len(connections._idle) <= 32
            for idle in connections._idle:  # the loop has no turn to notice it before the next call
                _cut(idle)
            assert (await one.get_async("a", BackendType.SERVICE)).model_service_name == "a"
        assert not connections._idle


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_over_tls_only_who_is_trusted_is_told_anything(
    tmp_path: Path, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = signed_by_itself(tmp_path)

    def names(url: str) -> set[str | None]:
        with client(url) as one:
            if colour == "sync":
                return {one.get("a", BackendType.SERVICE).model_service_name for _ in range(3)}
            return asyncio.run(together(one))

    async def together(one: ModelClient) -> set[str | None]:
        async with one:
            found = await asyncio.gather(*(one.get_async("a", BackendType.SERVICE) for _ in range(32)))
        return {item.model_service_name for item in found}

    with serving(Platform.open(tmp_path / "data", CREDENTIALS), certificate=tls) as url:
        with pytest.raises(TransportError, match="certificate verify failed") as caught:
            names(url)
        assert not caught.value.sent
        monkeypatch.setenv("SSL_CERT_FILE", tls.certificate)
        with client(url) as one:
            one.create(service("a"))
        assert names(url) == {"a"}


def _cut(idle: Any) -> None:
    idle._wire._network_stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


async def test_many_calls_at_once_share_one_loop(tmp_path: Path) -> None:
    with ServedPlatform(tmp_path) as served:
        wire = AsyncConnections()
        async with client(served.url, transport=wire) as one:
            await asyncio.gather(*(one.create_async(service(f"s{i}")) for i in range(100)))
            found = await asyncio.gather(*(one.get_async(f"s{i}", BackendType.SERVICE) for i in range(100)))
            assert [service.model_service_name for service in found] == [f"s{i}" for i in range(100)]
            assert 1 <= len(wire._idle) <= 100


def test_a_proxy_from_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The served platform takes the part of the HTTP proxy: it is what is asked, wherever the endpoint is."""
    with ServedPlatform(tmp_path) as served:
        monkeypatch.setenv("http_proxy", served.url)
        with client("http://nowhere.example") as one, pytest.raises(HTTPError):
            one.get("a", BackendType.SERVICE)
        assert served.calls
        assert "nowhere.example" in served.calls[0][1]
