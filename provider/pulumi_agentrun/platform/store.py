"""All that the platform remembers, in one SQLite file that several processes can use at once."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import uuid
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .faults import Fault
from .faults import from_json as fault_from_json
from .states import GONE, Lifecycle
from .switches import Switches
from .switches import from_json as switches_from_json

FILE_NAME = "platform.db"
DEFAULT_ADDRESS = "http://127.0.0.1:8080"
"""Where the platform counts as served until it has been: where `make platform` serves it."""
_DEFAULTS = Switches()
_PATIENCE = 60.0  # seconds that a writer waits for the others
_COUNT = "UPDATE settings SET value = value + 1 WHERE name = 'revision'"
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS resources (
        sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
        created INTEGER NOT NULL, updated INTEGER NOT NULL,
        during TEXT NOT NULL, until INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT,
        UNIQUE (kind, name))""",
    # Counting and skipping resources for a page needs no more than this, and bodies are long.
    "CREATE INDEX IF NOT EXISTS pages ON resources (kind, sequence, outcome, until)",
    "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS faults (
        sequence INTEGER PRIMARY KEY, fault TEXT NOT NULL, skip INTEGER NOT NULL, times INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS nonces (
        key TEXT NOT NULL, nonce TEXT NOT NULL, used REAL NOT NULL, PRIMARY KEY (key, nonce)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS uses ON nonces (used)",
    # Whoever keeps what it has read learns by one number whether it still holds, whichever process wrote.
    "INSERT OR IGNORE INTO settings VALUES ('revision', '0')",
    *(
        f"""CREATE TRIGGER IF NOT EXISTS {verb.lower()}_counts AFTER {verb} ON resources BEGIN
        {_COUNT}; END"""
        for verb in ("INSERT", "UPDATE", "DELETE")
    ),
    # What the data plane remembers: calls under way, tokens spent, answers to give again.
    """CREATE TABLE IF NOT EXISTS calls (
        proxy TEXT NOT NULL, call TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (proxy, call)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS spans (
        proxy TEXT NOT NULL, name TEXT NOT NULL, until REAL NOT NULL, spent INTEGER NOT NULL,
        PRIMARY KEY (proxy, name)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS answers (
        sequence INTEGER PRIMARY KEY, proxy TEXT NOT NULL, key TEXT NOT NULL, until REAL NOT NULL, body TEXT NOT NULL,
        UNIQUE (proxy, key))""",
)
_COLUMNS = "kind, name, id, body, created, updated, during, until, outcome, reason"


class Busy(Exception):
    """Another writes just now."""


@dataclass(frozen=True)
class Row:
    """A resource as it is stored."""

    kind: str
    name: str
    id: str
    body: dict[str, Any]
    """The fields that the caller set."""
    created: int
    updated: int
    lifecycle: Lifecycle


