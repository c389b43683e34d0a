"""Whether what a model's API says repeats the key that it was called with, in whichever form."""

from __future__ import annotations

import base64
import html
import re
from urllib.parse import unquote

_MOST = 10_000
"""Characters of a text that are looked at; no more are ever shown."""
_LAYERS = 4
"""How often a text is looked at, each time with one escaping more undone: for JSON, in a URL, in HTML."""
_SHORTEST = 6
"""Characters of base64 that are no coincidence."""
_PART = 12
"""Characters of a long key, or half of a shorter one, that are as good as all of it."""
_LEAST = 8
"""Characters that such a part has at least."""
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def repeats(text: str, key: str | None) -> bool:
    """Say whether a text has a key in it, or a good part of it.

    As it is, in another case, escaped for JSON, a URL or HTML, in hex or in base64.
    A text that has it is not shown at all: to take a key out of it would need every form that it may stand in.
    """
    if not key:
        return False
    size, raw, read = min(_PART, max(_LEAST, len(key) // 2)), key.encode(), {text[:_MOST]}
    wanted = [*_pieces(_bare(key), size), *_pieces(raw.hex(), 2 * size)]
    for _ in range(_LAYERS):
        if any(piece in bare for bare in map(_bare, read) for piece in wanted):
            return True
        read |= {undo(one) for undo in (html.unescape, unquote, _unescaped) for one in read}
    letters = text.replace("-", "+").replace("_", "/")
    encoded = [piece for part in _encoded(raw) if len(part) >= _SHORTEST for piece in _pieces(part, size * 4 // 3)]
    return any(piece in letters for piece in encoded)


def _pieces(text: str, size: int) -> list[str]:
    """Return what a text with a part of another one in it has of it, that being at least so many characters long."""
    return [text[at : at + size] for at in range(max(len(text) - size, 0) + 1)]


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).replace("\\\\", "\\")


def _bare(text: str) -> str:
    return text.replace("\\", "").casefold()


def _encoded(raw: bytes) -> list[str]:
    """Return what a text's base64 has of some bytes, wherever in the text they begin."""
    found = []
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + raw).decode()
        found.append(whole[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6])
    return found
