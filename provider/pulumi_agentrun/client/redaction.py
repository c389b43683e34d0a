"""Takes secrets out of texts that others wrote, in every form in which those may repeat what they were sent."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.entities import codepoint2name
from typing import Protocol, TypeAlias
from urllib.parse import unquote

SECRETS = "secrets"
"""The extension of a request that holds what no message about it may repeat."""
STANDS_FOR = "[secret]"
SHORT = 8
"""Characters that a secret has at least to be looked for everywhere.

A shorter one, which no service gives out, is taken out only where it stands by itself: it would be found in every
other word, and in any base64.
"""
PART = 12
"""Characters of a long secret, or half of a shorter one, that are looked for by themselves."""
LONGEST = 65_536
"""Characters of a text that is worth repeating."""
REPEATS = "(a text that repeats a secret)"

_LEVELS = 9
"""Escapes on top of each other, as texts in texts in texts have them, that are seen through."""
_ALONE = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))", r"(?![A-Za-z0-9])"
_ANY_BASE64 = "[A-Za-z0-9+/_-]"
_ESCAPES = re.compile(r"[\\%&]")
"""What each escape begins with."""
_RUN = re.compile(r"[A-Za-z0-9_.+/=~-]{8,}")
_JOINT = re.compile(r"[./=]")
_SIGNS = re.compile(r"[^A-Za-z0-9]+")
_POINT = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")
_UNDONE = 3
"""Escapes on top of each other that are undone where a text is looked at for parts of secrets."""
_ALIKE = str.maketrans("+/ ", "-_-")
"""Characters that stand for each other, in base64 and in URLs."""


class Telltale(Protocol):
    """What a secret is known by that is not known itself, such as one that was set before."""

    def is_of(self, word: str) -> bool:
        """Say whether a word is the secret."""


Secret: TypeAlias = "str | Telltale"


def redact(text: str, secrets: Iterable[Secret]) -> str:
    """Return a text without the secrets: as they are, escaped for JSON, URLs or HTML, in base64, or a good part."""
    given = {secret for secret in secrets if secret}
    if given and len(text) > LONGEST:
        return f"(a text of {len(text)} characters)"
    known = {secret for secret in given if isinstance(secret, str)}
    known |= {word for tell in given if not isinstance(tell, str) for word in _words(text) if tell.is_of(word)}
    ordered = sorted(known, key=len, reverse=True)
    for secret in ordered:
        # Tokens are long, and so are their patterns.
        if _may_hold(text, secret) and _pattern(secret[:SHORT]).search(text):
            text = _pattern(secret).sub(STANDS_FOR, text)
    for secret in ordered:
        text = _without_parts(text, secret)
    long = [secret for secret in ordered if len(secret) >= SHORT]
    return REPEATS if long and _repeats(text, long) else text


def _words(text: str) -> Iterator[str]:
    """Yield what may be a secret that stands by itself: runs of letters of keys, and their pieces."""
    for run in _RUN.findall(text):
        yield run
        yield run.strip("./=-_")
        yield from _JOINT.split(run)


def _without_parts(text: str, secret: str) -> str:
    """Return a text without what it has of a secret that was cut off, wrapped or masked, or shown by its bytes."""
    if len(secret) < SHORT:
        return text
    size, samples, spellings = _parts(secret)
    if samples.isdisjoint(_samples(text.lower(), size)):
        return text
    for length, stretches in spellings:
        lower = text.lower()
        if len(lower) != len(text):  # there is a letter of which it makes two
            lower = text
        found = [at for at in range(len(text) - length + 1) if lower[at : at + length] in stretches]
        for first, last in reversed(_runs(found, length)):
            text = f"{text[:first]}{STANDS_FOR}{text[last:]}"
    return text


def _repeats(text: str, secrets: Iterable[str]) -> bool:
    """Say whether a good part of a secret is left in a text between other signs, or behind escapes.

    In the same case: without their signs, words are alike that are none of a secret.
    """
    readings = {text}
    for _ in range(_UNDONE if _ESCAPES.search(text) else 0):
        readings |= {undo(one) for undo in (html.unescape, unquote, _unescaped) for one in readings}
    bare = [_SIGNS.sub("", one) for one in readings]
    for size, samples, spellings in map(_bare_parts, secrets):
        for one in bare:
            if samples.isdisjoint(_samples(one, size)):
                continue
            if any(one[at : at + length] in parts for length, parts in spellings for at in range(len(one))):
                return True
    return False


def _unescaped(text: str) -> str:
    return _POINT.sub(lambda found: chr(int(found[1] or found[2], 16)), text)


def _samples(text: str, size: int) -> list[str]:
    """Return so many short stretches of a text that each longer one of a size has one of them in it."""
    sample = size // 2
    return [text[at : at + sample] for at in range(0, len(text) - sample + 1, size - sample + 1)]


_Parts: TypeAlias = "tuple[int, frozenset[str], list[tuple[int, frozenset[str]]]]"
"""How long a good part of a secret is, its short stretches, which nearly no text has, and the good parts by length."""


@lru_cache(256)
def _parts(secret: str) -> _Parts:
    """Return the parts of a secret in small letters: as they are, in hex, and in base64."""
    octets = secret.encode("utf-8", "surrogatepass")
    in_base64 = [_core(octets, offset).lower() for offset in range(3)]
    return _spelled(secret, [secret.lower()], [octets.hex()], in_base64)


@lru_cache(256)
def _bare_parts(secret: str) -> _Parts:
    """Return the parts of a secret in letters and digits alone: as they are, in hex, and in base64."""
    octets = secret.encode("utf-8", "surrogatepass")
    in_hex, in_base64 = octets.hex(), [_core(octets, offset) for offset in range(3)]
    plain, *in_base64 = (_SIGNS.sub("", text) for text in (secret, *in_base64))
    return _spelled(secret, [plain], [in_hex, in_hex.upper()], in_base64)


def _spelled(secret: str, plain: list[str], in_hex: list[str], in_base64: list[str]) -> _Parts:
    size = min(PART, max(SHORT, len(secret) // 2))
    spellings = [(size, plain), (2 * size, in_hex), (size * 4 // 3, in_base64)]
    samples = _stretches([*plain, *in_hex, *in_base64], size // 2)
    return size, samples, [(length, _stretches(texts, length)) for length, texts in spellings]


def _stretches(texts: Iterable[str], size: int) -> frozenset[str]:
    return frozenset(text[at : at + size] for text in texts for at in range(len(text) - size + 1))


def _runs(starts: list[int], size: int) -> list[tuple[int, int]]:
    """Return from where to where stretches of a size reach that begin at some places, those that meet as one."""
    runs: list[tuple[int, int]] = []
    for start in starts:
        first = runs.pop()[0] if runs and start <= runs[-1][1] else start
        runs.append((first, start + size))
    return runs


def _may_hold(text: str, secret: str) -> bool:
    """Say whether a text may have a secret in it, without its patterns, which take milliseconds to make.

    Nearly every text that is looked through is the id of a request: too short, or plain and something else.
    """
    if len(text) < len(secret):  # no form is shorter
        return False
    if _ESCAPES.search(text) or not (text.isascii() and secret.isascii()):
        return True
    plain = text.lower().translate(_ALIKE)
    return any(needle in plain for needle in _needles(secret[:SHORT]))


@lru_cache(256)
def _needles(head: str) -> list[str]:
    """Return what a plain text has in it where it holds a secret that begins so: as it is, and in base64."""
    forms = [head, *(_core(head.encode(), offset) for offset in range(3))]
    return [form.lower().translate(_ALIKE) for form in forms]


def _pattern(secret: str) -> re.Pattern[str]:
    forms = [_escaped(secret)]
    if len(secret) < SHORT:
        forms = [f"{_ALONE[0]}{forms[0]}{_ALONE[1]}"]
    else:
        encoded = secret.encode("utf-8", "surrogatepass")
        forms += [_base64(encoded, offset) for offset in range(3)]
    return re.compile("|".join(forms), re.IGNORECASE)


def _base64(secret: bytes, offset: int) -> str:
    """Return the pattern of base64 that has a secret in it, behind a number of other bytes."""
    core = "".join(_letter(letter, {"+": "-", "/": "_"}.get(letter)) for letter in _core(secret, offset))
    before, behind = (_ANY_BASE64 if offset else ""), (_ANY_BASE64 if (offset + len(secret)) % 3 else "")
    return f"{before}{core}(?:{behind}(?:=|%3d){{0,2}})?" if behind else f"{before}{core}"


def _core(secret: bytes, offset: int) -> str:
    """Return the characters of base64 that a secret alone decides, behind a number of other bytes."""
    padded = bytes(offset) + secret
    return b64encode(padded).decode()[(0, 2, 3)[offset] : len(padded) * 8 // 6]


def _escaped(secret: str) -> str:
    """Return the pattern of a secret, each letter of it as it is or escaped in whichever way."""
    parts = []
    for run in re.findall(r"\\+|[^\\]", secret, re.DOTALL):
        if run[0] == "\\":  # as one, for backslashes before backslashes have no end that could be told
            parts.append(rf"(?:(?:{_coded(run[0])}){{{len(run)}}}|\\{{{len(run)},{len(run) * 2**4}}})")
        else:
            parts.append(_letter(run, "+" if run == " " else None))
    return "".join(parts)


def _letter(letter: str, other: str | None = None) -> str:
    short = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}.get(letter)
    plain = [re.escape(letter), *([re.escape(other)] if other else []), *([rf"\\{short}"] if short else [])]
    coded = "|".join(_coded(one) for one in (letter, other) if one)  # first, for a percent sign begins its own code
    return rf"(?:{coded}|\\{{0,{_LEVELS}}}(?:{'|'.join(plain)}))"


def _coded(letter: str) -> str:
    """Return the pattern of a letter that is written by its number or its name."""
    number = ord(letter)
    units = letter.encode("utf-16-be", "surrogatepass")
    pairs = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
    octets = letter.encode("utf-8", "surrogatepass")
    forms = [
        "".join(rf"\\{{1,{_LEVELS}}}u{pair}" for pair in pairs),
        "".join(f"%(?:25){{0,{_LEVELS}}}{octet:02x}" for octet in octets),
        "".join(rf"\\{{1,{_LEVELS}}}x{octet:02x}" for octet in octets),
        rf"&(?:amp;){{0,{_LEVELS}}}#(?:0{{0,6}}{number}|x0{{0,6}}{number:x});",
    ]
    if number in codepoint2name:
        forms.append(rf"&(?:amp;){{0,{_LEVELS}}}{codepoint2name[number]};")
    elif letter == "'":
        forms.append(rf"&(?:amp;){{0,{_LEVELS}}}apos;")
    return "|".join(forms)
