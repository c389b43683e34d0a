"""Calls the models behind a proxy: simulated ones, or real ones by their service's URL and key."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

import anyio
import httpx

from ..loopback import is_loopback
from . import simulated
from .echoes import repeats
from .refusals import is_of_the_request
from .routing import NO_CONNECTION, TIMED_OUT, Attempt, Outcome
from .simulated import Troubles
from .wire import dumped, events, wants_usage

Operation = Literal["chat/completions", "embeddings"]
LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes that an answer, or one event of a stream, may have."""
_LONGEST_REASON = 300
_END_OF_EVENT = re.compile(rb"\r?\n\r?\n")
_GOOD = Outcome(200)


class Asked(NamedTuple):
    """What an upstream is asked."""

    attempt: Attempt
    operation: Operation
    body: Mapping[str, Any]
    """The request, with the model that this attempt is for."""
    base_url: str
    key: str | None
    troubles: tuple[Troubles, ...] = ()

    def __repr__(self) -> str:
        return f"Asked({self.attempt.target.id}, {self.operation})"

    @property
    def is_stream(self) -> bool:
        """Whether the answer comes as a stream of events."""
        return self.operation == "chat/completions" and bool(self.body.get("stream"))


@dataclass
class Reply:
    """What an upstream answered; whoever gets one closes it."""

    outcome: Outcome
    body: dict[str, Any] = field(default_factory=dict, repr=False)
    """The answer, or the error where it had that shape."""
    events: AsyncIterator[bytes] | None = field(default=None, repr=False)
    """The events of a stream, without the last one; StreamBroken ends it early."""
    close: Callable[[], Awaitable[None]] | None = field(default=None, repr=False)


class StreamBroken(Exception):
    """The stream of an upstream ended before its end; the text says why."""


class Upstream(Protocol):
    """Calls models."""

    async def ask(self, asked: Asked) -> Reply:
        """Return what a model answers, never later than the attempt's time allows; failures are outcomes."""

    async def aclose(self) -> None:
        """Close what is open."""


class Simulated:
    """Models that answer at once, without any network."""

    def __init__(
        self, random: Callable[[], float], clock: Callable[[], float], pause: Callable[[float], Awaitable[None]]
    ) -> None:
        self._random = random
        self._clock = clock
        self._pause = pause

    async def ask(self, asked: Asked) -> Reply:
        """Return a simulated answer, or the trouble that was asked for."""
        target = asked.attempt.target
        trouble = simulated.trouble_of(target.place, *asked.troubles)
        latency = trouble.latency if trouble else 0.0
        if latency:
            await self._pause(min(latency, asked.attempt.timeout))
        if latency > asked.attempt.timeout:
            return Reply(_timed_out(asked))
        failure = simulated.failure(trouble, self._random)
        if failure is not None:
            return Reply(failure, {"error": {"message": failure.reason}})
        if asked.operation == "embeddings":
            return Reply(_GOOD, simulated.embeddings(target.place, asked.attempt.model, asked.body))
        answer = simulated.completion(target.place, asked.attempt.model, asked.body, int(self._clock()))
        return replied(asked, answer)

    async def aclose(self) -> None:
        """Do nothing, for nothing is open."""


def replied(asked: Asked, completion: dict[str, Any]) -> Reply:
    """Return a completion as it was asked for: whole, or as a stream."""
    stream = _stream(completion, wants_usage(asked.body)) if asked.is_stream else None
    return Reply(_GOOD, completion, stream)


async def _stream(answer: Mapping[str, Any], with_usage: bool) -> AsyncIterator[bytes]:
    for event in events(answer, with_usage):
        yield event


