"""Compares two stacks of one program in terms of callers: what is different, what of it is wanted, what rules say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from ..policy.audit import Chosen, Gap, Violation, judged
from ..routes.changes import Change, changes
from ..routes.facts import Fact, Proxy
from ..routes.standing import moves
from ..routes.subjects import OWN
from .fates import Fate, fates
from .stacks import Deployed


class Key(Fact):
    """Where a service's key comes from in both stacks, never the key."""

    service: str
    source: str
    target: str
    verdict: Literal["same", "differs", "missing", "not compared"]


@dataclass(frozen=True)
class Difference:
    """Something that callers of the target would notice."""

    change: Change
    is_expected: bool


@dataclass(frozen=True)
class Comparison:
    """What making one stack like another comes to for callers, whatever it was learned from."""

    source: str
    target: str
    differences: tuple[Difference, ...]
    """What callers of the target have now, and what they would have."""
    idle: tuple[str, ...]
    """What was expected to differ and does not."""

    @property
    def unexpected(self) -> list[Change]:
        """The differences that nobody declared as wanted."""
        return [found.change for found in self.differences if not found.is_expected]

    @property
    def is_good(self) -> bool:
        """Whether nothing differs but what is wanted."""
        return not self.unexpected

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "from": self.source,
            "to": self.target,
            "isGood": self.is_good,
            "differences": [{**found.change.to_json(), "isExpected": found.is_expected} for found in self.differences],
            "expectedAndSame": [*self.idle],
        }


@dataclass(frozen=True)
class Promotion(Comparison):
    """What making one stack like another comes to, as their states tell."""

    keys: tuple[Key, ...]
    fates: tuple[Fate, ...]
    settings: tuple[tuple[str, str], ...]
    """The names of settings that differ, and how."""
    consumers: tuple[str, ...] | None
    """The stacks that read the target; None if nobody looked."""
    verdicts: tuple[Violation | Gap, ...]
    """What the target's rules say of the source's resources."""

    @property
    def refusals(self) -> list[Violation | Gap]:
        """What the target's rules do not let through, or could not judge though they must."""
        return [item for item in self.verdicts if item.level == "mandatory"]

    @property
    def is_good(self) -> bool:
        """Whether nothing differs but what is wanted, and the target's rules let all of it through."""
        return super().is_good and not self.refusals

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return super().to_json() | {
            "keys": [key.to_json() for key in self.keys],
            "resources": [fate.to_json() for fate in self.fates],
            "settings": [{"name": name, "verdict": verdict} for name, verdict in self.settings],
            "consumers": None if self.consumers is None else [*self.consumers],
            "violations": [asdict(item) for item in self.verdicts if isinstance(item, Violation)],
            "unjudged": [asdict(item) for item in self.verdicts if isinstance(item, Gap)],
        }


def compared(
    source: Deployed,
    target: Deployed,
    rules: dict[str, Chosen],
    *,
    expected: Sequence[str],
    settings: Iterable[tuple[str, str]],
    consumers: Sequence[str] | None,
) -> Promotion:
    """Return what making the target like the source comes to; nothing is changed."""
    found = [*changes(target.proxies, source.proxies), *moves(target.standings, source.standings)]
    return Promotion(
        source.name,
        target.name,
        *beside(expected, found),
        tuple(_keys(source.proxies, target.proxies)),
        tuple(fates(source.views, target.views)),
        tuple(settings),
        None if consumers is None else tuple(consumers),
        tuple(judged(source.views, rules)),
    )


def beside(expected: Sequence[str], found: Sequence[Change]) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    """Return each difference beside whether somebody wants it, and what somebody wants and is none."""
    return (
        tuple(Difference(change, any(_is_meant(text, change) for text in expected)) for change in found),
        tuple(text for text in expected if not any(_is_meant(text, change) for change in found)),
    )


def _is_meant(text: str, change: Change) -> bool:
    """Say whether what somebody wants to differ is this change: `*` stands for anything."""
    names = (change.what, f"{change.model} {change.what}") if change.model else (change.what,)
    return any(fnmatchcase(name, text) for name in names)


def _keys(source: Iterable[Proxy], target: Iterable[Proxy]) -> Iterator[Key]:
    ours, theirs = ({one.name: one.key for proxy in proxies for one in proxy.services} for proxies in (source, target))
    for service, key in ours.items():
        if key:
            there = theirs.get(service, "")
            yield Key(service=service, source=key, target=there, verdict=_verdict(key, there))


def _verdict(source: str, target: str) -> Literal["same", "differs", "missing", "not compared"]:
    if not target:
        return "missing"
    if source != target:
        return "differs"
    return "not compared" if source == OWN else "same"  # state has each key encrypted for its own stack
