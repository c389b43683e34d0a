"""Rules about what happens when something fails: that somebody answers, soon enough, and nobody who must not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from ...client.wording import naming
from ...lifecycle.paths import Path
from ...routes.address import endpoint_region
from ...routes.facts import Outage, Proxy
from ..providers import provider_at
from ..routing import Routes, each_explained
from ..rule import Finding, Found, Rule, Settings, each, told_apart
from ..services import NAME, SERVICE_URL, Services, proxies
from ..spelling import allows, plain
from ..view import ENDPOINTS, FALLBACKS, POLICIES, View

Views = Sequence[View]
Scope = Literal["service", "provider", "region", "credential"]


class Outages(Settings):
    """What may be away without callers noticing."""

    of: tuple[Scope, ...] = ("service", "provider", "region")
    """Of what any single one may be away. The region and the credential of the proxy itself do not count: without those
    nobody comes as far as its routes."""
    failing: float = Field(default=0, ge=0, le=1)
    """The greatest share of a model's calls that may go unanswered then."""


def survives_outage(views: Views, settings: Outages) -> Iterator[Found]:
    """Yield proxies with a model whose calls nobody answers while one thing is away."""

    def judge(routes: Routes) -> Iterator[Found]:
        if routes.hides_models:
            yield from routes.unknown
            return
        models, doubted = routes.facts.models, False
        outages = [outage for model in models for outage in model.outages if not _is_its_own(outage, routes.facts)]
        for scope in settings.of:
            if any(outage.scope == scope and outage.fails > settings.failing for outage in outages):
                text = f"must leave callers somebody to answer while any one {scope} is away"
                yield Finding(FALLBACKS, text, routes.proxy)
            elif scope != "service":  # which is told by its name
                doubted = True
        yield from routes.unknown if doubted else ()

    return each_explained(views, judge)


def _is_its_own(outage: Outage, facts: Proxy) -> bool:
    return (outage.scope, outage.name) in (("region", facts.region), ("credential", facts.credential))


class Retries(Settings):
    """What one call may come to at worst."""

    attempts: int | None = Field(default=20, gt=0)
    """The most attempts of one call: those of its endpoint and its retries, and as many of each fallback."""
    seconds: float | None = Field(default=None, gt=0)
    """The most seconds of one call, its pauses included; `request_timeout` is taken for seconds."""


def retry_budget(views: Views, settings: Retries) -> Iterator[Found]:
    """Yield proxies of which one call may come to too many attempts, or take too long."""

    def judge(routes: Routes) -> Iterator[Found]:
        models, proxy = routes.facts.models, routes.proxy
        if not models:
            yield from routes.unknown
        attempts = max((model.attempts for model in models), default=0)
        seconds = max((model.seconds for model in models), default=0)
        if settings.attempts is not None and attempts > settings.attempts:
            text = f"must come, with the fallbacks, to at most {settings.attempts} attempts"
            yield Finding((*POLICIES, "num_retries"), text, proxy)
        if settings.seconds is not None and seconds > settings.seconds:
            text = f"must come, with retries and fallbacks, to at most {settings.seconds:g} seconds"
            yield Finding((*POLICIES, "request_timeout"), text, proxy)

    return each_explained(views, judge)