class Real:
    """Models behind any API that is OpenAI's; their keys go over TLS, or to this machine, or nowhere."""

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        self._given = client
        self._own: httpx.AsyncClient | None = None

    async def ask(self, asked: Asked) -> Reply:
        """Return what the model's API answers."""
        problem = _problem(asked)
        if problem is not None:
            return Reply(Outcome(NO_CONNECTION, reason=problem))
        stack = AsyncExitStack()
        try:
            with anyio.fail_after(asked.attempt.timeout):
                reply = await self._exchange(asked, stack)
        except TimeoutError:
            reply = Reply(_timed_out(asked))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reply = Reply(Outcome(NO_CONNECTION, reason=f"no connection ({type(error).__name__})"))
        except StreamBroken as error:
            reply = Reply(Outcome(NO_CONNECTION, reason=str(error)))
        except BaseException:
            await stack.aclose()
            raise
        if reply.events is None:
            await stack.aclose()
        else:
            reply.close = stack.aclose
        return reply

    async def aclose(self) -> None:
        """Close the connections."""
        if self._own is not None:
            await self._own.aclose()

    def _client(self) -> httpx.AsyncClient:
        if self._given is not None:
            return self._given
        if self._own is None:
            # Made here, for it belongs to the event loop that it is used on.
            self._own = httpx.AsyncClient(timeout=None, follow_redirects=False)
        return self._own

    async def _exchange(self, asked: Asked, stack: AsyncExitStack) -> Reply:
        headers = {b"content-type": b"application/json"}
        if asked.key:
            headers[b"authorization"] = f"Bearer {asked.key}".encode()
        url = f"{asked.base_url.rstrip('/')}/{asked.operation}"
        sending = self._client().stream("POST", url, content=dumped(asked.body), headers=headers)
        response = await stack.enter_async_context(sending)
        if response.is_success and asked.is_stream:
            events = _discreet(_events(response, asked.attempt.timeout), asked.key)
            lines = await stack.enter_async_context(aclosing(events))
            first = await anext(lines, None)
            if first is None:
                raise StreamBroken("its stream ended before it began")
            return Reply(_GOOD, events=_after(first, lines))
        return _reply(asked, response, await _whole(response))


def _timed_out(asked: Asked) -> Outcome:
    return Outcome(TIMED_OUT, reason=f"no answer within {asked.attempt.timeout:g} s")


def _problem(asked: Asked) -> str | None:
    try:
        url = urlsplit(asked.base_url)
        host = url.hostname if url.port != 0 else None
    except ValueError:
        host = None
    if not host or url.scheme not in ("http", "https"):
        return "its service has no base_url that is an http(s) URL"
    if url.scheme == "http" and asked.key and not is_loopback(host):
        return "its base_url is http:// on another machine, where a key would go in clear"
    return None


def _reply(asked: Asked, response: httpx.Response, raw: bytes) -> Reply:
    body = _object(raw)
    if response.is_success and body:
        return Reply(Outcome(response.status_code), body)
    if response.is_success:
        return Reply(Outcome(NO_CONNECTION, reason="its answer is not a JSON object"))
    status = response.status_code
    return Reply(Outcome(status, _seconds(response.headers.get("retry-after")), _reason(asked, status, body)))


def _reason(asked: Asked, status: int, body: Mapping[str, Any]) -> str:
    """Return what may be shown of an error: its text only where it is about the request, for others speak of keys."""
    error = body.get("error")
    text = error.get("message") if isinstance(error, dict) else None
    if not isinstance(text, str) or not is_of_the_request(status):
        return f"HTTP {status}"
    if repeats(text, asked.key):
        return f"HTTP {status}: what it says has the service's key in it, and is not shown"
    return f"HTTP {status}: {text[:_LONGEST_REASON]}"


def _seconds(text: str | None) -> float | None:
    # Also a date is allowed there, which nobody sends.
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None


async def _whole(response: httpx.Response) -> bytes:
    read = bytearray()
    async for piece in response.aiter_bytes():
        read += piece
        if len(read) > LARGEST_ANSWER:
            raise httpx.ReadError("the answer is too large")
    return bytes(read)


async def _events(response: httpx.Response, patience: float) -> AsyncGenerator[bytes, None]:
    """Yield the events of a stream as they came, without the last one; each is waited for so long."""
    read = bytearray()
    pieces = response.aiter_bytes()
    while True:
        try:
            with anyio.fail_after(patience):
                piece = await anext(pieces, None)
        except TimeoutError:
            raise StreamBroken(f"nothing came for {patience:g} s") from None
        except httpx.HTTPError as error:
            raise StreamBroken(f"the connection broke ({type(error).__name__})") from None
        if piece is None:
            raise StreamBroken("it ended without [DONE]")
        read += piece
        while (end := _END_OF_EVENT.search(read)) is not None:
            event = bytes(read[: end.end()])
            del read[: end.end()]
            if event.replace(b" ", b"").strip() == b"data:[DONE]":
                return
            yield event
        if len(read) > LARGEST_ANSWER:
            raise StreamBroken("an event is too large")


async def _discreet(events: AsyncGenerator[bytes, None], key: str | None) -> AsyncGenerator[bytes, None]:
    """Yield events until one has a key in it."""
    async with aclosing(events):
        async for event in events:
            text = event.decode("utf-8", "replace")
            if key and (repeats(text, key) if "error" in text else key in text):
                raise StreamBroken("an event has the service's key in it, and is not shown")
            yield event


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for event in rest:
        yield event


def data_of(event: bytes) -> dict[str, Any]:
    """Return what an event of a stream holds; nothing if it is no object."""
    return _object(b"\n".join(line[5:].strip() for line in event.splitlines() if line.startswith(b"data:")))


def _object(raw: bytes) -> dict[str, Any]:
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
