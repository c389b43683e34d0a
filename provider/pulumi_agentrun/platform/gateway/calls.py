"""One call of a proxy, from the request to the answer: who asks, what for, what the limits say, and who answers."""

from __future__ import annotations

import asyncio
import logging
import random
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ..kinds import MODELS_PATH
from ..store import Store
from ..verification import Headers
from . import guardrails, wire
from .access import Access
from .book import Book, Entry
from .cooldowns import Cooldowns
from .journal import ABANDONED, NO_PROXY, Journal, Record
from .leases import Leases
from .ledger import Ledger
from .limits import equal_calls
from .paths import CHAT, EMBEDDINGS, MODELS, Route, route, told
from .refusals import Refused, none_left, over_limit, unknown_model
from .routing import NO_CONNECTION, Answer, Attempt, Outcome, Pause, call
from .simulated import Trouble, parse_troubles
from .streams import Passage, checked, forwarded
from .upstreams import Asked, Operation, Reply, Simulated, Upstream

_LOG = logging.getLogger("pulumi_agentrun.platform")
SIMULATE = "x-agentrun-simulate"
"""The header by which a call asks for troubles of its own."""
JSON, EVENTS = "application/json", "text/event-stream; charset=utf-8"
_OPERATIONS: Mapping[str, Operation] = {CHAT: "chat/completions", EMBEDDINGS: "embeddings"}


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    """As it was sent, without its query."""
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)


@dataclass
class Response:
    """What goes back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = field(default=b"", repr=False)
    events: AsyncIterator[bytes] | None = field(default=None, repr=False)
    """The events of a stream, instead of a body."""
    code: str = "OK"


@dataclass(frozen=True)
class Upstreams:
    """Which models answer: those of some services in one way, all others in another."""

    default: Upstream
    own: Mapping[str, Upstream] = field(default_factory=dict)

    def of(self, service: str) -> Upstream:
        """Return what calls the models of a service."""
        return self.own.get(service, self.default)

    def is_simulated(self, service: str) -> bool:
        """Say whether the models of a service only are simulated."""
        return isinstance(self.of(service), Simulated)


class Gateway:
    """The data plane over the data in a directory; it belongs to one event loop, and several can share a directory."""

    def __init__(
        self,
        store: Store,
        access: Access,
        upstreams: Upstreams,
        *,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._book = Book(store)
        self._ledger = Ledger(store)
        self._leases = Leases(self._ledger, clock)
        self._access = access
        self._upstreams = upstreams
        self._cooldowns: dict[str, Cooldowns] = {}
        self._journal = Journal()
        self._clock = clock
        self._chance = chance
        self._pause = pause

    @property
    def book(self) -> Book:
        """What the gateway knows of the platform's proxies, and the troubles of simulated services."""
        return self._book

    @property
    def journal(self) -> Journal:
        """What became of the calls."""
        return self._journal

    @property
    def upstreams(self) -> Upstreams:
        """Which models answer."""
        return self._upstreams

    def is_token(self, text: str) -> bool:
        """Say whether a text is the platform's own token."""
        return self._access.is_token(text)

    async def aclose(self) -> None:
        """Close the connections to models."""
        for upstream in {
            id(found): found for found in (self._upstreams.default, *self._upstreams.own.values())
        }.values():
            await upstream.aclose()

    @asynccontextmanager
    async def answered(self, request: Request) -> AsyncIterator[Response]:
        """Give the answer to a request; what it holds, such as a place under a limit, is let go of afterwards."""
        started, number = time.perf_counter(), f"{random.getrandbits(128):032x}"
        record = Record(number, self._clock())
        response = Response(ABANDONED, [], code=record.code)
        try:
            async with AsyncExitStack() as stack:
                try:
                    response = await self._answer(request, stack, record)
                except Refused as refused:
                    response = refusal(refused)
                except Exception as error:
                    response = refusal(failed(error))
                response.headers.append(("x-request-id", number))
                if response.events is None:
                    await stack.aclose()
                yield response
        finally:
            lasted = (time.perf_counter() - started) * 1000
            record.status, record.code, record.milliseconds = response.status, response.code, lasted
            self._journal.add(record)
            path = told(request.path) if record.is_known else f"{MODELS_PATH}…"
            said = (request.method, path, response.status, response.code, number, lasted)
            _LOG.info("%s %s - %s %s %s %.1fms", *said)

    async def _answer(self, request: Request, stack: AsyncExitStack, record: Record) -> Response:
        asked = route(request.method, request.path)
        now = self._clock()
        entry = self._book.entry(asked.proxy, now)
        record.is_known = entry is not None
        if asked.operation != MODELS:
            record.proxy, record.operation = asked.proxy if entry else NO_PROXY, asked.operation
        # One that there is not is called like one without a credential, so that nobody learns names.
        name = entry.body.get("credentialName", "") if entry else ""
        self._access.check(request.headers, name, entry.credential if entry else None, now)
        if entry is None:
            raise Refused(404, "There is no model proxy of that name.", "proxy_not_found")
        if not entry.is_serving:
            raise Refused(503, f"Model proxy {asked.proxy} is {entry.status}.", "proxy_not_ready", None, 1.0)
        if asked.operation == MODELS:
            return _models(entry, asked)
        body = _body(request, asked)
        passage = Passage(wire.wants_usage(body), bool(entry.limits.tokens), stack.aclose)
        record.passage, record.own = passage, entry.plan.groups.get(body["model"])
        record.model = body["model"] if record.own else ""  # what is no model may be a key
        call = _Call(entry, _OPERATIONS[asked.operation], body, _troubles(request), record, passage)
        return await self._completed(call, stack)

    async def _completed(self, call: _Call, stack: AsyncExitStack) -> Response:
        entry, body = call.entry, call.body
        if body["model"] not in entry.plan.groups:
            raise unknown_model(entry.plan.name, list(entry.plan.groups))
        if entry.guardrails.requests:
            guardrails.check(entry.guardrails, wire.texts(body))
        if entry.limits.are_any:
            refused = await self._leases.take(entry.id, entry.limits, call.record.id, call.passage, stack)
            if refused is not None:
                raise over_limit(refused)
        key = f"{entry.updated}:{equal_calls(call.operation, body)}" if entry.limits.is_cached else ""
        if key and (known := self._ledger.answer(entry.id, key, self._clock())) is not None:
            return _response(call, Reply(Outcome(200), known), [("x-agentrun-cache", "hit")])
        answer, reply = await self._played(call)
        if reply.close is not None:
            stack.push_async_callback(reply.close)
        call.passage.tokens = wire.tokens(reply.body)
        if entry.guardrails.responses:
            reply.events = await checked(entry.guardrails, reply)
        if key and reply.body:
            await asyncio.to_thread(self._ledger.keep_answer, entry.id, key, reply.body, self._clock())
        return _response(call, reply, _headers(answer))

    async def _played(self, call_: _Call) -> tuple[Answer, Reply]:
        """Take a call through its plan; return how it ended and the reply that answers it."""
        plan, asked = call_.entry.plan, call_.body["model"]
        cooldowns = self._cooldowns.setdefault(call_.entry.id, Cooldowns())
        steps = call(plan, asked, cooldowns, self._chance, self._clock)
        reply = Reply(Outcome(NO_CONNECTION))
        try:
            step = next(steps)
            while True:
                if isinstance(step, Pause):
                    await self._pause(step.seconds)
                    step = steps.send(None)
                else:
                    reply = await self._asked(call_, step)
                    step = steps.send(reply.outcome)
        except StopIteration as end:
            answer: Answer = end.value
        call_.record.trail = answer.trail
        if not answer.is_good:
            raise none_left(answer, cooldowns.rest(plan.groups[asked].targets, self._clock()))
        return answer, reply

    async def _asked(self, call: _Call, attempt: Attempt) -> Reply:
        reach = call.entry.reach(attempt.target)
        if reach is None:
            return Reply(Outcome(NO_CONNECTION, reason="there is no such model service"))
        troubles = (call.troubles, call.entry.troubles)
        asked = Asked(attempt, call.operation, call.body_for(attempt), *reach, troubles)
        return await self._upstreams.of(attempt.target.service).ask(asked)


