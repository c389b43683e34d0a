"""Which targets of a proxy an event is about."""

from __future__ import annotations

from collections.abc import Mapping

from ..client.errors import ConfigError
from ..platform.gateway.plans import Target
from ..routes.subjects import Subject
from .events import Who


def meant(subject: Subject, who: Who, targets: Mapping[str, Target]) -> frozenset[str]:
    """Return the ids of the targets that an event is about. Raises ConfigError if it is about none."""
    if who.scope == "service":
        name = subject.place_named(who.name)
        found = [id for id, target in targets.items() if target.place == name]
    else:
        found = [id for id, target in targets.items() if _is_meant(subject, who, target)]
    if not found:
        there = _there(subject, who.scope)
        raise ConfigError(f"No call of the proxy {subject.name} can come to {who.scope} {who.name}{there}")
    return frozenset(found)


def _is_meant(subject: Subject, who: Who, target: Target) -> bool:
    place = subject.places[target.place]
    if who.scope == "provider":
        return place.provider == who.name
    if who.scope == "region":
        return place.is_in(who.name)
    return who.scope == "all" or target.model == who.name


def _there(subject: Subject, scope: str) -> str:
    places = subject.places.values()
    known = {
        "provider": {place.provider for place in places},
        "region": {region for place in places for region in (*place.regions, *place.hosts)},
    }.get(scope, set())
    said = ", ".join(sorted(known - {""}))
    return f"; there are {said}." if said else "."
