"""Rules about names, descriptions and regions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...client.kinds import KINDS
from ..rule import Finding, Found, Pattern, Rule, Settings, apart
from ..spelling import is_blank
from ..view import Unjudged, View


class Naming(Settings):
    """What names and descriptions look like."""

    pattern: Pattern = r"[a-z][a-z0-9-]*"
    """The regular expression (Python's) that a whole name matches."""
    description: bool = True
    """Whether a description must be set."""


def naming(view: View, settings: Naming) -> Iterator[Found]:
    """Yield a name that breaks the convention, and a missing description."""
    return apart(_name(view, settings), _description(view, settings))


def _name(view: View, settings: Naming) -> Iterator[Finding]:
    name = view.text(view.kind.name_field)
    if name is not None and not re.fullmatch(settings.pattern, name):
        yield Finding((view.kind.name_field,), f"must match {settings.pattern}")


def _description(view: View, settings: Naming) -> Iterator[Finding]:
    if settings.description and is_blank(view.text("description")):
        yield Finding(("description",), "must say what it is for")


class Regions(Settings):
    """Which regions are allowed."""

    allowed: tuple[str, ...] = ()
    """The allowed regions, `embedded` for the embedded platform; none means any."""


def allowed_regions(view: View, settings: Regions) -> Iterator[Found]:
    """Yield a resource in a region that is not allowed, or with services in one."""
    return apart(_own_region(view, settings), _region_of_services(view, settings)) if settings.allowed else iter(())


def _own_region(view: View, settings: Regions) -> Iterator[Finding]:
    if isinstance(view.region, Unjudged):
        raise view.region
    if view.region not in settings.allowed:
        yield Finding(("region",), f"must be one of {', '.join(settings.allowed)}")


def _region_of_services(view: View, settings: Regions) -> Iterator[Finding]:
    region = view.at("service_region_id")
    if region and region not in settings.allowed:
        yield Finding(("service_region_id",), f"must be one of {', '.join(settings.allowed)}")


RULES = (
    Rule(
        "agentrun-naming", "Names follow the convention, and descriptions say what things are for.",
        "Set a fitting name and a description.", Naming, naming, KINDS,
    ),
    Rule(
        "agentrun-allowed-regions", "Everything is in allowed regions only.",
        "Let agentrun:region, and agentrun:endpoint where it is set, lead to an allowed region.",
        Regions, allowed_regions, KINDS,
    ),
)  # fmt: skip
