"""What a proxy's configuration says of its calls: which targets share them, and where they go when those fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..kinds import PROXY

DEFAULTS: Mapping[str, Any] = PROXY.filled["proxyConfig"]["policies"]
"""What holds for a policy that is left unset."""
MULTI = "multi"


@dataclass(frozen=True)
class Target:
    """A model of a service, or of an endpoint that has a URL of its own: what LiteLLM calls a deployment."""

    id: str
    """What tells it from the proxy's other targets; the same model as a fallback is another target."""
    service: str
    """The name of the model service, or an empty text where the endpoint has a URL."""
    base_url: str
    """The endpoint's own URL, or an empty text where the service has it."""
    model: str
    """The model to ask for; an empty text stands for the one that the caller asked for."""
    weight: float
    """Its share of the calls, relative to the others of its group."""

    @property
    def place(self) -> str:
        """The name of the service, or the URL."""
        return self.service or self.base_url


@dataclass(frozen=True)
class Group:
    """Targets that share the calls for one model name."""

    targets: tuple[Target, ...]

    def shares(self) -> dict[str, float]:
        """Return the share of each target in the calls, by its id; they add up to 1."""
        return dict(zip((target.id for target in self.targets), shares(self.targets), strict=True))


@dataclass(frozen=True)
class Plan:
    """What a proxy does with its calls."""

    name: str
    groups: Mapping[str, Group]
    """The targets by each model that can be asked for; in mode `multi` also by the proxy's own name."""
    fallbacks: tuple[Group, ...]
    """Where a call goes when its group failed, in this order."""
    retries: int
    timeout: float
    """Seconds that one attempt may take."""


def shares(targets: Sequence[Target]) -> list[float]:
    """Return the share of each target in the calls; weights that are all 0 mean equal shares."""
    total = sum(target.weight for target in targets)
    if not total:
        return [1 / len(targets)] * len(targets)
    return [target.weight / total for target in targets]


def plan(proxy: Mapping[str, Any], services: Mapping[str, Mapping[str, Any]]) -> Plan:
    """Return the plan of a proxy from what the API has of it and of its services, which are given by name.

    Both are as a create sends them: `{"modelProxyName", "proxyMode", "proxyConfig"}`, `{"providerSettings": …}`.
    """
    config = proxy.get("proxyConfig", {})
    policies = {**DEFAULTS, **config.get("policies", {})}
    groups = _groups(proxy, config.get("endpoints", ()), services)
    return Plan(
        name=proxy["modelProxyName"],
        groups=groups,
        fallbacks=tuple(_fallbacks(policies["fallbacks"], groups, services)),
        retries=max(policies["numRetries"], 0),
        timeout=policies["requestTimeout"] if policies["requestTimeout"] > 0 else DEFAULTS["requestTimeout"],
    )


def _groups(
    proxy: Mapping[str, Any], endpoints: Sequence[Mapping[str, Any]], services: Mapping[str, Mapping[str, Any]]
) -> dict[str, Group]:
    models = [_models(endpoint, services) for endpoint in endpoints]
    asked = dict.fromkeys(model for served in models for model in served)
    groups = {name: _group(endpoints, [[name] if name in served else [] for served in models]) for name in asked}
    if proxy.get("proxyMode") == MULTI and asked:
        # A model that has the proxy's own name is asked for more precisely than the proxy is.
        groups.setdefault(proxy["modelProxyName"], _group(endpoints, models))
    return groups


def _group(endpoints: Sequence[Mapping[str, Any]], models: Sequence[Sequence[str]]) -> Group:
    """Return the endpoints that serve some models as a group; an endpoint's share is split among its models."""
    serving = [endpoint for endpoint, served in zip(endpoints, models, strict=True) if served]
    # As in LiteLLM, a weight left out beside others counts as none.
    unset = 0 if any("weight" in endpoint for endpoint in serving) else 1
    return Group(
        tuple(
            _target(f"{index}", endpoint, model, max(endpoint.get("weight", unset), 0) / len(served))
            for index, (endpoint, served) in enumerate(zip(endpoints, models, strict=True))
            for model in served
        )
    )


def _fallbacks(
    given: Sequence[Mapping[str, Any]], groups: Mapping[str, Group], services: Mapping[str, Mapping[str, Any]]
) -> Iterator[Group]:
    seen: set[tuple[str, str]] = set()
    for fallback in given:
        service, model = fallback.get("modelServiceName", ""), fallback.get("modelName", "")
        if service and not model:
            model = next(iter(_models(fallback, services)), "")
        if (service, model) in seen:
            continue
        seen.add((service, model))
        if service:
            yield Group((_target("fallback", fallback, model, 1),))
        elif model in groups:
            yield groups[model]


def _target(role: str, endpoint: Mapping[str, Any], model: str, weight: float) -> Target:
    service, url = endpoint.get("modelServiceName", ""), endpoint.get("baseUrl", "")
    return Target(f"{role}:{service or url}:{model}", service, "" if service else url, model, weight)


def _models(endpoint: Mapping[str, Any], services: Mapping[str, Mapping[str, Any]]) -> list[str]:
    own = endpoint.get("modelNames")
    if not own:
        service = services.get(endpoint.get("modelServiceName", ""), {})
        own = service.get("providerSettings", {}).get("modelNames", ())
    return list(dict.fromkeys(own))
