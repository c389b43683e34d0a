"""A resource as rules see it: the same from both front doors and from the service, whatever spells its properties."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite
from typing import Any

from ..client.kinds import KINDS, Kind
from ..client.wording import Text, tell
from ..lifecycle.casing import from_schema, path_in_schema, properties
from ..lifecycle.paths import Path, dotted, inside
from ..lifecycle.readers import PYTHON, SCHEMA
from ..lifecycle.schema import Shape
from ..lifecycle.unknown import UNKNOWN

DYNAMIC = "pulumi-python:dynamic/agentrun:"
ANY_DYNAMIC = "pulumi-python:dynamic"
PLUGIN = "agentrun:index:"
POLICIES = ("proxy_config", "policies")
ENDPOINTS = ("proxy_config", "endpoints")
FALLBACKS = (*POLICIES, "fallbacks")


class Unjudged(Exception):
    """What a rule looks at cannot be judged, and why."""

    def __init__(self, path: Path, why: str, view: View | None = None) -> None:
        super().__init__(path, why)
        self.path = path
        self.why = why
        self.view = view

    def of(self, view: View) -> Unjudged:
        """Return the same of a resource."""
        self.view = view
        return self

    def __str__(self) -> str:
        return f"{dotted(self.path)} {self.why}"


class NotKnown(Unjudged):
    """What a rule looks at is not known before the update."""

    def __init__(self, path: Path, view: View | None = None) -> None:
        super().__init__(path, "is not known yet; it will be checked in the update", view)


class Malformed(Unjudged):
    """What a rule looks at has not the form that its property has."""

    def __init__(self, path: Path, form: str, view: View | None = None) -> None:
        super().__init__(path, f"is no {form}, so it was not judged", view)


@dataclass(frozen=True)
class View:
    """One resource."""

    kind: Kind[Any]
    name: str
    """Its logical name, or for what no program manages its name."""
    props: Mapping[str, Any] = field(repr=False)
    """Its properties in snake_case; UNKNOWN where a preview does not know."""
    urn: str | None = None
    region: str | Unjudged | None = None
    """The region that it is or will be in, or why that cannot be told."""
    place: Hashable | Unjudged = field(default=None, repr=False)
    """What tells its account and region from others, or why that cannot be told; the same for all of an account."""
    is_protected: bool | None = None
    """Whether Pulumi protects it from deletion; None where no program says so."""
    spells_camel: bool = False
    """Whether the program spells properties as the plugin's schema does."""
    is_live: bool = False
    """Whether this is what the service shows, which does not tell how the program came by it."""

    @cached_property
    def awaited(self) -> View:
        """The same with UNKNOWN for what the service has yet to say.

        Of what changes, a preview has the inputs alone through the dynamic door, and nothing at all through a plugin's
        provider whose configuration is not known.
        """
        unsaid = self.kind.outputs if self.props else frozenset(properties(self.kind))
        if unsaid & self.props.keys():
            return self
        return replace(self, props={**self.props, **dict.fromkeys(unsaid, UNKNOWN)})

    def at(self, *path: str | int) -> Any:
        """Return the value at a path such as `"proxy_config", "endpoints", 0, "weight"`, None if there is none.

        Raises Unjudged, with the path of the part that is unknown or malformed.
        """
        value: Any = self.props
        for depth, part in enumerate(path):
            if value is None:
                return None
            type_, form = (list, "list") if isinstance(part, int) else (Mapping, "object")
            _require(isinstance(value, type_), path[:depth], form, self)
            value = inside(value, part)
            if value is UNKNOWN:
                raise NotKnown(path[: depth + 1], self)
        return value

    def text(self, *path: str | int) -> str | None:
        """Return the text at a path, None if there is none. Raises Unjudged."""
        value = self.at(*path)
        _require(value is None or isinstance(value, str), path, "text", self)
        return value  # type: ignore[no-any-return]

    def number(self, *path: str | int) -> float | None:
        """Return the number at a path, None if there is none. Raises Unjudged."""
        value = self.at(*path)
        is_one = isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
        _require(value is None or is_one, path, "number", self)
        return value  # type: ignore[no-any-return]

    def items(self, *path: str | int) -> Iterator[Path]:
        """Yield the paths of what stands in a list or a map. Raises Unjudged."""
        found, shape = self.at(*path), Shape(None, fields=properties(self.kind)).at(*path)
        type_, form = (Mapping, "map") if shape.entry is not None else (list, "list")
        _require(found is None or isinstance(found, type_), path, form, self)
        for part in found or () if shape.entry is not None else range(len(found or ())):
            yield (*path, part)

    def told(self, text: Text) -> str:
        """Return a text with its properties as the program spells them."""
        return tell(text, SCHEMA if self.spells_camel else PYTHON)

    def shown(self, path: Path) -> str:
        """Return a path with its properties as the program spells them."""
        return dotted(path_in_schema(properties(self.kind), path) if self.spells_camel else path)


def _require(holds: bool, path: Path, form: str, view: View) -> None:
    if not holds:
        raise Malformed(path, form, view)


def view_of(type_: str, name: str, props: Mapping[str, Any], urn: str, region: Any = None) -> View | None:
    """Return the view of a resource in a program, or None if it is none of ours."""
    kinds: dict[str, Kind[Any]] = {kind.token: kind for kind in KINDS}
    for prefix in (DYNAMIC, PLUGIN):
        kind = kinds.get(type_.removeprefix(prefix))
        if kind is None or not type_.startswith(prefix):
            continue
        camel = prefix == PLUGIN
        values = from_schema(properties(kind), props, []) if camel else dict(props)
        return View(kind, name, values, urn, region, spells_camel=camel)
    kind = _under_another_type(props) if type_.startswith(ANY_DYNAMIC) else None
    return View(kind, name, dict(props), urn, region) if kind else None


def _under_another_type(props: Mapping[str, Any]) -> Kind[Any] | None:
    """Return the kind of a resource that a provider of ours has under a type of the program's own.

    The engine does not show the provider; but it has checked the inputs, so nothing is missing among them or strange.
    """
    return next(
        (kind for kind in KINDS if {kind.name_field, *kind.required} <= props.keys() <= properties(kind).keys()), None
    )
