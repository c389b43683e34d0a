"""Rules about which models may be used: their providers, their names, and until when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from pydantic import Field

from ...client.kinds import PROXY, SERVICE
from ...lifecycle.paths import Path
from ..rule import Finding, Found, Rule, Settings, apart, each, matches
from ..services import MODELS
from ..view import ENDPOINTS, FALLBACKS, View


class Providers(Settings):
    """Which providers are allowed."""

    allowed: tuple[str, ...] = ()
    """The allowed providers as glob patterns; none means any."""


def allowed_providers(view: View, settings: Providers) -> Iterator[Finding]:
    """Yield a provider that is not allowed."""
    if settings.allowed and not matches(view.at("provider"), settings.allowed):
        yield Finding(("provider",), f"must be one of {', '.join(settings.allowed)}")


class Models(Settings):
    """Which models are allowed."""

    allowed: tuple[str, ...] = ()
    """The allowed models as glob patterns; none means any."""
    denied: tuple[str, ...] = ()
    """Glob patterns of models that are not allowed, whatever else is."""
    sunset: dict[str, date] = Field(default_factory=dict)
    """Glob patterns of models and the date (YYYY-MM-DD) from which each is no longer allowed."""
    today: date | None = None
    """The date to judge by; that of the run unless given."""


def allowed_models(view: View, settings: Models) -> Iterator[Found]:
    """Yield each model that is not allowed, or not any more."""
    return each_model(view, lambda path: _allowed(view, path, settings))


def _allowed(view: View, path: Path, settings: Models) -> Iterator[Finding]:
    name = view.text(*path)
    if not name:
        return
    if settings.allowed and not matches(name, settings.allowed):
        yield Finding(path, f"must be one of {', '.join(settings.allowed)}")
    denied = next((pattern for pattern in settings.denied if matches(name, [pattern])), None)
    if denied:
        yield Finding(path, f"is denied ({denied})")
    for pattern, day in settings.sunset.items():
        if (settings.today or date.today()) >= day and matches(name, [pattern]):
            yield Finding(path, f"is not allowed any more ({pattern} since {day})")


def each_model(view: View, judge: Callable[[Path], Iterable[Found]]) -> Iterator[Found]:
    """Yield what is found at the paths of all model names in a resource."""
    if view.kind is SERVICE:
        return each(view.items(*MODELS), judge)
    return apart(
        each(view.items(*ENDPOINTS), lambda endpoint: each(view.items(*endpoint, "model_names"), judge)),
        each(view.items(*FALLBACKS), lambda fallback: judge((*fallback, "model_name"))),
    )


RULES = (
    Rule(
        "agentrun-allowed-providers", "Model services use allowed providers only.",
        "Use an allowed provider, or ask the platform team to allow this one.",
        Providers, allowed_providers, (SERVICE,),
    ),
    Rule(
        "agentrun-allowed-models", "Only allowed models are offered and routed, and none beyond its last day.",
        "Use an allowed model; for one that is at its end, its successor.",
        Models, allowed_models, (SERVICE, PROXY),
    ),
)  # fmt: skip
