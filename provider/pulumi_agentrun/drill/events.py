"""What goes wrong in a drill: from a line such as `stable down 10m..20m` to incidents of targets, or a surge."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from ..client.errors import ConfigError
from ..platform.gateway.routing import NO_CONNECTION, TIMED_OUT, Outcome
from ..platform.gateway.simulation import Incident, Surge
from ..routes import words

FORM = (
    "WHO down|hangs|revoked|STATUS|slow DURATION [SHARE%] [retry-after DURATION] [FROM..TO], or traffic xN [FROM..TO]"
)
SCOPES = ("service", "provider", "region", "model")
"""What a name can be the name of; unless it is said, that of a service."""
ALL = "all"
_REFUSED = 0.01
"""Seconds until it is clear that nobody listens."""
_ANSWERED = 0.1
"""Seconds until an error comes."""
_DENIED = 401
_OWN_WORDS = {
    "down": (Outcome(NO_CONNECTION, reason="no connection"), _REFUSED),
    "hangs": (Outcome(TIMED_OUT, reason="no answer in time"), math.inf),
    "revoked": (Outcome(_DENIED, reason="the key was revoked"), _ANSWERED),
}


@dataclass(frozen=True)
class Who:
    """Whom an event is about: a scope and a name in it, or everybody."""

    scope: Literal["service", "provider", "region", "model", "all"]
    name: str = ""


@dataclass(frozen=True)
class Event:
    """One thing that goes wrong with some targets, or a surge."""

    text: str
    who: Who | None
    """None for a surge, which is about the calls."""
    begins: float = 0.0
    ends: float = math.inf
    outcome: Outcome | None = None
    takes: float = 0.0
    share: float = 1.0
    times: float = 1.0

    @property
    def happens_to(self) -> str:
        """What it happens to, in a word."""
        return "calls" if self.who is None else "attempts"

    def incident(self, targets: frozenset[str]) -> Incident:
        """Return the event as what happens to targets."""
        return Incident(targets, self.begins, self.ends, self.outcome, self.takes, self.share)

    def surge(self) -> Surge:
        """Return the event as what happens to the calls that come."""
        return Surge(self.begins, self.ends, self.times)


def event(text: str) -> Event:
    """Return the event that a line says. Raises ConfigError."""
    try:
        return _event(text, iter(shlex.split(text)))
    except (ValueError, StopIteration):
        raise ConfigError(f"The event {text!r} cannot be read: {FORM}.") from None
    except ConfigError as error:
        raise ConfigError(f"The event {text!r} cannot be read: {error}") from None


def _event(text: str, left: Iterator[str]) -> Event:
    first = next(left)
    if first == "traffic":
        found = re.fullmatch(r"x([0-9]+(?:\.[0-9]+)?)", next(left))
        if found is None or not float(found[1]):
            raise ConfigError("traffic is followed by how many times as many calls come, such as x10.")
        return _with_more(Event(text, None, times=float(found[1])), left)
    who = Who(ALL) if first == ALL else Who(first, next(left)) if first in SCOPES else Who("service", first)  # type: ignore[arg-type]
    return _with_more(_what(Event(text, who), next(left), left), left)


def _what(plain: Event, word: str, left: Iterator[str]) -> Event:
    if word == "slow":
        return replace(plain, takes=words.seconds(next(left)))
    if word in _OWN_WORDS:
        outcome, takes = _OWN_WORDS[word]
        return replace(plain, outcome=outcome, takes=takes)
    if re.fullmatch(r"[45][0-9]{2}", word):
        return replace(plain, outcome=Outcome(int(word), reason=f"HTTP {word}"), takes=_ANSWERED)
    known = ", ".join([*_OWN_WORDS, "slow"])
    raise ConfigError(f"there is no {word!r}; there are {known}, and statuses from 400 to 599.")


def _with_more(plain: Event, left: Iterator[str]) -> Event:
    """Return an event with what may stand behind it, in any order."""
    found = plain
    for word in left:
        if ".." in word:
            begins, ends = words.span(word)
            found = replace(found, begins=begins, ends=ends)
        elif word == "retry-after" and found.outcome is not None:
            found = replace(found, outcome=found.outcome._replace(retry_after=words.seconds(next(left))))
        elif word.endswith("%") and found.who is not None:
            found = replace(found, share=words.share(word))
        else:
            raise ConfigError(f"{word!r} has no place there: {FORM}.")
    if not found.share:
        raise ConfigError("a share of 0% would never happen.")
    return found
