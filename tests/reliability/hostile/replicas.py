"""What reads show for a while after a write: the world before it, as caches and replicas do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from reliability.hostile.answers import gone
from reliability.hostile.calls import COLLECTIONS, Answer, Call, enveloped, refused

Key = tuple[str, str]
Data = dict[str, Any]


@dataclass(frozen=True)
class Lag:
    """How far which calls lie behind which writes, in seconds or in calls, whichever lasts longer."""

    seconds: float = 0.0
    calls: int = 0
    behind: tuple[str, ...] = ("Create", "Update", "Delete")
    """The writes that are seen late."""
    seen_by: tuple[str, ...] = ("Get", "List")
    """The calls that see them late; `Delete` and `Update` are answered 404 before a creation is seen, `Create` 409
    before a deletion is."""
    flickers: bool = False
    """Whether every other call reaches a replica that is up to date."""
    name: str = ""
    """The only resource that it is so with; empty for all."""


@dataclass
class _Before:
    data: Data | None
    until: float
    calls: int


class Replicas:
    """Remembers what calls have shown of each resource."""

    def __init__(self, lag: Lag) -> None:
        self._lag = lag
        self._known: dict[Key, Data | None] = {}
        self._before: dict[Key, _Before] = {}
        self._turns: Counter[Key] = Counter()

    def saw(self, call: Call, answer: Answer, now: float) -> None:
        """Remember what the platform answered to a call at a time."""
        key = (call.collection, call.name)
        if not call.name or not (answer.is_success or (call.method == "GET" and answer.status == 404)):
            return
        verb = _verb(call)
        is_concerned = verb in self._lag.behind and self._lag.name in ("", call.name)
        if is_concerned and (self._lag.seconds or self._lag.calls):
            # What is deleted was there, though only this answer may have shown it.
            before = self._known.get(key, answer.data or None if verb == "Delete" else None)
            self._before[key] = _Before(before, now + self._lag.seconds, self._lag.calls)
        shows = answer.is_success and verb != "Delete"
        self._known[key] = answer.data if shows else None

    def stale(self, call: Call, now: float) -> Answer | None:
        """Return what a call is answered that reaches a replica which lies behind, or None."""
        key = (call.collection, call.name)
        verb = _verb(call)
        if verb == "List" or verb not in self._lag.seen_by or not self._lies_behind(key, now):
            return None
        data = self._before[key].data
        if verb == "Get":
            return gone(call) if data is None else enveloped(data)
        if verb == "Create":
            taken = refused(409, "ERR_ALREADY_EXISTS", f"{call.title} {call.name} already exists")
            return None if data is None else taken
        return gone(call) if data is None else None

    def listed(self, call: Call, answer: Answer, now: float) -> Answer:
        """Return the answer to a list as a replica which lies behind would give it."""
        if _verb(call) != "List" or "List" not in self._lag.seen_by or not isinstance(answer.data.get("items"), list):
            return answer
        field = COLLECTIONS[call.collection][3]
        items = {item.get(field): item for item in answer.data["items"]}
        for collection, name in list(self._before):
            if collection == call.collection and self._lies_behind((collection, name), now):
                data = self._before[collection, name].data
                items.pop(name, None)
                items |= {} if data is None else {name: data}
        grown = len(items) - len(answer.data["items"])
        return answer.with_data({**answer.data, "items": [*items.values()], "total": answer.data["total"] + grown})

    def _lies_behind(self, key: Key, now: float) -> bool:
        before = self._before.get(key)
        if before is None:
            return False
        if now >= before.until and before.calls <= 0:
            del self._before[key]
            return False
        before.calls -= 1
        self._turns[key] += 1
        return not self._lag.flickers or self._turns[key] % 2 == 1


def _verb(call: Call) -> str:
    return "List" if call.action.startswith("List") else call.action.split("Model")[0]
