"""Sentences for several readers, each of whom spells settings and properties, and goes on, in a way of its own.

A sentence stays a value until somebody prints it. So what is spelled otherwise is known for what it is, and no text of
a user's or a service's is ever taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Path: TypeAlias = "tuple[str | int, ...]"
"""Keys and indices from the resource down: `("proxy_config", "endpoints", 1, "weight")`."""

_NAMED = re.compile(r"\{([a-z_]+(?:\.[a-z_]+)*)\}")
_PLAIN = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True)
class Setting:
    """A setting of the client."""

    name: str
    """As `Config` has it: `endpoint`, `access_key_id`."""
    of: str = ""
    """Which of several configurations it is in, for a reader who has several."""


@dataclass(frozen=True)
class Property:
    """A property of a resource."""

    path: Path


@dataclass(frozen=True)
class Advice:
    """What to do next, in the words of a program that has only the client; other readers may have others."""

    about: str
    words: str = ""


SLOWER = Advice("too many requests", "Run it again in a while, or with fewer calls at a time.")
KNOWN_GONE = Advice("a resource that is gone though the service does not say so")
AS_SECRET = Advice("a credential that is set")
LAST_SETTINGS = Advice("which settings hold, where those may be of an earlier run")


@dataclass(frozen=True)
class Reader:
    """Who reads a sentence: how they know settings and properties, and what they can do."""

    setting: Callable[[Setting], str]
    property: Callable[[Path], str]
    advice: Mapping[Advice, str] = field(default_factory=dict)


class Message:
    """A sentence with places in braces, and what stands there.

    A setting, a property and advice are spelled by the reader, a message in a message too; everything else is what its
    text is, whatever it looks like.
    """

    def __init__(self, template: str, /, **facts: object) -> None:
        self._template = template
        self._facts = facts

    def told(self, reader: Reader) -> str:
        """Return the sentence as a reader is told it."""
        return self._template.format_map({name: tell(fact, reader) for name, fact in self._facts.items()})

    def __str__(self) -> str:
        return self.told(CLIENT)

    def __repr__(self) -> str:
        return repr(str(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self._template, self._facts) == (other._template, other._facts)

    def __hash__(self) -> int:
        return hash(str(self))


Text: TypeAlias = "str | Message"


def tell(fact: object, reader: Reader) -> str:
    """Return how a reader is told a fact."""
    if isinstance(fact, Setting):
        return reader.setting(fact)
    if isinstance(fact, Property):
        return reader.property(fact.path)
    if isinstance(fact, Advice):
        return reader.advice.get(fact, fact.words)
    told = getattr(fact, "told", None)  # a message, or an error that is one
    return told(reader) if told is not None else str(fact)


def joined(*facts: object, by: str = " ") -> Message:
    """Return facts after one another, those that are there."""
    parts = {f"part{index}": fact for index, fact in enumerate(facts) if fact}
    return Message(by.join(f"{{{name}}}" for name in parts), **parts)


def naming(template: str) -> Message:
    """Return a sentence of our own in which properties stand in braces: `use {credential_name}`."""
    paths = dict.fromkeys(_NAMED.findall(template))
    facts = {path: f"fact{index}" for index, path in enumerate(paths)}
    text = _NAMED.sub(lambda found: f"{{{facts[found[1]]}}}", template)
    return Message(text, **{fact: Property(tuple(path.split("."))) for path, fact in facts.items()})


def dotted(path: Path) -> str:
    """Return a path as Pulumi writes it (`PropertyPath.String`): `proxy_config.endpoints[1].weight`, `a["x-b"]`."""
    return "".join(map(_written, path)).removeprefix(".")


def _written(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN.fullmatch(part) else '["{}"]'.format(part.replace('"', '\\"'))


CLIENT = Reader(setting=lambda setting: setting.name, property=dotted)
"""A program that has only the client."""
