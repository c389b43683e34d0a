"""Where `explain` has proxies from: a stack, a preview (of this folder or in a file), or an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..client.errors import ConfigError
from ..client.json_file import value_in
from ..drill import finding
from ..routes.subjects import Subject
from . import options
from .pulumi_command import json_of

EXPORT_PATIENCE, PREVIEW_PATIENCE = 120.0, 900.0
"""Seconds that Pulumi's commands may take."""


def exported(stack: str) -> dict[str, Any]:
    """Return a stack's state, secrets encrypted. Raises ConfigError."""
    return json_of(["stack", "export", "--stack", stack], "read the stack", patience=EXPORT_PATIENCE)


def previewed(stack: str | None, settings: Path | None = None) -> dict[str, Any]:
    """Return what the program in this folder would deploy. Raises ConfigError.

    :param settings: What to take in place of the stack's Pulumi.STACK.yaml.
    """
    chosen = [*(["--stack", stack] if stack else []), *(["--config-file", str(settings)] if settings else [])]
    return json_of(["preview", "--json", "--show-sames", *chosen], "say what would be", patience=PREVIEW_PATIENCE)


def all_of(stack: str | None, preview: bool, plan: Path | None, account: options.Account) -> Sequence[Subject]:
    """Return the proxies of whatever was chosen. Raises AgentRunError."""
    if (stack or preview or plan) and (account.endpoint or account.region):
        raise ConfigError("--endpoint and --region are about an account; a stack says itself where it is.")
    if plan and (stack or preview):
        raise ConfigError("--plan is a preview that was made before: it goes with neither --preview nor --stack.")
    if plan:
        shown = value_in(plan, what="plan")
        if not isinstance(shown, Mapping) or not isinstance(shown.get("steps"), list):
            raise ConfigError(f"The plan {plan} is not what pulumi preview --json --show-sames writes.")
        return finding.all_of_preview(shown)
    if preview:
        return finding.all_of_preview(previewed(stack))
    if stack:
        return finding.all_of_state(exported(stack))
    with options.client_of(account.endpoint, account.region) as client:
        return finding.all_of_account(client)
