"""`pulumi-agentrun audit`: holds an account to the rules, and fails if one is broken."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ..client.errors import AgentRunError
from ..client.json_file import object_in
from ..policy.audit import Gap, Violation, choices, judged, resources
from ..policy.presets import PRESET_VARIABLE, PRESETS, preset_named
from . import options
from .printing import as_json, said, sentence, table

UNJUDGED = 2
"""The exit code where something could not be found out."""


@click.command()
@click.option(
    "--preset",
    metavar="|".join(PRESETS),
    help=f"Which choice of the rules (or {PRESET_VARIABLE}); baseline unless given, but in CI one must be.",
)
@click.option(
    "--config", metavar="FILE", type=click.Path(path_type=Path), help="JSON, as for pulumi --policy-pack-config."
)
@options.endpoint
@options.region
@options.as_json
def audit(preset: str | None, config: Path | None, endpoint: str | None, region: str | None, is_json: bool) -> None:
    """Hold what lives in an account, managed by Pulumi or not, to the rules.

    It ends with 0 if nothing mandatory is broken, with 1 if something is, and with 2 if that could not be found out, or
    not of everything.

    Example: pulumi-agentrun audit --preset production --config policies.json
    """
    try:
        chosen = choices(preset or preset_named(os.environ), read_config(config))
        with options.client_of(endpoint, region) as client:
            views = list(resources(client))
        found = list(judged(views, chosen))
    except AgentRunError as error:
        raise _unjudged(error.told(options.TERMINAL)) from None
    except Exception as error:
        # Its text may hold anything that an account does.
        reason = f"for a reason that was not foreseen: {type(error).__name__}."
        raise _unjudged(f"The account could not be audited, {reason}") from None
    (_as_json if is_json else _as_table)(found, len(views))
    mandatory = [item for item in found if item.level == "mandatory"]
    is_broken = any(isinstance(item, Violation) for item in mandatory)
    click.get_current_context().exit(1 if is_broken else UNJUDGED if mandatory else 0)


def _unjudged(text: str) -> click.exceptions.Exit:
    sentence(text)
    return click.exceptions.Exit(UNJUDGED)


def read_config(path: Path | None) -> Mapping[str, Any]:
    """Return the settings of rules in a file, none without one. Raises ConfigError."""
    return object_in(path, what="configuration", of="policies") if path else {}


def _as_json(found: Sequence[Violation | Gap], resources: int) -> None:
    parts = {
        "violations": [asdict(item) for item in found if isinstance(item, Violation)],
        "unjudged": [asdict(item) for item in found if isinstance(item, Gap)],
    }
    as_json({"resources": resources, **parts})


def _as_table(found: Sequence[Violation | Gap], resources: int) -> None:
    rows = [(item.level, item.resource, item.policy, _sentence(item)) for item in found]
    if rows:
        styles = ["red" if item.level == "mandatory" else "yellow" for item in found]
        table(("LEVEL", "RESOURCE", "POLICY", "WHAT"), rows, styles)
    broken = [item.level for item in found if isinstance(item, Violation)]
    unjudged = f", {len(found) - len(broken)} not judged" if len(found) > len(broken) else ""
    counts = f"{broken.count('mandatory')} mandatory and {broken.count('advisory')} advisory{unjudged}"
    said(f"{resources} resources, {counts}.")


def _sentence(item: Violation | Gap) -> str:
    return f"{item.path} {item.message}." + (f" {item.remedy}" if isinstance(item, Violation) else "")
