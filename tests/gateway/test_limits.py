"""Limits of a served proxy: calls at once, tokens, equal calls; they hold over restarts and in every process."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from gateway.local import CHAT, Local, served, under_way
from pulumi_agentrun.platform.gateway.leases import Leases
from pulumi_agentrun.platform.gateway.ledger import LEASE, Ledger, begun, renewed
from pulumi_agentrun.platform.gateway.limits import CACHED_SECONDS, Limits, Refusal
from pulumi_agentrun.platform.gateway.routing import Outcome
from pulumi_agentrun.platform.gateway.streams import Passage
from pulumi_agentrun.platform.gateway.upstreams import Asked, Reply, StreamBroken
from pulumi_agentrun.platform.store import Store


class Held:
    """Holds the gateway at a point until a test lets it go on, from another thread."""

    def __init__(self) -> None:
        self.reached = threading.Semaphore(0)
        self._go = threading.Event()

    async def wait(self, seconds: float = 0) -> None:
        self.reached.release()
        await asyncio.to_thread(self._go.wait, 30)

    def let_go(self) -> None:
        self._go.set()


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    yield held
    held.let_go()


def test_no_more_calls_are_under_way_than_may_be(tmp_path: Path, held: Held) -> None:
    with served(tmp_path, pause=held.wait) as local, ThreadPoolExecutor() as pool:
        local.proxy("qwen", concurrencyLimit=2)
        slow = [pool.submit(local.post, x_agentrun_simulate="qwen:latency=1") for _ in range(2)]
        for _ in slow:
            assert held.reached.acquire(timeout=30)
        refused = local.chat()
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert refused.json()["error"]["code"] == "concurrency_limit_exceeded"
        with local.client() as client, pytest.raises(openai.RateLimitError, match="concurrency_limit: 2 calls"):
            client.chat.completions.create(**CHAT)
        held.let_go()
        assert [call.result().status_code for call in slow] == [200, 200]
        assert local.chat().status_code == 200
        assert under_way(tmp_path) == 0


class Streaming:
    """An upstream whose streams wait for the test after their first event, and may then break."""

    def __init__(self, held: Held, *, breaks: bool = False) -> None:
        self._held = held
        self._breaks = breaks
        self.closed = 0

    async def ask(self, asked: Asked) -> Reply:
        async def close() -> None:
            self.closed += 1

        return Reply(Outcome(200), events=self._events(), close=close)

    async def _events(self) -> AsyncIterator[bytes]:
        yield b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
        await self._held.wait()
        if self._breaks:
            raise StreamBroken("it broke")
        yield b'data: {"choices":[],"usage":{"total_tokens":60}}\n\n'

    async def aclose(self) -> None:
        pass


@contextmanager
def streaming(local: Local) -> Iterator[Iterator[str]]:
    sent = {"authorization": "Bearer local-the-token"}
    body = {**CHAT, "stream": True}
    with httpx.stream("POST", f"{local.endpoint}/chat/completions", json=body, headers=sent, timeout=30) as answer:
        assert answer.status_code == 200
        yield answer.iter_lines()


@pytest.mark.parametrize("breaks", [False, True])
def test_a_stream_holds_its_place_until_it_ends(tmp_path: Path, held: Held, breaks: bool) -> None:
    upstream = Streaming(held, breaks=breaks)
    with served(tmp_path, upstream=upstream) as local:
        local.proxy("qwen", concurrencyLimit=1, tokenRateLimiter={"tpm": 50})
        with streaming(local) as lines:
            assert '"a"' in next(lines)
            assert held.reached.acquire(timeout=30)
            assert local.chat().status_code == 429
            assert under_way(tmp_path) == 1
            held.let_go()
            rest = [line for line in lines if line]
        assert ("upstream_broke_off" in rest[0]) if breaks else (rest == ["data: [DONE]"]), "nobody asked for usage"
        assert (under_way(tmp_path), upstream.closed) == (0, 1)
        assert local.chat().status_code == (200 if breaks else 429), "its tokens are spent, if it said how many"


def test_a_caller_that_is_gone_gives_its_place_back_at_once(tmp_path: Path, held: Held) -> None:
    upstream = Streaming(held)
    with served(tmp_path, upstream=upstream) as local:
        local.proxy("qwen", concurrencyLimit=1)
        with streaming(local) as lines:
            next(lines)
            assert held.reached.acquire(timeout=30)
        assert wait_for(lambda: under_way(tmp_path) == 0)
        assert upstream.closed == 1
        held.let_go()


def wait_for(holds: Any) -> bool:
    """Look again and again, a while; true as soon as it holds."""
    done = threading.Event()
    for _ in range(200):
        if holds():
            return True
        done.wait(0.05)
    return False


def test_a_caller_that_is_gone_ends_a_call_that_waits(tmp_path: Path, held: Held) -> None:
    with served(tmp_path, pause=held.wait) as local:
        local.proxy("qwen", concurrencyLimit=1)
        sent = {"authorization": "Bearer local-the-token", "x-agentrun-simulate": "qwen:latency=1"}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{local.endpoint}/chat/completions", json=CHAT, headers=sent, timeout=0.3)
        held.let_go()
        assert wait_for(lambda: under_way(tmp_path) == 0)


def test_tokens_are_limited_also_after_a_restart(tmp_path: Path) -> None:
    with served(tmp_path) as local:
        local.proxy("qwen", tokenRateLimiter={"tpm": 20, "tpd": 30})
        assert [local.chat().status_code for _ in range(3)] == [200, 200, 429]
        clock = local.clock
    with served(tmp_path, clock=clock) as local:
        refused = local.chat()
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert refused.json()["error"]["type"] == "rate_limit_error"
        assert "token_rate_limiter.tpm: 24 of 20 tokens a minute are spent" in refused.json()["error"]["message"]
        clock.now += 60
        assert [local.chat().status_code for _ in range(2)] == [200, 429]
        assert "tpd: 36 of 30" in local.chat().json()["error"]["message"]
        local.control("DELETE", "model-proxies/gate")
        local.control("DELETE", "model-services/qwen")
        local.proxy("qwen", tokenRateLimiter={"tpm": 20})
        assert local.chat().status_code == 200, "another proxy, though of the same name"


def test_streamed_tokens_count_too(local: Local) -> None:
    local.proxy("qwen", tokenRateLimiter={"tpm": 5})
    answer = local.chat(stream=True)
    assert '"usage"' not in answer.text
    assert local.chat().status_code == 429


def test_a_call_of_a_process_that_was_killed_counts_no_longer_than_its_lease(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ledger, limits = Ledger(store), Limits(1, {}, False)
    assert ledger.keep([begun("p", limits, "killed", 0)]) == [None]
    assert ledger.keep([begun("p", limits, "next", LEASE - 1)]) != [None]
    ledger.keep([renewed([("p", "killed")], LEASE - 1)])
    assert ledger.keep([begun("p", limits, "next", LEASE + 1)]) != [None]
    assert ledger.keep([begun("p", limits, "next", 2 * LEASE)]) == [None]
    store.close()


async def test_places_are_taken_in_order_while_another_process_writes(tmp_path: Path) -> None:
    mine, other = Store(tmp_path), Store(tmp_path)
    leases, limits = Leases(Ledger(mine), lambda: 0.0), Limits(1, {}, False)

    def take(call: str, stack: AsyncExitStack) -> asyncio.Task[Refusal | None]:
        return asyncio.create_task(leases.take("p", limits, call, Passage(False, False, stack.aclose), stack))

    first, second, gone = AsyncExitStack(), AsyncExitStack(), AsyncExitStack()
    with other.writing():
        taken, interrupted = take("first", first), take("gone", gone)
        await asyncio.sleep(0)  # the loop goes on while a thread waits for the other
        await asyncio.sleep(0)
        late = take("second", second)
        await asyncio.sleep(0)
        interrupted.cancel()
        assert not taken.done()
    assert await taken is None
    refused = await late
    assert refused is not None
    assert refused.code == "concurrency_limit_exceeded"
    await asyncio.gather(first.aclose(), second.aclose(), gone.aclose())
    assert await take("next", AsyncExitStack()) is None
    mine.close()
    other.close()


async def test_a_database_that_cannot_be_written_fails_the_call_that_needs_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    leases, stack = Leases(Ledger(store), lambda: 0.0), AsyncExitStack()
    with store.writing() as tables:
        tables.connection.execute("DROP TABLE calls")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await leases.take("p", Limits(1, {}, False), "c", Passage(False, False, stack.aclose), stack)
    assert await leases.take("p", Limits(0, {"tpm": 1}, False), "d", Passage(False, False, stack.aclose), stack) is None
    store.close()


def test_equal_calls_are_answered_once(local: Local) -> None:
    local.proxy("qwen", cache=True, tokenRateLimiter={"tpd": 1000})
    first = local.chat()
    assert "x-agentrun-cache" not in first.headers
    second = local.post(x_agentrun_simulate="qwen:status=500")
    assert (second.headers["x-agentrun-cache"], second.json()) == ("hit", first.json())
    streamed = local.chat(stream=True)
    assert streamed.headers["x-agentrun-cache"] == "hit"
    assert streamed.text.endswith("data: [DONE]\n\n")
    assert "x-agentrun-cache" not in local.chat(temperature=1).headers
    assert "x-agentrun-cache" not in local.post("embeddings", {"model": "m", "input": "hi"}).headers
    assert "x-agentrun-cache" in local.post("embeddings", {"model": "m", "input": "hi"}).headers
    local.update(description="changed")
    assert "x-agentrun-cache" not in local.chat().headers
    assert "x-agentrun-cache" in local.chat().headers
    local.clock.now += CACHED_SECONDS
    assert "x-agentrun-cache" not in local.chat().headers


def test_a_kept_answer_is_forgotten_when_there_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_agentrun.platform.gateway.ledger._MOST_ANSWERS", 2)
    store = Store(tmp_path)
    ledger = Ledger(store)
    for key in "abc":
        ledger.keep_answer("p", key, {"said": key}, 0)
    ledger.keep_answer("q", "a", {"said": "q"}, 0)
    assert [ledger.answer("p", key, 1) for key in "abc"] == [None, {"said": "b"}, {"said": "c"}]
    ledger.keep_answer("p", "large", {"said": "x" * 2_000_000}, 0)
    assert ledger.answer("p", "large", 1) is None
    store.close()
