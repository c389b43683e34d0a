"""Facts and changes as Markdown for a comment on a pull request; no name in it is more than text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..client.printable import printable
from . import telling
from .changes import Change
from .facts import Proxy
from .picture import picture


def of_proxies(proxies: Sequence[Proxy]) -> Iterator[str]:
    """Yield the lines of what is said of proxies, with a picture."""
    if not proxies:
        yield "There is no model proxy."
        return
    for proxy in proxies:
        yield f"### {code(proxy.name)}"
        yield ""
        yield f"{code(telling.limits(proxy.limits))}; {code(telling.guardrails(proxy.guardrails))}"
        yield ""
        rows = (
            (
                model.name,
                telling.shared(model.order[0]),
                telling.fallbacks(model),
                telling.worst(model, proxy.timeout),
                telling.stops(model.outages) or "nothing alone",
            )
            for model in proxy.models
        )
        yield from rows_of(("Model", "Answered by", "Else", "At worst", "Fails without"), rows)
        yield ""
    yield "```mermaid"
    yield from picture(proxies)
    yield "```"


def of_changes(changes: Sequence[Change]) -> Iterator[str]:
    """Yield the lines of what changes for callers."""
    if not changes:
        yield "Nothing changes for callers."
        return
    weaker = sum(change.effect == "weaker" for change in changes)
    number = f"{len(changes)} thing{'s change' if len(changes) > 1 else ' changes'}"
    yield f"{number} for callers{f', {weaker} for the weaker' if weaker else ''}."
    yield ""
    rows = ((item.proxy, item.model, item.what, item.before, item.after, item.effect) for item in changes)
    yield from rows_of(("Proxy", "Model", "What", "Before", "After", ""), rows)


def rows_of(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; what stands in its cells is text, whatever it says."""
    yield f"| {' | '.join(titles)} |"
    yield "|" + "---|" * len(titles)
    for row in rows:
        yield f"| {' | '.join(map(code, row))} |"


def code(text: str) -> str:
    """Return a text that is shown as it is: no markup, no link, and nobody is mentioned."""
    shown = printable(text)
    plain = "".join(letter if letter.isalnum() or letter in " ,.;-%/" else f"&#{ord(letter)};" for letter in shown)
    return f"<code>{plain}</code>" if plain else ""
