"""One exchange with the API as a value: what to send, and how to read the answer; no I/O."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from . import errors
from .fields import Model
from .kinds import Kind, kind_of
from .models import CreateInput, ListInput, SystemProps, UpdateInput

if TYPE_CHECKING:
    import httpx

R = TypeVar("R", bound=SystemProps)
T = TypeVar("T")

ROOT = "/2025-09-10/agents"
VERSION = "2025-09-10"
NOT_NAMES = ("", ".", "..")
"""What would address the collection, or its parent, instead of a resource."""

# Codes by which Alibaba Cloud's gateway answers before AgentRun sees a request. A 404 among them says
# nothing of the resource (`InvalidAccessKeyId.NotFound`), so none of them may ever count as "gone".
_GATEWAY = (
    "InvalidAccessKeyId", "InvalidSecurityToken", "SecurityToken", "Signature", "IncompleteSignature",
    "InvalidTimeStamp", "NoPermission", "Forbidden", "InvalidAction", "InvalidApi", "InvalidVersion",
    "InvalidProduct", "InvalidPath", "InvalidEndpoint", "InvalidRegion", "InvalidHost", "Throttling",
)  # fmt: skip
_CREDENTIALS = _GATEWAY[:8]


@dataclass(frozen=True)
class Page(Generic[R]):
    """One page of a list."""

    items: list[R]
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
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values in the body that no message may repeat, should the service echo them."""
    timeout: float | None = None
    """Seconds that the whole exchange may take, from connecting to the body's last byte; else the session's bound."""

    @property
    def is_idempotent(self) -> bool:
        """Whether sending it twice does no more than sending it once."""
        return self.method != "POST"

    @property
    def target(self) -> str:
        """The path with its query, as it goes on the wire."""
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

    def read(data: dict[str, Any]) -> Page[R]:
        items = [kind.model.model_validate(item) for item in data.get("items") or ()]
        return Page(items, data.get("total"))

    return Operation(
        action=f"List{kind.actions[1]}",
        method="GET",
        path=_collection(kind),
        read=read,
        subject=f"the list of {kind.collection.replace('-', ' ')}",
        query=tuple(sorted((key, str(value)) for key, value in input.to_wire().items())),
    )


def following(input: ListInput[R], page: Page[R], seen: int) -> ListInput[R] | None:
    """Return the input for the page after this one, if there is one.

    `seen` counts the items so far. It is what ends a list, never the page size asked for: the service may cap that.
    """
    if not page.items or (page.total is not None and seen >= page.total):
        return None
    return input.model_copy(update={"page_number": (input.page_number or 1) + 1})


def check_name(kind: Kind[Any], name: object) -> None:
    """Refuse a name that cannot stand in a path: it would address the collection, or its parent."""
    if not isinstance(name, str) or name in NOT_NAMES:
        raise errors.InvalidArgumentError(f"{kind.name_field} must be a non-empty string other than '.' and '..'.")


def read_answer(operation: Operation[T], response: httpx.Response) -> T:
    """Return what a success carries; raise the error that any other answer stands for."""
    envelope = _envelope(response)
    if not response.is_success:
        raise _refusal(operation, response, envelope)
    code = _text(envelope, "code")
    data = envelope.get("data")
    if (code and code != "SUCCESS") or not isinstance(data, dict):
        raise _unexpected(operation, response, envelope)
    try:
        result = operation.read(data)
    except ValidationError as error:
        reason = f"its data is not that of {operation.subject}: {_where(error)}"
        raise _unexpected(operation, response, envelope, reason) from None
    if isinstance(result, SystemProps):
        result._request_id = _text(envelope, "requestId")
    return result


def _bare(kind: Kind[R], verb: str, method: str, name: str) -> Operation[R]:
    return Operation(
        action=f"{verb}{kind.actions[0]}",
        method=method,
        path=_path(kind, name),
        read=kind.model.model_validate,
        subject=f"{kind.title} {name}",
    )


