"""Rules about a whole stack: that what proxies name is there, is offered, leads nowhere in circles, and is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..client.kinds import PROXY, SERVICE
from .models import model_paths
from .rule import Finding, NoSettings, Rule, Settings, matches
from .view import ENDPOINTS, FALLBACKS, View

Views = Sequence[View]


class External(Settings):
    """What exists outside of the stack."""

    external: tuple[str, ...] = ()
    """Glob patterns of model services that other stacks or people look after."""


def services_exist(views: Views, settings: External) -> Iterator[Finding]:
    """Yield endpoints and fallbacks that name no service of the stack."""
    there = _services(views)
    for proxy in _of(views, PROXY):
        for path in _targets(proxy):
            name = proxy.at(f"{path}.model_service_name")
            if name and name not in there and not matches(name, settings.external):
                yield Finding(f"{path}.model_service_name", "names no model service of this stack", proxy)


def models_offered(views: Views, settings: NoSettings) -> Iterator[Finding]:
    """Yield models that a proxy routes to a service which does not offer them."""
    there = _services(views)
    for proxy in _of(views, PROXY):
        for path in model_paths(proxy):
            service = there.get(proxy.at(f"{path.partition('.model_name')[0]}.model_service_name"))
            offered = service.at("provider_settings.model_names") if service else None
            if offered and proxy.at(path) not in offered:
                yield Finding(path, "is not offered by its model service", proxy)


def no_cycles(views: Views, settings: NoSettings) -> Iterator[Finding]:
    """Yield fallbacks to what has just failed, and services that lead back to the proxy in front of them."""
    there, at_host = _services(views), {}
    for proxy in _of(views, PROXY):
        seen = {(proxy.at(f"{path}.model_service_name"), None) for path in proxy.items(ENDPOINTS)}
        for path in proxy.items(FALLBACKS):
            target = (proxy.at(f"{path}.model_service_name"), proxy.at(f"{path}.model_name"))
            if target in seen or (target[1] is None and target[0] in {name for name, _ in seen}):
                yield Finding(path, "falls back to what has been tried already", proxy)
            seen.add(target)
        if host := _host(proxy.at("endpoint")):
            at_host[host] = proxy
    for proxy in at_host.values():
        if _leads_to(proxy, proxy, there, at_host, set()):
            yield Finding(ENDPOINTS, "leads back to this proxy, through the base_url of a model service", proxy)


def unused_services(views: Views, settings: External) -> Iterator[Finding]:
    """Yield services that no proxy of the stack names."""
    used = {proxy.at(f"{path}.model_service_name") for proxy in _of(views, PROXY) for path in _targets(proxy)}
    for name, service in _services(views).items():
        if name not in used and not matches(name, settings.external):
            yield Finding("model_service_name", "is named by no proxy of this stack", service)


def _of(views: Views, kind: Any) -> Iterator[View]:
    return (view for view in views if view.kind is kind)


def _services(views: Views) -> dict[str, View]:
    return {view.at("model_service_name"): view for view in _of(views, SERVICE)}


def _targets(proxy: View) -> Iterator[str]:
    """Yield the paths of everything that a proxy sends requests to."""
    yield from proxy.items(ENDPOINTS)
    yield from proxy.items(FALLBACKS)


def _leads_to(start: View, goal: View, there: dict[str, View], at_host: dict[str, View], seen: set[int]) -> bool:
    """Say whether requests to a proxy can come to the goal again."""
    for path in _targets(start):
        service = there.get(start.at(f"{path}.model_service_name"))
        beyond = at_host.get(_host(service.at("provider_settings.base_url")) or "") if service else None
        if beyond is goal:
            return True
        if beyond is not None and id(beyond) not in seen:
            seen.add(id(beyond))
            if _leads_to(beyond, goal, there, at_host, seen):
                return True
    return False


def _host(url: object) -> str | None:
    return urlsplit(url).hostname if isinstance(url, str) else None


RULES = (
    Rule(
        "agentrun-services-exist", "What proxies name are model services of this stack, or known ones of others.",
        "Declare the model service, or list it under `external` in the configuration of this policy.",
        External, services_exist,
    ),
    Rule(
        "agentrun-models-offered", "Proxies route only models that their services offer.",
        "Add the model to the service's model_names, or route another.", NoSettings, models_offered,
    ),
    Rule(
        "agentrun-no-cycles", "No request goes in circles.",
        "Fall back to another model service.", NoSettings, no_cycles,
    ),
    Rule(
        "agentrun-unused-services", "Every model service is used.",
        "Remove the model service, or list it under `external` if another stack uses it.", External, unused_services,
    ),
)  # fmt: skip
