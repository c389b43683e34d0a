"""Where the resources of two stacks stand, by their states: on which networks, under which role, with which logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..client.kinds import PROXY, SERVICE
from ..client.models.shared import NetworkMode
from ..policy.view import Unjudged, View
from ..routes.changes import NOTHING, Change, Effect
from .stacks import by_name

_HIDDEN = "not known"
_LOGS = "logs"
_NETWORK = "network mode"


def places(before: Iterable[View], after: Iterable[View]) -> Iterator[Change]:
    """Yield what differs in where proxies and services stand that are in both stacks."""
    olds, news = by_name(before), by_name(after)
    for key, old in olds.items():
        if key not in news or old.kind not in (PROXY, SERVICE):
            continue
        theirs, ours = _place(old), _place(news[key])
        for what in (what for what in theirs if theirs[what] != ours[what]):
            is_proxy = old.kind is PROXY
            yield Change(
                proxy=old.name if is_proxy else "",
                model="",
                what=what if is_proxy else f"{what} of {old.name}",
                before=theirs[what],
                after=ours[what],
                effect=_effect(what, theirs[what], ours[what]),
            )


def _place(view: View) -> dict[str, str]:
    logs = [_text(view, "log_configuration", part) for part in ("project", "logstore")]
    return {
        # The API's own default: whoever says nothing can be reached from everywhere.
        _NETWORK: _text(view, "network_configuration", "network_mode") or NetworkMode.PUBLIC,
        "execution role": _text(view, "execution_role_arn") or NOTHING,
        _LOGS: _HIDDEN if _HIDDEN in logs else "/".join(filter(None, logs)) or NOTHING,
    }


def _text(view: View, *path: str) -> str:
    try:
        return view.text(*path) or ""
    except Unjudged:  # state may have it as a secret
        return _HIDDEN


def _effect(what: str, before: str, after: str) -> Effect:
    if _HIDDEN in (before, after):
        return ""
    if what == _NETWORK:
        better = (after == NetworkMode.PRIVATE) - (before == NetworkMode.PRIVATE)
    else:
        better = (after != NOTHING) - (before != NOTHING) if what == _LOGS else 0
    return "stronger" if better > 0 else "weaker" if better < 0 else ""
