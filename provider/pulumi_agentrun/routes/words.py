"""Durations, spans and shares: from what people write to numbers, and back."""

from __future__ import annotations

import math
import re

from ..client.errors import ConfigError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)%", re.ASCII)
_FORM = "such as 90s, 1h30m or 250ms"


def seconds(text: str) -> float:
    """Return the seconds of a duration. Raises ConfigError."""
    if text == "0":
        return 0.0
    if not _DURATION.fullmatch(text):
        raise ConfigError(f"{text!r} is no duration {_FORM}.")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def span(text: str) -> tuple[float, float]:
    """Return the seconds at which a span begins and ends, `A..B`; either may be left out. Raises ConfigError."""
    first, dots, last = text.partition("..")
    begins = seconds(first) if first else 0.0
    ends = seconds(last) if last else math.inf
    if not dots or text == ".." or begins >= ends:
        raise ConfigError(f"{text!r} is no span such as 10m..20m, 10m.. or ..20m.")
    return begins, ends


def share(text: str) -> float:
    """Return the number of a percentage, `30%` as 0.3. Raises ConfigError."""
    found = _SHARE.fullmatch(text)
    if found is None or float(found[1]) > 100:
        raise ConfigError(f"{text!r} is no percentage such as 30%.")
    return float(found[1]) / 100


def per_second(text: str) -> float:
    """Return the number of a rate, `300/m` as 5.0. Raises ConfigError."""
    number, slash, unit = text.partition("/")
    rate = float(number) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", number) else 0.0
    if not rate or (slash and unit not in ("s", "m", "h", "d")):
        raise ConfigError(f"{text!r} is no rate such as 5/s, 300/m or 0.5.")
    return rate / _UNITS[unit or "s"]


def percent(number: float) -> str:
    """Return a share as people read it, never rounded up to all or down to none."""
    for digits in (1, 2, 3, 4):
        text = f"{number * 100:.{digits}f}"
        if (float(text) in (0.0, 100.0)) == (number in (0.0, 1.0)):
            return f"{float(text):g} %"
    return f"{number * 100:.3g} %"


def lasting(number: float) -> str:
    """Return seconds as people read them."""
    if number < 0.9995:
        return f"{number * 1000:.0f} ms"
    if number < 90:
        return f"{number:.3g} s"
    left, parts = round(number), []
    for unit in ("d", "h", "m", "s"):
        whole, left = divmod(left, round(_UNITS[unit]))
        parts += [f"{whole}{unit}"] if whole else []
    return "".join(parts[:2])
