"""Rules about which version of a model or of LiteLLM answers, and what comes after it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path as File

from pydantic import Field, ValidationError, model_validator

from ...client.kinds import PROXY, SERVICE
from ...lifecycle.paths import Path
from ..rule import Finding, Found, Pattern, Rule, Settings
from ..spelling import allows_model, denying
from ..view import View
from .models import Days, each_model


class Pins(Settings):
    """What pins a model's version."""

    version: Pattern = r"\d{4}-\d{2}-\d{2}|[-@:_]\d{4,8}(?!\d)|@\d"
    """The regular expression (Python's) that is found in a name with a version."""
    exempt: tuple[str, ...] = ()
    """Glob patterns of models that need none."""


def pinned_models(view: View, settings: Pins) -> Iterator[Found]:
    """Yield models by a name that means another version tomorrow."""

    def judge(path: Path) -> Iterator[Finding]:
        name = view.text(*path)
        if name and not re.search(settings.version, name) and not allows_model(settings.exempt, name):
            yield Finding(path, "must name a version, for an alias may mean another tomorrow")

    return each_model(view, judge)


class End(Settings):
    """The end of a model."""

    sunset: date
    """The first day without it (YYYY-MM-DD)."""
    successor: str
    """What to use instead."""


class Feed(Days):
    """Which models end when, and what follows them."""

    models: dict[str, End] = Field(default_factory=dict)
    """By glob pattern of models: `sunset`, the first day without (YYYY-MM-DD), and `successor`."""
    file: str | None = None
    """A JSON file with more of the same, which a team keeps; those of `models` go before it. A path that is
    not whole is taken from where the program or the audit runs, and by a pack that is a folder from there."""
    notice: int = Field(default=90, ge=0)
    """How many days before its end a model is named."""

    @model_validator(mode="after")
    def _read(self) -> Feed:
        if self.file is not None:
            self.models = {**_feed(self.file), **self.models}
            self.file = None
        return self


class _File(Settings):
    models: dict[str, End]


def _feed(path: str) -> dict[str, End]:
    """Return the models of a feed. Raises ValueError with words for people."""
    try:
        return _File.model_validate({"models": json.loads(File(path).read_text("utf-8"))}).models
    except OSError as error:
        # Without the path itself: whatever is configured may be a secret in the wrong place.
        where = "" if File(path).is_absolute() else f" in {File.cwd()}"
        raise ValueError(f"the file of the feed cannot be read{where}: {error.strerror}") from None
    except ValidationError:
        raise ValueError("the file of the feed must have for each model its sunset (a date) and successor") from None
    except ValueError:
        raise ValueError("the file of the feed is no JSON") from None


def successors(view: View, settings: Feed) -> Iterator[Found]:
    """Yield models that are at their end, or soon will be, with what follows them."""

    def judge(path: Path) -> Iterator[Finding]:
        name = view.text(*path) or ""
        ends = [(end.sunset, pattern) for pattern, end in settings.models.items() if denying([pattern], name)]
        # The soonest; among equals the pattern that says most.
        sunset, pattern = min(ends, key=lambda end: (end[0], end[1].count("*"), -len(end[1])), default=(date.max, ""))
        if sunset - timedelta(days=settings.notice) <= settings.day() and pattern:
            yield Finding(path, f"ends on {sunset}; use {settings.models[pattern].successor} ({pattern})")

    return each_model(view, judge)


class Version(Settings):
    """Which versions of LiteLLM may run."""

    least: str | None = Field(default=None, pattern=r"^v?\d+(\.\d+)*$")
    """The least version, as `1.81.0`; none means any."""
    required: bool = False
    """Whether one must be set; else the service chooses."""


_EARLY = re.compile(r"\d[.-]?(?:a|alpha|b|beta|rc|dev|pre|nightly)[.-]?\d*", re.IGNORECASE)
"""What a version has that comes before the one of its numbers."""


def litellm_version(view: View, settings: Version) -> Iterator[Finding]:
    """Yield a version of LiteLLM that is missing, is none or is older than the least."""
    version = view.text("litellm_version")
    if not version:
        if settings.required:
            yield Finding(("litellm_version",), "must be set")
    elif settings.least is not None and (_parts(version), not _EARLY.search(version)) < (_parts(settings.least), True):
        yield Finding(("litellm_version",), f"must be at least {settings.least}")


def _parts(version: str) -> list[int]:
    """Return the numbers that a version begins with, without zeros at the end; none of what is no version."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version.strip())
    numbers = [int(part) for part in found[1].split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers


RULES = (
    Rule(
        "agentrun-pinned-models", "Models are named with their version.",
        "Name the version that you have tried.", Pins, pinned_models, (SERVICE, PROXY),
    ),
    Rule(
        "agentrun-successors", "No model is used that ends soon and has a successor.",
        "Move to the successor before the day.", Feed, successors, (SERVICE, PROXY),
    ),
    Rule(
        "agentrun-litellm-version", "Proxies run a LiteLLM that is new enough.",
        "Set litellm_version, which replaces the proxy.", Version, litellm_version, (PROXY,),
    ),
)  # fmt: skip
