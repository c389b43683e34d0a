"""Rules about a whole stack: that what proxies name is there, is offered, leads nowhere in circles, and is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...client.wording import naming
from ...lifecycle.paths import Path
from ..rule import Finding, Found, NoSettings, Rule, Settings, apart, each, matches, told_apart, unless
from ..services import MODELS, NAME, Services, is_beside, proxies, services, targets
from ..view import Unjudged, View
from .circles import no_cycles
from .models import each_model

Views = Sequence[View]


class External(Settings):
    """What exists outside of the stack."""

    external: tuple[str, ...] = ()
    """Glob patterns of model services that other stacks or people look after."""


def services_exist(views: Views, settings: External) -> Iterator[Found]:
    """Yield endpoints and fallbacks that name no service of the stack."""
    there = Services(views)

    def named(proxy: View, path: Path) -> Iterator[Finding]:
        name = proxy.text(*path)
        if name and not matches(name, settings.external) and there.get(name, proxy) is None:
            yield Finding(path, "names no model service of this stack", proxy)

    return each(proxies(views), lambda proxy: each(targets(proxy), lambda path: named(proxy, (*path, NAME))))


def models_offered(views: Views, settings: NoSettings) -> Iterator[Found]:
    """Yield models that a proxy routes to a service which does not offer them."""
    there = Services(views)
    return each(proxies(views), lambda proxy: each_model(proxy, lambda path: _offered(proxy, path, there)))


def _offered(proxy: View, path: Path, there: Services) -> Iterator[Found]:
    model = proxy.text(*path)
    first_index = next(depth for depth, part in enumerate(path) if isinstance(part, int))
    target = path[: first_index + 1]
    service = there.get(proxy.text(*target, NAME), proxy) if model else None
    if service is None:
        return
    offered, gaps = told_apart(apart(each(service.items(*MODELS), lambda item: [service.text(*item)])))
    if model not in offered and (offered or gaps):
        yield from unless(gaps, Finding(path, "is not offered by its model service", proxy))


def unused_services(views: Views, settings: External) -> Iterator[Found]:
    """Yield services that no proxy of the stack names."""
    used, gaps = told_apart(
        each(proxies(views), lambda proxy: each(targets(proxy), lambda path: [(proxy.text(*path, NAME), proxy)]))
    )

    users: dict[str | None, list[View]] = {}
    for known, proxy in used:
        users.setdefault(known, []).append(proxy)

    def unused(service: View) -> Iterator[Found]:
        name = service.text(NAME)
        if not name or matches(name, settings.external):
            return
        doubts = list(gaps)
        for proxy in users.get(name, ()):
            try:
                if is_beside(service, proxy):
                    return
            except Unjudged as gap:
                doubts.append(gap)
        yield from unless(doubts, Finding((NAME,), "is named by no proxy of this stack", service))

    return each(services(views), unused)


RULES = (
    Rule(
        "agentrun-services-exist", "What proxies name are model services of this stack, or known ones of others.",
        "Declare the model service, or list it under `external` in the configuration of this policy.",
        External, services_exist,
    ),
    Rule(
        "agentrun-models-offered", "Proxies route only models that their services offer.",
        naming("Add the model to the service's {model_names}, or route another."), NoSettings, models_offered,
    ),
    Rule(
        "agentrun-no-cycles", "No request goes in circles.",
        naming("Fall back to another model service, and let no {base_url} lead to the proxy in front of it."),
        NoSettings, no_cycles,
    ),
    Rule(
        "agentrun-unused-services", "Every model service is used.",
        "Remove the model service, or list it under `external` if another stack uses it.", External, unused_services,
    ),
)  # fmt: skip
