"""What a promotion comes to, as sections for a terminal and for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..policy.audit import Violation
from ..routes.markdown import code, rows_of
from .comparing import Promotion
from .contracts import NOT_TOLD, ByContract

_STYLES = {"mandatory": "red", "advisory": "yellow", "missing": "red", "replaced": "red", "deleted": "red"}


@dataclass(frozen=True)
class Section:
    """One thing that there is to say, and its details."""

    line: str
    titles: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    styles: Sequence[str] = ()


def sections(found: Promotion | ByContract) -> Iterator[Section]:
    """Yield what there is to say; a section without details is one line."""
    yield _differences(found)
    if found.idle:
        yield Section(f"Expected to differ, and the same: {', '.join(found.idle)}.")
    if isinstance(found, ByContract):
        yield Section(f"Contracts tell no more than that: nothing of {', '.join(NOT_TOLD)}. Both stacks' states would.")
    else:
        yield from _by_state(found)


def _by_state(found: Promotion) -> Iterator[Section]:
    """Yield what only states tell."""
    keys = [(key.service, key.source, key.target, key.verdict) for key in found.keys]
    if keys:
        titles = ("SERVICE", found.source.upper(), found.target.upper(), "")
        yield Section("Where keys come from:", titles, keys, [_STYLES.get(key.verdict, "") for key in found.keys])
    fates = [(fate.kind, fate.name, fate.fate, ", ".join(fate.fields)) for fate in found.fates]
    if fates:
        styles = [_STYLES.get(fate.fate, "") for fate in found.fates]
        yield Section(f"Resources of {found.target}:", ("KIND", "NAME", "WOULD BE", "BY"), fates, styles)
    if found.settings:
        said = {"missing": f"not in {found.target}", "only there": f"only in {found.target}", "secret": "a secret"}
        rows = [(name, said.get(verdict, verdict)) for name, verdict in found.settings]
        yield Section(f"Settings of {found.source} beside those of {found.target}:", ("SETTING", ""), rows)
    if found.consumers is not None:
        yield Section(f"Read by {', '.join(found.consumers) or 'no other stack of the backend'}.")
    yield _verdicts(found)


def _differences(found: Promotion | ByContract) -> Section:
    if not found.differences:
        return Section(f"Callers of {found.target} would notice nothing.")
    unexpected = len(found.unexpected)
    number = len(found.differences)
    many = f"{number} difference{'' if number == 1 else 's'}"
    line = f"Callers of {found.target} would notice {many}, {unexpected} unexpected:"
    rows = [
        (
            item.change.proxy,
            item.change.model,
            item.change.what,
            item.change.before,
            item.change.after,
            item.change.effect,
            "expected" if item.is_expected else "UNEXPECTED",
        )
        for item in found.differences
    ]
    titles = ("PROXY", "MODEL", "WHAT", found.target.upper(), found.source.upper(), "", "")
    styles = [
        "" if item.is_expected else "red" if item.change.effect == "weaker" else "yellow" for item in found.differences
    ]
    return Section(line, titles, rows, styles)


def _verdicts(found: Promotion) -> Section:
    if not found.verdicts:
        return Section(f"The rules of {found.target} let {found.source} through.")
    rows = [(item.level, item.resource, item.policy, f"{item.path} {item.message}") for item in found.verdicts]
    broken = sum(isinstance(item, Violation) for item in found.refusals)
    line = f"The rules of {found.target} about {found.source}: {broken} mandatory broken, {len(rows)} in all."
    styles = [_STYLES.get(item.level, "") for item in found.verdicts]
    return Section(line, ("LEVEL", "RESOURCE", "POLICY", "WHAT"), rows, styles)


def as_markdown(found: Promotion | ByContract) -> Iterator[str]:
    """Yield the lines of a comment; no name in it is more than text."""
    verdict = "as expected" if found.is_good else "not as expected"
    yield f"### From {code(found.source)} to {code(found.target)}: {verdict}"
    for section in sections(found):
        yield ""
        yield code(section.line)
        if section.rows:
            yield ""
            yield from rows_of([code(title) for title in section.titles], section.rows)
