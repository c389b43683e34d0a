"""One exchange with the API as a value: what to send, and how to read the answer; no I/O.

Source: alibabacloud-agentrun20250910 5.7.5, the actions, methods, paths, queries and bodies of its `Client`
(`Client.create_model_service_with_options` and so on); alibabacloud-tea-openapi 0.4.6, `Utils.get_encode_path`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from . import errors, lenient
from .kinds import Kind, kind_of
from .models import CreateInput, ListInput, ModelProvider, ModelProviderListInput, SystemProps, UpdateInput
from .models.fields import Model
from .printable import printable
from .redaction import Secret
from .wording import Message, Property

R = TypeVar("R", bound=SystemProps)
T = TypeVar("T")
Item = TypeVar("Item")

ROOT = "/2025-09-10/agents"
VERSION = "2025-09-10"
NOT_NAMES = ("", ".", "..")
"""What would address the collection, or its parent, instead of a resource."""

_HALF = "Half of a surrogate pair is in the arguments: texts must be whole Unicode."


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list."""

    items: list[Item]
    total: int | None
    """How many items there are on all pages, if the service says so."""


@dataclass(frozen=True)
class Operation(Generic[T]):
    """One exchange: method, path (percent-encoded), query, body, and how to read the answer's data."""

    action: str
    method: str
    path: str
    read: Callable[[dict[str, Any]], T]
    subject: str
    """What it is about, for messages: `model service qwen`."""
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    secrets: tuple[Secret, ...] = field(default=(), repr=False)
    """What no message may repeat, should the service echo it: what is secret in the body, and what else was sent."""
    title: str = ""
    """The words of the kind that it is about: `model service`."""
    name: str | None = None
    """The resource that it is about, if that is there already: its answer may say that there is none."""
    timeout: float | None = None
    """Seconds that the whole exchange may take, from connecting to the body's last byte; else the session's bound."""

    @property
    def is_idempotent(self) -> bool:
        """Whether sending it twice does no more than sending it once."""
        return self.method != "POST"

    @property
    def target(self) -> str:
        """The path with its query, as it goes on the wire. Raises InvalidArgumentError."""
        pairs = "&".join(f"{_quote(key)}={_quote(value)}" for key, value in self.query)
        return f"{self.path}?{pairs}" if pairs else self.path


def create(input: CreateInput[R]) -> Operation[R]:
    """Create a resource."""
    kind = kind_of(input)
    name = getattr(input, kind.name_field)
    check_name(kind, name)
    return _write(kind, "Create", "POST", _collection(kind), name, input)


def get(kind: Kind[R], name: str) -> Operation[R]:
    """Get one resource."""
    return _bare(kind, "Get", "GET", name)


def update(name: str, input: UpdateInput[R]) -> Operation[R]:
    """Change what the input sets; the rest is left alone."""
    kind = kind_of(input)
    return _write(kind, "Update", "PUT", _path(kind, name), name, input)


def delete(kind: Kind[R], name: str) -> Operation[R]:
    """Delete a resource."""
    return _bare(kind, "Delete", "DELETE", name)


def list_page(input: ListInput[R]) -> Operation[Page[R]]:
    """List one page."""
    kind = kind_of(input)
    return _list(f"List{kind.plural}", kind.collection, input, lambda item: cast("R", lenient.read_item(kind, item)))


def list_model_providers(input: ModelProviderListInput) -> Operation[Page[ModelProvider]]:
    """List one page of the service's catalogue of model providers."""
    return _list("ListModelProviders", "model-providers", input, lambda item: lenient.read_as(ModelProvider, item))


def _list(
    action: str, collection: str, input: Model, read_item: Callable[[dict[str, Any]], Item]
) -> Operation[Page[Item]]:
    def read(data: dict[str, Any]) -> Page[Item]:
        items = [] if data.get("items") is None else data["items"]
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ValueError("items: they are no list of objects")
        return Page([read_item(item) for item in items], lenient.total(data.get("total")))

    return Operation(
        action=action,
        method="GET",
        path=f"{ROOT}/{collection}",
        read=read,
        subject=f"the list of {collection.replace('-', ' ')}",
        query=tuple(sorted((key, str(value)) for key, value in input.to_wire().items())),
    )


def items_of(result: object) -> list[SystemProps]:
    """Return the resources that an operation has resulted in."""
    items: list[Any] = result.items if isinstance(result, Page) else [result]
    return [item for item in items if isinstance(item, SystemProps)]


def check_name(kind: Kind[Any], name: object) -> None:
    """Refuse a name that cannot stand in a path: it would address the collection, or its parent."""
    if not isinstance(name, str) or name in NOT_NAMES:
        raise errors.InvalidArgumentError(
            Message("{field} must be a non-empty string other than '.' and '..'.", field=Property((kind.name_field,)))
        )
    _quote(name)


def _bare(kind: Kind[R], verb: str, method: str, name: str) -> Operation[R]:
    return Operation(
        action=f"{verb}{kind.token}",
        method=method,
        path=_path(kind, name),
        read=_reader(kind, name),
        subject=f"{kind.title} {printable(name)}",
        title=kind.title,
        name=name,
    )


def _write(kind: Kind[R], verb: str, method: str, path: str, name: str, input: Model) -> Operation[R]:
    return Operation(
        action=f"{verb}{kind.token}",
        method=method,
        path=path,
        read=_reader(kind, name),
        subject=f"{kind.title} {printable(name)}",
        title=kind.title,
        name=None if method == "POST" else name,
        body=_json(input.to_wire()),
        secrets=tuple(secrets_in(input)),
    )


def _reader(kind: Kind[R], name: str) -> Callable[[dict[str, Any]], R]:
    """Return what reads the data of one resource, and refuses that of another, which a cache may answer with."""

    def read(data: dict[str, Any]) -> R:
        found = lenient.read(kind, data)
        shown = getattr(found, kind.name_field)
        if shown is not None and shown.casefold() != name.casefold():
            raise ValueError(f"{kind.name_field}: it is another one's")
        return found

    return read


def secrets_in(value: Any) -> Iterator[str]:
    """Yield the secrets that a value holds."""
    if hasattr(value, "get_secret_value"):
        yield value.get_secret_value()
    elif isinstance(value, Model):
        for _, item in value:
            yield from secrets_in(item)
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from secrets_in(item)


def _collection(kind: Kind[Any]) -> str:
    return f"{ROOT}/{kind.collection}"


def _path(kind: Kind[Any], name: str) -> str:
    check_name(kind, name)
    return f"{_collection(kind)}/{_quote(name)}"


def _quote(text: str) -> str:
    try:
        return quote(text, safe="-._~")
    except UnicodeEncodeError:
        raise errors.InvalidArgumentError(_HALF) from None


def _json(body: dict[str, Any]) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise errors.InvalidArgumentError(_HALF) from None
    except ValueError:
        raise errors.InvalidArgumentError("JSON has no infinite numbers, and no NaN.") from None