def _write(kind: Kind[R], verb: str, method: str, path: str, name: str, input: Model) -> Operation[R]:
    body = input.to_wire()
    return Operation(
        action=f"{verb}{kind.actions[0]}",
        method=method,
        path=path,
        read=kind.model.model_validate,
        subject=f"{kind.title} {name}",
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        secrets=tuple(_secrets(input)),
    )


def _secrets(value: Any) -> Iterator[str]:
    if hasattr(value, "get_secret_value"):
        yield value.get_secret_value()
    elif isinstance(value, Model):
        for _, item in value:
            yield from _secrets(item)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item)


def _collection(kind: Kind[Any]) -> str:
    return f"{ROOT}/{kind.collection}"


def _path(kind: Kind[Any], name: str) -> str:
    check_name(kind, name)
    return f"{_collection(kind)}/{_quote(name)}"


def _quote(text: str) -> str:
    return quote(text, safe="-._~")


def _envelope(response: httpx.Response) -> dict[str, Any]:
    try:
        envelope = json.loads(response.content)
    except ValueError:
        return {}
    return envelope if isinstance(envelope, dict) else {}


def _text(envelope: dict[str, Any], key: str) -> str | None:
    """Read a key as services write it, or as the gateway does (`Code`)."""
    value = envelope.get(key[0].upper() + key[1:], envelope.get(key))
    return value if isinstance(value, str) and value else None


def _refusal(operation: Operation[Any], response: httpx.Response, envelope: dict[str, Any]) -> errors.HTTPError:
    code, message = _text(envelope, "code"), _text(envelope, "message")
    if code is None and message is None:
        return _unexpected(operation, response, envelope)
    return _error_class(operation, response.status_code, code or "", message or "")(
        f"{operation.action} of {operation.subject} was refused: {_redact(operation, message or code or '')}",
        status_code=response.status_code,
        error_code=code,
        request_id=_text(envelope, "requestId"),
        retry_after=_retry_after(response),
    )


def _error_class(operation: Operation[Any], status: int, code: str, message: str) -> type[errors.HTTPError]:
    text = message.lower()
    if code.startswith("Throttling") or status == 429:
        return errors.ThrottledError
    if code.startswith(_CREDENTIALS) or status in (401, 403):
        return errors.AuthenticationError
    if operation.method == "POST" and status in (400, 409, 500) and "already exists" in text:
        # The service is said to answer a duplicate proxy with a 500; the official SDK goes by the text too.
        return errors.ResourceAlreadyExistError
    missing = "does not exist" in text or "not found" in text
    if status == 404 and missing and code and not code.startswith(_GATEWAY):
        return errors.ResourceNotExistError
    return errors.ServerError if status >= 500 else errors.ClientError


def _unexpected(
    operation: Operation[Any],
    response: httpx.Response,
    envelope: dict[str, Any],
    reason: str = "its body is not the API's JSON envelope",
) -> errors.HTTPError:
    # A 5xx or 429 without an envelope comes from a proxy or load balancer, and passes like any other.
    status = response.status_code
    error: type[errors.HTTPError] = errors.UnexpectedAnswerError
    if status == 429 or status >= 500:
        error = errors.ThrottledError if status == 429 else errors.ServerError
    return error(
        f"{operation.action} of {operation.subject} got an answer that cannot be read: {reason}",
        status_code=status,
        error_code=_text(envelope, "code"),
        request_id=_text(envelope, "requestId"),
        retry_after=_retry_after(response),
    )


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("x-acs-retry-after", "")
    return int(value) / 1000 if value.isdigit() and int(value) > 0 else None


def _redact(operation: Operation[Any], message: str) -> str:
    for secret in operation.secrets:
        for shape in {secret, json.dumps(secret)[1:-1], quote(secret, safe="")}:
            if shape:
                message = message.replace(shape, "[secret]")
    return message


def _where(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
