"""What commands show: lines, tables and JSON, with nothing in them that would steer a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..client.printable import printable

_WIDEST = 10_000
"""Columns of a table that nobody looks at in a terminal: no cell is cut for a program that reads it."""


def said(line: str) -> None:
    """Show a line of our own, which may have several."""
    sys.stdout.write(f"{line.rstrip()}\n")


def sentence(text: str) -> None:
    """Say in one line on standard error what went wrong."""
    sys.stderr.write(f"error: {printable(' '.join(text.split()))}\n")


def remark(text: str) -> None:
    """Say in one line on standard error what is worth knowing besides."""
    sys.stderr.write(f"{printable(text)}\n")


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], styles: Sequence[str] = ()) -> None:
    """Show rows under titles: by the width of the terminal, or each in one line where nobody looks.

    :param styles: One for each row, or none.
    """
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        shown.add_column(title, overflow="fold")
    for index, row in enumerate(rows):
        shown.add_row(*(Text(printable(cell)) for cell in row), style=styles[index] if styles else None)
    if console.is_terminal:
        console.print(shown)
        return
    wide = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=_WIDEST)
    with wide.capture() as captured:
        wide.print(shown)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def as_json(value: Any) -> None:
    """Write a value for programs; what is not ASCII is escaped, control characters with it."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
