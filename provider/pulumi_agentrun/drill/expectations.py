"""What a drill has to come to: from a line such as `success >= 99.9%` to a verdict on what was measured."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from ..client.errors import ConfigError
from ..client.nearest import no_such
from ..routes import words

SHARES = ("success", "failed", "refused", "fallback", "share")
TIMES = ("p50", "p90", "p95", "p99", "max")
NUMBERS = ("attempts", "calls")
MEASURES = (*SHARES, *TIMES, *NUMBERS)
FORM = "MEASURE [during FROM..TO] >= VALUE, or MEASURE [during FROM..TO] in LOW..HIGH"
_LINE = re.compile(
    r"(?P<measure>\w+)(?:\((?P<name>[^()]+)\))?"
    r"(?:\s+during\s+(?P<span>\S+))?"
    r"\s*(?:(?P<sign>>=|<=|==|>|<)\s*(?P<value>\S+)|\s+in\s+(?P<low>\S+?)\s*\.\.\s*(?P<high>\S+))\s*"
)
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_CRUMB = 1e-9
"""What rounding may leave: 0.999 of calls are 99.9 %."""


@dataclass(frozen=True)
class Measure:
    """What is measured: a share, a time or a number, of one service or of all, in a span or in the whole drill."""

    word: str
    name: str = ""
    begins: float = 0.0
    ends: float = math.inf

    def said(self, found: float | None) -> str:
        """Return a value of it as people read it."""
        if found is None:
            return "nothing to measure"
        if self.word in SHARES:
            return words.percent(found)
        if self.word in TIMES:
            return words.lasting(found)
        return f"{found:.3f}" if self.word == "attempts" else f"{found:.0f}"


@dataclass(frozen=True)
class Expectation:
    """One thing that a drill has to come to."""

    text: str
    measure: Measure
    bounds: tuple[tuple[str, float], ...]
    """Signs and values that all have to hold."""

    def is_met(self, found: float | None) -> bool:
        """Say whether what was measured is what was expected; what could not be measured is not."""
        return found is not None and all(_holds(sign, found, value) for sign, value in self.bounds)


def expectation(text: str) -> Expectation:
    """Return the expectation that a line says. Raises ConfigError."""
    try:
        return _expectation(text)
    except ConfigError as error:
        raise ConfigError(f"The expectation {text!r} cannot be read: {error}") from None


def _expectation(text: str) -> Expectation:
    found = _LINE.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{FORM}; measures are {', '.join(MEASURES)}.")
    word, name = found["measure"], (found["name"] or "").strip()
    if word not in MEASURES:
        raise ConfigError(f"{word}: {no_such(word, MEASURES, what='measure')}")
    if (word == "share") != bool(name):
        raise ConfigError("share(NAME) is that of a service; no other measure has a name.")
    begins, ends = words.span(found["span"]) if found["span"] else (0.0, math.inf)
    measure = Measure(word, name, begins, ends)
    if found["sign"]:
        return Expectation(text, measure, ((found["sign"], _value(word, found["value"])),))
    low, high = found["low"], found["high"]
    if word in SHARES and not low.endswith("%"):
        low += "%"  # 93..97% are both
    bounds = ((">=", _value(word, low)), ("<=", _value(word, high)))
    if bounds[0][1] > bounds[1][1]:
        raise ConfigError(f"{low} is more than {high}.")
    return Expectation(text, measure, bounds)


def _value(word: str, text: str) -> float:
    if word in SHARES:
        return words.share(text)
    if word in TIMES:
        return words.seconds(text)
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise ConfigError(f"{text!r} is no number.")
    return float(text)


def _holds(sign: str, found: float, value: float) -> bool:
    if abs(found - value) <= _CRUMB:
        return sign in (">=", "<=", "==")
    return _SIGNS[sign](found, value)
