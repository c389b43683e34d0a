"""`make bench`: measures everything and writes docs/benchmarks.md, its picture and the README's table."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from surroundings import leave

from bench import clients, far, gateway, report, stacks, starts


def main() -> None:
    """Measure; QUICK=1 in the environment makes do with less of everything."""
    leave()
    is_quick = bool(os.environ.get("QUICK"))
    rounds = 1 if is_quick else 3
    engine = subprocess.run(["pulumi", "version"], text=True, check=True, stdout=subprocess.PIPE).stdout.strip()
    rows: list[report.Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        bench = stacks.Bench(folder)
        _say("commands")
        rows += stacks.commands(bench, partial(clients.platform, folder), 50 if is_quick else 200, rounds)
        _say("policies")
        # More rounds: what is looked for is about as large as the noise.
        rows += stacks.policies(bench, 50 if is_quick else 300, 2 * rounds - 1)
        _say("waiting")
        rows += stacks.waiting(bench, 16 if is_quick else 64, rounds)
        _say("calls")
        rows += clients.calls(folder / "calls", 64 if is_quick else 256, rounds)
        _say("far away")
        found, notes = far.rows(folder / "far", 128 if is_quick else 1024, rounds)
        rows += found
        _say("platform")
        found, more = clients.platform_rows(
            folder / "platform", 500 if is_quick else 2000, 1000 if is_quick else 10_000, rounds
        )
        rows += found
        notes += more
        _say("imports")
        found, more = clients.imports(rounds)
        rows += found
        notes += more
        _say("starts")
        found, more = starts.rows(rounds)
        rows += found
        notes += more
        _say("gateway")
        found, more = gateway.calls(folder, 500 if is_quick else 4000, rounds)
        rows += [*found, gateway.drills(5_000 if is_quick else 50_000, rounds)]
        notes += more
        _say("growth")
        growth = stacks.growth(bench, [10, 50] if is_quick else [10, 100, 1000])
        _say("lists")
        growth += "\n" + clients.lists(folder / "lists", [100, 1000] if is_quick else [100, 1000, 10_000])
    report.write(rows, growth, notes, engine, is_quick)
    sys.stdout.write(report.table(rows) + "\n" + growth)


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
