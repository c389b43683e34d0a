"""The histories that are recorded with the real engine: small, and together all that changes what it asks, and when."""

from __future__ import annotations

from reliability.histories import History
from reliability.table.commands import PARTIAL, REPLACED, SIMPLE
from reliability.table.options import NAMES, OPTIONS, TAKEN_IN
from reliability.table.troubles import ACCOUNTS, FAILED, KILLED, OUTSIDE

HISTORIES: dict[str, History] = (
    SIMPLE | REPLACED | PARTIAL | NAMES | OPTIONS | TAKEN_IN | OUTSIDE | FAILED | KILLED | ACCOUNTS
)
