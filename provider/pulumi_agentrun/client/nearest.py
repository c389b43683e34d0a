"""Words that nobody knows, and the nearest that somebody does."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], *, alike: float) -> str | None:
    """Return the known word that is most like another, if one is alike enough: 1 is equal, 0 has nothing of it."""
    import difflib  # a program whose words are right can do without

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=alike)), None)


def no_such(key: str, known: Iterable[str], what: str = "property") -> str:
    """Say that there is no property (or what else it would be) of a name, and which one may have been meant."""
    names = list(known)
    meant = nearest(key.lower(), names, alike=0.5)
    if meant is not None:
        return f"there is no such {what}; did you mean {meant}?"
    return f"there is no such {what}; there are {', '.join(sorted(names))}"
