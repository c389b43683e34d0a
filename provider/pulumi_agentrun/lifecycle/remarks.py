"""Says of a plan what Pulumi does not show of it: which key changes, and what is not certain yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..client.flows import Notice
from ..client.kinds import Kind
from ..client.wording import Message, Property, Text, joined
from .diff import Diff, edits
from .paths import Path, at
from .schema import shape_of
from .secret_refs import FROM, Fingerprint
from .unknown import UNKNOWN


def remarks(
    kind: Kind[Any], id: str, found: Diff, olds: Mapping[str, Any], news: Mapping[str, Any]
) -> Iterator[Notice]:
    """Yield what a plan is to say besides the properties that differ; never a value."""
    for key in _keys(kind, found, olds, news):
        yield Notice(Message("{resource}: {key}", resource=f"{kind.title} {id}", key=key))
    unsure = [key for key in found.replaces if news.get(key) is UNKNOWN]
    if unsure and unsure == list(found.replaces):
        unsure = [key for key in unsure if key != kind.name_field] or unsure  # an automatic name hangs on the others
        yield Notice(
            Message(
                "{resource} is replaced only if {keys} comes to be another, which is not known yet: "
                "set {them} to be certain",
                resource=f"{kind.title} {id}",
                keys=joined(*(Property((key,)) for key in unsure), by=" or "),
                them="it" if len(unsure) == 1 else "them",
            )
        )


def left_out(kind: Kind[Any], id: str, found: Diff, unmanaged: Iterable[Path]) -> Iterator[Notice]:
    """Yield a warning for each key of the service that the program has not, where an update sends what is around it."""
    for path in unmanaged:
        if path[0] in found.changed and not found.replaces:
            yield Notice(
                Message(
                    "{resource}: {whole} is sent without {key}, which the program does not set: where the service "
                    "takes it as the whole, that key is cleared. Set {key} to be certain",
                    resource=f"{kind.title} {id}",
                    whole=Property((path[0],)),
                    key=Property(path),
                ),
                is_warning=True,
            )


def _keys(kind: Kind[Any], found: Diff, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[Text]:
    """Yield a sentence for each key that was there and becomes another: an old and a new secret look the same."""
    for edit in edits(kind, found, olds, news):
        shape = shape_of(kind).at(*edit.path)
        if edit.verb != "update" or not shape.is_secret or at(news, edit.path) is UNKNOWN:
            continue
        remembered = shape.mark(Fingerprint)
        if remembered is None:
            yield Message("the key {path} changes", path=Property(edit.path))
        else:
            path = (*edit.path[:-1], remembered.of + FROM)
            yield Message("the key that {path} leads to changes", path=Property(path))
