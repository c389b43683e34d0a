"""The switches of the platform: one for each point of the service's behaviour that nobody could look up."""

from __future__ import annotations

import ast
import dataclasses
import json
import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints


@dataclass(frozen=True)
class Switches:
    """How the platform behaves; the defaults are the likeliest behaviour of the service."""

    latency: float = 0.0
    """Seconds that a create or an update takes; until then the status is CREATING or UPDATING."""
    api_key: Literal["clear", "masked", "absent"] = "clear"
    """How keys come back, such as `providerSettings.apiKey`."""
    deletion: Literal["immediate", "gradual"] = "immediate"
    """Whether a deleted resource is gone at once, or DELETING for `latency` seconds first."""
    empty_list: Literal["ignored", "clears"] = "ignored"
    """What an empty `modelInfoConfigs` in an update does."""
    empty_string: Literal["clears", "ignored"] = "clears"
    """What an empty string in an update does to a field."""
    nested: Literal["merge", "replace"] = "merge"
    """Whether an update merges objects into the stored ones; lists are always replaced whole."""
    duplicate: Literal[409, 400, 500] = 409
    """The HTTP status of a create whose name is taken."""
    names: Literal["separate", "shared"] = "separate"
    """Whether a service and a proxy can have the same name."""
    service_id: Literal["present", "absent"] = "present"
    """Whether a service comes back with a `modelServiceId`."""
    computed: Literal["absent", "filled"] = "absent"
    """Whether the platform's own choices come back for fields left unset."""
    list_order: Literal["kept", "sorted"] = "kept"
    """Whether `modelNames` and `vswitchIds` come back sorted."""
    delete_in_use: Literal["allowed", "refused"] = "allowed"
    """Whether what another resource names can be deleted."""
    page_cap: int = 100
    """The largest page that a list answers with, whatever was asked for."""
    success: Literal[200, 201, 202] = 200
    """The HTTP status of a create or a delete that went well."""

    def __post_init__(self) -> None:
        for name in _CHOICES:
            _check(name, getattr(self, name))

    def changed(self, **values: Any) -> Switches:
        """Return the switches with some of them changed; ValueError names what is allowed."""
        for name in values:
            _check_name(name)
        return dataclasses.replace(self, **values)

    def to_json(self) -> str:
        """Return the switches as text to store."""
        return json.dumps(dataclasses.asdict(self))


@lru_cache(maxsize=64)
def from_json(text: str) -> Switches:
    """Return the switches that were stored as text."""
    return Switches(**json.loads(text))


def parse(setting: str) -> dict[str, Any]:
    """Return the name and value in `NAME=VALUE`, as typed on a command line."""
    name, _, text = setting.partition("=")
    _check_name(name)
    known: dict[str, Any] = {str(choice): choice for choice in _CHOICES[name]}
    try:
        value = known[text] if text in known else type(getattr(Switches(), name))(text)
    except ValueError:
        value = text
    _check(name, value)
    return {name: value}


@lru_cache(maxsize=1)
def described() -> dict[str, tuple[tuple[Any, ...], str]]:
    """Return what each switch can be, nothing where that is a number, and the sentence below it in this file."""
    (body,) = (
        node.body for node in ast.parse(Path(__file__).read_text("utf-8")).body if isinstance(node, ast.ClassDef)
    )
    said = {
        field.target.id: str(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }
    return {name: (choices, said[name]) for name, choices in _CHOICES.items()}


_CHOICES: dict[str, tuple[Any, ...]] = {
    name: get_args(annotation) for name, annotation in get_type_hints(Switches).items()
}


def _check_name(name: str) -> None:
    if name not in _CHOICES:
        raise ValueError(f"there is no switch {name!r}; there are {', '.join(_CHOICES)}")


def _check(name: str, value: Any) -> None:
    choices = _CHOICES[name]
    if choices:
        allowed = ", ".join(map(str, choices))
        valid = type(value) in {type(choice) for choice in choices} and value in choices
    elif name == "latency":
        allowed = "a number of seconds, 0 or more"
        valid = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    else:
        allowed = "a whole number, 1 or more"
        valid = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not valid:
        raise ValueError(f"switch {name} cannot be {value!r}; allowed: {allowed}")
