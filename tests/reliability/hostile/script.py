"""Decides what happens to which call: by an explicit script, or by a seed and the position of the call."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, Protocol

from reliability.hostile.calls import Call


@dataclass(frozen=True)
class Trouble:
    """What happens to one call; with nothing set, it passes."""

    before: float = 0.0
    """Seconds before the request is passed on; others overtake it."""
    effect: Literal["once", "none", "replayed", "anew", "late"] = "once"
    """How often the platform gets the request: `replayed` twice as it is, `anew` twice with two signatures (so that it
    takes effect twice), `late` after the connection was cut, `delay` seconds later."""
    delay: float = 0.0
    after: float = 0.0
    """Seconds between the effect and the answer."""
    cut: Literal["", "whole", "middle"] = ""
    """Whether the connection ends without an answer, or in the middle of it."""
    answer: str = ""
    """What is answered instead: a name in answers.py."""
    shape: str = ""
    """The shape of the answer: a name in shapes.py."""
    dribble: Literal["", "head", "body"] = ""
    """Whether the answer comes byte by byte, `pace` seconds apart, from its first byte or from the body's."""
    pace: float = 0.0


@dataclass(frozen=True)
class Rule:
    """Trouble for the calls of an action and a name, both with `*` and `?`, from the `skip`th on, so many times."""

    trouble: Trouble
    action: str = "*"
    name: str = "*"
    skip: int = 0
    times: int | None = 1
    """None is for ever."""

    def concerns(self, call: Call) -> bool:
        """Say whether the call counts for this rule."""
        return fnmatchcase(call.action, self.action) and fnmatchcase(call.name, self.name)

    def holds_at(self, count: int) -> bool:
        """Say whether trouble comes to the call that so many have come before."""
        return count >= self.skip and (self.times is None or count < self.skip + self.times)


def answered(name: str) -> Trouble:
    """Answer otherwise than the platform, once the call has had its effect."""
    return Trouble(answer=name)


def unheard(name: str) -> Trouble:
    """Answer in the place of the platform, which never hears of the call."""
    return Trouble(answer=name, effect="none")


def rule(trouble: Trouble, action: str, skip: int = 0, times: int | None = 1) -> tuple[Rule, ...]:
    """Return one rule for the calls of an action, to be added to others."""
    return (Rule(trouble, action, skip=skip, times=times),)


class Decider(Protocol):
    """Says what happens to a call, the calls coming in order."""

    def __call__(self, call: Call) -> Trouble:
        """Return what happens to it."""
        ...


class Script:
    """Trouble by rules; the first that holds."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._counts = Counter[int]()

    def __call__(self, call: Call) -> Trouble:
        """Return what happens to the call."""
        found = Trouble()
        for index, rule in reversed(list(enumerate(self._rules))):
            if rule.concerns(call):
                found = rule.trouble if rule.holds_at(self._counts[index]) else found
                self._counts[index] += 1
        return found


MENU: Mapping[str, Sequence[Trouble]] = {
    "*": (
        Trouble(before=0.3),
        Trouble(after=0.3),
        Trouble(effect="none", cut="whole"),
        Trouble(cut="whole"),
        Trouble(cut="middle"),
        Trouble(effect="replayed"),
        Trouble(effect="none", answer="503"),
        Trouble(effect="none", answer="503 html"),
        Trouble(effect="none", answer="500"),
        Trouble(effect="none", answer="502"),
        Trouble(effect="none", answer="504"),
        Trouble(effect="none", answer="429"),
        Trouble(effect="none", answer="429 after 300 ms"),
        Trouble(effect="none", answer="429 after letters"),
        Trouble(effect="none", answer="404 route"),
        Trouble(effect="none", answer="404 framework"),
        Trouble(effect="none", answer="404 workspace"),
        Trouble(effect="none", answer="403"),
        Trouble(answer="503"),
        Trouble(answer="503 html"),
        Trouble(answer="502"),
        Trouble(answer="504"),
        Trouble(answer="bad gzip"),
        Trouble(answer="deep"),
        Trouble(answer="half"),
        Trouble(answer="invalid UTF-8"),
        Trouble(answer="captive portal"),
        Trouble(answer="empty"),
        Trouble(answer="data null"),
        Trouble(dribble="body", pace=0.005),
        Trouble(shape="extra fields"),
        Trouble(shape="status lower case"),
        Trouble(shape="epoch milliseconds"),
        Trouble(shape="reason an object"),
        Trouble(shape="nulls"),
    ),
    # A deletion that arrives late could hit what was created since under the name: no client can help that.
    "Create*": (Trouble(effect="late", delay=0.5), Trouble(effect="anew"), Trouble(shape="ids numbers")),
    "Update*": (Trouble(effect="anew"), Trouble(shape="ids numbers")),
    "Delete*": (Trouble(effect="anew"),),
    "Get*": (Trouble(shape="key [HIDDEN]"), Trouble(shape="no settings"), Trouble(effect="none", answer="404 region")),
}
"""What may happen to a call, by action; what happens to any call comes first."""


@dataclass
class Seeded:
    """Trouble for a share of all calls, by a seed and the position of each among those of its action and name.

    The order in which calls of different resources arrive, which differs from run to run, makes no difference.
    """

    seed: str
    share: float
    menu: Mapping[str, Sequence[Trouble]] = field(default_factory=lambda: MENU)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __call__(self, call: Call) -> Trouble:
        """Return what happens to the call."""
        position = (call.action, call.name)
        dice = random.Random(f"{self.seed}/{call.action}/{call.name}/{self._counts[position]}")
        self._counts[position] += 1
        if dice.random() >= self.share:
            return Trouble()
        return dice.choice(
            [it for action, all_ in self.menu.items() if fnmatchcase(call.action, action) for it in all_]
        )


def to_json(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Return rules as values to send to another process."""
    return [asdict(rule) for rule in rules]


def from_json(values: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Return rules that were sent by another process."""
    return [Rule(**{**value, "trouble": Trouble(**value["trouble"])}) for value in values]
