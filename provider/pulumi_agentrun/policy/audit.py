"""Holds what lives in an account, managed by Pulumi or not, to the same rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from ..client import ModelClient, ModelProxyListInput, ModelServiceListInput
from ..client.errors import ConfigError
from ..client.kinds import PROXY, SERVICE
from ..leaves import plain
from .presets import RULES, Choice, Level, preset_of
from .view import View

LEVELS = get_args(Level)
_LEVEL = "enforcementLevel"


@dataclass(frozen=True)
class Violation:
    """One rule broken by one resource."""

    level: str
    policy: str
    kind: str
    resource: str
    path: str
    message: str
    remedy: str


def resources(client: ModelClient) -> Iterator[View]:
    """Yield everything that an account and region hold."""
    region = client.session().connection.region
    for service in client.iterate(ModelServiceListInput(page_size=100)):
        yield View(SERVICE, str(service.model_service_name), plain(service.to_state()), region=region)
    for proxy in client.iterate(ModelProxyListInput(page_size=100)):
        yield View(PROXY, str(proxy.model_proxy_name), plain(proxy.to_state()), region=region)


def choices(preset: str, config: Mapping[str, Any]) -> dict[str, Choice]:
    """Return what to make of each rule; `config` is that of `pulumi --policy-pack-config`.

    Raises ConfigError.
    """
    chosen = preset_of(preset)
    names = [rule.name for rule in RULES]
    unknown = sorted(set(config) - {*names, "all"})
    if unknown:
        raise ConfigError(f"There is no policy {unknown[0]!r}; there are {', '.join(names)}.")
    return {name: _chosen(chosen[name], config.get("all"), config.get(name), name) for name in names}


def _chosen(choice: Choice, for_all: Any, own: Any, name: str) -> Choice:
    own = {_LEVEL: own} if isinstance(own, str) else own or {}
    for_all = for_all.get(_LEVEL) if isinstance(for_all, Mapping) else for_all
    if not isinstance(own, Mapping):
        raise ConfigError(f"The configuration of policy {name} must be a level or an object.")
    level = own.get(_LEVEL) or for_all or choice.level
    if level not in LEVELS:
        raise ConfigError(f"The {_LEVEL} of policy {name} must be one of {', '.join(LEVELS)}.")
    return Choice(level, {**choice.settings, **{key: value for key, value in own.items() if key != _LEVEL}})


def violations(views: Sequence[View], chosen: Mapping[str, Choice]) -> Iterator[Violation]:
    """Yield every rule that is broken, the mandatory ones first."""
    for level in ("mandatory", "advisory"):
        for rule in RULES:
            choice = chosen[rule.name]
            if choice.level != level:
                continue
            settings = rule.configured(choice.settings)
            for group in [views] if rule.is_for_stacks else [[view] for view in views]:
                for finding in rule.findings(group, settings):
                    view = finding.view or group[0]
                    yield Violation(
                        level, rule.name, view.kind.title, view.name, finding.path, finding.text, rule.remedy
                    )
