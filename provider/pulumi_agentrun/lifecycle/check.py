"""Checks what a program asks for, and brings it into the one form that is compared and stored."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..client.errors import ConfigError
from ..client.kinds import Kind
from ..client.models.fields import NotEmpty
from ..client.nearest import nearest
from ..client.operations import NOT_NAMES
from ..client.wording import CLIENT, Message, Property, Reader, Text, joined, tell
from . import hidden_inputs, names, scalars, secret_refs, sense
from .defaults import defaults
from .paths import Path, at, dotted
from .schema import Shape, shape_of
from .secret_refs import FINGERPRINT, Reference, fingerprint
from .unknown import UNKNOWN

ADOPT = "adopt"
META = frozenset({ADOPT, names.PROFILE, hidden_inputs.URN, hidden_inputs.REPLACE_ON, hidden_inputs.TIMEOUTS})
"""Inputs of the Pulumi resource that are not part of the API's object."""


_SEPARATORS = re.compile(r"[\s;:|]+")
"""What may stand between names in place of commas."""


@dataclass(frozen=True)
class Failure:
    """One thing wrong with the inputs: where, with an empty path for the whole, and what."""

    path: Path
    reason: Text

    def told(self, reader: Reader) -> str:
        """Return what is wrong as a reader is told it."""
        reason = tell(self.reason, reader)
        return f"{reader.property(self.path)}: {reason}" if self.path else reason

    def __str__(self) -> str:
        return self.told(CLIENT)


def check(kind: Kind[Any], olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
    """Return the inputs in normal form, with defaults and name, and everything that is wrong with them.

    `olds` are the inputs checked last time, empty for a new resource or a replacement. `UNKNOWN` may stand
    anywhere in `news`, and stays where it stood; what is malformed becomes `UNKNOWN`, so that it is judged no further.
    """
    failures: list[Failure] = []
    shape = shape_of(kind)
    given = {key: value for key, value in news.items() if key not in META}
    inputs = _object(failures, (), shape, given, extra=(ADOPT, names.PROFILE))
    for name in sorted(kind.required - {key for key, value in news.items() if value is not None}):
        failures.append(Failure((name,), "must be set"))
    meta = _meta(news, failures)
    _remember(failures, shape, inputs, olds, str(news.get(hidden_inputs.URN)))
    failures += [Failure(*fault) for fault in sense.faults(kind, inputs)]
    if inputs.get(kind.name_field) in NOT_NAMES:
        failures.append(Failure((kind.name_field,), f"must not be '{inputs[kind.name_field]}'"))
    if not failures:
        inputs = defaults(kind, olds, inputs) | inputs
        inputs[kind.name_field] = names.name_of(kind, olds, meta | inputs)
        if inputs[kind.name_field] is None:
            failures.append(Failure((kind.name_field,), "must be set"))
    # Sorted, for the engine gives properties in another order each time.
    return meta | inputs, sorted(failures, key=str)


def check_values(shape: Shape, given: Mapping[str, Any]) -> list[Failure]:
    """Return everything that is wrong with values as they stand: types, bounds, names, and what must be set."""
    failures: list[Failure] = []
    for path, inner, (value,) in shape.walk(_value(failures, (), shape, given)):
        if inner.fields is not None and inner.fits(value):
            needed = (name for name, field in inner.annotation.model_fields.items() if field.is_required())
            failures += [Failure((*path, name), "must be set") for name in needed if value.get(name) is None]
    return failures


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
        failures.append(Failure((ADOPT,), f"must be true or false, not {scalars.article(meta[ADOPT])}"))
    if not isinstance(meta.get(names.PROFILE, ""), str) and meta[names.PROFILE] is not UNKNOWN:
        failures.append(Failure((names.PROFILE,), f"must be a string, not {scalars.article(meta[names.PROFILE])}"))
    return meta


def _value(failures: list[Failure], path: Path, shape: Shape, value: Any) -> Any:
    if value is UNKNOWN:
        return value
    if shape.annotation is Any and value is not None:
        return _of_own_form(failures, path, shape, value)
    if shape.is_leaf:
        result, reasons = scalars.check(shape, value)
    elif not shape.fits(value):
        wanted = "a list" if shape.item else "a map" if shape.entry else "an object"
        result, reasons = None, [f"must be {wanted}, not {scalars.article(value)}"]
    elif shape.mark(NotEmpty) and not value:
        result, reasons = None, ["must not be empty"]
    elif shape.fields is not None:
        return _object(failures, path, shape, value)
    else:
        return _filled(failures, path, shape, value)
    failures += [Failure(path, reason) for reason in reasons]
    return UNKNOWN if reasons else result


def _of_own_form(failures: list[Failure], path: Path, shape: Shape, value: Any) -> Any:
    """Return a value whose form is the program's affair, with what is in it checked."""
    faults = [Failure((*path, *inner), reason) for inner, reason in scalars.faults_within(shape, value)]
    failures += faults
    return UNKNOWN if faults else scalars.plain(value)


def _filled(failures: list[Failure], path: Path, shape: Shape, value: Any) -> Any:
    """Return a list or a map with what is in it checked."""
    if shape.entry is not None:
        failures += [Failure((*path, key), reason) for key in value for reason in scalars.key_faults(key)]
        value = {key: item for key, item in value.items() if item is not None}
    return shape.mapped(partial(_value, failures), value, path=path)


def _object(
    failures: list[Failure], path: Path, shape: Shape, value: Mapping[str, Any], extra: Iterable[str] = ()
) -> dict[str, Any]:
    given = {key: item for key, item in value.items() if item is not None}
    unknown = given.keys() - shape.settable.keys()
    for key in unknown:
        del given[key]
        failures.append(Failure((*path, key), _no_such(key, [*shape.settable, *extra])))
    for key in given if shape.holds_secret() else ():
        reference = shape.at(key).mark(Reference)
        if reference and reference.of in given:
            failures.append(Failure((*path, key), Message("must not be set beside {of}", of=Property((reference.of,)))))
    result: dict[str, Any] = shape.mapped(partial(_value, failures), given, path=path)
    # Which property was meant is not known, so none of those that seem to be missing is.
    return dict.fromkeys(shape.settable, UNKNOWN) | result if unknown else result


def _remember(failures: list[Failure], shape: Shape, inputs: Any, olds: Mapping[str, Any], urn: str) -> None:
    """Read what references lead to and put fingerprints beside them, the old ones where the key is the same."""
    for path, inner, (value, _) in shape.walk(inputs, olds, into=Shape.holds_secret):
        reference = inner.mark(Reference)
        if reference is None or value is None:
            continue
        remembered = (*path[:-1], reference.of + FINGERPRINT)
        owner = f"{urn}::{dotted((*path[:-1], reference.of))}"
        try:
            found = value if value is UNKNOWN else fingerprint(secret_refs.read(value), at(olds, remembered), owner)
        except ConfigError as error:
            failures.append(Failure(path, joined(error)))
        else:
            at(inputs, path[:-1])[remembered[-1]] = found


def _no_such(key: str, known: list[str]) -> Text:
    meant = nearest(key.lower(), known, alike=0.5)
    if meant is not None:
        return Message("there is no such property; did you mean {meant}?", meant=Property((meant,)))
    names = joined(*(Property((name,)) for name in sorted(known)), by=", ")
    return Message("there is no such property; there are {names}", names=names)
