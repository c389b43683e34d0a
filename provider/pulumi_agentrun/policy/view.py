"""A resource as rules see it: the same from both front doors and from the service, whatever spells its properties."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..client.kinds import PROXY, SERVICE, Kind
from ..shapes import UNKNOWN
from ..spelling import from_schema, properties, worded

DYNAMIC = "pulumi-python:dynamic/agentrun:"
PLUGIN = "agentrun:index:"
POLICIES = "proxy_config.policies"
ENDPOINTS = "proxy_config.endpoints"
FALLBACKS = f"{POLICIES}.fallbacks"
_PART = re.compile(r"[^.\[\]]+")


class NotKnown(Exception):
    """What a rule looks at is not known before the update."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True)
class View:
    """One resource."""

    kind: Kind[Any]
    name: str
    """Its logical name, or for what no program manages its name."""
    props: Mapping[str, Any]
    """Its properties in snake_case; UNKNOWN where a preview does not know."""
    urn: str | None = None
    region: Any = None
    """The region that it is or will be in; UNKNOWN if that comes from another resource."""
    spells_camel: bool = False
    """Whether the program spells properties as the plugin's schema does."""

    def at(self, path: str) -> Any:
        """Return the value at a path such as `proxy_config.endpoints[0].weight`, None if there is none.

        Raises NotKnown if a preview does not know it.
        """
        value: Any = self.props
        for part in _PART.findall(path):
            if isinstance(value, list):
                value = value[int(part)] if int(part) < len(value) else None
            else:
                value = value.get(part) if isinstance(value, Mapping) else None
            if value is UNKNOWN:
                raise NotKnown(path)
        return value

    def items(self, path: str) -> Iterator[str]:
        """Yield the paths of a list's items."""
        for index in range(len(self.at(path) or ())):
            yield f"{path}[{index}]"

    def spelled(self, text: str) -> str:
        """Return a text with its property names as the program spells them."""
        return worded(text) if self.spells_camel else text


def view_of(type_: str, name: str, props: Mapping[str, Any], urn: str, region: Any) -> View | None:
    """Return the view of a resource in a program, or None if it is none of ours."""
    kinds: dict[str, Kind[Any]] = {"ModelService": SERVICE, "ModelProxy": PROXY}
    for prefix in (DYNAMIC, PLUGIN):
        kind = kinds.get(type_.removeprefix(prefix))
        if kind is None or not type_.startswith(prefix):
            continue
        camel = prefix == PLUGIN
        values = from_schema(properties(kind), props, []) if camel else dict(props)
        return View(kind, name, values, urn, region, camel)
    return None
