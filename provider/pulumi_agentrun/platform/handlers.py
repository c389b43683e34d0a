"""What each operation does: a function from a call to a status and its data."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .catalogue import PROVIDERS
from .errors import AlreadyExists, InvalidParameter, MissingParameter, NotFound, ResourceInUse, ValidationFailed
from .kinds import KINDS, PROXY, SERVICE, Kind, Surroundings, User
from .sense import refuse_nonsense
from .shapes import accept
from .states import GONE, Lifecycle, microseconds
from .store import Row, Tables
from .switches import Switches
from .views import view

_PAGE_SIZE = 20
_SHARING = (SERVICE.title, PROXY.title)
Result = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Call:
    """One call of an operation, within one transaction."""

    kind: Kind
    name: str
    query: Mapping[str, str]
    body: Mapping[str, Any]
    tables: Tables
    switches: Switches
    now: int
    outcome: str | None = None
    """The status that a fault ends this change in."""
    reason: str | None = None

    @property
    def latency(self) -> int:
        """How long a change takes."""
        return microseconds(self.switches.latency) if self.kind.has_status else 0

    def existing(self) -> Row:
        """Return the named resource, or refuse the call."""
        row = self.tables.find(self.kind.title, self.name, self.now)
        if row is None:
            raise NotFound(self.kind.title, self.name)
        return row

    def show(self, row: Row) -> dict[str, Any]:
        """Return a resource as the response shows it."""
        around = Surroundings(lambda: self.users(row), self.tables.address)
        return view(row, self.kind, self.switches, self.now, around)

    def users(self, row: Row) -> Iterator[User]:
        """Yield what names a resource."""
        for kind in KINDS.values():
            for other in self.tables.all(kind.title, self.now):
                if (row.kind, row.name) in kind.names(other.body):
                    yield User(kind, other.id, other.name)


Handler = Callable[[Call], Result]


def create(call: Call) -> Result:
    """Store a new resource."""
    kind, switches = call.kind, call.switches
    body = _changed({}, accept(kind.create, call.body), switches)
    for name in kind.required:
        if name not in body:
            raise MissingParameter(name)
    refuse_nonsense(body, is_new=True)
    name = body[kind.name_field]
    others = _SHARING if switches.names == "shared" and kind.title in _SHARING else ()
    if any(call.tables.find(title, name, call.now) for title in (kind.title, *others)):
        raise AlreadyExists(kind.title, name, switches.duplicate)
    life = Lifecycle("CREATING", call.now + call.latency, call.outcome or "READY", call.reason)
    row = Row(kind.title, name, f"{kind.prefix}-{uuid.uuid4().hex}", body, call.now, call.now, life)
    call.tables.add(row)
    return switches.success, call.show(row)


def get(call: Call) -> Result:
    """Show a resource."""
    return 200, call.show(call.existing())


def update(call: Call) -> Result:
    """Change the mutable fields of a resource; what else the body has is ignored."""
    row = call.existing()
    changes = accept(call.kind.update, call.body)
    status, reason = changes.pop("status", ""), changes.pop("statusReason", None)
    life = row.lifecycle
    # What is on its way out stays so.
    if not life.is_ending:
        outcome = call.outcome or status or "READY"
        life = Lifecycle("UPDATING", call.now + call.latency, outcome, call.reason or reason)
    body = _changed(row.body, changes, call.switches)
    refuse_nonsense({name: body[name] for name in changes if name in body}, is_new=False)
    # The clock may stand still between two updates; the order of updates has to show all the same.
    row = replace(row, body=body, updated=max(call.now, row.updated + 1), lifecycle=life)
    call.tables.replace(row)
    return 200, call.show(row)


def delete(call: Call) -> Result:
    """Delete a resource, at once or by way of DELETING."""
    row, switches = call.existing(), call.switches
    user = next(call.users(row), None) if switches.delete_in_use == "refused" else None
    if user is not None:
        raise ResourceInUse(call.kind.title, row.name, user.kind.title, user.name)
    if not row.lifecycle.is_ending:
        lasts = call.latency if switches.deletion == "gradual" or call.outcome else 0
        row = replace(row, lifecycle=Lifecycle("DELETING", call.now + lasts, call.outcome or GONE, call.reason))
        if row.lifecycle.is_gone(call.now):
            call.tables.remove(row.kind, row.name)
        else:
            call.tables.replace(row)
    return switches.success, {**call.show(row), **({"status": "DELETING"} if call.kind.has_status else {})}


def list_resources(call: Call) -> Result:
    """Show a page of the resources that pass the filters, the oldest first."""
    kind, filters = call.kind, {path.rpartition(".")[2]: path for path in call.kind.filters}
    workspaces = [part.strip() for part in call.query.get("workspaceIds", "").split(",") if part.strip()]
    if not workspaces and not any(call.query.get(name) for name in filters):
        number, size, start = _paging(call)
        rows, total = call.tables.page(kind.title, call.now, start, size)
        items = [kind.listed(call.show(row)) for row in rows]
        return 200, {"items": items, "pageNumber": number, "pageSize": size, "total": total}
    shown: Iterable[dict[str, Any]] = map(call.show, call.tables.all(kind.title, call.now))
    if workspaces:
        shown = (item for item in shown if item.get("workspaceId") in workspaces)
    return _page(call, list(map(kind.listed, _filtered(call, shown, filters))))


def list_providers(call: Call) -> Result:
    """Show a page of the catalogue of model providers."""
    model = call.query.get("modelName")
    provider = call.query.get("provider")
    items: Iterable[dict[str, Any]] = PROVIDERS
    if model:
        items = (item for item in items if model in item["models"])
    if provider:
        items = (item for item in items if item["providerName"] == provider)
    return _page(call, _filtered(call, items, {"modelType": "modelType"}))


def _changed(stored: Mapping[str, Any], changes: Mapping[str, Any], switches: Switches) -> dict[str, Any]:
    result = dict(stored)
    for name, value in changes.items():
        if value == "":
            if switches.empty_string == "clears":
                result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name, {}) if switches.nested == "merge" else {}
            result[name] = _changed(before, value, switches)
        elif value != [] or name != "modelInfoConfigs" or switches.empty_list == "clears":
            result[name] = value
    return result


def _filtered(call: Call, items: Iterable[dict[str, Any]], filters: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the items that have at each path what the filter of its name asks for."""
    wanted = {path: call.query[name] for name, path in filters.items() if call.query.get(name)}
    return [item for item in items if all(_text_at(item, path) == value for path, value in wanted.items())]


def _text_at(value: Any, path: str) -> str | None:
    """Return what stands at a path as a query spells it, None if nothing does."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return str(value).lower() if isinstance(value, bool) else value


def _page(call: Call, items: list[dict[str, Any]]) -> Result:
    number, size, start = _paging(call)
    return 200, {"items": items[start : start + size], "pageNumber": number, "pageSize": size, "total": len(items)}


def _paging(call: Call) -> tuple[int, int, int]:
    """Return the number of the page asked for, its size, and how many items come before it."""
    number = _whole(call.query, "pageNumber", 1)
    size = min(_whole(call.query, "pageSize", _PAGE_SIZE), call.switches.page_cap)
    # Beyond what SQLite counts to, there is nothing either.
    return number, size, min((number - 1) * size, 2**62)


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    # Longer numbers make no sense, and Python refuses to read the longest.
    if not text.isascii() or not text.removeprefix("-").isdigit() or len(text) > 18:
        raise InvalidParameter(name, "an integer")
    if int(text) < 1:
        raise ValidationFailed(f"{name} must be at least 1")
    return int(text)
