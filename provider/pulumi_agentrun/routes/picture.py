"""The routes of proxies as a Mermaid graph, which GitHub and many editors draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from . import words
from .facts import Model, Proxy, Service

_MARKUP = {letter: f"#{ord(letter)};" for letter in '"#&<>`|[](){}\\;'}


def picture(proxies: Iterable[Proxy]) -> Iterator[str]:
    """Yield the lines of a graph: callers, proxies, and where calls go; dotted lines are fallbacks, in order."""
    yield "graph LR"
    yield '  callers(["callers"])'
    for number, proxy in enumerate(proxies):
        own = f"p{number}"
        yield f'  callers --> {own}["{_label(proxy.name)}"]'
        for index, service in enumerate(proxy.services):
            yield f'  {own}s{index}["{_about(service)}"]'
        names = [service.name for service in proxy.services]
        yield from _edges(own, proxy.models, names)


def _edges(own: str, models: Sequence[Model], names: Sequence[str]) -> Iterator[str]:
    said: dict[tuple[str, float], list[str]] = {}
    for model in models:
        for share in model.order[0]:
            said.setdefault((share.service, share.share), []).append(model.name)
    for (service, part), asked in said.items():
        label = _label(f"{', '.join(asked)}: {words.percent(part)}")
        yield f'  {own} -->|"{label}"| {own}s{names.index(service)}'
    fallbacks = models[0].order[1:] if models else ()
    for number, group in enumerate(fallbacks, 1):
        for share in group:
            yield f'  {own} -.->|"fallback {number}"| {own}s{names.index(share.service)}'


def _about(service: Service) -> str:
    more = ", ".join((*([service.provider] if service.provider else []), *service.regions))
    return "<br/>".join(map(_label, (service.name, *([more] if more else []))))


def _label(text: str) -> str:
    return "".join(_MARKUP.get(letter, letter) for letter in text)
