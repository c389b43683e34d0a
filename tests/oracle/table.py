"""The configurations that both routers are given, and in which of them they differ on purpose."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """A proxy `gate` whose endpoints serve one model, and what its services answer."""

    name: str
    endpoints: tuple[tuple[str, int | None], ...]
    """Services and weights."""
    fallbacks: tuple[str, ...] = ()
    retries: int = 2
    script: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """The statuses that a service answers in turn, the last one for ever; others answer 200."""
    retry_after: int | None = None
    calls: int = 1
    advance: float = 0.0
    """Seconds that pass after each call."""
    draws: int = 0
    """How often a target is drawn instead, for the shares."""
    differs: str = ""
    """Why the two differ here; docs/gateway.md has the same list."""


def shares(name: str, *weights: int | None, differs: str = "") -> Case:
    endpoints = tuple((f"s{index}", weight) for index, weight in enumerate(weights))
    return Case(f"shares of {name}", endpoints, draws=10_000, differs=differs)


ALONE, TWO = (("a", 1),), (("a", 1_000_000), ("b", 1))
STATUSES = (400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503)
CASES = (
    shares("70/30", 70, 30),
    shares("1/1", 1, 1),
    shares("95/5", 95, 5),
    shares("50/30/20", 50, 30, 20),
    shares("1/2/3/4", 1, 2, 3, 4),
    shares("no weights", None, None, None),
    shares("100/0", 100, 0),
    shares("999/1", 999, 1),
    shares("60/none", 60, None),
    shares("none/60", None, 60, differs="LiteLLM looks at the first weight only, and shares equally if it has none"),
    shares("0/0", 0, 0, differs="LiteLLM divides by zero; here all get equal shares"),
    *(Case(f"{status}, then a fallback", ALONE, ("f",), script={"a": (status,)}) for status in STATUSES),
    *(Case(f"{number} retries and no fallback", ALONE, retries=number, script={"a": (500,)}) for number in (0, 1, 3)),
    Case("a retry that helps", ALONE, script={"a": (500, 200)}),
    Case("only the first failure counts", ALONE, script={"a": (500, 404, 401, 200)}, retries=3),
    Case("an unknown model and no fallback", ALONE, script={"a": (404,)}),
    Case("a pause that is asked for", ALONE, script={"a": (429,)}, retry_after=7),
    Case("a refused key beside another target", TWO, script={"a": (401,)}, calls=2),
    Case("a busy target beside another", TWO, script={"a": (429,)}, calls=2),
    Case("a busy target, five seconds later", TWO, script={"a": (429,)}, calls=2, advance=5.1),
    Case("a busy target that says for how long", TWO, script={"a": (429,)}, calls=3, advance=11, retry_after=30),
    Case("a target that mostly fails", TWO, script={"a": (500,)}, retries=0, calls=7),
    Case("an unknown model beside another target", TWO, script={"a": (404,)}, calls=2),
    Case("fallbacks in order", ALONE, ("f", "g", "h"), retries=0, script={"a": (500,), "f": (503,), "g": (404,)}),
    Case("no fallback that helps", ALONE, ("f", "g"), retries=1, script={"a": (500,), "f": (401,), "g": (502,)}),
    Case("a busy target alone, twice", ALONE, ("f",), script={"a": (429,)}, calls=2),
    Case("a refused key alone, twice", ALONE, ("f",), script={"a": (401,)}, calls=2),
)  # fmt: skip
