"""`python -m pulumi_agentrun.policy`: holds an account to the rules, and fails if one is broken."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..client import Config, ModelClient
from ..client.errors import AgentRunError, ConfigError
from .audit import Violation, choices, resources, violations
from .presets import PRESET_VARIABLE, PRESETS


def main(arguments: list[str] | None = None) -> int:
    """Audit, and return the exit code: 0, 1 if something mandatory is broken, 2 if the audit itself failed."""
    parser = argparse.ArgumentParser(prog="python -m pulumi_agentrun.policy", description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default=os.environ.get(PRESET_VARIABLE, "baseline"))
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON, as for pulumi --policy-pack-config")
    parser.add_argument("--json", action="store_true", help="write the violations as JSON")
    parser.add_argument("--endpoint", help="else AGENTRUN_CONTROL_ENDPOINT, or the region's")
    parser.add_argument("--region", help="else AGENTRUN_REGION")
    options = parser.parse_args(arguments)
    try:
        chosen = choices(options.preset, _read(options.config))
        with ModelClient(Config(endpoint=options.endpoint, region=options.region)) as client:
            views = list(resources(client))
        found = list(violations(views, chosen))
    except AgentRunError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    write = _json if options.json else _table
    sys.stdout.write(write(found, len(views)))
    return int(any(violation.level == "mandatory" for violation in found))


def _read(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        config = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"The configuration {path} cannot be read: {error}") from None
    if not isinstance(config, dict):
        raise ConfigError(f"The configuration {path} must be an object of policies.")
    return config


def _json(found: list[Violation], resources: int) -> str:
    return json.dumps({"resources": resources, "violations": [asdict(item) for item in found]}, indent=2) + "\n"


def _table(found: list[Violation], resources: int) -> str:
    rows = [(item.level, item.resource, item.policy, f"{item.path} {item.message}. {item.remedy}") for item in found]
    widths = [max(len(row[column]) for row in rows) if rows else 0 for column in range(3)]
    lines = [
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]]) for row in rows
    ]
    broken = sum(item.level == "mandatory" for item in found)
    return "\n".join([*lines, f"{resources} resources, {broken} mandatory and {len(found) - broken} advisory.", ""])


if __name__ == "__main__":
    raise SystemExit(main())
