"""What an answer is taken for: what a success carries, or the error that any other answer stands for.

Source: alibabacloud-agentrun20250910 5.7.5, `models.ModelServiceResult`, for the envelope; agentrun-sdk 0.0.54 for
"already exists"; alibabacloud-tea-openapi 0.4.6, `Client.do_request` and
`Utils.get_throttling_time_left`, for other refusals.
"""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from . import errors
from .missing import says_missing
from .models.shared import Status
from .operations import items_of, secrets_in
from .redaction import SECRETS, redact
from .wording import KNOWN_GONE, Message, Setting, Text

if TYPE_CHECKING:
    import httpx

    from .operations import Operation

T = TypeVar("T")

DEEPEST = 64
"""Objects and lists inside each other that an answer may have."""
_MOST_MARKS = 2_000_000
"""Commas, brackets and braces of an answer: each of a few bytes may take a hundred once it is an object."""
_LONGEST_TEXT = 1_000
"""Characters that an error repeats of what a service says."""
_LONGEST_WAIT = 86_400.0
_PLACES = Message("{endpoint}, the region, the account, any HTTP proxy in between", endpoint=Setting("endpoint"))

# Codes by which Alibaba Cloud's gateway refuses credentials, some of them with a 404 (`InvalidAccessKeyId.NotFound`).
_CREDENTIALS = (
    "InvalidAccessKeyId", "InvalidSecurityToken", "SecurityToken", "Signature", "IncompleteSignature",
    "InvalidTimeStamp", "NoPermission", "Forbidden",
)  # fmt: skip
_FINE = ("", "SUCCESS", "OK", "0", "200", "201", "202", "204")
"""Codes of a success: the API's own, and what stands for it elsewhere."""


def read(operation: Operation[T], response: httpx.Response) -> T:
    """Return what a success carries; raise the error that any other answer stands for."""
    envelope = _envelope(response)
    if not response.is_success:
        raise _refusal(operation, response, envelope)
    code, data = _text(envelope, "code") or "", envelope.get("data")
    if data is None and _is_acknowledged(operation, response, code):
        data = {}
    if code.upper() not in _FINE or not isinstance(data, dict):
        raise _unexpected(operation, response, envelope)
    try:
        result = operation.read(data)
    except ValueError as error:
        reason = f"its data is not that of {operation.subject}: {error}"
        raise _unexpected(operation, response, envelope, reason) from None
    for shown in items_of(result):
        shown._request_id = _request_id(operation, response, envelope)
        for field in ("status", "status_reason"):
            said = getattr(shown, field, None)
            if said and not isinstance(said, Status):  # which is the API's own word
                setattr(shown, field, _redact(operation, response, said, *secrets_in(shown)))
    return result


def _is_acknowledged(operation: Operation[Any], response: httpx.Response, code: str) -> bool:
    """Return whether an answer without data says all the same that something was done."""
    is_empty_deletion = operation.method == "DELETE" and response.status_code == 204 and not response.content
    return is_empty_deletion or (operation.method != "GET" and code.upper() == "SUCCESS")


def _envelope(response: httpx.Response) -> dict[str, Any]:
    """Return the answer's JSON object, empty if it is none: nothing in it is deeper or stranger than state can hold."""
    content = response.content
    opened = content.count(b"[") + content.count(b"{")
    if content.count(b",") + opened > _MOST_MARKS:
        return {}
    try:
        envelope = json.loads(content, parse_constant=lambda name: None, parse_float=_number, parse_int=_number)
        if opened > DEEPEST or b"\\" in content or not content.isascii():
            envelope = _plain(envelope, DEEPEST)
    except (ValueError, RecursionError):
        return {}
    return envelope if isinstance(envelope, dict) else {}


def _number(text: str) -> int | float | None:
    """Return a number of JSON, unless it is larger than any that others can carry."""
    number = float(text)
    return None if not math.isfinite(number) else int(text) if text.lstrip("-").isdigit() else number


