"""Streams on their way to the caller: counted, checked, and ended with a word where they break."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from . import guardrails, wire
from .guardrails import Guardrails
from .refusals import Refused
from .upstreams import Reply, StreamBroken, data_of


@dataclass
class Passage:
    """How an answer passes to the caller, and what it has used so far."""

    with_usage: bool
    """Whether the caller wants to be told what was used."""
    is_counted: bool
    """Whether the gateway itself does."""
    finish: Callable[[], Awaitable[None]]
    """Lets go of what the call holds: before the caller learns of its end, who may call again at once."""
    tokens: int = 0
    is_broken: bool = False
    """Whether its stream ended before its end."""


async def checked(rails: Guardrails, reply: Reply) -> AsyncIterator[bytes] | None:
    """Check what a reply says; return its events, if it is a stream, which is held back until all of it is known."""
    if reply.events is None:
        guardrails.check(rails, _placed(wire.said(reply.body)))
        return None
    try:
        events = [event async for event in reply.events]
    except StreamBroken as error:
        raise Refused(502, f"The answer broke off: {error}.", "upstream_broke_off") from None
    texts: dict[int, str] = {}
    for event in events:
        for place, text in enumerate(wire.said(data_of(event))):
            texts[place] = texts.get(place, "") + text
    guardrails.check(rails, _placed(list(texts.values())))
    return _again(events)


def _placed(texts: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"choices[{index}].message.content", text) for index, text in enumerate(texts)]


async def _again(events: Sequence[bytes]) -> AsyncIterator[bytes]:
    for event in events:
        yield event


async def forwarded(reply: Reply, passage: Passage) -> AsyncIterator[bytes]:
    """Yield a reply as a stream for the caller, to its end or to an event that says why it broke off."""
    last = wire.DONE
    try:
        async for event in reply.events or _again(list(wire.events(reply.body, passage.with_usage))):
            if passage.is_counted and b'"usage"' in event:
                data = data_of(event)
                passage.tokens = wire.tokens(data) or passage.tokens
                if data.get("choices") == [] and not passage.with_usage:
                    continue  # asked for by the gateway alone
            yield event
    except StreamBroken as error:
        passage.is_broken = True
        last = wire.event(Refused(502, f"The answer broke off: {error}.", "upstream_broke_off").envelope())
    await passage.finish()
    yield last
