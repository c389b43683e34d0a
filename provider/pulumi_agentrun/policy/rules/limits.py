"""Rules about numbers: limits, fallbacks and sizes."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, model_validator

from ...client.kinds import PROXY
from ...client.wording import naming
from ...lifecycle.paths import Path
from ..rule import Finding, Found, Rule, Settings, apart, each, told_apart, unless
from ..services import NAME, Services
from ..spelling import is_blank
from ..view import FALLBACKS, POLICIES, Unjudged, View
from .circles import repeated


class Bounds(Settings):
    """Between which numbers a value has to be; both included."""

    min: float | None = None
    """The least value; none means any."""
    max: float | None = None
    """The greatest value; none means any."""
    required: bool = False
    """Whether a value must be set."""

    @model_validator(mode="after")
    def _leave_room(self) -> Bounds:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min must not be above max")
        return self


class Limits(Settings):
    """The bounds of a proxy's limits."""

    tokens_per_second: Bounds = Bounds()
    """`token_rate_limiter.tps`; unset, it is unlimited, which is above any `max`."""
    tokens_per_minute: Bounds = Bounds()
    """`token_rate_limiter.tpm`; unset, it is unlimited, which is above any `max`."""
    tokens_per_hour: Bounds = Bounds()
    """`token_rate_limiter.tph`; unset, it is unlimited, which is above any `max`."""
    tokens_per_day: Bounds = Bounds()
    """`token_rate_limiter.tpd`; unset, it is unlimited, which is above any `max`."""
    request_timeout: Bounds = Bounds()
    """`request_timeout`, in the API's unit; unset, the service has a number of its own, which `required` rules out."""
    retries: Bounds = Bounds(max=5)
    """`num_retries`; unset, the service has a number of its own, which `required` rules out."""
    concurrency: Bounds = Bounds()
    """`concurrency_limit`; unset, the service has a number of its own, which `required` rules out."""
    any_rate_limit: bool = False
    """Whether some token rate limit must be set, whichever."""


_LIMITER = (*POLICIES, "token_rate_limiter")
_RATES = {
    "tokens_per_second": (*_LIMITER, "tps"),
    "tokens_per_minute": (*_LIMITER, "tpm"),
    "tokens_per_hour": (*_LIMITER, "tph"),
    "tokens_per_day": (*_LIMITER, "tpd"),
}
_LIMITS = {
    **_RATES,
    "request_timeout": (*POLICIES, "request_timeout"),
    "retries": (*POLICIES, "num_retries"),
    "concurrency": (*POLICIES, "concurrency_limit"),
}
_COUNTS = [path for name, path in _LIMITS.items() if name != "retries"]
"""Limits that limit nothing, or everything, where they are 0."""
_NO_LIMIT = 10**12
"""What no proxy ever reaches."""


def limits(view: View, settings: Limits) -> Iterator[Found]:
    """Yield the limits that are missing, limit nothing or are out of bounds."""
    bounded = [_within(view, path, getattr(settings, name)) for name, path in _LIMITS.items()]
    return apart(*bounded, _some_rate(view, settings), each(_COUNTS, lambda path: _limiting(view, path)))


def _limiting(view: View, path: Path) -> Iterator[Finding]:
    value = view.number(*path)
    if value is not None and not _is_limit(value):
        yield Finding(path, f"must be above 0 and below {_NO_LIMIT:.0e}, or it limits nothing")


def _is_limit(value: float) -> bool:
    return 0 < value < _NO_LIMIT


def _some_rate(view: View, settings: Limits) -> Iterator[Found]:
    if not settings.any_rate_limit:
        return
    gaps: list[Unjudged] = []
    for path in _RATES.values():
        try:
            if _is_limit(view.number(*path) or 0):
                return
        except Unjudged as gap:
            gaps.append(gap)
    missing = "must limit tokens per second, minute, hour or day"
    yield from unless(gaps, Finding(_LIMITER, missing))


def _within(view: View, path: Path, bounds: Bounds) -> Iterator[Finding]:
    if bounds == Bounds():
        return
    value = view.number(*path)
    if value is None:
        if bounds.max is not None and path in _RATES.values():
            yield Finding(path, f"must be set, to at most {bounds.max:g}: unset, it is unlimited")
        elif bounds.required:
            yield Finding(path, "must be set")
    elif bounds.min is not None and value < bounds.min:
        yield Finding(path, f"must be at least {bounds.min:g}")
    elif bounds.max is not None and value > bounds.max:
        yield Finding(path, f"must be at most {bounds.max:g}")


class Fallbacks(Settings):
    """How many fallbacks a proxy needs."""

    min: int = Field(default=1, ge=0)
    """The least number of fallbacks that lead somewhere else than what is tried before them."""


def fallbacks(view: View, settings: Fallbacks) -> Iterator[Found]:
    """Yield fallbacks that lead nowhere, and a proxy with too few others."""
    paths = list(view.items(*FALLBACKS))
    empty, gaps = told_apart(each(paths, lambda path: _empty(view, path)))
    again, doubts = told_apart(repeated(view, Services([])))
    useless = {found.path for found in (*empty, *again)}
    yield from apart(empty, gaps)
    if len(paths) - len(useless) < settings.min:
        yield Finding(FALLBACKS, f"must name at least {settings.min}" + (" that help" if useless else ""))
    elif len(paths) - len(useless) - len({gap.path for gap in (*gaps, *doubts)}) < settings.min:
        yield from doubts


def _empty(view: View, path: Path) -> Iterator[Finding]:
    if is_blank(view.text(*path, NAME)) and is_blank(view.text(*path, "model_name")):
        yield Finding(path, naming("must have a {model_service_name} or a {model_name}"))


class Sizes(Settings):
    """The bounds of a proxy's size."""

    cpu: Bounds = Bounds(max=8)
    """Cores."""
    memory: Bounds = Bounds(max=16384)
    """Memory in MB."""


def sizes(view: View, settings: Sizes) -> Iterator[Found]:
    """Yield sizes that are none, or out of bounds."""
    sizes = {("cpu",): settings.cpu, ("memory",): settings.memory}
    return apart(*(apart(_there(view, path), _within(view, path, bounds)) for path, bounds in sizes.items()))


def _there(view: View, path: Path) -> Iterator[Finding]:
    value = view.number(*path)
    if value is not None and value <= 0:
        yield Finding(path, "must be above 0")


RULES = (
    Rule(
        "agentrun-limits", "Proxies have rate limits, timeouts, retries and concurrency within bounds.",
        naming("Set them in {proxy_config.policies}."), Limits, limits, (PROXY,),
    ),
    Rule(
        "agentrun-fallback", "Every proxy has somewhere to go when its endpoint fails.",
        naming("Add a model service to {proxy_config.policies.fallbacks}."), Fallbacks, fallbacks, (PROXY,),
    ),
    Rule(
        "agentrun-sizes", "Proxies have sizes within bounds.", "Set cpu and memory.", Sizes, sizes, (PROXY,),
    ),
)  # fmt: skip
