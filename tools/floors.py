"""Holds what the tests cover of each folder of the package to a floor, lines and branches together."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coverage import Coverage

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "provider" / "pulumi_agentrun"

FLOORS = {
    ".": 90,
    "cli": 95,
    "client": 97,
    "drill": 98,
    "dynamic": 91,
    "engine": 77,
    "lifecycle": 95,
    "platform": 91,
    "plugin": 86,
    "policy": 93,
    "promotion": 97,
    "resources": 99,
    "routes": 98,
    "testing": 60,  # pytest loads a part of it before anything is measured
}
"""Percent. What runs in processes of its own counts as not covered: the entrances, and what only a server does."""


def measured(files: Mapping[str, Any]) -> dict[str, float]:
    """Return the percentage of each folder, from the files of a JSON report."""
    covered, there = Counter[str](), Counter[str]()
    for name, file in files.items():
        folder, numbers = (ROOT / name).relative_to(PACKAGE).parts[:-1][:1], file["summary"]
        key = folder[0] if folder else "."
        covered[key] += numbers["covered_lines"] + numbers["covered_branches"]
        there[key] += numbers["num_statements"] + numbers["num_branches"]
    return {key: 100 * covered[key] / there[key] for key in there if there[key]}


def report() -> Mapping[str, Any]:
    """Return the files of the JSON report on what the last run has left in `.coverage`."""
    coverage = Coverage(config_file=str(ROOT / "pyproject.toml"))
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        coverage.json_report(outfile=str(path))
        files: Mapping[str, Any] = json.loads(path.read_text("utf-8"))["files"]
    return files


def main() -> int:
    """Print each folder's percentage beside its floor; return 1 if one is below it or has none."""
    found = measured(report())
    wrong = sorted(found.keys() ^ FLOORS.keys())
    for key in sorted(found.keys() & FLOORS.keys()):
        is_low = found[key] < FLOORS[key]
        wrong += [key] if is_low else []
        print(f"  {key:10} {found[key]:6.2f} %   floor {FLOORS[key]} %{'   too low' if is_low else ''}")
    if wrong:
        print(f"below its floor, or without one: {', '.join(wrong)}; .venv/bin/coverage report -m says which lines")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
