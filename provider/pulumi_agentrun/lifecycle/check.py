"""Checks what a program asks for, and brings it into the one form that is compared and stored."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..client.errors import ConfigError
from ..client.kinds import Kind
from ..client.models.fields import NotEmpty
from ..client.nearest import nearest, no_such
from ..client.operations import NOT_NAMES
from . import hidden_inputs, names, scalars, secret_refs, sense
from .defaults import defaults
from .schema import UNKNOWN, Shape, shapes_of

ADOPT = "adopt"
META = frozenset({ADOPT, names.PROFILE, hidden_inputs.URN, hidden_inputs.REPLACE_ON, hidden_inputs.TIMEOUTS})
"""Inputs of the Pulumi resource that are not part of the API's object."""


_SEPARATORS = re.compile(r"[\s;:|]+")
"""What may stand between names in place of commas."""


@dataclass(frozen=True)
class Failure:
    """One thing wrong with the inputs: where (`proxy_config.endpoints[1].weight`, empty for the whole) and what."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


def check(kind: Kind[Any], olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
    """Return the inputs in normal form, with defaults and name, and everything that is wrong with them.

    `olds` are the inputs checked last time, empty for a new resource or a replacement. `UNKNOWN` may stand
    anywhere in `news`, and stays where it stood; what is malformed becomes `UNKNOWN`, so that it is judged no further.
    """
    failures: list[Failure] = []
    shapes = shapes_of(kind)
    given = {key: value for key, value in news.items() if key not in META}
    inputs = _object(shapes, given, "", failures, extra=(ADOPT, names.PROFILE))
    for name in sorted(kind.required - {key for key, value in news.items() if value is not None}):
        failures.append(Failure(name, "must be set"))
    meta = _meta(news, failures)
    _remember(shapes, olds, inputs, "", failures, str(news.get(hidden_inputs.URN)))
    failures += [Failure(*fault) for fault in sense.faults(kind, inputs)]
    if inputs.get(kind.name_field) in NOT_NAMES:
        failures.append(Failure(kind.name_field, f"must not be '{inputs[kind.name_field]}'"))
    if not failures:
        inputs = defaults(kind, olds, inputs) | inputs
        inputs[kind.name_field] = names.name_of(kind, olds, meta | inputs)
        if inputs[kind.name_field] is None:
            failures.append(Failure(kind.name_field, "must be set"))
    # Sorted, for the engine gives properties in another order each time.
    return meta | inputs, sorted(failures, key=str)


def may_adopt(kind: Kind[Any], inputs: Mapping[str, Any]) -> bool:
    """Say whether checked inputs, or the person who runs Pulumi, allow to take over what exists."""
    return bool(inputs.get(ADOPT)) or inputs[kind.name_field] in adoptable()


def adoptable() -> list[str]:
    """Return the names of what this run may take over."""
    named = os.environ.get(hidden_inputs.ADOPT_VARIABLE, "").split(",")
    return [name.strip() for name in named if name.strip()]


def misspelt(name: str) -> str | None:
    """Return which of the names of what this run may take over is much like one that is not among them, or holds it."""
    names = adoptable()
    spelled = {part.lower(): entry for entry in names for part in (*_SEPARATORS.split(entry), entry)}
    return None if name in names else spelled.get(nearest(name.lower(), filter(None, spelled), alike=0.8))


def is_several(entry: str) -> bool:
    """Say whether an entry of what this run may take over looks like several names."""
    return len(_SEPARATORS.split(entry)) > 1


def _meta(news: Mapping[str, Any], failures: list[Failure]) -> dict[str, Any]:
    meta = {key: news[key] for key in sorted(META) if news.get(key) is not None}
    if not isinstance(meta.get(ADOPT, False), bool) and meta[ADOPT] is not UNKNOWN:
        failures.append(Failure(ADOPT, f"must be true or false, not {scalars.article(meta[ADOPT])}"))
    if not isinstance(meta.get(names.PROFILE, ""), str) and meta[names.PROFILE] is not UNKNOWN:
        failures.append(Failure(names.PROFILE, f"must be a string, not {scalars.article(meta[names.PROFILE])}"))
    return meta


def _value(shape: Shape, value: Any, path: str, failures: list[Failure]) -> Any:
    if value is UNKNOWN:
        return value
    if shape.fields is not None:
        if not isinstance(value, Mapping):
            failures.append(Failure(path, f"must be an object, not {scalars.article(value)}"))
            return UNKNOWN
        return _object(shape.fields, value, f"{path}.", failures)
    if shape.item is not None:
        if not isinstance(value, (list, tuple)):
            failures.append(Failure(path, f"must be a list, not {scalars.article(value)}"))
            return UNKNOWN
        if shape.mark(NotEmpty) and not value:
            failures.append(Failure(path, "must not be empty"))
            return UNKNOWN
        item = shape.item
        return [_value(item, v, f"{path}[{i}]", failures) for i, v in enumerate(value)]
    result, reasons = scalars.check(shape, value)
    failures += [Failure(path, reason) for reason in reasons]
    return UNKNOWN if reasons else result


def _object(
    shapes: Mapping[str, Shape],
    value: Mapping[str, Any],
    prefix: str,
    failures: list[Failure],
    extra: Iterable[str] = (),
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    is_guessed = False
    for key, item in value.items():
        if item is None:
            continue
        if key not in shapes or shapes[key].mark(secret_refs.Fingerprint) is not None:
            failures.append(Failure(f"{prefix}{key}", no_such(key, [*_settable(shapes), *extra])))
            is_guessed = True
            continue
        result[key] = _value(shapes[key], item, f"{prefix}{key}", failures)
        reference = shapes[key].mark(secret_refs.Reference)
        if reference and value.get(reference.of) is not None:
            failures.append(Failure(f"{prefix}{key}", f"must not be set beside {reference.of}"))
    # Which property was meant is not known, so none of those that seem to be missing is.
    return dict.fromkeys(_settable(shapes), UNKNOWN) | result if is_guessed else result


def _remember(shapes: Mapping[str, Shape], old: Any, new: Any, path: str, failures: list[Failure], urn: str) -> None:
    """Read what references lead to and put fingerprints beside them, the old ones where the key is the same."""
    for key, shape in shapes.items():
        value = new.get(key) if isinstance(new, dict) else None
        before = old.get(key) if isinstance(old, Mapping) else None
        if shape.fields is not None:
            _remember(shape.fields, before, value, f"{path}{key}.", failures, urn)
        reference = shape.mark(secret_refs.Reference)
        if reference and value is UNKNOWN:
            new[reference.of + secret_refs.FINGERPRINT] = UNKNOWN
        elif reference and isinstance(value, str):
            name = reference.of + secret_refs.FINGERPRINT
            previous = old.get(name) if isinstance(old, Mapping) else None
            try:
                new[name] = secret_refs.fingerprint(secret_refs.read(value), previous, f"{urn}::{path}{reference.of}")
            except ConfigError as error:
                failures.append(Failure(f"{path}{key}", str(error)))


def _settable(shapes: Mapping[str, Shape]) -> list[str]:
    return [key for key, shape in shapes.items() if not shape.mark(secret_refs.Fingerprint)]
