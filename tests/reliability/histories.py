"""What histories of a stack are made of, as data: programs, commands, other people and troubles."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

KEY = "sk-of-a-history"
DOORS = ("dynamic", "plugin")


@dataclass(frozen=True)
class Ref:
    """The name of another resource of the program, as a property."""

    logical: str


@dataclass(frozen=True)
class Declared:
    """One resource of a program."""

    kind: str
    """`service`, `proxy`, `group` (a component) or `account` (an explicit provider)."""
    props: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    """What `ResourceOptions` takes, with other resources by their logical names. An `id` makes it a look-up; an alias
    is a logical name, or None for the same resource without a parent."""


Program = Mapping[str, Declared]


@dataclass(frozen=True)
class Kill:
    """Who dies at which call."""

    who: Literal["engine", "provider"]
    moment: Literal["before", "after"]
    verb: str
    logical: str


@dataclass(frozen=True)
class Run:
    """One command of the CLI; where it says `{a}` it means the URN of a resource, `{id:a}` the id it had last."""

    command: str
    program: Program | None = None
    """What the program says from now on."""
    adopt: str | None = None
    """The value of AGENTRUN_ADOPT."""
    kill: Kill | None = None


@dataclass(frozen=True)
class Outside:
    """What somebody else does to the service."""

    what: Literal["create", "change", "delete"]
    name: str
    """The name of a service, or `{id:a}`."""


@dataclass(frozen=True)
class Trouble:
    """What goes wrong at the service from now on: the arguments of a `Fault`."""

    fault: Mapping[str, Any]


@dataclass(frozen=True)
class Configured:
    """A change of the stack's configuration."""

    key: str
    value: str


@dataclass(frozen=True)
class Switched:
    """A change of how the service behaves."""

    values: Mapping[str, Any]


Event = Run | Outside | Trouble | Configured | Switched


@dataclass(frozen=True)
class History:
    """What happens to a stack, one thing after another."""

    events: tuple[Event, ...]
    doors: tuple[str, ...] = DOORS


def service(text: str = "one", provider: str = "tongyi", name: str | None = None, **options: Any) -> Declared:
    """Declare a model service; another `provider` replaces it."""
    settings = {"base_url": "https://model.example", "api_key": KEY}
    props = {"model_type": "llm", "provider": provider, "description": text, "provider_settings": settings}
    return Declared("service", props | ({"model_service_name": name} if name else {}), options)


def proxy(of: str, text: str = "one", **options: Any) -> Declared:
    """Declare a model proxy in front of a service of the program."""
    endpoints = [{"model_service_name": Ref(of)}]
    return Declared("proxy", {"description": text, "proxy_config": {"endpoints": endpoints}}, options)


def account(**props: Any) -> Declared:
    """Declare an explicit provider, with an embedded platform of its own."""
    return Declared("account", {"endpoint": "file://platform"} | props)


def named(logical: str) -> str:
    """Return how commands and outside events name what a resource was on the service when last seen."""
    return f"{{id:{logical}}}"


def references(value: Any) -> set[str]:
    """Return the logical names that a value refers to."""
    if isinstance(value, Ref):
        return {value.logical}
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return {found for item in items for found in references(item)}


def filled(text: str, urn: Callable[[str], str], ids: Mapping[str, str], types: Mapping[str, str]) -> str:
    """Return the words of a command with what stands in braces filled in."""

    def fill(found: re.Match[str]) -> str:
        what, _, which = found[1].rpartition(":")
        return ids[which] if what == "id" else types[which] if what == "type" else urn(which)

    return re.sub(r"\{([\w:]+)\}", fill, text)