@dataclass(frozen=True)
class _Call:
    entry: Entry
    operation: Operation
    body: Mapping[str, Any] = field(repr=False)
    troubles: Mapping[str, Trouble]
    record: Record
    passage: Passage

    @property
    def is_stream(self) -> bool:
        return self.operation == "chat/completions" and bool(self.body.get("stream"))

    def body_for(self, attempt: Attempt) -> dict[str, Any]:
        body = {**self.body, "model": attempt.model}
        if not self.is_stream:
            # Sent by the official SDK with every call; a model's API may refuse it here.
            body.pop("stream_options", None)
        elif self.passage.is_counted:
            body["stream_options"] = {**(self.body.get("stream_options") or {}), "include_usage": True}
        return body


def _body(request: Request, asked: Route) -> dict[str, Any]:
    body = wire.parse(request.body)
    if asked.operation == CHAT:
        wire.check_chat(body)
    else:
        wire.check_embeddings(body)
    return body


def _troubles(request: Request) -> dict[str, Trouble]:
    try:
        return parse_troubles(request.headers.get(SIMULATE))
    except ValueError as error:
        raise Refused(400, f"{SIMULATE}: {error}.", "invalid_value", SIMULATE) from None


def _models(entry: Entry, asked: Route) -> Response:
    created = entry.updated // 1_000_000
    names = list(entry.plan.groups)
    if asked.model and asked.model not in names:
        raise unknown_model(entry.plan.name, names)
    shown = wire.model(asked.model, created) if asked.model else wire.model_list(names, created)
    return Response(200, [("content-type", JSON)], wire.dumped(shown))


def _response(call: _Call, reply: Reply, headers: list[tuple[str, str]]) -> Response:
    if call.entry.not_emulated:
        headers.append(("x-agentrun-not-emulated", ", ".join(call.entry.not_emulated)))
    if not call.is_stream:
        return Response(200, [("content-type", JSON), *headers], wire.dumped(reply.body))
    headers = [("content-type", EVENTS), ("cache-control", "no-cache"), *headers]
    return Response(200, headers, events=forwarded(reply, call.passage))


def _headers(answer: Answer) -> list[tuple[str, str]]:
    last = answer.trail[-1].attempt
    return [
        ("x-agentrun-service", quote(last.target.place, safe=" :/@")),
        ("x-agentrun-model", quote(last.model, safe=" :/@")),
        ("x-agentrun-attempts", str(len(answer.trail))),
    ]


def failed(error: Exception) -> Refused:
    """Log where the gateway itself failed, and refuse the call."""
    # The lines of the program only: an exception's text may quote the request.
    _LOG.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
    return Refused(500, "The gateway itself failed; its log says where.", "internal_error")


def refusal(refused: Refused) -> Response:
    """Return a refusal as OpenAI's clients read it."""
    headers = [("content-type", JSON), *refused.headers()]
    return Response(refused.status, headers, wire.dumped(refused.envelope()), code=refused.code)
