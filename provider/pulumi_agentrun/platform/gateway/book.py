"""What the gateway knows of proxies, their services and their credentials: read again only when they have changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..kinds import CREDENTIAL, PROXY, SERVICE
from ..states import microseconds
from ..store import Row, Store, Tables
from .guardrails import Guardrails, guardrails
from .limits import Limits, limits
from .plans import Plan, Target, plan
from .simulated import Trouble, troubles_from_json, troubles_to_json

_SERVING = ("READY", "UPDATING", "UPDATE_FAILED", "DELETE_FAILED")
_NOT_EMULATED = ("networkConfiguration", "logConfiguration", "armsConfiguration", "executionRoleArn")
_NOT_EMULATED_GUARDRAILS = ("level", "blockOnModelHallucination")


@dataclass(frozen=True)
class Entry:
    """A proxy, and all that a call of it needs."""

    id: str
    updated: int
    body: Mapping[str, Any] = field(repr=False)
    status: str
    credential: Mapping[str, Any] | None = field(repr=False)
    services: Mapping[str, Mapping[str, Any]] = field(repr=False)
    keys: Mapping[str, str | None] = field(repr=False)
    """The keys of its services."""
    plan: Plan
    limits: Limits
    guardrails: Guardrails
    not_emulated: tuple[str, ...]
    """What it declares and the gateway does not do."""
    troubles: Mapping[str, Trouble]
    """The troubles that simulated services have."""
    until: float
    """When time alone makes it another."""

    @property
    def is_serving(self) -> bool:
        """Whether it answers calls, as it stands."""
        return self.status in _SERVING

    def reach(self, target: Target) -> tuple[str, str | None] | None:
        """Return the URL and the key of a target, or None where its service does not exist."""
        if not target.service:
            return target.base_url, None
        service = self.services.get(target.service)
        if service is None:
            return None
        return service.get("providerSettings", {}).get("baseUrl", ""), self.keys[target.service]


class Book:
    """The proxies of a platform."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._revision = ""
        self._entries: dict[str, Entry | None] = {}

    def entry(self, name: str, now: float) -> Entry | None:
        """Return a proxy by its name, or None if there is none."""
        with self._store.reading() as tables:
            revision = tables.revision
            if revision != self._revision:
                self._revision, self._entries = revision, {}
            found = self._entries.get(name)
            if found is None or found.until <= now:
                found = self._entries[name] = _entry(tables, name, now)
                if len(self._entries) > 10_000:  # names that there are not, of somebody who tries them
                    self._entries = {}
            return found

    @property
    def troubles(self) -> dict[str, Trouble]:
        """The troubles that simulated services have."""
        with self._store.reading() as tables:
            return _troubles(tables)

    def set_trouble(self, service: str, trouble: Trouble | None) -> None:
        """Store the trouble of one service, or of any by the name `*`; None ends it."""
        with self._store.writing() as tables:
            others = {name: found for name, found in _troubles(tables).items() if name != service}
            _store_troubles(tables, others if trouble is None else {**others, service: trouble})

    def set_troubles(self, troubles: Mapping[str, Trouble]) -> None:
        """Store them, for every process on the directory."""
        with self._store.writing() as tables:
            _store_troubles(tables, troubles)


def _troubles(tables: Tables) -> dict[str, Trouble]:
    found = tables.connection.execute("SELECT value FROM settings WHERE name = 'troubles'").fetchone()
    return {} if found is None else troubles_from_json(found[0])


def _store_troubles(tables: Tables, troubles: Mapping[str, Trouble]) -> None:
    query = "INSERT OR REPLACE INTO settings VALUES ('troubles', ?)"
    tables.connection.execute(query, (troubles_to_json(troubles),))
    tables.changed()


def _entry(tables: Tables, name: str, now: float) -> Entry | None:
    moment = microseconds(now)
    row = tables.find(PROXY.title, name, moment)
    if row is None:
        return None
    rows = {
        service: found
        for title, service in PROXY.names(row.body)
        if title == SERVICE.title and (found := tables.find(title, service, moment))
    }
    services = {service: found.body for service, found in rows.items()}
    ends = [found.lifecycle.until / 1e6 for found in (row, *rows.values())]
    return Entry(
        id=row.id,
        updated=row.updated,
        body=row.body,
        status=row.lifecycle.status(moment),
        credential=_credential_of(tables, row.body, moment),
        services=services,
        keys={service: _key(tables, found, moment) for service, found in rows.items()},
        plan=plan(row.body, services),
        limits=limits(row.body),
        guardrails=guardrails(row.body),
        not_emulated=_not_emulated(row.body),
        troubles=_troubles(tables),
        until=min((end for end in ends if end > now), default=math.inf),
    )


def _credential_of(tables: Tables, body: Mapping[str, Any], now: int) -> Mapping[str, Any] | None:
    """Return the credential that a resource names, or None where it names none that there is."""
    found = tables.find(CREDENTIAL.title, body.get("credentialName", ""), now)
    return None if found is None else found.body


def _key(tables: Tables, service: Row, now: int) -> str | None:
    own = service.body.get("providerSettings", {}).get("apiKey")
    return own or (_credential_of(tables, service.body, now) or {}).get("credentialSecret")


def _not_emulated(body: Mapping[str, Any]) -> tuple[str, ...]:
    config = body.get("proxyConfig", {}).get("policies", {}).get("aiGuardrailConfig", {})
    found = [f"aiGuardrailConfig.{name}" for name in _NOT_EMULATED_GUARDRAILS if config.get(name)]
    return (*found, *(name for name in _NOT_EMULATED if body.get(name)))
