"""Holds what lives in an account, managed by Pulumi or not, to the same rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from ..client import ModelClient, operations
from ..client.errors import ConfigError, ResourceNotExistError
from ..client.flows import call
from ..client.kinds import KINDS, Kind
from ..client.models import SystemProps
from ..client.session import Session
from ..lifecycle.paths import dotted
from ..lifecycle.scalars import plain
from ..routes.address import connected_region
from .presets import Choice, Level, preset_of
from .refusals import refuse_settings_for_all, refuse_unknown
from .rule import Rule, Settings
from .rules import RULES
from .view import Unjudged, View

LEVELS = get_args(Level)
_LEVEL = "enforcementLevel"


@dataclass(frozen=True)
class Chosen:
    """What to make of one rule, configured."""

    level: Level
    settings: Settings


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


@dataclass(frozen=True)
class Gap:
    """One rule that one resource could not be held to, for the service shows it in a form of its own."""

    level: str
    policy: str
    kind: str
    resource: str
    path: str
    message: str


def resources(client: ModelClient) -> Iterator[View]:
    """Yield everything that an account and region hold."""
    session = client.session()
    region = connected_region(session.connection)
    for kind in KINDS:
        for found in client.iterate(kind.list_input(page_size=100)):
            name = str(getattr(found, kind.name_field))
            whole = _whole(session, kind, name) if kind.item else found
            if whole is not None:
                yield View(kind, name, plain(whole.to_state()), region=region, is_live=True)


def _whole(session: Session, kind: Kind[Any], name: str) -> SystemProps | None:
    """Return all of what a list shows less of; None if it is gone since."""
    try:
        found: SystemProps = session.run(call(operations.get(kind, name)))
    except ResourceNotExistError:
        return None
    return found


def choices(preset: str, config: Mapping[str, Any]) -> dict[str, Chosen]:
    """Return what to make of each rule; `config` is that of `pulumi --policy-pack-config`.

    Raises ConfigError.
    """
    preset_choices = preset_of(preset)
    refuse_unknown(config, [rule.name for rule in RULES])
    for_all = config.get("all")
    refuse_settings_for_all(for_all.keys() - {_LEVEL} if isinstance(for_all, Mapping) else ())
    return {rule.name: _chosen(rule, preset_choices[rule.name], for_all, config.get(rule.name)) for rule in RULES}


def _chosen(rule: Rule, choice: Choice, for_all: Any, own: Any) -> Chosen:
    own = {_LEVEL: own} if isinstance(own, str) else {} if own is None else own
    for_all = for_all.get(_LEVEL) if isinstance(for_all, Mapping) else for_all
    if not isinstance(own, Mapping):
        raise ConfigError(f"The configuration of policy {rule.name} must be a level or an object.")
    level = own.get(_LEVEL) or for_all or choice.level
    if level not in LEVELS:
        raise ConfigError(f"The {_LEVEL} of policy {rule.name} must be one of {', '.join(LEVELS)}.")
    given = {key: value for key, value in own.items() if key != _LEVEL}
    return Chosen(level, rule.configured(choice.settings, given))


def judged(views: Sequence[View], chosen: Mapping[str, Chosen]) -> Iterator[Violation | Gap]:
    """Yield every rule that is broken or could not be judged, the mandatory ones first."""
    for level in ("mandatory", "advisory"):
        for rule in RULES:
            choice = chosen[rule.name]
            for found in rule.findings(views, choice.settings) if choice.level == level else ():
                view = found.view
                assert view is not None
                where = (level, rule.name, view.kind.title, view.name, dotted(found.path))
                if isinstance(found, Unjudged):
                    yield Gap(*where, found.why)
                else:
                    yield Violation(*where, str(found.text), str(rule.remedy))
