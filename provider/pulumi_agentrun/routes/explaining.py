"""Says of a proxy what its plan comes to for callers, by the functions that also decide where calls go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import get_args

from ..client.errors import ConfigError
from ..platform.gateway import guardrails as checked
from ..platform.gateway.limits import SPANS
from ..platform.gateway.plans import Group, Target
from ..platform.gateway.routing import failing, failover, most_attempts, most_seconds
from .address import endpoint_region
from .facts import Guardrails, Limits, Model, Outage, Proxy, Scope, Service, Share, TokenLimit
from .subjects import OWN, Place, Subject

_REGION = re.compile(r"(?<![a-z0-9])[a-z]{2}-[a-z]+-?[0-9]+(?![a-z0-9])")
"""A region as most clouds name them in a host: `us-east-1`, `eu-central-1`."""


def explain(subject: Subject) -> Proxy:
    """Return what a proxy does with calls; one that routes none, as far as is known, has no models.

    Raises ConfigError where its configuration is not known or leads nowhere.
    """
    if subject.proxy.gap:
        raise ConfigError(f"The proxy {subject.name} cannot be explained: {subject.proxy.gap}.")
    if subject.plan.groups:
        subject.asked(())  # refuses an endpoint that leads nowhere
    plan = subject.plan
    return Proxy(
        name=subject.name,
        api_name=subject.proxy.name,
        region=subject.proxy.region,
        credential=subject.proxy.body.get("credentialName") or None,
        retries=plan.retries,
        timeout=plan.timeout,
        is_cached=subject.limits.is_cached,
        limits=_limits(subject),
        guardrails=_guardrails(subject),
        services=tuple(_service(place) for place in subject.places.values()),
        models=tuple(_model(subject, name) for name in plan.groups),
        standing=subject.proxy.standing,
    )


def _model(subject: Subject, name: str) -> Model:
    plan, places = subject.plan, subject.places
    order = failover(plan, name)
    groups = (plan.groups[name], *plan.fallbacks)
    reached = [_service(places[key]) for key in dict.fromkeys(key for group in order for key in group)]
    first, *others = (_shares(subject, name, group, of) for group, of in zip(groups, order, strict=True))
    return Model(
        name=name,
        is_proxys_own=name == subject.proxy.name,
        order=(first, *filter(None, others)),
        attempts=most_attempts(plan),
        seconds=most_seconds(plan),
        providers=_sorted(service.provider for service in reached),
        regions=_sorted(region for service in reached for region in service.regions),
        outages=tuple(_outages(subject, name, reached)),
    )


def _shares(subject: Subject, asked: str, group: Group, parts: Mapping[str, float]) -> tuple[Share, ...]:
    """Return who answers what a group does; a service that there is not answers nothing, and others have its share."""
    there = {key: part for key, part in parts.items() if not subject.places[key].is_missing}
    whole = sum(there.values()) if len(there) < len(parts) else 1.0
    if not whole:
        return ()
    models: dict[str, dict[str, None]] = {}
    for target in group.targets:
        models.setdefault(target.place, {})[target.model or asked] = None
    return tuple(
        Share(service=subject.places[key].name, share=part / whole, models=tuple(models[key]))
        for key, part in there.items()
    )


def _outages(subject: Subject, model: str, reached: Iterable[Service]) -> Iterator[Outage]:
    """Yield what happens to a model's calls without each single thing that they may need."""
    causes: dict[tuple[Scope, str], set[str]] = {}
    for service in reached:
        for cause in _needed(service):
            causes.setdefault(cause, set()).add(service.name)
    for cause in sorted({*causes, *_entrance(subject)}, key=lambda cause: (get_args(Scope).index(cause[0]), cause[1])):
        is_shut = cause in _entrance(subject)  # no caller gets as far as the proxy
        fails = 1.0 if is_shut else failing(subject.plan, model, _is_among(subject, causes[cause]))
        yield Outage(scope=cause[0], name=cause[1], fails=fails)


def _needed(service: Service) -> Iterator[tuple[Scope, str]]:
    """Yield what a service needs that others may need too, and itself."""
    yield "service", service.name
    if service.provider:
        yield "provider", service.provider
    for region in service.regions:
        yield "region", region
    if service.key not in ("", OWN):
        yield "credential", service.key.removeprefix("credential ")


def _entrance(subject: Subject) -> list[tuple[Scope, str]]:
    """Return what callers need to get as far as the proxy."""
    credential, region = subject.proxy.body.get("credentialName"), subject.proxy.region
    needed: list[tuple[Scope, str | None]] = [("region", region), ("credential", credential)]
    return [(scope, name) for scope, name in needed if name]


def _is_among(subject: Subject, names: set[str]) -> Callable[[Target], bool]:
    def is_out(target: Target) -> bool:
        place = subject.places[target.place]
        return place.is_missing or place.name in names

    return is_out


def _service(place: Place) -> Service:
    named = (region for host in place.hosts for region in (*_REGION.findall(host), endpoint_region(host) or ""))
    regions = _sorted((*place.regions, *named))
    return Service(
        name=place.name,
        provider=place.provider,
        regions=regions,
        hosts=place.hosts,
        key=place.key,
        is_missing=place.is_missing,
        standing=place.standing,
    )


def _limits(subject: Subject) -> Limits:
    given = subject.limits
    tokens = [
        TokenLimit(name=name, tokens=limit, per_second=limit / SPANS[name]) for name, limit in given.tokens.items()
    ]
    return Limits(
        calls=given.calls or None,
        calls_per_second=given.calls / most_seconds(subject.plan) if given.calls else None,
        tokens=tuple(sorted(tokens, key=lambda limit: limit.per_second)),
    )


def _guardrails(subject: Subject) -> Guardrails:
    found = checked.guardrails(subject.proxy.body)
    config = subject.proxy.body.get("proxyConfig", {}).get("policies", {}).get("aiGuardrailConfig", {})
    return Guardrails(
        requests=found.requests,
        responses=found.responses,
        blocks=found.flags,
        longest=found.longest or None,
        level=config.get("level"),
    )


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*names} - {""}))
