"""Cases that say what a rule makes of resources: that it passes them, fails them, or waits for what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pulumi_policy import Policy

from .received import Told, told
from .resources import Resource

Way = Literal["passes", "fails", "near miss", "unsure"]
WAYS: tuple[Way, ...] = ("passes", "fails", "near miss", "unsure")


@dataclass(frozen=True)
class Case:
    """Resources, and what one policy says of them."""

    way: Way
    policy: str
    resources: tuple[Resource, ...] = field(repr=False)
    says: tuple[str, ...] = ()
    """How each violation begins, in order."""
    unknown: tuple[str, ...] = ()
    """What is in what the policy says that it could not judge."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The policy's configuration."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The stack's configuration."""
    misses: tuple[Resource, ...] = field(default=(), repr=False)
    """Of a near miss, the resources that pass: those of the case with one property otherwise."""

    def __post_init__(self) -> None:
        """Refuse a case that any policy would be held to. Raises ValueError."""
        if not self.resources:
            raise ValueError(f"A case of {self.policy} has no resources, so it holds of any policy: give it some.")
        if self.way == "unsure" and not self.unknown:
            raise ValueError(f"A case in which {self.policy} is unsure must name in `unknown` what is not known.")
        if self.way != "passes" and not (self.says or self.unknown):
            raise ValueError(f"A case in which {self.policy} fails must name in `says` how its violations begin.")

    def check(self, policies: Sequence[Policy]) -> None:
        """Hold a policy to the case. Raises AssertionError that says what it said instead, ValueError without one."""
        if self.misses:
            replace(self, way="passes", resources=self.misses, misses=(), says=()).check(policies)
        policy = next((policy for policy in policies if policy.name == self.policy), None)
        if policy is None:
            raise ValueError(f"There is no policy {self.policy} among those that its case is to check.")
        said = told([policy], self.resources, {self.policy: self.config}, settings=self.settings)
        broken = [item.message for item in said if not item.is_unknown]
        gaps = " ".join(item.message for item in said if item.is_unknown)
        as_said = len(broken) == len(self.says) and all(map(str.startswith, broken, self.says))
        if not as_said or bool(gaps) != bool(self.unknown) or not all(text in gaps for text in self.unknown):
            raise AssertionError(f"{self._title()}, but said: {_listed(said)}")

    def _title(self) -> str:
        names = ", ".join(resource.name for resource in self.resources)
        wanted = [*self.says, *(f"{text} (not known)" for text in self.unknown)]
        return f"{self.policy} was to say of {names}: {'; '.join(wanted) or 'nothing'}"


def _listed(said: Iterable[Told]) -> str:
    return "; ".join(item.message + (" (not known)" if item.is_unknown else "") for item in said) or "nothing"


def passes(policy: str, *resources: Resource, **more: Any) -> Case:
    """Return a case of resources that a policy has nothing against; `more` are other fields of it."""
    return Case("passes", policy, resources, **more)


def fails(policy: str, *resources: Resource, says: Sequence[str], **more: Any) -> Case:
    """Return a case of resources that break a policy. `says` are the beginnings of its violations, in order."""
    return Case("fails", policy, resources, tuple(says), **more)


def unsure(policy: str, *resources: Resource, unknown: Sequence[str], **more: Any) -> Case:
    """Return a case in which a policy waits. `unknown` is in what it says that it does not know, its path above all."""
    return Case("unsure", policy, resources, unknown=tuple(unknown), **more)


def near_miss(
    policy: str, *resources: Resource, change: tuple[tuple[str | int, ...], Any], says: Sequence[str], **more: Any
) -> Case:
    """Return a case of resources that pass, and would not if one property of the first of them were otherwise.

    :param change: The property's path, and that other value: `(("provider_settings", "base_url"), "http://a.example")`.
    :param says: The beginnings of the violations that there are then.
    """
    path, value = change
    changed = (resources[0].but(value, *path), *resources[1:])
    return Case("near miss", policy, changed, tuple(says), misses=resources, **more)


def uncovered(
    policies: Sequence[Policy], cases: Iterable[Case], ways: Sequence[Way] = ("passes", "fails", "near miss")
) -> Iterator[str]:
    """Yield a sentence for each policy and each way in which no case tries it. Raises ValueError without policies."""
    if not policies:
        raise ValueError("There is no policy that cases could be for: give the policies of the pack.")
    there = {(case.policy, case.way) for case in cases}
    for policy in policies:
        for way in ways:
            if (policy.name, way) not in there:
                yield f"{policy.name} has no case of the kind '{way}'."
