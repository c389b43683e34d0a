"""A proxy: what its calls can come to, and what people call that."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ..client.errors import ConfigError
from ..client.kinds import Kind
from ..client.nearest import nearest
from ..lifecycle.names import is_automatic
from ..platform.gateway.limits import Limits, limits
from ..platform.gateway.plans import Plan, Target, plan, shares
from .address import address_of
from .facts import Standing

_PLAIN = re.compile(r"|v[0-9]{1,2}((alpha|beta)[0-9]?)?|api|openai|compatible-mode|chat|completions", re.ASCII)
"""The parts of a URL's path that are shown: those that many models' APIs have; any other may be a key."""
OWN = "its own key"
"""What is said of a service's key that no other can share."""


@dataclass(frozen=True)
class Found:
    """A proxy or a model service, as far as it decides on routes."""

    kind: Kind[Any]
    name: str
    """Its name in the API."""
    logical: str | None
    """What the program calls it, if one is known to."""
    body: Mapping[str, Any]
    """What the API has of it, without its key."""
    region: str | None
    gap: str | None = None
    """Why nothing can be said of its routes, if so."""
    key: str = ""
    """Where a service's key comes from, never the key: `credential NAME`, `env:NAME`, `file:PATH` or `OWN`."""
    standing: Standing | None = None


@dataclass(frozen=True)
class Place:
    """A service (or URL) that a proxy sends calls to, and what people may call it."""

    name: str
    """What a report calls it."""
    names: frozenset[str]
    provider: str = ""
    regions: frozenset[str] = frozenset()
    """Where AgentRun has it."""
    hosts: tuple[str, ...] = ()
    """Which hosts it calls."""
    key: str = ""
    """Where its key comes from, as in `Found`."""
    is_missing: bool = False
    """Whether there is no such service where the proxy is, so that no attempt at it connects."""
    standing: Standing | None = None

    def is_in(self, region: str) -> bool:
        """Say whether it is in a region: where the API has it, or by the host that it calls."""
        part = re.compile(rf"(?<![a-z0-9]){re.escape(region.lower())}(?![a-z0-9])")
        return region in self.regions or any(part.search(host) for host in self.hosts)


@dataclass(frozen=True)
class Subject:
    """A proxy, and what is known of the services that it names."""

    proxy: Found
    services: Mapping[str, Found] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    """Which of the services that it names there surely are not; of any that is in neither nothing is known."""

    @cached_property
    def plan(self) -> Plan:
        """What the proxy does with its calls."""
        return plan(self.proxy.body, {name: service.body for name, service in self.services.items()})

    @property
    def limits(self) -> Limits:
        """What the proxy lets through."""
        return limits(self.proxy.body)

    @property
    def name(self) -> str:
        """What a report calls the proxy."""
        return self.proxy.logical or self.proxy.name

    def asked(self, models: Iterable[str]) -> tuple[str, ...]:
        """Return the models that calls ask for: those given, or else what the official SDK asks for.

        Raises ConfigError if the proxy routes no such model.
        """
        there = self.plan.groups
        if not there:
            raise ConfigError(
                f"The proxy {self.name} routes no model: neither its endpoints nor their services, as far as those are "
                "known, name any."
            )
        if any(not target.place for group in there.values() for target in group.targets):
            raise ConfigError(f"The proxy {self.name} has an endpoint that names neither a model service nor a URL.")
        for model in models:
            if model not in there:
                raise ConfigError(f"The proxy {self.name} routes no model {model!r}{meant_by(model, there)}")
        return tuple(models) or (self.proxy.name if self.proxy.name in there else next(iter(there)),)

    @cached_property
    def places(self) -> dict[str, Place]:
        """What the proxy sends calls to, by the names and URLs that its plan has; those that calls come to first."""
        groups = (*self.plan.groups.values(), *self.plan.fallbacks)
        found = {target.place: self._place(target) for group in groups for target in group.targets}
        numbers: Counter[str] = Counter()
        for key, place in found.items():
            numbers[place.name] += key not in self._named
            if numbers[place.name] > 1:  # what tells it from another URL may be a secret
                name = f"{place.name}#{numbers[place.name]}"
                found[key] = replace(place, name=name, names=place.names | {name})
        return found

    @cached_property
    def _named(self) -> dict[str, list[Mapping[str, Any]]]:
        """The endpoints and fallbacks by the services that they name."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        config = self.proxy.body.get("proxyConfig", {})
        for one in (*config.get("endpoints", ()), *config.get("policies", {}).get("fallbacks", ())):
            if one.get("modelServiceName"):
                found.setdefault(one["modelServiceName"], []).append(one)
        return found

    def declared(self, models: Iterable[str]) -> dict[str, float]:
        """Return the share of calls that the weights give to each place, where models are asked for equally often."""
        groups = [self.plan.groups[model] for model in models]
        found: dict[str, float] = {}
        for group in groups:
            for target, share in zip(group.targets, shares(group.targets), strict=True):
                found[target.place] = found.get(target.place, 0.0) + share / len(groups)
        return found

    def place_named(self, name: str) -> str:
        """Return the place that a name means, as the plan has it. Raises ConfigError."""
        places = self.places
        exactly = [key for key, place in places.items() if name in (key, place.name)]
        for meant in (exactly, [key for key, place in places.items() if name in place.names]):
            if len(meant) == 1:
                return meant[0]
            if meant:
                several = ", ".join(map(self.shown, meant))
                raise ConfigError(f"{name!r} may mean several services of the proxy {self.name}: {several}.")
        there = [place.name for place in places.values()]
        raise ConfigError(f"The proxy {self.name} has no service {name!r}{meant_by(name, there)}")

    def shown(self, place: str) -> str:
        """Return a place as the plan has it: a service's name, or a URL without what may be secret in it."""
        return place if place in self.services else self.places[place].name

    def _place(self, target: Target) -> Place:
        key = target.place
        if not target.service:
            hosts = _hosts([key])
            return Place(without_secrets(key), frozenset({key, *hosts}), hosts=hosts)
        service = self.services.get(key)
        logical = service.logical if service else None
        own = {key, chosen_part(key), *([logical] if logical else [])}
        proxy = {self.proxy.name, chosen_part(self.proxy.name), self.name}
        short = {name.removeprefix(f"{prefix}-") for name in own for prefix in proxy}
        settings = service.body.get("providerSettings", {}) if service else {}
        # An endpoint's URL stands in place of its service's own, which others of the same service still use.
        urls = [one.get("baseUrl") or settings.get("baseUrl", "") for one in self._named[key]]
        return Place(
            logical or key,
            frozenset(own | short),
            provider=service.body.get("provider", "") if service else "",
            regions=frozenset([service.region] if service and service.region else []),
            hosts=_hosts(urls),
            key=service.key if service else "",
            is_missing=key in self.missing,
            standing=service.standing if service else None,
        )


def _hosts(urls: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address.host for url in urls if (address := address_of(url)) is not None))


def without_secrets(url: str) -> str:
    """Return a URL without what may be a secret in it: a user, a password, a query, parts of its path."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that makes no sense"
    path = "/".join(part if _PLAIN.fullmatch(part) else "…" for part in parts.path.split("/"))
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", ""))


def chosen_part(name: str) -> str:
    """Return a name without what an automatic one ends with."""
    return name.rpartition("-")[0] if is_automatic(name) else name


def meant_by(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that says that there is none of a name: the nearest one, or all."""
    names = [*known]
    near = nearest(name, names, alike=0.5)
    return f"; did you mean {near}?" if near else f"; there are {', '.join(names)}."
