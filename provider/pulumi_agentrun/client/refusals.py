"""What is wrong with an input, as a sentence that names the fields and shows none of their values.

Pydantic's own error has the refused values in it (`errors()`, `json()`), keys too: it never leaves the client.
"""

from __future__ import annotations

import re

from pydantic import ValidationError

from .wording import Message, Path, Property, joined

_OF_A_UNION = re.compile(r"str|int|float|bool|.*\[.*\]")  # which of several types has refused a value, not a field


def refusal(of: str, error: ValidationError) -> Message:
    """Return what is wrong with an input, each field with one reason."""
    reasons: dict[Path, Message] = {}
    for item in error.errors(include_input=False, include_url=False):
        path = tuple(part for part in item["loc"] if isinstance(part, int) or not _OF_A_UNION.fullmatch(part))
        reasons.setdefault(path, joined(Property(path) if path else None, _why(item["type"], item["msg"]), by=": "))
    return joined(of, joined(*reasons.values(), by="; "), by=": ")


def _why(kind: str, text: str) -> str:
    if kind == "missing":
        return "it is required"
    return text.removeprefix("Value error, ").rstrip(".").replace("Input should", "it should", 1)
