"""The results: as rows, as a page, and as a picture."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
PICTURE = ROOT / "docs" / "benchmarks.svg"
MARKS = ("<!-- benchmarks -->\n", "<!-- /benchmarks -->\n")


@dataclass(frozen=True)
class Row:
    """One comparison; values in the unit, ours and the reference's, one a round."""

    what: str
    ours: Sequence[float]
    reference: Sequence[float]
    unit: str = "s"
    most: float | None = None
    """The target for ours / reference, at most."""
    least: float | None = None
    """The target for reference / ours, at least."""
    is_felt: bool = False
    """Whether it stands in the README, as what users wait for."""
    drawn_as: str = ""
    """Its name in the picture, which shows of several with one name the worst; empty for what is not shown."""

    @property
    def ratio(self) -> float:
        """Ours / reference, or the other way round where more is better.

        It is the median of the rounds' own ratios, for a machine's speed drifts.
        """
        if len(self.ours) == len(self.reference):
            share = median(mine / other for mine, other in zip(self.ours, self.reference, strict=True))
        else:
            share = median(self.ours) / median(self.reference)
        return 1 / share if self.least else share

    @property
    def target(self) -> float | None:
        """The target."""
        return self.most or self.least

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met."""
        if self.target is None:
            return None
        return self.ratio <= self.target if self.most else self.ratio >= self.target

    @property
    def share(self) -> float:
        """How much of what the target allows it is."""
        assert self.target is not None
        return self.ratio / self.target if self.most else self.target / self.ratio

    def cells(self) -> list[str]:
        """Return the row as texts."""
        target = "" if self.target is None else f"{'≤' if self.most else '≥'} {self.target:g}x"
        verdict = {True: "met", False: "missed", None: ""}[self.is_met]
        return [self.what, _spread(self.ours, self.unit), _spread(self.reference, self.unit), f"{self.ratio:.2f}x",
                target, verdict]  # fmt: skip


def _spread(values: Sequence[float], unit: str) -> str:
    middle = f"{median(values):.3g} {unit}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.3g}-{max(values):.3g})"


def table(rows: Sequence[Row]) -> str:
    """Return rows as a Markdown table."""
    lines = ["| | ours | reference | ratio | target | |", "|---|---|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row.cells())} |" for row in rows)]) + "\n"


def machine(engine: str) -> str:
    """Describe the machine in a sentence."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()) if os.name == "posix" else None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores ({model[1] if model else platform.machine()}), {platform.system()}, "
        f"Python {platform.python_version()}, Pulumi {engine}. The machine is shared and noisy: compare ratios."
    )


READING = """\
## What keeps it from more

- **The commands.** A provider that does nothing asks nobody. Ours asks a server on the same two cores twice for each
  resource that it makes or deletes, and once for each that it refreshes, in Python on both ends; that and the start of
  the provider (its models, pydantic, httpx) are the difference. Where the service is elsewhere, it takes its own time.
  What asking alone takes is in the rows beside the official client: a provider of the same door that creates and
  waits, reads, deletes and waits, and checks, compares and looks after nothing (`tests/bench/reference`).
- **The client.** Both clients wait for the same served platform, a Python server on the same machine, for about half
  of each call. The rows of processor time show the clients alone. Most of ours is HTTP in Python
  (httpcore and h11, without httpx's client and pool, whose price stands beside it); on event loops the official client
  parses it in C (aiohttp).
- **The gateway.** A call under a limit takes part in two transactions of SQLite, so that limits hold over restarts and
  processes; the rest is asyncio's, the server's and JSON's.
- **Policies.** Any pack in Python is a process that the engine waits for and asks about each resource; what a pack of
  nothing costs stands beside ours.
- **Its import.** pydantic is nearly all of it; httpx comes with the first call.
- **The preview.** Pulumi's SDK waits for each output of a resource, and ours have more outputs than the reference.
  The rest is the provider's start.
"""


def write(rows: Sequence[Row], growth: str, notes: Sequence[str], engine: str, is_quick: bool) -> None:
    """Write the page and the picture, and the table into the README."""
    short = " A quick run: fewer resources, one round." if is_quick else ""
    head = (
        "# Benchmarks\n\n<!-- Written by `make bench`. -->\n\n"
        f"{machine(engine)}{short} Medians of the rounds, with their range. Ours and the reference alternate, and a\n"
        "ratio is the median of the rounds' own.\n"
    )
    body = [head, table(rows), "![The ratios and their targets](benchmarks.svg)\n", READING, growth, *notes]
    PAGE.write_text("\n".join(body), "utf-8")
    PICTURE.write_text(picture(rows), "utf-8")
    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    if MARKS[0] in text and not is_quick:
        before, _, rest = text.partition(MARKS[0])
        after = rest.partition(MARKS[1])[2]
        readme.write_text(before + MARKS[0] + table([r for r in rows if r.is_felt]) + MARKS[1] + after, "utf-8")


def picture(rows: Sequence[Row]) -> str:
    """Draw the worst ratio of each name as a bar relative to its target: what ends before the line is met."""
    worst: dict[str, Row] = {}
    for row in rows:
        if row.drawn_as and (row.drawn_as not in worst or row.share > worst[row.drawn_as].share):
            worst[row.drawn_as] = row
    shown = list(worst.values())
    width, left, line, step = 860, 300, 500, 26
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{step * len(shown) + 50}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{step * len(shown) + 50}" fill="white"/>',
        f'<text x="{line}" y="18" text-anchor="middle" fill="#444">target</text>',
    ]
    for index, row in enumerate(shown):
        top = 28 + index * step
        bar = min(row.share * (line - left), width - left - 110)
        color = "#3a7d44" if row.is_met else "#b5482f"
        sign = "≤" if row.most else "≥"
        parts += [
            f'<text x="{left - 8}" y="{top + 14}" text-anchor="end">{escape(row.drawn_as)}</text>',
            f'<rect x="{left}" y="{top + 2}" width="{bar:.0f}" height="{step - 8}" fill="{color}"/>',
            f'<text x="{left + bar + 6:.0f}" y="{top + 14}">{row.ratio:.2f}x ({sign} {row.target:g}x)</text>',
        ]
    parts.append(
        f'<line x1="{line}" y1="24" x2="{line}" y2="{step * len(shown) + 34}" stroke="#444" stroke-dasharray="4"/>'
    )
    return "\n".join([*parts, "</svg>", ""])
