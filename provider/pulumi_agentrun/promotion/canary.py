"""A canary: the steps that its share takes, the record of how far it got, and the proof that nothing else changes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from ..client.errors import ConfigError
from ..client.json_file import object_in
from ..client.kinds import PROXY
from ..drill.finding import either, kind_of
from .settings import Settings

_IDLE = ("same", "read", "refresh")
"""What a preview says of resources that nothing is done to."""


class Move(NamedTuple):
    """The weight of an endpoint, before and after."""

    service: str
    before: Any
    after: Any


class Record(BaseModel):
    """How far a canary has got: written before each change, and taken away when all is done."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    key: str
    """The setting, with its namespace."""
    before: str | int | float | bool | None
    """What it was before the first step; None if it was not set."""
    steps: list[int]
    at: int
    """The step that was begun last, counted from 0."""
    is_going_back: bool = False

    @property
    def said(self) -> str:
        """How far it has got, for people."""
        was = "not set" if self.before is None else str(self.before)
        doing = "taking it back was begun" if self.is_going_back else f"step {self.steps[self.at]} was begun"
        return f"{self.key} was {was} before; of the steps {', '.join(map(str, self.steps))}, {doing}"


def steps_of(text: str) -> list[int]:
    """Return the steps that `5,25,100` means, in percent. Raises ConfigError."""
    parts = [part.strip() for part in text.split(",")]
    steps = [int(part) for part in parts if re.fullmatch(r"[0-9]{1,3}", part)]
    rises = all(a < b for a, b in pairwise(steps))
    if len(steps) != len(parts) or not rises or not 1 <= steps[0] <= steps[-1] <= 100:
        raise ConfigError(f"--canary {text!r} must be whole percents that rise, from 1 to 100, such as 5,25,100.")
    return steps


def record_file(settings: Settings) -> Path:
    """Return where the record of a stack's canary is, beside its settings."""
    return settings.path.with_suffix(".canary.json")


def recorded(settings: Settings) -> Record | None:
    """Return the record of a canary that is under way, None if there is none. Raises ConfigError."""
    path = record_file(settings)
    if not path.exists():
        return None
    try:
        record = Record.model_validate(object_in(path, what="record of a canary", of="what it has done"))
    except ValidationError:
        record = None
    if record is None or not 0 <= record.at < len(record.steps):
        raise ConfigError(f"{path.name} is not what --canary writes: look at pulumi preview, set right, and remove it.")
    return record


def keep(settings: Settings, record: Record) -> None:
    """Write a record, all of it or nothing. Raises ConfigError."""
    path = record_file(settings)
    new = path.with_suffix(".new")
    try:
        new.write_text(json.dumps(record.model_dump(), indent=2) + "\n", "utf-8")
        os.replace(new, path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from None


def moves(shown: Mapping[str, Any]) -> list[Move]:
    """Return which weights a preview would change. Raises ConfigError if it would change anything else."""
    found: list[Move] = []
    for step in shown.get("steps") or ():
        if step.get("op") not in _IDLE:
            found += _moves_of(step)
    return found


def _moves_of(step: Mapping[str, Any]) -> Iterator[Move]:
    name = step["urn"].rsplit("::", 1)[1]
    old, new = ((step.get(state) or {}) for state in ("oldState", "newState"))
    if step["op"] != "update" or kind_of(new.get("type", "")) is not PROXY:
        raise ConfigError(
            f"A canary only moves weights, and the preview has {name} with {step['op']}: deploy that first."
        )
    before, after = (state.get("inputs") or {} for state in (old, new))
    if _without_weights(before) != _without_weights(after):
        raise ConfigError(
            f"A canary only moves weights, and more than weights would change in {name}: deploy that first."
        )
    for ours, theirs in zip(_endpoints(before), _endpoints(after), strict=True):
        if ours.get("weight") != theirs.get("weight"):
            service = either(ours, "model_service_name") or either(ours, "base_url") or name
            yield Move(str(service), ours.get("weight"), theirs.get("weight"))


def _endpoints(inputs: Mapping[str, Any]) -> list[Any]:
    config = either(inputs, "proxy_config")
    found = config.get("endpoints") if isinstance(config, Mapping) else None
    return [item if isinstance(item, Mapping) else {} for item in found] if isinstance(found, list) else []


def _without_weights(inputs: Mapping[str, Any]) -> Any:
    copy = json.loads(json.dumps(inputs))
    for endpoint in _endpoints(copy):
        endpoint.pop("weight", None)
    return copy
