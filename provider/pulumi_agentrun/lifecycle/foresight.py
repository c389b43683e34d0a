"""Foretells in a preview what a creation would meet: a name that is taken, or what it would take over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..client.errors import AgentRunError, LifecycleError
from ..client.flows import Flow, Notice, Pause
from ..client.kinds import Kind
from ..client.models import SystemProps
from ..client.models.shared import Status
from . import diff, drift
from .check import ADOPT, is_several, misspelt
from .create import check_fit, find
from .diff import Path
from .hidden_inputs import ADOPT_VARIABLE, CHECK_NAMES
from .places import Place
from .scalars import plain
from .schema import has_unknown, shapes_of
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
        yield Notice(f"{title} exists and would be taken over; {_told(kind, wanted, plain(there.to_state()))}.")


def _look(kind: Kind[Any], wanted: Mapping[str, Any], place: Place, *, adopt: bool) -> Flow[SystemProps | None]:
    if place.location is None:  # an embedded platform that the first creation makes
        return None
    name = wanted[kind.name_field]
    deadline = (yield Pause(0)) + min(PATIENCE, place.timeout)
    try:
        found: SystemProps | None = yield from find(kind, name, deadline)
    except AgentRunError as error:
        why = f"agentrun:{CHECK_NAMES}" if not adopt else "adopt=True" if wanted.get(ADOPT) else ADOPT_VARIABLE
        raise LifecycleError(
            f"Whether {kind.title} {name} exists could not be found out, as {why} has a preview do: {error}"
        ) from None
    return found


def _missing(kind: Kind[Any], wanted: Mapping[str, Any]) -> str:
    name = wanted[kind.name_field]
    asked = f"adopt=True is set on {name}" if wanted.get(ADOPT) else f"{ADOPT_VARIABLE} names {name}"
    return f"{asked}, but no {kind.title} of that name exists: it would be created. Check the name, region and account."


def _told(kind: Kind[Any], wanted: Mapping[str, Any], live: Mapping[str, Any]) -> str:
    """Say by paths what an adoption would do; values stay out of it, for any may be a secret of the program.

    An update is sent in any case, for what a look shows may be older than what is.
    """
    shapes = shapes_of(kind)
    ours = {key: wanted[key] for key in shapes if key in wanted}
    given = [path for path, is_shown in drift.keys_of(shapes, ours, live) if not is_shown]
    given += [(key,) for key, shape in shapes.items() if shape.is_write_only and key in ours]
    unsure = [key for key in sorted(kind.immutable & ours.keys()) if has_unknown(ours[key])]
    changed = [path for path in _changed(kind, ours, live) if path not in given and path[0] not in unsure]
    lost = [path for path in drift.besides(shapes, ours, live) if path[0] in ours and not _is_in(path, changed)]
    parts = [
        f"it would change in {_listed(changed, ours)}"
        if changed
        else "nothing that it shows would change, but an update would be sent",
        f"not known yet, and if another than now, it cannot be adopted: {', '.join(unsure)}" if unsure else "",
        f"set anew, whatever it is now: {_listed(given, ours)}" if given else "",
        f"perhaps cleared, for the program leaves it out: {_listed(lost, ours)}" if lost else "",
    ]
    return "; ".join(part for part in parts if part)


def _changed(kind: Kind[Any], ours: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[Path]:
    seen = drift.observe(kind, ours, live)
    for edit in diff.edits(kind, diff.diff(kind, "", seen, ours), seen, ours):
        yield edit.path


def _is_in(path: Path, others: list[Path]) -> bool:
    return any(path[: len(other)] == other for other in others)


def _listed(paths: list[Path], ours: Mapping[str, Any]) -> str:
    texts = (f"{_text(path)}{' (not known yet)' if has_unknown(drift.at(ours, path)) else ''}" for path in paths)
    return ", ".join(dict.fromkeys(texts))


def _text(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
