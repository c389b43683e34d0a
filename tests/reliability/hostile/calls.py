"""One call of the API as it passes: what was asked, of what, and what came back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

_VERBS = {"POST": "Create", "GET": "Get", "PUT": "Update", "DELETE": "Delete"}
COLLECTIONS = {
    "model-services": ("ModelService", "ModelServices", "model service", "modelServiceName"),
    "model-proxies": ("ModelProxy", "ModelProxies", "model proxy", "modelProxyName"),
}
"""The singular and plural in action names, the title in sentences and the field with the name, by path segment."""


@dataclass(frozen=True)
class Call:
    """One request on its way."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @cached_property
    def collection(self) -> str:
        """The path segment of the kind: `model-services`."""
        return ([*self._segments, "", ""])[2]

    @cached_property
    def name(self) -> str:
        """The name of the resource; empty for a list."""
        if self.method == "POST":
            field = COLLECTIONS.get(self.collection, ("", "", "", ""))[3]
            return str(_object(self.body).get(field, ""))
        return unquote(self._segments[3]) if len(self._segments) > 3 else ""

    @cached_property
    def action(self) -> str:
        """The action: `GetModelService`."""
        one, many, *_ = COLLECTIONS.get(self.collection, ("Other", "Others"))
        is_list = self.method == "GET" and not self.name
        return f"List{many}" if is_list else f"{_VERBS.get(self.method, self.method)}{one}"

    @property
    def title(self) -> str:
        """The kind in a sentence."""
        return COLLECTIONS.get(self.collection, ("", "", "resource", ""))[2]

    @cached_property
    def _segments(self) -> list[str]:
        return self.target.partition("?")[0].strip("/").split("/")


@dataclass(frozen=True)
class Answer:
    """One answer on its way back."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json; charset=utf-8"),)

    @property
    def is_success(self) -> bool:
        """Whether the call took effect."""
        return 200 <= self.status < 300

    @cached_property
    def data(self) -> dict[str, Any]:
        """What the envelope carries."""
        found = _object(self.body).get("data")
        return found if isinstance(found, dict) else {}

    def with_data(self, data: Any) -> Answer:
        """Return the answer with other data in its envelope."""
        return Answer(self.status, encoded({**_object(self.body), "data": data}), self.headers)


def enveloped(data: Any, status: int = 200) -> Answer:
    """Return data as the service answers."""
    return Answer(status, encoded({"code": "SUCCESS", "requestId": "HOSTILE", "data": data}))


def refused(status: int, code: str, message: str) -> Answer:
    """Return an error as the service answers; codes of the gateway come with the gateway's keys."""
    keys = ("code", "message", "requestId") if code.startswith("ERR_") else ("Code", "Message", "RequestId")
    return Answer(status, encoded(dict(zip(keys, (code, message, "HOSTILE"), strict=True))))


def encoded(value: Any) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
