"""Checks single values: their type, their bounds, and what no text that a service takes can hold."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from ..client.models.fields import AtLeast, NotEmpty, OneOf, Prose, Url
from .paths import Path
from .schema import Shape
from .unknown import UNKNOWN

LARGEST = 2**53 - 1
"""The largest whole number that Pulumi can carry exactly."""
DEEPEST = 32
"""How deep a value of the program's own form may nest: what Pulumi carries through protobuf, and the client reads."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HALF = re.compile("[\ud800-\udfff]")
_KEY = Shape(str, (NotEmpty(),))
_NUMBERS = (int, float, int | float)
_WANTED = {
    int: "a whole number",
    float: "a number",
    int | float: "a number",
    bool: "true or false",
    str: "a string",
    SecretStr: "a string",
}


def check(shape: Shape, value: Any) -> tuple[Any, list[str]]:
    """Return a value in normal form, and everything that is wrong with it."""
    assert shape.adapter is not None
    if value is None:
        return None, ["must not be null"]
    try:
        if shape.annotation in _NUMBERS and isinstance(value, bool):
            raise TypeError
        result = plain(shape.adapter.validate_python(value))
    except (ValidationError, TypeError):
        return None, [f"must be {_WANTED.get(shape.annotation, 'a string')}, not {article(value)}"]
    reasons = _text_faults(shape, result) if isinstance(result, str) else _number_faults(shape, result)
    return result, list(reasons)


def faults_within(shape: Shape, value: Any) -> Iterator[tuple[Path, str]]:
    """Yield where in a value of the program's own form something is wrong, and what."""
    ahead: list[tuple[Path, Any]] = [((), value)]
    while ahead:
        path, item = ahead.pop()
        if len(path) > DEEPEST:
            yield (), f"must not nest more than {DEEPEST} deep"
            return
        if isinstance(item, Mapping):
            yield from (((*path, key), f"its key {reason}") for key in item for reason in _text_faults(shape, key))
            ahead += (((*path, key), inner) for key, inner in item.items())
        elif isinstance(item, (list, tuple)):
            ahead += (((*path, index), inner) for index, inner in enumerate(item))
        elif item is None or item is UNKNOWN or isinstance(item, (str, bool, int, float)):
            reasons = _text_faults(shape, item) if isinstance(item, str) else _number_faults(shape, item)
            yield from ((path, reason) for reason in reasons)
        else:
            yield path, "must be a string, a number, true or false, a list or an object"


def key_faults(key: str) -> list[str]:
    """Return everything that is wrong with a key of a map."""
    return [f"its key {reason}" for reason in _text_faults(_KEY, key)]


def _number_faults(shape: Shape, value: Any) -> Iterator[str]:
    if not isinstance(value, (int, float)):
        return
    least = shape.mark(AtLeast)
    if isinstance(value, float) and not math.isfinite(value):
        yield f"must be a finite number, not {article(value)}"
    elif least and value < least.minimum:
        yield f"must be at least {least.minimum:g}"
    elif abs(value) > LARGEST:
        yield f"must be at most {LARGEST}"


def _text_faults(shape: Shape, value: str) -> Iterator[str]:
    choice = shape.mark(OneOf)
    if shape.mark(NotEmpty) and not value.strip():
        yield "must not be empty" if value == "" else "must not be blank"
    elif choice and value not in choice.words:
        yield f"must be {' or '.join(map(str, choice.words))}"
    if _HALF.search(value):
        yield "must be whole Unicode text: half of a surrogate pair is in it"
    if not shape.mark(Prose) and _CONTROL.search(value):
        yield "must not have line breaks or other control characters (a file's last line break, perhaps?)"
    elif shape.mark(Url) and value and not _is_url(value):
        yield "must be a URL such as https://api.example.com/v1"


def _is_url(value: str) -> bool:
    try:
        url = urlsplit(value)
        return url.scheme in ("http", "https") and bool(url.hostname) and " " not in value and url.port != 0
    except ValueError:
        return False


def plain(value: Any) -> Any:
    """Return a value as state has it: words and secrets as strings, whole numbers as integers."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def article(value: Any) -> str:
    """Say what a value is without showing it: it may be a secret in the wrong place."""
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "an empty string" if value == "" else "a string"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # nan or inf, which keeps nothing secret
    if isinstance(value, (int, float)) and abs(value) > LARGEST:
        return "a very large number"
    if isinstance(value, (int, float)):
        return "a number" if isinstance(value, int) or value.is_integer() else "a fraction"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, (list, tuple)) else "null"
