"""Reads what the page shows of resources, switches, faults and calls: names, places and states, and never a key."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urlsplit

from ..faults import Fault
from ..gateway.calls import Gateway
from ..gateway.journal import Counts, Record
from ..gateway.limits import limits
from ..gateway.plans import Group, plan
from ..gateway.refusals import is_of_the_request
from ..gateway.routing import Tried
from ..kinds import CREDENTIAL, KINDS, PROXY, SERVICE
from ..platform import Platform
from ..states import microseconds
from ..store import Row, Tables
from ..switches import Switches, described

_MOST_TRIED = 20
Items = dict[str, dict[str, Any]]
"""By kind and name."""


class Reader:
    """What there is, read again only when it has changed."""

    def __init__(self, platform: Platform, gateway: Gateway) -> None:
        self._platform = platform
        self._gateway = gateway
        self._known = ""
        self._until = 0.0
        self._resources: Items = {}

    def read(self) -> Items:
        """Return what the page shows, apart from calls."""
        now = self._platform.now()
        with self._platform.reading() as tables:
            known = f"{tables.revision} {tables.address}"
            if known != self._known or now >= self._until:
                self._resources, self._until = _resources(tables, self._gateway, now)
                self._known = known
            switches, faults = tables.switches, tables.faults
        troubles = {name: asdict(trouble) for name, trouble in self._gateway.book.troubles.items()}
        waiting = {str(number): _fault(fault) for number, fault in faults.items()}
        return {**self._resources, "switch": _switches(switches), "fault": waiting, "trouble": troubles}


def _resources(tables: Tables, gateway: Gateway, now: float) -> tuple[Items, float]:
    """Return all resources, and when time alone makes something of them another."""
    moment = microseconds(now)
    rows = {title: {row.name: row for row in tables.all(title, moment)} for title in KINDS}
    services = {name: row.body for name, row in rows[SERVICE.title].items()}
    words = _Words(rows, moment)
    users: dict[str, list[list[str]]] = defaultdict(list)
    for kind in (SERVICE, PROXY):
        for row in rows[kind.title].values():
            users[row.body.get("credentialName", "")].append([kind.title, row.name])
    found: Items = {
        "service": {
            name: {**words.standing(row), **_service(row, gateway)} for name, row in rows[SERVICE.title].items()
        },
        "proxy": {name: {**words.standing(row), **_proxy(row, services)} for name, row in rows[PROXY.title].items()},
        "credential": {name: _credential(row, users[name]) for name, row in rows[CREDENTIAL.title].items()},
        "platform": {"address": tables.address},
    }
    ends = (row.lifecycle.until / 1e6 for kind in rows.values() for row in kind.values())
    return found, min((end for end in ends if end > now), default=math.inf)


class _Words:
    """What is said of the status of resources, without any key that it may repeat."""

    def __init__(self, rows: Mapping[str, Mapping[str, Row]], now: int) -> None:
        self._now = now
        self._keys = {
            key
            for title, kind in KINDS.items()
            for row in rows[title].values()
            for path in kind.keys
            for key in _texts(row.body, path)
        }

    def standing(self, row: Row) -> dict[str, Any]:
        """Return the status of a resource and the reason for it."""
        reason = row.lifecycle.reason_at(self._now) or ""
        for key in self._keys if reason else ():
            reason = reason.replace(key, "******")
        return {"status": row.lifecycle.status(self._now), "reason": reason, "updated": row.updated // 1000}


def _texts(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the texts at a path, however deep they lie there."""
    if isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    elif isinstance(value, dict):
        for item in (value.get(path[0]),) if path else value.values():
            yield from _texts(item, path[1:])
    elif isinstance(value, str) and value and not path:
        yield value


def _service(row: Row, gateway: Gateway) -> dict[str, Any]:
    settings = row.body.get("providerSettings", {})
    return {
        "provider": row.body.get("provider", ""),
        "type": row.body.get("modelType", ""),
        "models": settings.get("modelNames", []),
        "address": place(settings.get("baseUrl", "")),
        "credential": row.body.get("credentialName", ""),
        "has_key": bool(settings.get("apiKey")),
        "is_simulated": gateway.upstreams.is_simulated(row.name),
    }


