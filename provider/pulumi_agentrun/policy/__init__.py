"""Rules for policy packs: what platform teams hold model services and proxies to.

`RULES` are plain functions over plain values, testable without Pulumi; `policies(preset)` are the same as policies of
Pulumi's policy SDK (`pip install pulumi-agentrun[policy]`), to run as they are or in a pack of one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .presets import PRESETS, RULES
from .rule import Finding, Rule, Settings
from .view import NotKnown, Unjudged, View

if TYPE_CHECKING:
    from pulumi_policy import Policy

__all__ = ["PRESETS", "RULES", "Finding", "NotKnown", "Rule", "Settings", "Unjudged", "View", "policies"]


def policies(preset: str = "baseline") -> list[Policy]:
    """Return all rules as policies, with a preset's settings and levels. Raises ConfigError."""
    from . import pack

    return pack.policies(preset)
