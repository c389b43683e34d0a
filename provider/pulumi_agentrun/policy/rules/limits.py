"""Rules about numbers: limits, weights, fallbacks and sizes."""

from __future__ import annotations

from collections.abc import Iterator

from ...client.kinds import PROXY
from ...client.wording import naming
from ...lifecycle.paths import Path
from ..rule import Finding, Found, Rule, Settings, apart, each, unless
from ..view import ENDPOINTS, FALLBACKS, POLICIES, Unjudged, View


class Bounds(Settings):
    """Between which numbers a value has to be; both included."""

    min: float | None = None
    """The least value; none means any."""
    max: float | None = None
    """The greatest value; none means any."""
    required: bool = False
    """Whether a value must be set."""


class Limits(Settings):
    """The bounds of a proxy's limits."""

    tokens_per_second: Bounds = Bounds()
    """`token_rate_limiter.tps`."""
    tokens_per_minute: Bounds = Bounds()
    """`token_rate_limiter.tpm`."""
    tokens_per_hour: Bounds = Bounds()
    """`token_rate_limiter.tph`."""
    tokens_per_day: Bounds = Bounds()
    """`token_rate_limiter.tpd`."""
    request_timeout: Bounds = Bounds()
    """`request_timeout`, in the API's unit."""
    retries: Bounds = Bounds(max=5)
    """`num_retries`."""
    concurrency: Bounds = Bounds()
    """`concurrency_limit`."""
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


def limits(view: View, settings: Limits) -> Iterator[Found]:
    """Yield the limits that are missing or out of bounds."""
    bounded = [_within(view, path, getattr(settings, name)) for name, path in _LIMITS.items()]
    return apart(*bounded, _some_rate(view, settings))


def _some_rate(view: View, settings: Limits) -> Iterator[Found]:
    if not settings.any_rate_limit:
        return
    gaps: list[Unjudged] = []
    for path in _RATES.values():
        try:
            if view.at(*path):
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
        if bounds.required:
            yield Finding(path, "must be set")
    elif bounds.min is not None and value < bounds.min:
        yield Finding(path, f"must be at least {bounds.min:g}")
    elif bounds.max is not None and value > bounds.max:
        yield Finding(path, f"must be at most {bounds.max:g}")


class Fallbacks(Settings):
    """How many fallbacks a proxy needs."""

    min: int = 1
    """The least number of fallbacks."""


def fallbacks(view: View, settings: Fallbacks) -> Iterator[Finding]:
    """Yield a proxy with too few fallbacks."""
    if len(list(view.items(*FALLBACKS))) < settings.min:
        yield Finding(FALLBACKS, f"must name at least {settings.min}")


class Weights(Settings):
    """What the weights of several endpoints must add up to."""

    total: int | None = None
    """Their sum; none means any."""


def weights(view: View, settings: Weights) -> Iterator[Found]:
    """Yield weights of several endpoints that are missing, not positive, or do not add up."""
    paths = [(*path, "weight") for path in view.items(*ENDPOINTS)]
    if len(paths) > 1:
        yield from each(paths, lambda path: _positive(view, path))
        yield from apart(_total(view, paths, settings))


def _positive(view: View, path: Path) -> Iterator[Finding]:
    value = view.number(*path)
    if value is None or value <= 0:
        yield Finding(path, "must be above 0")


def _total(view: View, paths: list[Path], settings: Weights) -> Iterator[Finding]:
    if settings.total is not None and sum(view.number(*path) or 0 for path in paths) != settings.total:
        yield Finding(ENDPOINTS, f"must have weights that add up to {settings.total}")


class Sizes(Settings):
    """The bounds of a proxy's size."""

    cpu: Bounds = Bounds(max=8)
    """Cores."""
    memory: Bounds = Bounds(max=16384)
    """Memory in MB."""


def sizes(view: View, settings: Sizes) -> Iterator[Found]:
    """Yield sizes that are out of bounds."""
    return apart(_within(view, ("cpu",), settings.cpu), _within(view, ("memory",), settings.memory))


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
        "agentrun-weights", "The weights of several endpoints are positive and add up.",
        "Set the weight of each endpoint; one that should get no traffic is better left out.",
        Weights, weights, (PROXY,),
    ),
    Rule(
        "agentrun-sizes", "Proxies have sizes within bounds.", "Set cpu and memory.", Sizes, sizes, (PROXY,),
    ),
)  # fmt: skip
