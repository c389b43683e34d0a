"""Where proxies and services stand: on which networks, under which role, with which logs; and what differs in that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..client.kinds import PROXY, SERVICE
from ..client.models.shared import NetworkMode
from .changes import NOTHING, Change, Effect
from .facts import Proxy, Standing
from .subjects import chosen_part

NOT_KNOWN = "not known"
"""What is said of a value that is secret or not there yet."""
Standings = Mapping[tuple[str, str], Standing]
"""By the title of a kind and what the program calls the resource."""
_WORDS = {"network": "network mode", "role": "execution role", "logs": "logs"}


def standing(network: str | None, role: str | None, log_parts: Iterable[str | None]) -> Standing:
    """Return where something stands, from its inputs; None stands for what is not given, `NOT_KNOWN` for the rest."""
    parts = [part for part in log_parts if part]
    return Standing(
        # The API's own default: whoever says nothing can be reached from everywhere.
        network=network or NetworkMode.PUBLIC.value,
        role=role or NOTHING,
        logs=NOT_KNOWN if NOT_KNOWN in parts else "/".join(parts) or NOTHING,
    )


def standings_of(proxies: Iterable[Proxy]) -> Standings:
    """Return where proxies stand, and the services that their calls come to, as far as it is known."""
    found: dict[tuple[str, str], Standing] = {}
    for proxy in proxies:
        of = [(PROXY.title, proxy.name, proxy.standing)]
        of += [(SERVICE.title, one.name, one.standing) for one in proxy.services]
        found |= {(title, chosen_part(name)): there for title, name, there in of if there is not None}
    return found


def moves(before: Standings, after: Standings) -> Iterator[Change]:
    """Yield what differs in where those stand that are on both sides."""
    for key, old in before.items():
        new = after.get(key)
        kind, name = key
        for field, what in _WORDS.items() if new is not None else ():
            was, will = getattr(old, field), getattr(new, field)
            if was != will:
                is_proxy = kind == PROXY.title
                yield Change(
                    proxy=name if is_proxy else "",
                    model="",
                    what=what if is_proxy else f"{what} of {name}",
                    before=was,
                    after=will,
                    effect=_effect(field, was, will),
                )


def _effect(field: str, before: str, after: str) -> Effect:
    if NOT_KNOWN in (before, after):
        return ""
    if field == "network":
        better = (after == NetworkMode.PRIVATE) - (before == NetworkMode.PRIVATE)
    else:
        better = (after != NOTHING) - (before != NOTHING) if field == "logs" else 0
    return "stronger" if better > 0 else "weaker" if better < 0 else ""
