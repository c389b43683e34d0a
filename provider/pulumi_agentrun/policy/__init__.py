"""Rules for policy packs: what platform teams hold model services and proxies to.

`RULES` are plain functions over plain values, testable without Pulumi; `policies(preset)` are the same as policies of
Pulumi's policy SDK (`pip install pulumi-agentrun[policy]`), to run as they are or in a pack of one's own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .presets import PRESETS

if TYPE_CHECKING:
    from pulumi_policy import Policy

    from .rule import Finding, Rule, Settings
    from .rules import RULES
    from .view import NotKnown, Unjudged, View

__all__ = ["PRESETS", "RULES", "Finding", "NotKnown", "Rule", "Settings", "Unjudged", "View", "policies"]

_MODULES = {
    "RULES": ".rules",
    "Finding": ".rule",
    "Rule": ".rule",
    "Settings": ".rule",
    "NotKnown": ".view",
    "Unjudged": ".view",
    "View": ".view",
}


def __getattr__(name: str) -> Any:
    # A pack tells its policies before it has its rules, and the engine waits for no import of theirs.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)


def policies(preset: str = "baseline") -> list[Policy]:
    """Return all rules as policies, with a preset's settings and levels. Raises ConfigError."""
    from . import pack

    return pack.policies(preset)
