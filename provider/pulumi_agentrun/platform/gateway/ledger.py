"""What proxies have under way, spent and may answer again: in the platform's SQLite, which outlives processes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..store import Store
from . import limits
from .limits import CACHED_SECONDS, Limits, Refusal, Span

LEASE = 30.0
"""Seconds that a call counts as under way, unless its process says again that it is: one that was killed does not."""
Step: TypeAlias = "Callable[[sqlite3.Connection], Refusal | None]"
"""What is done to the usage within a transaction."""
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


def begun(proxy: str, limit: Limits, call: str, now: float) -> Step:
    """Let a call through, or return why not."""
    return lambda connection: limits.begin(limit, _Usage(connection, proxy), call, now)


def ended(proxy: str, limit: Limits, call: str, tokens: int, now: float) -> Step:
    """Count what a call has spent; it is not under way any more."""

    def step(connection: sqlite3.Connection) -> None:
        usage = _Usage(connection, proxy)
        usage.end(call)
        limits.spend(limit, usage, tokens, now)

    return step


def renewed(calls: Iterable[tuple[str, str]], now: float) -> Step:
    """Say that calls are still under way."""
    rows = [(now + LEASE, proxy, call) for proxy, call in calls]

    def step(connection: sqlite3.Connection) -> None:
        connection.executemany("UPDATE calls SET until = ? WHERE proxy = ? AND call = ?", rows)

    return step


class Ledger:
    """The usage of all proxies, by their ids."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, steps: Sequence[Step], *, is_patient: bool = True) -> list[Refusal | None]:
        """Take steps in their order, all in one transaction; return what each came to.

        Raises Busy at once where another process writes, for who is not patient.
        """
        with self._store.writing(is_patient=is_patient) as tables:
            return [step(tables.connection) for step in steps]

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
