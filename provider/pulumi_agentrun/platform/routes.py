"""The table of operations, and the way from a method and a path to one of them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from .errors import UnknownAction
from .handlers import Handler, create, delete, get, list_providers, list_resources, update
from .kinds import KINDS, SERVICE, Kind

VERSION = "2025-09-10"
_PREFIX = f"/{VERSION}/agents/"


@dataclass(frozen=True)
class Operation:
    """One operation of the API."""

    action: str
    method: str
    collection: str
    named: bool
    """Whether the path ends in the name of a resource."""
    kind: Kind
    handler: Handler
    writes: bool = False
    has_body: bool = False

    @property
    def is_short(self) -> bool:
        """Whether it takes no longer, however much there is."""
        return (self.named or self.has_body) and not self.kind.shows_users


def _operations(kind: Kind) -> tuple[Operation, ...]:
    one, where = kind.action, kind.collection
    return (
        Operation(f"Create{one}", "POST", where, False, kind, create, writes=True, has_body=True),
        Operation(f"Get{one}", "GET", where, True, kind, get),
        Operation(f"Update{one}", "PUT", where, True, kind, update, writes=True, has_body=True),
        Operation(f"Delete{one}", "DELETE", where, True, kind, delete, writes=True),
        Operation(f"List{kind.actions}", "GET", where, False, kind, list_resources),
    )


OPERATIONS = (
    *(operation for kind in KINDS.values() for operation in _operations(kind)),
    Operation("ListModelProviders", "GET", "model-providers", False, SERVICE, list_providers),
)
ACTIONS = tuple(operation.action for operation in OPERATIONS)
_TABLE = {(operation.method, operation.collection, operation.named): operation for operation in OPERATIONS}


def route(method: str, path: str, version: str, action: str) -> tuple[Operation, str]:
    """Return the operation and the name in its path; a version or action header has to agree with them."""
    if not path.startswith(_PREFIX) or version not in ("", VERSION):
        raise UnknownAction
    # Split before decoding: an encoded slash is part of a name.
    collection, *names = path[len(_PREFIX) :].split("/")
    operation = _TABLE.get((method, collection, bool(names)))
    if operation is None or len(names) > 1 or names == [""] or action not in ("", operation.action):
        raise UnknownAction
    return operation, unquote(names[0]) if names else ""