def _plain(value: Any, depth: int) -> Any:
    """Return a value without halves of surrogate pairs. Raises ValueError if it is too deep."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, (dict, list)):
        if not depth:
            raise ValueError("too deep")
        if isinstance(value, list):
            return [_plain(item, depth - 1) for item in value]
        return {_plain(key, 0): _plain(item, depth - 1) for key, item in value.items()}
    return value


def _text(envelope: dict[str, Any], key: str) -> str | None:
    """Read a key as services write it, or as the gateway does (`Code`)."""
    value = envelope.get(key[0].upper() + key[1:], envelope.get(key))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _request_id(operation: Operation[Any], response: httpx.Response, envelope: dict[str, Any]) -> str | None:
    found = _text(envelope, "requestId") or response.headers.get("x-acs-request-id")
    return _shown(_redact(operation, response, found)) if found else None


def _shown(text: str | None) -> str | None:
    """Return a service's text as one line that an error can repeat."""
    if text is None:
        return None
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 2 * _LONGEST_TEXT]).split())
    return line if len(line) <= _LONGEST_TEXT else f"{line[:_LONGEST_TEXT]}…"


def _refusal(operation: Operation[Any], response: httpx.Response, envelope: dict[str, Any]) -> errors.HTTPError:
    code, message = _text(envelope, "code"), _text(envelope, "message")
    status = response.status_code
    if (code is None and message is None) or status < 400:
        return _unexpected(operation, response, envelope)
    error = _error_class(operation, status, code or "", message or "")
    said = _shown(_redact(operation, response, message or code or ""))
    return error(
        f"{operation.action} of {operation.subject} was refused: {said}",
        hint=_hint(operation, status) if error is errors.ClientError else None,
        **_facts(operation, response, envelope),
    )


def _facts(operation: Operation[Any], response: httpx.Response, envelope: dict[str, Any]) -> dict[str, Any]:
    code = _text(envelope, "code")
    return {
        "status_code": response.status_code,
        "error_code": _shown(_redact(operation, response, code)) if code else None,
        "request_id": _request_id(operation, response, envelope),
        "retry_after": _retry_after(response),
    }


def _hint(operation: Operation[Any], status: int) -> Text | None:
    """Return what to know of a 404 that does not say that the resource is missing."""
    if status != 404:
        return None
    if operation.name is None:
        return Message("Check what the request names, such as a workspace or a role, {places}.", places=_PLACES)
    return Message(
        "This does not say that {subject} is missing, so it is not taken for deleted. "
        "Check {places}, and the workspace.{gone}",
        subject=operation.subject,
        places=_PLACES,
        gone=KNOWN_GONE,
    )


def _error_class(operation: Operation[Any], status: int, code: str, message: str) -> type[errors.HTTPError]:
    if code.startswith("Throttling") or status == 429:
        return errors.ThrottledError
    if code.startswith("SignatureNonceUsed"):
        return errors.RepeatedError
    if code.startswith(_CREDENTIALS) or status in (401, 403):
        return errors.AuthenticationError
    if operation.method == "POST" and status in (400, 409, 500) and "already exists" in message.lower():
        # The service is said to answer a duplicate proxy with a 500; the official SDK goes by the text too.
        return errors.ResourceAlreadyExistError
    if status == 404 and operation.name is not None and says_missing(operation.title, operation.name, code, message):
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
        f"{operation.action} of {operation.subject} got an answer that cannot be read: "
        f"{_redact(operation, response, reason)}",
        hint=_hint(operation, status),
        **_facts(operation, response, envelope),
    )


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that the service asks to wait: milliseconds in its own header, else seconds or a date."""
    own, standard = (response.headers.get(name, "").strip() for name in ("x-acs-retry-after", "retry-after"))
    if re.fullmatch(r"[0-9]{1,12}", own):
        seconds = int(own) / 1000
    elif re.fullmatch(r"[0-9]{1,9}", standard):
        seconds = float(standard)
    else:
        seconds = _until(standard, response.headers.get("date", ""))
    return min(seconds, _LONGEST_WAIT) if seconds > 0 else None


def _until(date: str, now: str) -> float:
    """Return the seconds from one HTTP date, or else this machine's time, to another; 0 for what is no date."""
    try:
        then = parsedate_to_datetime(date)
        try:
            start = parsedate_to_datetime(now)
        except ValueError:
            start = datetime.now(timezone.utc)
        return (then - start).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):  # no date, one without a zone, one beyond all years
        return 0.0


def _redact(operation: Operation[Any], response: httpx.Response, text: str, *more: str) -> str:
    """Take out of a text what was sent, and what proved who sent it."""
    try:
        sent = response.request.extensions.get(SECRETS, ())
    except RuntimeError:  # an answer to nothing
        sent = ()
    return redact(text, (*operation.secrets, *sent, *more))
