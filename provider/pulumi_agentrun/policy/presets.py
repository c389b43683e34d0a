"""What each preset makes of each rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..client.errors import ConfigError

Level = Literal["advisory", "mandatory", "disabled"]

PRESET_VARIABLE = "AGENTRUN_POLICIES"
"""The environment variable that names the preset of the ready-made pack and of the audit."""


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
    "agentrun-survives-outage": Choice("disabled"),
    "agentrun-retry-budget": Choice("disabled"),
    "agentrun-safe-fallback": Choice("disabled"),
    "agentrun-token-budget": Choice("mandatory"),
    "agentrun-pinned-models": Choice("disabled"),
    "agentrun-successors": Choice("advisory"),
    "agentrun-litellm-version": Choice("mandatory"),
    "agentrun-execution-role": Choice("disabled"),
    "agentrun-logs": Choice("disabled"),
    "agentrun-tags": Choice("disabled"),
    "agentrun-protect": Choice("disabled"),
    "agentrun-caching": Choice("mandatory"),
}
_YOUNG = (
    "survives-outage", "retry-budget", "safe-fallback", "successors", "execution-role", "logs", "protect",
)  # fmt: skip
"""Rules that advise in production: they came later, and stacks that stand should not stop for them."""
_PRODUCTION = {
    **{name: Choice("mandatory") for name in _BASELINE},
    **{f"agentrun-{name}": Choice("advisory") for name in _YOUNG},
    "agentrun-pinned-models": Choice("disabled"),
    "agentrun-tags": Choice("disabled"),
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


def preset_named(environ: Mapping[str, str]) -> str:
    """Return the name of the preset that an environment asks for; the weaker one only where nobody relies on it unseen.

    Raises ConfigError in CI where none is named.
    """
    name = environ.get(PRESET_VARIABLE, "")
    if not name and environ.get("CI", "").lower() not in ("", "0", "false"):
        raise ConfigError(f"CI is set and no preset is named; name it: {' or '.join(PRESETS)}.")
    return name or "baseline"