def _proxy(row: Row, services: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    found, bounds = plan(row.body, services), limits(row.body)
    routes: dict[str, dict[str, Any]] = {}
    for asked, group in found.groups.items():
        order = [_shares(asked, targets) for targets in (group, *found.fallbacks)]
        routes.setdefault(repr(order), {"models": [], "order": order})["models"].append(asked)
    return {
        "mode": row.body.get("proxyMode", ""),
        "credential": row.body.get("credentialName", ""),
        "routes": list(routes.values()),
        "retries": found.retries,
        "timeout": found.timeout,
        "calls": bounds.calls,
        "tokens": dict(bounds.tokens),
        "is_cached": bounds.is_cached,
    }


def _shares(asked: str, group: Group) -> list[dict[str, Any]]:
    """Return the places of a group with their shares, and models where those are others than the caller asks for."""
    found: dict[str, dict[str, Any]] = {}
    shares = group.shares()
    for target in group.targets:
        here = found.setdefault(target.place, {"place": place(target.place), "share": 0.0, "models": []})
        here["is_service"] = bool(target.service)
        here["share"] = round(here["share"] + shares[target.id], 6)
        if target.model not in ("", asked):
            here["models"].append(target.model)
    return list(found.values())


def _credential(row: Row, users: list[list[str]]) -> dict[str, Any]:
    return {
        "type": row.body.get("credentialAuthType", ""),
        "source": row.body.get("credentialSourceType", ""),
        "is_enabled": row.body.get("enabled", True) is not False,
        "users": users,
    }


def _switches(switches: Switches) -> dict[str, Any]:
    usual = Switches()
    return {
        name: {"value": getattr(switches, name), "usual": getattr(usual, name), "choices": list(choices), "says": says}
        for name, (choices, says) in described().items()
    }


def _fault(fault: Fault) -> dict[str, Any]:
    happens = [
        f"is answered with {fault.status} {fault.code or 'and a broken body'}" if fault.status else "",
        f"loses its connection {fault.drop} it takes effect" if fault.drop else "",
        f"ends in {fault.outcome}" if fault.outcome else "",
        f"({fault.reason})" if fault.reason else "",
        f"is answered {fault.delay:g} s late" if fault.delay else "",
    ]
    return {
        "operation": fault.operation,
        "name": fault.name or "",
        "times": fault.times,
        "skip": fault.skip,
        "happens": " ".join(filter(None, happens)),
    }


def counted(counts: Counts) -> dict[str, Any]:
    """Return the counts of a proxy as the page shows them."""
    services = [[model, place(name), *numbers] for (model, name), numbers in counts.services.items()]
    return {**asdict(replace(counts, services={})), "services": services}


def called(number: int, record: Record) -> dict[str, Any]:
    """Return a call as the page shows it: who asked whom, and never what."""
    return {
        "number": number,
        "at": round(record.at * 1000),
        "proxy": record.proxy,
        "model": record.model,
        "operation": record.operation,
        "status": record.status,
        "code": record.code,
        "end": record.end,
        "service": place(record.service),
        "is_failover": record.is_failover,
        "milliseconds": round(record.milliseconds, 1),
        "tokens": record.passage.tokens if record.passage else 0,
        "tried": [_tried(tried) for tried in record.trail[:_MOST_TRIED]],
    }


def _tried(tried: Tried) -> dict[str, Any]:
    outcome = tried.outcome
    # What blames the request may quote it.
    reason = f"HTTP {outcome.status}" if is_of_the_request(outcome.status) else outcome.reason
    return {"place": place(tried.attempt.target.place), "is_good": outcome.is_good, "reason": reason}


def place(name: str) -> str:
    """Return the name of a service, or a URL without what may be a key in it: user, password, query."""
    if "://" not in name:
        return name
    try:
        url = urlsplit(name)
        port = f":{url.port}" if url.port is not None else ""
    except ValueError:
        return "an address that cannot be read"
    host = url.hostname or ""
    return f"{url.scheme}://{f'[{host}]' if ':' in host else host}{port}{url.path}"
