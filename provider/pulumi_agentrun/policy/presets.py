"""All rules, and what each preset makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..client.errors import ConfigError
from .rule import Rule
from .rules import conventions, limits, models, security, stack

Level = Literal["advisory", "mandatory", "disabled"]

PRESET_VARIABLE = "AGENTRUN_POLICIES"
"""The environment variable that names the preset of the ready-made pack and of the audit."""

RULES: tuple[Rule, ...] = (*models.RULES, *security.RULES, *limits.RULES, *conventions.RULES, *stack.RULES)


@dataclass(frozen=True)
class Choice:
    """What a preset makes of one rule."""

    level: Level
    settings: Mapping[str, Any] = field(default_factory=dict)


_BASELINE = {
    "agentrun-allowed-providers": Choice("mandatory"),
    "agentrun-allowed-models": Choice("mandatory"),
    "agentrun-no-inline-api-key": Choice("advisory"),
    "agentrun-secure-base-urls": Choice("mandatory"),
    "agentrun-private-networking": Choice("disabled"),
    "agentrun-guardrails": Choice("advisory"),
    "agentrun-limits": Choice("advisory"),
    "agentrun-fallback": Choice("disabled"),
    "agentrun-weights": Choice("mandatory"),
    "agentrun-sizes": Choice("advisory"),
    "agentrun-naming": Choice("disabled"),
    "agentrun-allowed-regions": Choice("mandatory"),
    "agentrun-services-exist": Choice("advisory"),
    "agentrun-models-offered": Choice("mandatory"),
    "agentrun-no-cycles": Choice("mandatory"),
    "agentrun-unused-services": Choice("advisory"),
}
_PRODUCTION = {
    **{name: Choice("mandatory") for name in _BASELINE},
    "agentrun-limits": Choice(
        "mandatory", {"anyRateLimit": True, "concurrency": {"required": True}, "retries": {"max": 5}}
    ),
    "agentrun-weights": Choice("mandatory", {"total": 100}),
    "agentrun-unused-services": Choice("advisory"),
}
PRESETS: dict[str, dict[str, Choice]] = {"baseline": _BASELINE, "production": _PRODUCTION}
"""`baseline` stops what is wrong anywhere, `production` what should not go live; both by rule name."""


def preset_of(name: str) -> dict[str, Choice]:
    """Return what a preset makes of each rule. Raises ConfigError if there is no such preset."""
    if name not in PRESETS:
        raise ConfigError(f"There is no preset {name!r}; there are {', '.join(PRESETS)}.")
    return PRESETS[name]
