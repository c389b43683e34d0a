"""What a proxy's limits let through: calls at once, tokens per span of time, and equal calls answered once.

Rules only. What is under way and what was spent is kept behind `Usage`, with the clock's time given to each call.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from .plans import DEFAULTS

SPANS = {"tps": 1, "tpm": 60, "tph": 3600, "tpd": 86400}
"""The seconds of each limit of `tokenRateLimiter`."""
_WORDS = {"tps": "second", "tpm": "minute", "tph": "hour", "tpd": "day"}
CACHED_SECONDS = 600.0
"""How long an answer is given again, as LiteLLM's own cache in memory keeps it."""
_NOT_IN_KEY = ("stream", "stream_options", "user", "metadata")


@dataclass(frozen=True)
class Limits:
    """The limits of a proxy; what is 0, as a removed limit is sent, limits nothing."""

    calls: int
    """How many calls may be under way at once."""
    tokens: Mapping[str, int]
    """How many tokens may be spent in each span, by its name in the API: `tps`, `tpm`, `tph`, `tpd`."""
    is_cached: bool

    @property
    def are_any(self) -> bool:
        """Whether a call has to be counted."""
        return bool(self.calls or self.tokens)


class Span(NamedTuple):
    """Tokens spent until a span of time ends."""

    until: float
    spent: int


class Refusal(NamedTuple):
    """Why a call is not let through, and when another may be."""

    text: str
    retry_after: float
    code: str


class Usage(Protocol):
    """What one proxy has under way and has spent."""

    def under_way(self, now: float) -> int:
        """Return how many calls are under way."""

    def begin(self, call: str, now: float) -> None:
        """Remember that a call is under way."""

    def end(self, call: str) -> None:
        """Forget it; a call that ended already is no error."""

    def spans(self) -> Mapping[str, Span]:
        """Return the spans that have begun, by their names; some may be over."""

    def keep(self, spans: Mapping[str, Span]) -> None:
        """Store spans."""


@dataclass
class Memory:
    """A usage that lasts as long as its process; SQLite's is in `ledger`."""

    _calls: set[str] = field(default_factory=set)
    _spans: dict[str, Span] = field(default_factory=dict)

    def under_way(self, now: float) -> int:
        """Return how many calls are under way."""
        return len(self._calls)

    def begin(self, call: str, now: float) -> None:
        """Remember that a call is under way."""
        self._calls.add(call)

    def end(self, call: str) -> None:
        """Forget it; a call that ended already is no error."""
        self._calls.discard(call)

    def spans(self) -> Mapping[str, Span]:
        """Return the spans that have begun."""
        return self._spans

    def keep(self, spans: Mapping[str, Span]) -> None:
        """Store spans."""
        self._spans.update(spans)


def limits(proxy: Mapping[str, Any]) -> Limits:
    """Return the limits of a proxy as the API has it."""
    policies = {**DEFAULTS, **proxy.get("proxyConfig", {}).get("policies", {})}
    given = policies.get("tokenRateLimiter", {})
    tokens = {name: given[name] for name in SPANS if given.get(name, 0) > 0}
    return Limits(max(policies["concurrencyLimit"], 0), tokens, policies["cache"])


def begin(limits: Limits, usage: Usage, call: str, now: float) -> Refusal | None:
    """Let a call through, which is then under way, or return why not."""
    if limits.calls and usage.under_way(now) >= limits.calls:
        # Nobody knows when a call ends; a second is what a client would wait for anyway.
        return Refusal(f"concurrency_limit: {limits.calls} calls are under way", 1.0, "concurrency_limit_exceeded")
    if limits.tokens:
        spans = usage.spans()
        for name, limit in limits.tokens.items():
            span = spans.get(name)
            if span and now < span.until and span.spent >= limit:
                said = f"token_rate_limiter.{name}: {span.spent} of {limit} tokens a {_WORDS[name]} are spent"
                return Refusal(said, span.until - now, "rate_limit_exceeded")
    if limits.calls:
        usage.begin(call, now)
    return None


def spend(limits: Limits, usage: Usage, tokens: int, now: float) -> None:
    """Count the tokens of a call; a span begins with the first that are spent in it."""
    if not tokens:
        return
    spans = usage.spans()
    begun: dict[str, Span] = {}
    for name in limits.tokens:
        until, spent = spans.get(name, (0.0, 0))
        begun[name] = Span(until, spent + tokens) if now < until else Span(now + SPANS[name], tokens)
    usage.keep(begun)


def equal_calls(operation: str, body: Mapping[str, Any]) -> str:
    """Return a text that is the same for calls that get the same answer: a hash, for a body may be private."""
    said = {name: value for name, value in body.items() if name not in _NOT_IN_KEY}
    text = json.dumps([operation, said], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
