"""What one stack has deployed, by its state alone: its proxies explained, and its resources as rules see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..drill import finding
from ..policy.view import View, view_of
from ..routes.explaining import explain
from ..routes.facts import Proxy
from ..routes.standing import Standings

_REFERENCE = "pulumi:pulumi:StackReference"


@dataclass(frozen=True)
class Deployed:
    """A stack."""

    name: str
    """As it was asked for."""
    stack: str
    project: str
    """Both as its own URNs have them; empty where it has no resources."""
    proxies: tuple[Proxy, ...]
    views: tuple[View, ...]
    standings: Standings = field(default_factory=dict)


def deployed(name: str, exported: Mapping[str, Any]) -> Deployed:
    """Return a stack from what `pulumi stack export` says, in which secrets are encrypted. Raises ConfigError."""
    resources = _resources(exported)
    stack, project = _of_urn(resources[0]["urn"]) if resources else ("", "")
    proxies = tuple(explain(subject) for subject in finding.all_of_state(exported))
    views = (_view(resource) for resource in resources if resource.get("custom") and not resource.get("delete"))
    there = tuple(view for view in views if view is not None)
    return Deployed(name, stack, project, proxies, there, finding.standings_of_state(exported))


def reads(exported: Mapping[str, Any], of: Deployed) -> bool:
    """Say whether a stack refers to another one, by what `pulumi stack export` says of it."""
    return any(
        resource.get("type") == _REFERENCE and _is_meant((resource.get("inputs") or {}).get("name"), resource, of)
        for resource in _resources(exported)
    )


def _is_meant(name: Any, resource: Mapping[str, Any], of: Deployed) -> bool:
    parts = name.split("/") if isinstance(name, str) else []
    project = parts[-2] if len(parts) > 1 else _of_urn(resource["urn"])[1]
    return bool(parts) and (parts[-1], project) == (of.stack, of.project)


def _resources(exported: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return (exported.get("deployment") or {}).get("resources") or []


def _of_urn(urn: str) -> tuple[str, str]:
    stack, project, *_ = urn.removeprefix("urn:pulumi:").split("::")
    return stack, project


def _view(resource: Mapping[str, Any]) -> View | None:
    values = _without_secrets(resource.get("outputs") or {})
    urn = resource["urn"]
    return view_of(resource["type"], urn.rsplit("::", 1)[1], values, urn, values.get("region"))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        is_secret = finding.SIGNATURE in value
        return finding.HIDDEN if is_secret else {key: _without_secrets(item) for key, item in value.items()}
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


def by_name(views: Iterable[View]) -> dict[tuple[str, str], View]:
    """Return resources by their kinds and by what the program calls them."""
    return {(view.kind.title, view.name): view for view in views}
