"""What proxies have under way, spent and may answer again: in the platform's SQLite, which outlives processes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..store import Store
from . import limits
from .limits import CACHED_SECONDS, Limits, Refusal, Span

LEASE = 30.0
"""Seconds that a call counts as under way, unless its process says again that it is: one that was killed does not."""
_MOST_ANSWERS = 1000
_LARGEST_ANSWER = 1024 * 1024


@dataclass(frozen=True)
class _Usage:
    """The usage of one proxy, within one transaction."""

    connection: sqlite3.Connection
    proxy: str

    def under_way(self, now: float) -> int:
        """Return how many calls are under way; what processes left behind that are gone is forgotten."""
        self.connection.execute("DELETE FROM calls WHERE proxy = ? AND until <= ?", (self.proxy, now))
        query = "SELECT COUNT(*) FROM calls WHERE proxy = ?"
        (found,) = self.connection.execute(query, (self.proxy,)).fetchone()
        return int(found)

    def begin(self, call: str, now: float) -> None:
        """Remember that a call is under way."""
        self.connection.execute("INSERT INTO calls VALUES (?, ?, ?)", (self.proxy, call, now + LEASE))

    def end(self, call: str) -> None:
        """Forget it; a call that ended already is no error."""
        self.connection.execute("DELETE FROM calls WHERE proxy = ? AND call = ?", (self.proxy, call))

    def spans(self) -> Mapping[str, Span]:
        """Return the spans that have begun, by their names."""
        query = "SELECT name, until, spent FROM spans WHERE proxy = ?"
        return {name: Span(until, spent) for name, until, spent in self.connection.execute(query, (self.proxy,))}

    def keep(self, spans: Mapping[str, Span]) -> None:
        """Store spans."""
        rows = [(self.proxy, name, *span) for name, span in spans.items()]
        self.connection.executemany("INSERT OR REPLACE INTO spans VALUES (?, ?, ?, ?)", rows)


class Ledger:
    """The usage of all proxies, by their ids."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, proxy: str, limit: Limits, call: str, now: float) -> Refusal | None:
        """Let a call through, or return why not."""
        with self._store.writing() as tables:
            return limits.begin(limit, _Usage(tables.connection, proxy), call, now)

    def end(self, proxy: str, limit: Limits, call: str, tokens: int, now: float) -> None:
        """Count what a call has spent; it is not under way any more."""
        with self._store.writing() as tables:
            usage = _Usage(tables.connection, proxy)
            usage.end(call)
            limits.spend(limit, usage, tokens, now)

    def renew(self, calls: Iterable[tuple[str, str]], now: float) -> None:
        """Say that calls are still under way."""
        rows = [(now + LEASE, proxy, call) for proxy, call in calls]
        with self._store.writing() as tables:
            tables.connection.executemany("UPDATE calls SET until = ? WHERE proxy = ? AND call = ?", rows)

    def answer(self, proxy: str, key: str, now: float) -> dict[str, Any] | None:
        """Return the answer that equal calls of a proxy get."""
        query = "SELECT body FROM answers WHERE proxy = ? AND key = ? AND until > ?"
        with self._store.reading() as tables:
            found = tables.connection.execute(query, (proxy, key, now)).fetchone()
        return None if found is None else json.loads(found[0])

    def keep_answer(self, proxy: str, key: str, body: Mapping[str, Any], now: float) -> None:
        """Keep an answer for equal calls, unless it is very large; of too many, the oldest is forgotten."""
        text = json.dumps(body)
        if len(text) > _LARGEST_ANSWER:
            return
        with self._store.writing() as tables:
            tables.connection.execute("DELETE FROM answers WHERE until <= ?", (now,))
            query = "INSERT OR REPLACE INTO answers (proxy, key, until, body) VALUES (?, ?, ?, ?)"
            tables.connection.execute(query, (proxy, key, now + CACHED_SECONDS, text))
            oldest = "SELECT sequence FROM answers WHERE proxy = ? ORDER BY sequence DESC LIMIT -1 OFFSET ?"
            tables.connection.execute(f"DELETE FROM answers WHERE sequence IN ({oldest})", (proxy, _MOST_ANSWERS))
