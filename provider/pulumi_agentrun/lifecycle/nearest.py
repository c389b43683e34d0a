"""Words that nobody knows, and the nearest that somebody does."""

from __future__ import annotations

from collections.abc import Iterable


def no_such(key: str, known: Iterable[str]) -> str:
    """Say that there is no property of a name, and which one may have been meant."""
    import difflib  # a program whose words are right can do without

    names = list(known)
    nearest = difflib.get_close_matches(key.lower(), names, n=1, cutoff=0.5)
    if nearest:
        return f"there is no such property; did you mean {nearest[0]}?"
    return f"there is no such property; there are {', '.join(sorted(names))}"