class Boundaries(Settings):
    """What a fallback may not leave of what it stands in for."""

    region: bool = True
    """Whether it must be in the region of an endpoint, as far as addresses tell."""
    network: bool = True
    """Whether it must be no more public than all endpoints."""
    classes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Classes of providers by name, each as glob patterns; a fallback must be of a class that an endpoint is of."""


_OPEN = {"PRIVATE": 0, "PUBLIC_AND_PRIVATE": 1, "PUBLIC": 2}
"""How far the network modes open; one that is left out counts as public."""


def safe_fallback(views: Views, settings: Boundaries) -> Iterator[Found]:
    """Yield fallbacks to another region, class of provider or network than that of what they stand in for.

    Guardrails are the proxy's own, and so hold for its fallbacks too.
    """
    there = Services(views)
    return each(proxies(views), lambda proxy: _kept(proxy, there, settings))


def _kept(proxy: View, there: Services, settings: Boundaries) -> Iterator[Found]:
    stand = [service for path in proxy.items(*ENDPOINTS) if (service := there.get(proxy.text(*path, NAME), proxy))]

    def judge(path: Path) -> Iterator[Finding]:
        service = there.get(proxy.text(*path, NAME), proxy)
        if service is None or not stand:
            return
        if settings.region and _place(service) not in map(_place, stand):
            yield Finding(path, "must stay in the region of an endpoint", proxy)
        if settings.network and _openness(service) > max(map(_openness, stand)):
            yield Finding(path, "must be no more public than the endpoints", proxy)
        if settings.classes and not _classes(service, settings.classes) & _any_class(stand, settings.classes):
            yield Finding(path, "must be of a class of providers that an endpoint is of", proxy)

    return each(proxy.items(*FALLBACKS), judge)


def _place(service: View) -> str | None:
    """Return the region that a service's address names, if it names one."""
    return endpoint_region(service.text(*SERVICE_URL))


def _openness(service: View) -> int:
    return _OPEN.get(service.text("network_configuration", "network_mode") or "PUBLIC", 2)


def _any_class(services: Sequence[View], classes: Mapping[str, Sequence[str]]) -> set[str]:
    return {name for service in services for name in _classes(service, classes)}


def _classes(service: View, classes: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the classes of a service's provider, by its address where that tells; else one of its own."""
    provider = provider_at(service.text(*SERVICE_URL) or "", {}) or service.text("provider") or ""
    return {name for name, patterns in classes.items() if allows(patterns, provider)} or {f"only {plain(provider)}"}


class Budget(Settings):
    """What all proxies of a stack may let through together."""

    tokens_per_day: int | None = Field(default=None, gt=0)
    """The most tokens a day, by the limits of all proxies; none means any."""


_DAYS = {"tps": 86400, "tpm": 1440, "tph": 24, "tpd": 1}
_LIMITER = (*POLICIES, "token_rate_limiter")


def token_budget(views: Views, settings: Budget) -> Iterator[Found]:
    """Yield proxies without a limit of tokens, and those with which the budget is exceeded."""
    most = settings.tokens_per_day
    if most is None:
        return
    spent, gaps = told_apart(each(proxies(views), lambda proxy: [(_a_day(proxy), proxy)]))
    yield from gaps
    for tokens, proxy in spent:
        if not tokens:
            yield Finding(_LIMITER, "must limit tokens, for the stack has a budget", proxy)
    if sum(tokens for tokens, _ in spent) > most:
        _, greatest = max(spent, key=lambda one: (one[0], one[1].name))
        yield Finding(_LIMITER, f"must leave all proxies together at most {most} tokens a day", greatest)


def _a_day(proxy: View) -> float:
    """Return how many tokens a day a proxy lets through at most, 0 if nothing limits them."""
    limits = {name: proxy.number(*_LIMITER, name) for name in _DAYS}
    return min((value * _DAYS[name] for name, value in limits.items() if value), default=0)


RULES = (
    Rule(
        "agentrun-survives-outage", "Callers are answered while any one service, provider or region is away.",
        naming("Add a fallback, or a second endpoint, that does not hang on it: {proxy_config.policies.fallbacks}."),
        Outages, survives_outage,
    ),
    Rule(
        "agentrun-retry-budget", "Retries and fallbacks multiply to no more than callers can wait for.",
        naming("Lower {proxy_config.policies.num_retries} or {request_timeout}, or leave out a fallback."),
        Retries, retry_budget,
    ),
    Rule(
        "agentrun-safe-fallback", "No fallback leaves the region, network or class of providers of its endpoints.",
        "Fall back to a service inside the same boundaries.", Boundaries, safe_fallback,
    ),
    Rule(
        "agentrun-token-budget", "The proxies of a stack let through no more tokens than its budget.",
        naming("Set {proxy_config.policies.token_rate_limiter} of each proxy so that their sum is within it."),
        Budget, token_budget,
    ),
)  # fmt: skip
