"""What is played in a drill: how many calls come, what goes wrong, and what has to come of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..client.errors import ConfigError
from ..client.json_file import object_in
from ..client.nearest import no_such
from ..routes import words
from .events import Event, event
from .expectations import Expectation, expectation

CALLS = 10_000
DURATION = "1h"
MOST_CALLS = 1_000_000
LONGEST = 366 * 86400.0

T = TypeVar("T")


@dataclass(frozen=True)
class Scenario:
    """One drill to play."""

    calls: int
    seconds: float
    """How long calls go on coming."""
    tokens: int
    """What a call spends on average."""
    latency: float
    """The median of the seconds that a good answer takes."""
    models: tuple[str, ...]
    """What calls ask for; none stands for what the official SDK asks for."""
    seed: int
    events: tuple[Event, ...]
    expectations: tuple[Expectation, ...]

    def __post_init__(self) -> None:
        begin = [(f"event {item.text!r}", item.begins) for item in self.events]
        begin += [(f"expectation {item.text!r}", item.measure.begins) for item in self.expectations]
        for what, begins in begin:
            if begins >= self.seconds:
                raise ConfigError(f"The {what} begins after the drill, which lasts {words.lasting(self.seconds)}.")


def scenario(given: Mapping[str, Any]) -> Scenario:
    """Return the scenario that settings by name say, as a file has them; what is left out or None is the default.

    `calls`, `duration` and `rate` (two of them at most), `tokens`, `latency`, `models`, `seed`, `events`, `expect`.
    Raises ConfigError.
    """
    said = {name: value for name, value in given.items() if value is not None}
    for name in said:
        if name not in _READ:
            raise ConfigError(f"{name}: {no_such(name, _READ, what='setting')}")
    read = {name: _READ[name](name, value) for name, value in said.items()}
    calls, duration = _amount(read)
    return Scenario(
        calls=calls,
        seconds=duration,
        tokens=read.get("tokens", 0),
        latency=read.get("latency", 1.0),
        models=read.get("models", ()),
        seed=read.get("seed", 0),
        events=read.get("events", ()),
        expectations=read.get("expect", ()),
    )


def scenario_file(path: Path) -> dict[str, Any]:
    """Return the settings in a JSON file. Raises ConfigError."""
    return object_in(path, what="scenario", of="settings")


def with_more(file: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a file with those that are given beside it: these win, events and expectations add."""
    found = {name: value for name, value in given.items() if value not in (None, (), [])}
    if {"calls", "duration", "rate"} & found.keys():
        found = {**dict.fromkeys(("calls", "duration", "rate")), **found}  # not one of the file's with one of these
    for name in ("events", "expect"):
        own = file.get(name, [])
        if name in found:
            found[name] = [*own, *found[name]] if isinstance(own, list) else own
    return {**file, **found}


def _amount(read: Mapping[str, Any]) -> tuple[int, float]:
    """Return how many calls come in how many seconds."""
    calls, duration, rate = read.get("calls"), read.get("duration"), read.get("rate")
    if None not in (calls, duration, rate):
        raise ConfigError("calls, duration and rate: give two of them, the third follows.")
    if calls is None:
        calls = CALLS if rate is None or duration is None else round(rate * duration)
    if duration is None:
        duration = words.seconds(DURATION) if rate is None else calls / rate
    if not 1 <= calls <= MOST_CALLS:
        raise ConfigError(f"That makes {calls} calls; a drill has from 1 to {MOST_CALLS}.")
    if duration > LONGEST:
        raise ConfigError(f"That takes {words.lasting(duration)}; a drill lasts {words.lasting(LONGEST)} at most.")
    return calls, duration


def _count(least: int) -> Callable[[str, Any], int]:
    def read(name: str, value: Any) -> int:
        number = int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else value
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= 999_999_999:
            raise ConfigError(f"{name}: must be a whole number, at least {least}.")
        return number

    return read


def _duration(least: float) -> Callable[[str, Any], float]:
    def read(name: str, value: Any) -> float:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        number = float(value) if is_number else _text(name, value, words.seconds)
        if not least <= number < float("inf"):
            raise ConfigError(f"{name}: must be a duration, at least {words.lasting(least)}.")
        return number

    return read


def _rate(name: str, value: Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return _text(name, f"{value:f}" if is_number else value, words.per_second)


def _list(read: Callable[[str], T]) -> Callable[[str, Any], tuple[T, ...]]:
    def each(name: str, value: Any) -> tuple[T, ...]:
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) and item for item in value):
            raise ConfigError(f"{name}: must be a list of texts.")
        return tuple(read(item) for item in value)

    return each


def _text(name: str, value: Any, read: Callable[[str], T]) -> T:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{name}: must be a text.")
    try:
        return read(value)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from None


_READ: dict[str, Callable[[str, Any], Any]] = {
    "calls": _count(1),
    "duration": _duration(0.001),
    "rate": _rate,
    "tokens": _count(0),
    "latency": _duration(0.0),
    "models": _list(str),
    "seed": _count(0),
    "events": _list(event),
    "expect": _list(expectation),
}
"""What reads each setting."""
