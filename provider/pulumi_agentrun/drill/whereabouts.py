"""Where the resources of a program are: which account and region, as its state or its configuration tells."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..client.config import ENDPOINT_VARIABLE, region_of
from ..lifecycle.places import ACCESS_KEY, ACCOUNT, LOCATION, REGION, origin_of
from ..routes.address import endpoint_region

_PROVIDERS = "pulumi:providers:"
_DEFAULT = re.compile(r"(default(_.*)?)?")
"""The names of the providers that the engine makes by itself, by version."""
_SETTINGS = ("endpoint", "region", "accountId", "accessKeyId")
_HIDDEN = "[secret]"


@dataclass(frozen=True)
class Whereabouts:
    """Where a resource is."""

    way: tuple[str, str]
    """The provider of its own and the profile that lead there; both empty for the stack's plain settings."""
    target: tuple[str | None, ...] | None = None
    """What tells the account and the region from others; None where nothing does."""
    region: str | None = None

    def is_beside(self, other: Whereabouts) -> bool:
        """Say whether another resource is in the same account and region."""
        # Of one way state lets no two places come; two ways may lead to one place.
        return self.way == other.way or (self.target is not None and self.target == other.target)


def deployed(resource: Mapping[str, Any]) -> Whereabouts:
    """Return where a resource of a state is."""
    outputs = resource.get("outputs") or {}
    origin, region = origin_of(outputs), outputs.get(REGION)
    location = origin.get(LOCATION)
    account = origin.get(ACCOUNT) or origin.get(ACCESS_KEY)
    is_told = location and (account or location.startswith("embedded:"))  # one endpoint is that of many accounts
    target = (location, account) if is_told else None
    return Whereabouts(_way(resource, outputs), target, endpoint_region(location) or region)


class Program:
    """What a preview says of where resources will be."""

    def __init__(self, shown: Mapping[str, Any]) -> None:
        self._config: Mapping[str, Any] = shown.get("config") or {}
        states = [step["newState"] for step in shown.get("steps") or [] if step.get("newState")]
        self._providers = {
            state["urn"]: state.get("inputs") or {} for state in states if state["type"].startswith(_PROVIDERS)
        }

    def where(self, state: Mapping[str, Any], before: Mapping[str, Any] | None) -> Whereabouts:
        """Return where a resource will be: where it is, or else where the settings lead."""
        way = _way(state, state.get("inputs") or {})
        settings = self._settings(way)
        target, region = (None, None) if settings is None else _leads_to(settings)
        was = deployed(before) if before else None
        own = (state.get("inputs") or {}).get(REGION)
        if isinstance(own, str):
            region = own
        elif was is not None and was.way == way and was.region:
            region = was.region
        return Whereabouts(way, target, region)

    def _settings(self, way: tuple[str, str]) -> Mapping[str, Any] | None:
        provider, profile = way
        if provider:
            return self._providers.get(provider)
        if not profile:
            return {key: self._config.get(f"agentrun:{key}") for key in _SETTINGS}
        try:
            found = json.loads(self._config.get("agentrun:profiles") or "{}")
        except (TypeError, ValueError):
            return None  # a secret
        settings = found.get(profile) if isinstance(found, dict) else None
        return settings if isinstance(settings, dict) else None


def _way(resource: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[str, str]:
    provider = str(resource.get("provider") or "").rpartition("::")[0]
    name = provider.rpartition("::")[2]
    is_own = not (_DEFAULT.fullmatch(name) or f"{_PROVIDERS}pulumi-python" in provider)
    profile = values.get("profile")
    return provider if is_own else "", profile if isinstance(profile, str) else ""


def _leads_to(settings: Mapping[str, Any]) -> tuple[tuple[str | None, ...] | None, str | None]:
    """Return what tells where settings lead from elsewhere, and the region; None for what is hidden or not known."""
    endpoint, region, account, key = (settings.get(name) for name in _SETTINGS)
    if not all(value is None or (isinstance(value, str) and value != _HIDDEN) for value in (endpoint, region)):
        return None, None
    found = endpoint_region(endpoint or os.environ.get(ENDPOINT_VARIABLE)) or region_of(region, endpoint, os.environ)
    return (endpoint, found, account or key), found
