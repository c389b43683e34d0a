"""Resources as Pulumi's engine hands them to a pack: checked, completed, and with what a preview knows of outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ...client.config import region_of
from ...client.errors import ConfigError
from ...client.kinds import KINDS, Kind
from ...client.nearest import no_such
from ...lifecycle.casing import path_in_schema, properties, to_schema
from ...lifecycle.check import check
from ...lifecycle.paths import Path, dotted
from ...lifecycle.readers import PYTHON, SCHEMA
from ...lifecycle.steps import REGION
from ...lifecycle.unknown import UNKNOWN
from ...version import __version__
from ..view import DYNAMIC, PLUGIN

Door = Literal["dynamic", "plugin"]
_PREFIX: dict[Door, str] = {"dynamic": DYNAMIC, "plugin": PLUGIN}
_PROVIDER: dict[Door, str] = {"dynamic": "pulumi:providers:pulumi-python", "plugin": "pulumi:providers:agentrun"}


@dataclass(frozen=True)
class Secret:
    """A value that the program marks as secret."""

    value: Any = field(repr=False)


@dataclass(frozen=True)
class Resource:
    """A resource of whatever provider, as the engine hands it over. `UNKNOWN` and `Secret` may stand anywhere in it."""

    type: str
    """Its type token, `aws:s3/bucket:Bucket`."""
    name: str
    props: Mapping[str, Any] = field(repr=False)
    """What policies for resources see: the inputs that the provider has checked."""
    shown: Mapping[str, Any] | None = field(default=None, repr=False)
    """What policies for stacks see: what the provider foretells in a preview, or has made. The inputs unless given."""
    provider: Resource | None = None
    protect: bool = False

    @property
    def urn(self) -> str:
        """Its URN, in a stack `dev` of a project `project`."""
        return f"urn:pulumi:dev::project::{self.type}::{self.name}"

    def but(self, value: Any, *path: str | int) -> Resource:
        """Return the same with one property otherwise, at a path such as `"provider_settings", "base_url"`."""
        shown = None if self.shown is None else _changed(self.shown, path, value)
        return replace(self, props=_changed(self.props, path, value), shown=shown)


def declared(
    token: str,
    name: str,
    inputs: Mapping[str, Any],
    *,
    door: Door = "dynamic",
    settings: Mapping[str, Any] | None = None,
    protect: bool = False,
) -> Resource:
    """Return a new resource of this provider in a preview, by what a program gives it.

    :param token: `ModelService`, `ModelProxy` or `Credential`.
    :param inputs: In snake_case, whichever the door; the provider completes and spells them.
    :param door: Through which it is declared, the dynamic provider or the plugin.
    :param settings: The stack's configuration of `agentrun:`, without that prefix.
    :raises ConfigError: There is no such kind, or the provider refuses the inputs; each is named by its path.
    """
    kind = _kind(token)
    checked, failures = check(kind, {}, {kind.name_field: name, **_bare(inputs)})
    if failures:
        reader = PYTHON if door == "dynamic" else SCHEMA
        raise ConfigError("; ".join(failure.told(reader) for failure in failures) + ".")
    checked = _marked(checked, inputs)
    return written(kind, name, checked, door=door, settings=settings, protect=protect)


def written(
    kind: Kind[Any],
    name: str,
    inputs: Mapping[str, Any],
    *,
    door: Door = "dynamic",
    settings: Mapping[str, Any] | None = None,
    protect: bool = False,
) -> Resource:
    """Return what `declared` does, of inputs that no provider has looked at: the engine asks policies all the same."""
    given = {key: value for key, value in (settings or {}).items() if value is not None}
    if door == "dynamic":
        configured = {f"agentrun:{key}": value for key, value in given.items()}
        host = Resource(_PROVIDER[door], "default", configured)
        return Resource(DYNAMIC + kind.token, name, inputs, provider=host, protect=protect)
    host = Resource(_PROVIDER[door], "default", {"version": __version__, **given})
    said = {**dict.fromkeys(kind.outputs, UNKNOWN), REGION: _region(given)}
    props = to_schema(properties(kind), dict(inputs))
    return Resource(PLUGIN + kind.token, name, props, {**to_schema(properties(kind), said), **props}, host, protect)


def _region(settings: Mapping[str, Any]) -> Any:
    """Return what the plugin foretells of the region, which tells all where an endpoint does not know it."""
    region, endpoint = settings.get("region"), settings.get("endpoint")
    if UNKNOWN in (region, endpoint):
        return UNKNOWN
    try:
        return region_of(region, endpoint, {})
    except ConfigError:
        return UNKNOWN


def spelled(kind: Kind[Any], path: Path, door: Door) -> str:
    """Return a path as a door's programs spell it."""
    return dotted(path_in_schema(properties(kind), path) if door == "plugin" else path)


def _kind(token: str) -> Kind[Any]:
    kinds: dict[str, Kind[Any]] = {kind.token: kind for kind in KINDS}
    if token not in kinds:
        raise ConfigError(f"{token}: {no_such(token, list(kinds), what='kind of resource')}")
    return kinds[token]


def _bare(value: Any) -> Any:
    """Return a value without the marks of secrets."""
    if isinstance(value, Secret):
        return _bare(value.value)
    if isinstance(value, Mapping):
        return {key: _bare(item) for key, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _marked(checked: Any, given: Any) -> Any:
    """Return checked values with the marks of what was given."""
    if isinstance(given, Secret):
        return Secret(checked)
    if isinstance(given, Mapping) and isinstance(checked, Mapping):
        return {key: _marked(value, given.get(key)) for key, value in checked.items()}
    if isinstance(given, list) and isinstance(checked, list) and len(given) == len(checked):
        return [_marked(*pair) for pair in zip(checked, given, strict=True)]
    return checked


def _changed(whole: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(whole, list) and isinstance(head, int):
        return [_changed(item, rest, value) if index == head else item for index, item in enumerate(whole)]
    below = whole.get(head) if isinstance(whole, Mapping) else None
    return {**(whole if isinstance(whole, Mapping) else {}), head: _changed(below, rest, value)}
