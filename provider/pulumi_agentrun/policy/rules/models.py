"""Rules about which models may be used: their providers, their names, and until when."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from ...client.kinds import PROXY, SERVICE
from ...lifecycle.paths import Path
from ..providers import provider_at
from ..rule import Finding, Found, Rule, Settings, apart, each
from ..services import MODELS, NAME, SERVICE_URL
from ..spelling import allows, allows_model, denying
from ..view import ENDPOINTS, FALLBACKS, View

INFOS = ("model_info_configs",)


class Providers(Settings):
    """Which providers are allowed."""

    allowed: tuple[str, ...] = ()
    """The allowed providers as glob patterns; none means any. A `base_url` that is known to be another's counts as that
    one's, and an endpoint that has nothing but a `base_url` must lead to a provider that is known and allowed."""
    hosts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By provider, the hosts that are its own as glob patterns, beside those of the large ones, which are known."""


def allowed_providers(view: View, settings: Providers) -> Iterator[Found]:
    """Yield a provider that is not allowed, by its name or by where requests go."""
    if not settings.allowed:
        return iter(())
    if view.kind is SERVICE:
        return apart(_named(view, settings), _reached(view, SERVICE_URL, settings, may_be_any=True))
    return each(view.items(*ENDPOINTS), lambda endpoint: _through(view, endpoint, settings))


def _named(view: View, settings: Providers) -> Iterator[Finding]:
    if not allows(settings.allowed, view.text("provider") or ""):
        yield Finding(("provider",), f"must be one of {', '.join(settings.allowed)}")


def _through(view: View, endpoint: Path, settings: Providers) -> Iterator[Finding]:
    url = (*endpoint, "base_url")
    if view.text(*url):
        yield from _reached(view, url, settings, may_be_any=bool(view.text(*endpoint, NAME)))


def _reached(view: View, path: Path, settings: Providers, *, may_be_any: bool) -> Iterator[Finding]:
    owner = provider_at(view.text(*path) or "", settings.hosts)
    if owner is None and not may_be_any:
        yield Finding(path, "must lead to a provider that is known, or have a model service with it")
    elif owner is not None and not allows(settings.allowed, owner):
        yield Finding(path, f"leads to another provider than {', '.join(settings.allowed)}")


class Days(Settings):
    """By which day models are judged."""

    time_zone: str = "UTC"
    """Where a day begins, as `Asia/Shanghai`."""
    today: date | None = None
    """The date to judge by; that of the run, in `time_zone`, unless given."""

    @field_validator("time_zone")
    @classmethod
    def _is_one(cls, name: str) -> str:
        try:
            _zone(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is no time zone; there are UTC, Asia/Shanghai and others of that form") from None
        return name

    def day(self, now: Callable[[tzinfo], datetime] = datetime.now) -> date:
        """Return the date to judge by. `now` returns the time in a zone."""
        return self.today or now(_zone(self.time_zone)).date()


class Models(Days):
    """Which models are allowed."""

    allowed: tuple[str, ...] = ()
    """The allowed models as glob patterns; none means any. Names count in any case, with or without a provider's before
    them (`openai/gpt-4o`)."""
    denied: tuple[str, ...] = ()
    """Glob patterns of models that are not allowed, whatever else is."""
    sunset: dict[str, date] = Field(default_factory=dict)
    """Glob patterns of models and the date (YYYY-MM-DD) from which each is no longer allowed."""


_WILD = re.compile(r"[*?]")


def allowed_models(view: View, settings: Models) -> Iterator[Found]:
    """Yield each model that is not allowed, or not any more, and what leaves open which models it offers."""
    return apart(_open(view, settings), each_model(view, lambda path: _allowed(view, path, settings)))


def _open(view: View, settings: Models) -> Iterator[Found]:
    """Yield what names no models where only some are allowed; an endpoint of a service has those of that."""
    if not (settings.allowed or settings.denied):
        return iter(())
    if view.kind is SERVICE:
        return _some(view, MODELS)
    bare = (path for path in view.items(*ENDPOINTS) if not view.text(*path, NAME))
    return each(bare, lambda path: _some(view, (*path, "model_names")))


def _some(view: View, path: Path) -> Iterator[Finding]:
    if not any(view.items(*path)):
        yield Finding(path, "must name its models, for not all are allowed")


def _allowed(view: View, path: Path, settings: Models) -> Iterator[Finding]:
    name = view.text(*path)
    if not name:
        return
    provider = view.text("provider") if view.kind is SERVICE else None
    if _WILD.search(name) and (settings.denied or (settings.allowed and "*" not in settings.allowed)):
        yield Finding(path, "must be the name of one model, for not all are allowed and a pattern offers many")
        return
    if settings.allowed and not allows_model(settings.allowed, name, provider):
        yield Finding(path, f"must be one of {', '.join(settings.allowed)}")
    denied = denying(settings.denied, name, provider)
    if denied:
        yield Finding(path, f"is denied ({denied})")
    for pattern, day in settings.sunset.items():
        if denying([pattern], name, provider) and settings.day() >= day:
            zone = "" if settings.today else f" in {settings.time_zone}"
            yield Finding(path, f"is not allowed any more ({pattern} since {day}{zone})")


def _zone(name: str) -> tzinfo:
    """Return a time zone; UTC there is also where no others are installed."""
    return timezone.utc if name == "UTC" else ZoneInfo(name)


def each_model(view: View, judge: Callable[[Path], Iterable[Found]]) -> Iterator[Found]:
    """Yield what is found at the paths of all model names in a resource."""
    if view.kind is SERVICE:
        infos = each(view.items(*INFOS), lambda info: judge((*info, "model_name")))
        return apart(each(view.items(*MODELS), judge), infos)
    return apart(
        each(view.items(*ENDPOINTS), lambda endpoint: each(view.items(*endpoint, "model_names"), judge)),
        each(view.items(*FALLBACKS), lambda fallback: judge((*fallback, "model_name"))),
    )


RULES = (
    Rule(
        "agentrun-allowed-providers", "Requests go to allowed providers only.",
        "Use an allowed provider, or ask the platform team to allow this one.",
        Providers, allowed_providers, (SERVICE, PROXY),
    ),
    Rule(
        "agentrun-allowed-models", "Only allowed models are offered and routed, and none beyond its last day.",
        "Use an allowed model; for one that is at its end, its successor.",
        Models, allowed_models, (SERVICE, PROXY),
    ),
)  # fmt: skip
