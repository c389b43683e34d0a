"""Answers that stand in for the platform's: what gateways, captive portals, other products and broken servers send."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from reliability.hostile.calls import Answer, Call, encoded, enveloped, refused

_JSON = ("content-type", "application/json; charset=utf-8")
_HTML = ("content-type", "text/html; charset=utf-8")
_BIG = 30_000_000
_DEEP = 100_000


def _page(status: int, text: str) -> Answer:
    return Answer(status, f"<!doctype html><html><body><h1>{text}</h1></body></html>".encode(), (_HTML,))


def _throttled(*retry_after: str) -> Answer:
    plain = refused(429, "Throttling.User", "Request was denied due to user flow control.")
    return Answer(429, plain.body, (_JSON, *(("x-acs-retry-after", text) for text in retry_after)))


def _raw(body: bytes, *headers: tuple[str, str], status: int = 200) -> Answer:
    return Answer(status, body, (_JSON, *headers))


def _doubled(call: Call) -> bytes:
    """Return an object with two names, the second of which is another's."""
    field = "modelProxyName" if "proxies" in call.collection else "modelServiceName"
    return b'{"code":"SUCCESS","requestId":"H","data":{"%s":"%s","%s":"another","status":"READY","status":"GONE"}}' % (
        field.encode(), call.name.encode(), field.encode()
    )  # fmt: skip


ANSWERS: dict[str, Callable[[Call], Answer]] = {
    "503": lambda call: refused(503, "ServiceUnavailable", "The service is unavailable."),
    "503 html": lambda call: _page(503, "Service Unavailable"),
    "500": lambda call: refused(500, "ERR_INTERNAL_SERVER_ERROR", "internal server error"),
    "502": lambda call: _page(502, "Bad Gateway"),
    "504": lambda call: _page(504, "Gateway Time-out"),
    "429": lambda call: _throttled(),
    "429 after 300 ms": lambda call: _throttled("300"),
    "429 after letters": lambda call: _throttled("soon"),
    "429 after a superscript": lambda call: _throttled("\xb2"),
    "429 after very many digits": lambda call: _throttled("9" * 5000),
    "429 after infinity": lambda call: _throttled("inf"),
    "409": lambda call: refused(409, "ERR_ALREADY_EXISTS", f"{call.title} {call.name} already exists"),
    "bad gzip": lambda call: _raw(b"\x1f\x8b\x08not gzip at all", ("content-encoding", "gzip")),
    "gzip cut short": lambda call: _raw(
        gzip.compress(encoded({"data": "x" * 999}))[:-20], ("content-encoding", "gzip")
    ),
    "unknown encoding": lambda call: _raw(b"(~\xb5/\xfd", ("content-encoding", "zstd")),
    "deep": lambda call: _raw(b'{"code":"SUCCESS","data":' + b'{"a":' * _DEEP + b"1" + b"}" * _DEEP + b"}"),
    "deep lists": lambda call: _raw(b"[" * _DEEP + b"]" * _DEEP),
    "30 MB": lambda call: _raw(b'{"code":"SUCCESS","data":{"description":"' + b"x" * _BIG + b'"}}'),
    "invalid UTF-8": lambda call: _raw(b'{"code":"SUCCESS","data":{"description":"\xff\xfe\x80"}}'),
    "UTF-16": lambda call: _raw('{"code":"SUCCESS","data":{}}'.encode("utf-16")),
    "NaN": lambda call: _raw(b'{"code":"SUCCESS","data":{"cpu":NaN,"memory":Infinity,"status":NaN}}'),
    "huge number": lambda call: _raw(b'{"code":"SUCCESS","data":{"memory":' + b"9" * 9000 + b"}}"),
    "duplicate keys": lambda call: _raw(_doubled(call)),
    "data null": lambda call: enveloped(None),
    "data a list": lambda call: enveloped([{}]),
    "data empty": lambda call: enveloped({}),
    "total a string": lambda call: enveloped({"items": [], "total": "3", "pageNumber": 1, "pageSize": 20}),
    "items null": lambda call: enveloped({"items": None, "total": None}),
    "items a string": lambda call: enveloped({"items": "none", "total": 1}),
    "half": lambda call: _raw(b'{"code":"SUCCESS","requestId":"H","da'),
    "empty": lambda call: _raw(b""),
    "204": lambda call: Answer(204, b"", ()),
    "null": lambda call: _raw(b"null"),
    "captive portal": lambda call: _page(200, "Welcome to Airport Wi-Fi"),
    "redirect": lambda call: Answer(302, b"", (("location", "http://127.0.0.1:9/login"),)),
    "403": lambda call: refused(403, "NoPermission", "You are not authorized to do this action."),
    "401": lambda call: refused(401, "InvalidBearerToken", "Specified bearer token is invalid."),
    "nonce used": lambda call: refused(400, "SignatureNonceUsed", "Specified signature nonce was used already."),
}
"""What is answered in the place of the platform, by a name for it."""

NOT_ABOUT_IT: dict[str, Callable[[Call], Answer]] = {
    "404 workspace": lambda call: refused(404, "ERR_WORKSPACE_NOT_FOUND", "workspace ws-1 does not exist"),
    "404 workspace, common code": lambda call: refused(404, "ERR_NOT_FOUND", "workspace ws-1 does not exist"),
    "404 role": lambda call: refused(404, "EntityNotExist.Role", "The role does not exist: agentrun-role."),
    "404 region": lambda call: refused(404, "ERR_NOT_FOUND", "region cn-xyz not found"),
    "404 region, gateway": lambda call: refused(404, "InvalidRegionId.NotFound", "The specified region is not found."),
    "404 access key": lambda call: refused(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."),
    "404 credential": lambda call: refused(404, "ERR_CREDENTIAL_NOT_FOUND", "credential cred-1 does not exist"),
    "404 product": lambda call: refused(404, "InvalidProduct.NotFound", "Specified product does not exist."),
    "404 another product": lambda call: refused(404, "FunctionNotFound", "function 'agentrun-x' does not exist"),
    "404 account": lambda call: refused(404, "ERR_ACCOUNT_NOT_FOUND", "account 123 is not found"),
    "404 route": lambda call: refused(404, "ERR_NOT_FOUND", "route not found"),
    "404 framework": lambda call: Answer(404, encoded({"detail": "Not Found"})),
    "404 framework, with code": lambda call: Answer(404, encoded({"code": 404, "message": "Not Found"})),
    "404 framework, with text code": lambda call: Answer(404, encoded({"code": "404", "message": "Not Found"})),
    "404 framework, with path": lambda call: Answer(
        404, encoded({"code": "NOT_FOUND", "message": f"Cannot {call.method} {call.target}: not found"})
    ),
    "404 html": lambda call: _page(404, "404 Not Found"),
    "404 empty": lambda call: Answer(404, b"", ()),
    "404 bucket": lambda call: Answer(
        404, b"<Error><Code>NoSuchBucket</Code><Message>The bucket does not exist.</Message></Error>",
        (("content-type", "application/xml"),),
    ),
}  # fmt: skip
"""404s that say nothing of the resource that was asked for."""


def gone(call: Call) -> Answer:
    """Return what the platform says of a resource that does not exist."""
    return refused(404, "ERR_NOT_FOUND", f"{call.title} {call.name} does not exist")


def answer(name: str, call: Call) -> Answer:
    """Return an answer by its name, or `gone`: the one that is about the resource."""
    return gone(call) if name == "gone" else (ANSWERS | NOT_ABOUT_IT)[name](call)
