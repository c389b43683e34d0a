"""Remembers, for one run, which objects the program has and which this run has deleted.

Each object that is created or taken over gets a token, which state keeps. After a replacement that took over what it
should replace, or one that was cut short, state knows one object by two records: the older one's deletion would delete
what the program has. Their tokens differ. That a resource was merely compared or read says nothing: a refresh compares
everything, also what the program no longer has.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..client.errors import ConfigError
from ..client.kinds import Kind
from ..client.wording import Message, Property, Text
from . import notes
from .diff import CREATED_AT
from .journal import Journal
from .places import ADOPTED, MADE, Place, check_same, origin_of

Key = tuple[str, str, str]
Who = str | None


def token() -> str:
    """Return what tells a creation from every other one."""
    return secrets.token_hex(8)


@dataclass(frozen=True)
class Held:
    """An object that the program has: its name, whose access key knows it, and what tells it from others."""

    key: Key
    who: Who
    made: str | None
    facts: tuple[str | None, str | None]
    """The service's own id and the time of its creation."""


class Claims:
    """What a run knows of names: a name is one object in an account, whichever profile or provider leads there."""

    def __init__(self, journal: Journal | None = None) -> None:
        self._lock = threading.Lock()
        self._journal = journal
        """Where the other processes of the run tell what they hold."""
        self._declared: dict[tuple[Key, Who], str] = {}
        self._keys: dict[str, tuple[Key, Who]] = {}
        self._checked: set[str] = set()
        self._held: dict[tuple[Key, Who], Held] = {}
        self._deleted: dict[tuple[Key, Who], Mapping[str, Any]] = {}
        self._misplaced: set[str] = set()
        self._recorded: set[tuple[Key, Who]] = set()

    def checked(self, urn: Any) -> None:
        """Note that the program declares a resource, so that what is compared of it next is a plan."""
        with self._lock:
            self._checked.add(str(urn))

    def close(self) -> None:
        """Leave the run, with the journal that its processes share."""
        if self._journal is not None:
            self._journal.close()

    def is_plan(self, urn: Any) -> bool:
        """Say, once for each check, whether a comparison is a plan's: a refresh compares, too, but checks nothing."""
        with self._lock:
            is_plan = str(urn) in self._checked
            self._checked.discard(str(urn))
        return is_plan

    def declare(self, kind: Kind[Any], place: Place, name: str, urn: str) -> Text | None:
        """Note that a resource of the program has a name; return what is wrong if another one has it."""
        key = _key(kind, place, name)
        with self._lock:
            holder = self._declared.setdefault(key, urn)
            if holder != urn:
                first, second = (text.rsplit("::", 1)[-1] for text in (holder, urn))
                return Message(
                    "{title} {name} is {first} in this program, so it cannot be {second} too. "
                    "Give {second} a {field} of its own.",
                    title=kind.title.capitalize(),
                    name=name,
                    first=first,
                    second=second,
                    field=Property((kind.name_field,)),
                )
            before = self._keys.get(urn, key)
            if before != key:  # checked again for a replacement, with another name
                del self._declared[before]
            self._keys[urn] = key
        return None

    def keep(self, kind: Kind[Any], place: Place, name: str, urn: str | None, olds: Mapping[str, Any]) -> None:
        """Note that a resource stays as its record says, if the program declares it under that name."""
        with self._lock:
            is_declared = urn is not None and self._declared.get(_key(kind, place, name)) == urn
        if is_declared:
            self.hold(kind, place, name, olds)

    def hold(self, kind: Kind[Any], place: Place, name: str, outputs: Mapping[str, Any]) -> None:
        """Note that this run has created or taken over what has a name."""
        held = _held(kind, place, name, outputs)
        with self._lock:
            self._held[held.key, held.who] = held
        if origin_of(outputs).get(ADOPTED):
            notes.note(notes.TAKEN, place.key(kind, name), json.dumps(asdict(held)))
        else:
            notes.forget(notes.TAKEN, place.key(kind, name))
        if self._journal is not None:
            self._journal.add(asdict(held))

    def spares(self, kind: Kind[Any], place: Place, name: str, olds: Mapping[str, Any]) -> bool:
        """Say whether a record's object belongs to another record by now, and is not to be deleted for this one."""
        record = _held(kind, place, name, olds)
        with self._lock:
            held = list(self._held.values())
        if self._journal is not None:
            held += map(_read, self._journal.entries())
        others = [other for other in held if other.key == record.key and other.made != record.made]
        if any(other.who == record.who or _is_one_object(other, record) for other in others):
            return True
        noted = notes.read(notes.TAKEN, place.key(kind, name))
        taken = _read(json.loads(noted)) if noted else None
        return taken is not None and taken.made != record.made and _is_one_object(taken, record)

    def check_place(self, kind: Kind[Any], id: str, olds: Mapping[str, Any], place: Place) -> None:
        """Raise ConfigError if a resource lives elsewhere, and let the run create nothing there from then on."""
        try:
            check_same(kind, id, olds, place)
        except ConfigError:
            self._misplaced.add(place.address)
            raise

    def check_creation(self, kind: Kind[Any], name: str, place: Place) -> None:
        """Raise ConfigError if other resources of the run have turned out to live elsewhere."""
        if place.address in self._misplaced:
            raise ConfigError(
                f"{kind.title.capitalize()} {name} is not created in {place.location or place.address}, for other "
                f"resources of this stack live elsewhere: see what is said of them."
            )

    def record(self, kind: Kind[Any], place: Place, name: str) -> None:
        """Note that state has a resource under a name, which this run may free."""
        with self._lock:
            self._recorded.add(_key(kind, place, name))

    def is_recorded(self, kind: Kind[Any], place: Place, name: str) -> bool:
        """Say whether a resource that this run has compared has a name in state."""
        with self._lock:
            return _key(kind, place, name) in self._recorded

    def deleted(self, kind: Kind[Any], place: Place, name: str, olds: Mapping[str, Any]) -> None:
        """Note that this run has deleted what had a name: for a while, older answers may still show it."""
        with self._lock:
            self._held.pop(_key(kind, place, name), None)
            self._deleted[_key(kind, place, name)] = olds
        notes.forget(notes.TAKEN, place.key(kind, name))

    def former(self, kind: Kind[Any], place: Place, name: str) -> Mapping[str, Any] | None:
        """Return the record of what had a name until this run deleted it, if it did."""
        with self._lock:
            return self._deleted.get(_key(kind, place, name))


def _key(kind: Kind[Any], place: Place, name: str) -> tuple[Key, Who]:
    """Return a name's key: one object in an account, whichever profile leads there."""
    return (kind.collection, place.address, name), place.account or place.access_key


def _held(kind: Kind[Any], place: Place, name: str, outputs: Mapping[str, Any]) -> Held:
    facts = outputs.get(kind.id_field), outputs.get(CREATED_AT)
    return Held(*_key(kind, place, name), origin_of(outputs).get(MADE), facts)


def _read(entry: Mapping[str, Any]) -> Held:
    kind, address, name = entry["key"]
    first, second = entry["facts"]
    return Held((kind, address, name), entry["who"], entry["made"], (first, second))


def _is_one_object(one: Held, other: Held) -> bool:
    """Say whether two records, made with keys of which nobody knows the account, are about one object."""
    return one.facts == other.facts and any(one.facts)
