"""Foretells in a preview what a creation would meet: a name that is taken, or what it would take over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..client.errors import AgentRunError
from ..client.flows import Flow, Notice, Pause
from ..client.kinds import Kind
from ..client.models import SystemProps
from ..client.models.shared import Status
from ..client.wording import Message, Property, Text, joined
from . import diff, drift
from .check import ADOPT, is_several, misspelt
from .create import check_fit, find
from .hidden_inputs import ADOPT_VARIABLE, CHECK_NAMES
from .live import LifecycleError
from .paths import Path, at
from .places import Place
from .scalars import plain
from .schema import has_unknown, shape_of, shapes_of
from .sending import taken

PATIENCE = 30.0
"""Seconds that a look may take, a preview's attempts all together."""


def foresee(kind: Kind[Any], wanted: Mapping[str, Any], place: Place, *, adopt: bool) -> Flow[None]:
    """Look for what has the name of a new resource, and tell what its creation would do about it.

    What a creation would refuse is refused in its words; so is what cannot be looked for, lest the plan be a guess.
    """
    name: str = wanted[kind.name_field]
    if not adopt and not place.checks_names:
        meant = str(misspelt(name))
        commas = " Names are separated by commas." if is_several(meant) and not is_several(name) else ""
        yield Notice(
            f"{ADOPT_VARIABLE} names {meant} and not {name}, so this {kind.title} would be created. "
            f"Did you mean {name}?{commas}"
        )
        return
    there = yield from _look(kind, wanted, place, adopt=adopt)
    title = f"{kind.title.capitalize()} {name}"
    if there is None:
        if adopt:
            yield Notice(_missing(kind, wanted), is_warning=True)
    elif there.standing == Status.DELETING:
        yield Notice(f"{title} is on its way out: it would be waited for, and then created anew.")
    elif not adopt:
        raise taken(kind, name)
    elif there.standing == Status.CREATE_FAILED:
        text = f"{title} exists but was never ready: it would be deleted and created anew."
        yield Notice(text, is_warning=True)
    else:
        check_fit(kind, there, wanted)
        what = _told(kind, wanted, plain(there.to_state()))
        yield Notice(Message("{title} exists and would be taken over; {what}.", title=title, what=what))


def _look(kind: Kind[Any], wanted: Mapping[str, Any], place: Place, *, adopt: bool) -> Flow[SystemProps | None]:
    if place.location is None:  # an embedded platform that the first creation makes
        return None
    name = wanted[kind.name_field]
    deadline = (yield Pause(0)) + min(PATIENCE, place.timeout)
    try:
        found: SystemProps | None = yield from find(kind, name, deadline)
    except AgentRunError as error:
        why = f"agentrun:{CHECK_NAMES}" if not adopt else "adopt=True" if wanted.get(ADOPT) else ADOPT_VARIABLE
        looked = f"Whether {kind.title} {name} exists could not be found out, as {why} has a preview do:"
        raise LifecycleError(joined(looked, error)) from None
    return found


def _missing(kind: Kind[Any], wanted: Mapping[str, Any]) -> str:
    name = wanted[kind.name_field]
    asked = f"adopt=True is set on {name}" if wanted.get(ADOPT) else f"{ADOPT_VARIABLE} names {name}"
    return f"{asked}, but no {kind.title} of that name exists: it would be created. Check the name, region and account."


def _told(kind: Kind[Any], wanted: Mapping[str, Any], live: Mapping[str, Any]) -> Text:
    """Say by paths what an adoption would do; values stay out of it, for any may be a secret of the program.

    An update is sent in any case, for what a look shows may be older than what is.
    """
    shape = shape_of(kind)
    ours = {key: wanted[key] for key in shapes_of(kind) if key in wanted}
    given = [path for path, is_shown in drift.keys_of(shape, ours, live) if not is_shown]
    given += [(key,) for key, field in shapes_of(kind).items() if field.is_write_only and key in ours]
    unsure = [key for key in sorted(kind.immutable & ours.keys()) if has_unknown(ours[key])]
    changed = [path for path in _changed(kind, ours, live) if path not in given and path[0] not in unsure]
    lost = [path for path in drift.besides(shape, ours, live) if path[0] in ours and not _is_in(path, changed)]
    parts = [
        joined("it would change in", _listed(changed, ours))
        if changed
        else "nothing that it shows would change, but an update would be sent",
        joined("not known yet, and if another than now, it cannot be adopted:", _named(unsure)) if unsure else "",
        joined("set anew, whatever it is now:", _listed(given, ours)) if given else "",
        joined("perhaps cleared, for the program leaves it out:", _listed(lost, ours)) if lost else "",
    ]
    return joined(*parts, by="; ")


def _changed(kind: Kind[Any], ours: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[Path]:
    seen = drift.observe(kind, ours, live)
    for edit in diff.edits(kind, diff.diff(kind, "", seen, ours), seen, ours):
        yield edit.path


def _is_in(path: Path, others: list[Path]) -> bool:
    return any(path[: len(other)] == other for other in others)


def _listed(paths: list[Path], ours: Mapping[str, Any]) -> Text:
    told = {path: " (not known yet)" if has_unknown(at(ours, path)) else "" for path in paths}
    return joined(*(Message("{path}{so}", path=Property(path), so=so) for path, so in told.items()), by=", ")


def _named(keys: list[str]) -> Text:
    return joined(*(Property((key,)) for key in keys), by=", ")