class Tables:
    """The tables, within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what is changed meanwhile, and nothing before it, if that fails."""
        self._connection.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK TO attempt")
            raise
        finally:
            self._connection.execute("RELEASE attempt")

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, for tables that others know of."""
        return self._connection

    def find(self, kind: str, name: str, now: int) -> Row | None:
        """Return a resource, unless it is gone by now."""
        query = f"SELECT {_COLUMNS} FROM resources WHERE kind = ? AND name = ?"
        found = self._connection.execute(query, (kind, name)).fetchone()
        row = None if found is None else _row(found)
        return None if row is None or row.lifecycle.is_gone(now) else row

    def all(self, kind: str, now: int) -> list[Row]:
        """Return the resources of a kind, the oldest first."""
        query = f"SELECT {_COLUMNS} FROM resources WHERE kind = ? ORDER BY sequence"
        rows = map(_row, self._connection.execute(query, (kind,)))
        return [row for row in rows if not row.lifecycle.is_gone(now)]

    def page(self, kind: str, now: int, start: int, size: int) -> tuple[list[Row], int]:
        """Return some resources of a kind, the oldest first, and how many there are in all."""
        there = "FROM resources WHERE kind = ? AND NOT (outcome = ? AND until <= ?)"
        (total,) = self._connection.execute(f"SELECT COUNT(*) {there}", (kind, GONE, now)).fetchone()
        page = f"SELECT sequence {there} ORDER BY sequence LIMIT ? OFFSET ?"
        query = f"SELECT {_COLUMNS} FROM resources WHERE sequence IN ({page}) ORDER BY sequence"
        return [_row(found) for found in self._connection.execute(query, (kind, GONE, now, size, start))], total

    def add(self, row: Row) -> None:
        """Store a new resource, in place of one of its name that is gone."""
        self.remove(row.kind, row.name)
        self._connection.execute(f"INSERT INTO resources ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", _values(row))

    def replace(self, row: Row) -> None:
        """Store what became of a resource."""
        assignments = ", ".join(f"{column} = ?" for column in _COLUMNS.split(", "))
        query = f"UPDATE resources SET {assignments} WHERE kind = ? AND name = ?"
        self._connection.execute(query, (*_values(row), row.kind, row.name))

    def remove(self, kind: str, name: str) -> None:
        """Forget a resource."""
        self._connection.execute("DELETE FROM resources WHERE kind = ? AND name = ?", (kind, name))

    @property
    def identity(self) -> str:
        """What tells this platform from every other one, wherever its directory is moved."""
        (found,) = self._connection.execute("SELECT value FROM settings WHERE name = 'identity'").fetchone()
        return str(found)

    @property
    def address(self) -> str:
        """Where the platform was last served."""
        found = self._connection.execute("SELECT value FROM settings WHERE name = 'address'").fetchone()
        return DEFAULT_ADDRESS if found is None else str(found[0])

    def set_address(self, address: str) -> None:
        """Store where the platform is served."""
        self._connection.execute("INSERT OR REPLACE INTO settings VALUES ('address', ?)", (address,))

    @property
    def revision(self) -> str:
        """What is another one after each change of any resource."""
        (found,) = self._connection.execute("SELECT value FROM settings WHERE name = 'revision'").fetchone()
        return str(found)

    def changed(self) -> None:
        """Make it another one, for a change of what is no resource."""
        self._connection.execute(_COUNT)

    @property
    def switches(self) -> Switches:
        """The switches as they are now."""
        found = self._connection.execute("SELECT value FROM settings WHERE name = 'switches'").fetchone()
        return _DEFAULTS if found is None else switches_from_json(found[0])

    def set_switches(self, switches: Switches) -> None:
        """Store the switches."""
        self._connection.execute("INSERT OR REPLACE INTO settings VALUES ('switches', ?)", (switches.to_json(),))

    def use_nonce(self, key: str, nonce: str, now: float, oldest: float) -> bool:
        """Remember that a nonce was used, and forget what is older; say whether it is used for the first time."""
        self._connection.execute("DELETE FROM nonces WHERE used < ?", (oldest,))
        query = "INSERT OR IGNORE INTO nonces VALUES (?, ?, ?)"
        return self._connection.execute(query, (key, nonce, now)).rowcount == 1

    @property
    def faults(self) -> dict[int, Fault]:
        """The faults that wait, by their number, as far as they have not happened."""
        found = self._connection.execute("SELECT sequence, fault, skip, times FROM faults ORDER BY sequence")
        return {number: replace(fault_from_json(text), skip=skip, times=times) for number, text, skip, times in found}

    def add_fault(self, fault: Fault) -> None:
        """Store a fault behind those already waiting."""
        query = "INSERT INTO faults (fault, skip, times) VALUES (?, ?, ?)"
        self._connection.execute(query, (fault.to_json(), fault.skip, fault.times))

    def clear_faults(self) -> None:
        """Forget all faults."""
        self._connection.execute("DELETE FROM faults")

    @property
    def has_faults(self) -> bool:
        """Whether any fault is waiting."""
        return self._connection.execute("SELECT 1 FROM faults LIMIT 1").fetchone() is not None

    def take_fault(self, action: str, name: str | None) -> Fault | None:
        """Return the first fault for a call, used up by one; those that let it pass count it."""
        waiting = self._connection.execute("SELECT sequence, fault, skip FROM faults ORDER BY sequence").fetchall()
        for sequence, text, skip in waiting:
            fault = fault_from_json(text)
            if not fault.matches(action, name):
                continue
            column = "skip" if skip else "times"
            self._connection.execute(f"UPDATE faults SET {column} = {column} - 1 WHERE sequence = ?", (sequence,))
            if not skip:
                self._connection.execute("DELETE FROM faults WHERE times = 0")
                return fault
        return None


_MAKING = threading.Lock()


class Store:
    """The file, with a connection for each thread that is using it."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._path = Path(directory) / FILE_NAME
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False
        # Whoever lets go of a store without closing it, with an event loop that has ended say, leaves no file open.
        weakref.finalize(self, _close_all, self._idle)
        for missing in reversed([part for part in self._path.parent.parents if not part.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)  # `parents=True` would give these whatever the umask leaves
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        _make_private(self._path)
        with self._connection() as connection:
            _patiently(connection, "PRAGMA journal_mode = WAL")
            for statement in (*_SCHEMA, f"INSERT OR IGNORE INTO settings VALUES ('identity', '{uuid.uuid4().hex}')"):
                _patiently(connection, statement)

    @contextmanager
    def reading(self) -> Iterator[Tables]:
        """Give the tables to statements that change nothing; each sees the latest commit."""
        with self._connection() as connection:
            yield Tables(connection)

    @contextmanager
    def writing(self, *, is_patient: bool = True) -> Iterator[Tables]:
        """Give the tables to one transaction; writers of all processes wait for each other.

        Raises Busy at once where another writes, for who is not patient.
        """
        with self._connection() as connection:
            _begin(connection, is_patient=is_patient)
            try:
                yield Tables(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; calls still under way finish."""
        self._closed = True
        _close_all(self._idle)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if self._closed:
            raise RuntimeError("the platform is closed")
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        finally:
            self._idle.append(connection)
            if self._closed:
                self.close()

    def _connect(self) -> sqlite3.Connection:
        # A connection serves one thread at a time, though not always the same one.
        connection = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        # Safe against a killed process, which is what can happen to a local platform; not against a power cut.
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


def _begin(connection: sqlite3.Connection, *, is_patient: bool) -> None:
    if is_patient:
        connection.execute("BEGIN IMMEDIATE")
        return
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise (Busy() if "locked" in str(error) else error) from None
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_PATIENCE * 1000:.0f}")


def _close_all(idle: deque[sqlite3.Connection]) -> None:
    while idle:
        idle.pop().close()


def _make_private(path: Path) -> None:
    """Make the file before SQLite would make it, which lets others read it; its side files get the same mode.

    Never opened once it is there: closing a descriptor would drop all locks that the process has on the file, and the
    next process to close it would tidy away what this one still writes to.
    """
    with _MAKING:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            return


def _patiently(connection: sqlite3.Connection, statement: str) -> None:
    # SQLite does not wait for its busy timeout when the journal mode of a file changes under it.
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _row(found: tuple[Any, ...]) -> Row:
    kind, name, id, body, created, updated, during, until, outcome, reason = found
    return Row(kind, name, id, json.loads(body), created, updated, Lifecycle(during, until, outcome, reason))


def _values(row: Row) -> tuple[Any, ...]:
    life = row.lifecycle
    state = (life.during, life.until, life.outcome, life.reason)
    return (row.kind, row.name, row.id, json.dumps(row.body), row.created, row.updated, *state)
