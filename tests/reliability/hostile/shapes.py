"""The platform's answers in the shapes that a newer, older or other service may send; all mean the same resource."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

Data = dict[str, Any]
_TIMES = ("createdAt", "lastUpdatedAt")


def _epoch(scale: int) -> Callable[[Data], Data]:
    def change(data: Data) -> Data:
        return {k: int(datetime.fromisoformat(v).timestamp() * scale) if k in _TIMES else v for k, v in data.items()}

    return change


def _key(shown: Callable[[str], str | None]) -> Callable[[Data], Data]:
    def change(data: Data) -> Data:
        settings = data.get("providerSettings")
        if not isinstance(settings, dict) or "apiKey" not in settings:
            return data
        return {**data, "providerSettings": {**settings, "apiKey": shown(settings["apiKey"])}}

    return change


def _ids_as_numbers(data: Data) -> Data:
    return {
        key: 7_000_000_000_000_000 if key.endswith(("ServiceId", "ProxyId")) else value for key, value in data.items()
    }


def _settled_word(word: Any) -> Callable[[Data], Data]:
    """Return a change of the settled status only: what is still on its way says so as ever."""
    return lambda data: {**data, "status": word} if data.get("status") == "READY" else data


def _without(*names: str) -> Callable[[Data], Data]:
    return lambda data: {key: value for key, value in data.items() if key not in names}


def _lower(data: Data) -> Data:
    return {**data, "status": str(data["status"]).lower()} if "status" in data else data


def _nulls(data: Data) -> Data:
    unset = ("statusReason", "description", "credentialName", "workspaceId", "networkConfiguration", "modelInfoConfigs")
    return {**dict.fromkeys(unset), **data}


def _extra(data: Data) -> Data:
    return {**data, "arn": "acs:agentrun:cn:1:x", "tags": [{"k": "v"}], "spec": {"replicas": {"min": 1}}, "revision": 3}


SHAPES: dict[str, Callable[[Data], Data]] = {
    "unknown status": _settled_word("ACTIVE"),
    "status null": _settled_word(None),
    "status a number": _settled_word(2),
    "status an object": _settled_word({"phase": "READY"}),
    "status lower case": _lower,
    "ids numbers": _ids_as_numbers,
    "epoch seconds": _epoch(1),
    "epoch milliseconds": _epoch(1000),
    "reason an object": lambda data: {**data, "statusReason": {"code": "OK", "details": ["fine"]}},
    "reason a list": lambda data: {**data, "statusReason": ["fine", "thanks"]},
    "no settings": _without("providerSettings"),
    "no times": _without(*_TIMES),
    "key ...abcd": _key(lambda key: f"{key[:3]}...{key[-4:]}"),
    "key [HIDDEN]": _key(lambda key: "[HIDDEN]"),
    "key <redacted>": _key(lambda key: "<redacted>"),
    "key sk-**": _key(lambda key: "sk-**"),
    "key ######": _key(lambda key: "######"),
    "key a hash": _key(lambda key: "sha256:9f86d081884c7d659a2feaa0c55ad015"),
    "key null": _key(lambda key: None),
    "key empty": _key(lambda key: ""),
    "extra fields": _extra,
    "nulls": _nulls,
}
"""How the data of one resource is changed, by a name for it."""


def changed(name: str, data: Data) -> Data:
    """Return the data of an answer, one resource or a page of them, in another shape."""
    if isinstance(data.get("items"), list):
        return {**data, "items": [changed(name, item) for item in data["items"]]}
    return SHAPES[name](data)
