"""Who visits the page of a served platform: signs in, asks, listens, and remembers all that came back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from gateway.local import TOKEN, Local


class Visitor:
    """A browser's part in the protocol, without its drawing."""

    def __init__(self, local: Local) -> None:
        self.address = local.address
        self.seen: list[str] = []
        """Every header and body that came back, to look for secrets in."""
        self.client = httpx.Client(base_url=local.address, timeout=20)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request as the page does, unless headers say otherwise; an empty one is left out."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        usual = {} if method == "GET" else {"origin": self.address, "content-type": "application/json"}
        content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        sent = {name: value for name, value in {**usual, **given}.items() if value}
        answer = self.client.request(method, path, content=None if method == "GET" else content, headers=sent)
        self.seen += [str(answer.headers), answer.text]
        return answer

    def sign_in(self, token: str = TOKEN) -> httpx.Response:
        return self.ask("POST", "/page/session", {"token": token})

    @contextmanager
    def events(self, last: str = "") -> Iterator[Iterator[dict[str, Any]]]:
        """Listen to what changes: each event with its `id`."""
        headers = {"last-event-id": last} if last else {}
        with self.client.stream("GET", "/page/events", headers=headers) as answer:
            assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
            yield self._parsed(answer)

    def _parsed(self, answer: httpx.Response) -> Iterator[dict[str, Any]]:
        number = ""
        for line in answer.iter_lines():
            self.seen.append(line)
            name, _, value = line.partition(": ")
            if name == "id":
                number = value
            elif name == "data":
                yield {**json.loads(value), "id": number}

    def everything(self) -> dict[str, Any]:
        """Return the first event of a reader who knows nothing."""
        with self.events() as events:
            return next(events)


def items(event: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return what an event puts of a kind, by name."""
    return {name: item for found, name, item in event["put"] if found == kind}


def until(events: Iterator[dict[str, Any]], kind: str, name: str) -> Any:
    """Return an item when the next event that puts it has come."""
    return next(found[name] for event in events if name in (found := items(event, kind)))
