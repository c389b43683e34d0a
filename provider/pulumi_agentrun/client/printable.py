"""Texts of others with nothing in them that steers a terminal or reorders what stands around them."""

from __future__ import annotations

import unicodedata

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""The categories of characters that move, hide or reorder what stands around them."""


def printable(text: str) -> str:
    """Return a text of somebody else's with its control characters spelled out."""
    return "".join(repr(letter)[1:-1] if unicodedata.category(letter) in _STEERING else letter for letter in text)
