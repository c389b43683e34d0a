"""The rule on how endpoints share the requests."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from ...client.kinds import PROXY
from ...lifecycle.paths import Path
from ..rule import Finding, Found, Rule, Settings, apart, each, told_apart
from ..services import NAME
from ..spelling import plain
from ..view import ENDPOINTS, View


class Weights(Settings):
    """What the weights of several endpoints must add up to."""

    total: int | None = Field(default=None, gt=0)
    """Their sum; none means any. Weights that are all left out, which mean equal shares, add up to none."""


def weights(view: View, settings: Weights) -> Iterator[Found]:
    """Yield weights that are not positive, missing beside others, or do not add up, and endpoints that are the same."""
    endpoints = list(view.items(*ENDPOINTS))
    paths = [(*path, "weight") for path in endpoints]
    known, _ = told_apart(each(paths, lambda path: [view.number(*path)]))
    # Left out of all of them, or of the only one, weights mean equal shares.
    may_be_left_out = all(weight is None for weight in known)
    yield from each(paths, lambda path: _positive(view, path, may_be_left_out))
    if len(paths) > 1:
        yield from apart(_total(view, paths, settings), _twice(view, endpoints))


def _positive(view: View, path: Path, may_be_left_out: bool) -> Iterator[Finding]:
    value = view.number(*path)
    if value is None and may_be_left_out:
        return
    if value is None or value <= 0:
        yield Finding(path, "must be above 0")


def _total(view: View, paths: list[Path], settings: Weights) -> Iterator[Finding]:
    if settings.total is not None and sum(view.number(*path) or 0 for path in paths) != settings.total:
        yield Finding(ENDPOINTS, f"must have weights that add up to {settings.total}")


def _twice(view: View, endpoints: list[Path]) -> Iterator[Found]:
    seen = set[tuple[str, str, frozenset[str]]]()

    def judge(path: Path) -> Iterator[Finding]:
        models = frozenset(plain(view.text(*item) or "") for item in view.items(*path, "model_names"))
        same = (view.text(*path, NAME) or "", view.text(*path, "base_url") or "", models)
        if same in seen:
            yield Finding(path, "is the same as one before it; give that one its weight")
        seen.add(same)

    return each(endpoints, judge)


RULES = (
    Rule(
        "agentrun-weights", "The weights of several endpoints are positive and add up.",
        "Set the weight of each endpoint; one that should get no traffic is better left out.",
        Weights, weights, (PROXY,),
    ),
)  # fmt: skip
