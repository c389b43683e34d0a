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
from .audit import Gap, Violation, choices, judged, resources
from .presets import PRESET_VARIABLE, PRESETS

PACK = Path(__file__).parents[1] / "policy_pack"
"""The rules as a ready-made pack."""


def main(arguments: list[str] | None = None) -> int:
    """Audit, and return the exit code.

    0: nothing mandatory is broken; 1: something is; 2: that could not be found out, or not of everything.
    """
    options = _parser().parse_args(arguments)
    if options.path:
        sys.stdout.write(f"{PACK}\n")
        return 0
    try:
        chosen = choices(options.preset, _read(options.config))
        with ModelClient(Config(endpoint=options.endpoint, region=options.region)) as client:
            views = list(resources(client))
        found = list(judged(views, chosen))
    except AgentRunError as error:
        return _failed(str(error))
    except Exception as error:
        # Its text may hold anything that an account does.
        return _failed(f"The account could not be audited, for a reason that was not foreseen: {type(error).__name__}.")
    write = _json if options.json else _table
    sys.stdout.write(write(found, len(views)))
    mandatory = [item for item in found if item.level == "mandatory"]
    return 1 if any(isinstance(item, Violation) for item in mandatory) else 2 if mandatory else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pulumi_agentrun.policy", description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default=os.environ.get(PRESET_VARIABLE, "baseline"))
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON, as for pulumi --policy-pack-config")
    parser.add_argument("--json", action="store_true", help="write the violations as JSON")
    parser.add_argument("--path", action="store_true", help="write the folder for pulumi --policy-pack, and no more")
    parser.add_argument("--endpoint", help="else AGENTRUN_CONTROL_ENDPOINT, or the region's")
    parser.add_argument("--region", help="else AGENTRUN_REGION")
    return parser


def _failed(sentence: str) -> int:
    sys.stderr.write(f"error: {sentence}\n")
    return 2


def _read(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        config = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"The configuration {path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"The configuration {path} cannot be read: it is no JSON.") from None
    if not isinstance(config, dict):
        raise ConfigError(f"The configuration {path} must be an object of policies.")
    return config


def _json(found: list[Violation | Gap], resources: int) -> str:
    parts = {
        "violations": [asdict(item) for item in found if isinstance(item, Violation)],
        "unjudged": [asdict(item) for item in found if isinstance(item, Gap)],
    }
    return json.dumps({"resources": resources, **parts}, indent=2) + "\n"


def _table(found: list[Violation | Gap], resources: int) -> str:
    rows = [(item.level, item.resource, item.policy, _sentence(item)) for item in found]
    widths = [max(len(row[column]) for row in rows) if rows else 0 for column in range(3)]
    lines = [
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]]) for row in rows
    ]
    broken = [item.level for item in found if isinstance(item, Violation)]
    unjudged = f", {len(found) - len(broken)} not judged" if len(found) > len(broken) else ""
    counts = f"{broken.count('mandatory')} mandatory and {broken.count('advisory')} advisory{unjudged}"
    return "\n".join([*lines, f"{resources} resources, {counts}.", ""])


def _sentence(item: Violation | Gap) -> str:
    return f"{item.path} {item.message}." + (f" {item.remedy}" if isinstance(item, Violation) else "")


if __name__ == "__main__":
    raise SystemExit(main())
