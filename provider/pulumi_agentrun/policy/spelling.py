"""Names that are equal however they are written: in any case, with blanks around them, behind a provider's name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from ..client.models.shared import Provider

_PROVIDERS = frozenset(provider.value for provider in Provider) | {"azure", "azure_ai", "bedrock", "dashscope", "qwen"}
"""What LiteLLM and people write before a model's name: `openai/gpt-4o`."""


def plain(text: str) -> str:
    """Return a text without what nobody sees in it: its case, the width of its letters, blanks around and inside."""
    shown = (letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) not in _HIDDEN)
    return "".join(shown).strip().casefold()


_HIDDEN = ("Cf", "Cc")


def is_blank(value: object) -> bool:
    """Say whether a value is not set, or a text or list in which nothing can be seen."""
    if isinstance(value, str):
        return not plain(value)
    return value is None or (isinstance(value, list) and all(map(is_blank, value)))


def allows(patterns: Iterable[str], name: str) -> bool:
    """Say whether some glob patterns allow a name."""
    return any(fnmatchcase(plain(name), plain(pattern)) for pattern in patterns)


def allows_model(patterns: Iterable[str], model: str, provider: str | None = None) -> bool:
    """Say whether some glob patterns allow a model; a prefix counts as a provider's only if that is one.

    :param provider: The provider of the model, if it is known.
    """
    names = [plain(model), *_behind_provider(model)]
    names += [f"{plain(provider)}/{names[-1]}"] if provider else []
    tails = [] if provider or len(names) > 1 else [tail for pattern in patterns for tail in _behind_provider(pattern)]
    return any(allows([*patterns, *tails], name) for name in names)


def denying(patterns: Iterable[str], model: str, provider: str | None = None) -> str | None:
    """Return the first glob pattern that denies a model, whatever stands before its name; None if none does."""
    parts = plain(model).split("/")
    names = ["/".join(parts[depth:]) for depth in range(len(parts))]
    names += [f"{plain(provider)}/{parts[-1]}"] if provider else []
    for pattern in patterns:
        # Of a model behind a proxy the provider is not known: what is denied of one is denied.
        tails = [] if provider or len(parts) > 1 else [tail for tail in _behind_provider(pattern) if tail.strip("*")]
        if any(allows([pattern, *tails], name) for name in names):
            return pattern
    return None


def _behind_provider(name: str) -> Iterator[str]:
    head, slash, tail = plain(name).partition("/")
    if slash and head.strip() in _PROVIDERS:
        yield tail.strip()
