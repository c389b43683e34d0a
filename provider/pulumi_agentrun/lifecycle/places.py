"""Where resources live, and what state remembers of it, so that no other place is ever taken for it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..client.errors import ConfigError
from ..client.kinds import Kind
from ..client.models import SystemProps

REGION = "region"
"""The output that says which region a resource is in."""
ORIGIN = "__origin"
"""The output that remembers where a resource was made, with what access key, and in which creation."""
MOVED_VARIABLE = "AGENTRUN_MOVED_FROM"
"""The environment variable that names, separated by commas, locations that are reached another way from now on."""

LOCATION, ACCOUNT, ACCESS_KEY = "location", "account", "access_key"
MADE, UPDATED, ADOPTED, SHOWS_KEYS, UNSETTLED = "made", "updated", "adopted", "shows_keys", "unsettled"


@dataclass(frozen=True)
class Place:
    """Where a resource lives, and how long to wait for it."""

    region: str | None = None
    timeout: float = 600.0
    """Seconds that one create, update or delete may take until the resource has settled, requests included."""
    address: str = ""
    """Where names are unique, as configured: an endpoint or a directory."""
    location: str | None = None
    """What tells the service there from every other one; None where nothing tells, or nothing is there yet."""
    account: str | None = None
    """The account's id, where it is known."""
    access_key: str | None = None
    """A digest of the id of a permanent access key; temporary ones tell nothing, for each run has another."""
    checks_names: bool = False
    """Whether previews look for names of new resources that are taken."""

    def key(self, kind: Kind[Any], name: str) -> tuple[str, str, str]:
        """Return what tells an object there from every other one, as this machine notes it."""
        return kind.collection, self.location or self.address, name

    @property
    def origin(self) -> dict[str, Any]:
        """What state is to remember of it."""
        found = {LOCATION: self.location, ACCOUNT: self.account, ACCESS_KEY: self.access_key}
        return {key: value for key, value in found.items() if value is not None}


def digest(access_key_id: str) -> str | None:
    """Return what to remember of an access key's id; None for a temporary one."""
    if not access_key_id or access_key_id.startswith("STS."):
        return None
    return hashlib.sha256(access_key_id.encode()).hexdigest()[:16]


def origin_of(props: Mapping[str, Any]) -> dict[str, Any]:
    """Return what outputs remember of where they come from."""
    found = props.get(ORIGIN)
    return dict(found) if isinstance(found, Mapping) else {}


def check_same(kind: Kind[Any], id: str, olds: Mapping[str, Any], place: Place) -> None:
    """Refuse to look elsewhere for a resource than where it was made: it would look gone there, and be made anew."""
    was = origin_of(olds)
    lives, leads = _way(olds, place)
    if not lives or lives in _moved():
        return
    if leads and lives != leads:
        raise _elsewhere(kind, id, lives, leads)
    if was.get(ACCOUNT) and place.account and was[ACCOUNT] != place.account:
        raise _elsewhere(kind, id, f"account {was[ACCOUNT]}", f"account {place.account}")


def check_gone(kind: Kind[Any], id: str, olds: Mapping[str, Any], place: Place) -> None:
    """Refuse to believe another access key that a resource does not exist: it may be of another account."""
    was = origin_of(olds)
    before, now = was.get(ACCESS_KEY), place.access_key
    same_account = place.account is not None and was.get(ACCOUNT) == place.account
    if before and now and before != now and not same_account and was.get(LOCATION) not in _moved():
        raise ConfigError(
            f"{kind.title.capitalize()} {id} was made with another access key, and with this one it does not exist: "
            f"if that key was of another account, set it back. If it is the same account and {id} is really gone, run "
            f"{MOVED_VARIABLE}={was.get(LOCATION)} pulumi refresh --run-program once (agentrun:accountId spares the "
            f"question)."
        )


def has_moved(olds: Mapping[str, Any], place: Place) -> bool:
    """Say whether a place is another than the one that state knows, and said to be the same service."""
    lives, leads = _way(olds, place)
    return lives != leads and lives in _moved()


def check_moved(kind: Kind[Any], id: str, olds: Mapping[str, Any], found: SystemProps | None, place: Place) -> None:
    """Refuse to believe that a place is the same service where it does not have the very resource that state knows.

    Neither is a resource gone then, nor is another one of that name to be taken for it.
    """
    lives, leads = _way(olds, place)
    if not has_moved(olds, place):
        return
    before, now = olds.get(kind.id_field), getattr(found, kind.id_field, None)
    if found is not None and (not before or not now or before == now):
        return
    what = f"does not exist at {leads}" if found is None else f"at {leads} is another than the one that state knows"
    raise ConfigError(
        f"{kind.title.capitalize()} {id} {what}, though "
        f"{MOVED_VARIABLE} says that {leads} is the same service as {lives}. State keeps what it knows: if it is not "
        f"the same service, unset the variable and set the settings back. If it is, and {id} was deleted, take it out "
        f"of state with pulumi state delete URN (pulumi stack --show-urns names it), and run pulumi up."
    )


def _way(olds: Mapping[str, Any], place: Place) -> tuple[str, str]:
    """Return where a resource lives as state knows it, and where the settings lead."""
    lives = origin_of(olds).get(LOCATION)
    if lives:
        return str(lives), _named(place)
    return str(olds.get(REGION) or ""), place.region or ""  # state of an older release


def _named(place: Place) -> str:
    if place.location or not place.address:
        return place.location or ""
    return f"{place.address}, where there is no embedded platform"


def _elsewhere(kind: Kind[Any], id: str, lives: str, leads: str) -> ConfigError:
    return ConfigError(
        f"{kind.title.capitalize()} {id} is in {lives}, but the settings lead to {leads}: set agentrun:endpoint, "
        f"agentrun:region and the credentials back and run pulumi up, or pulumi destroy --run-program (without it, "
        f"destroy takes the settings that an earlier run left in state, and so do refresh and --refresh). To work in "
        f"several places, make a stack for each, or use profiles (through the plugin: providers of their own). Only "
        f"if what is in {lives} is reached another way now, run {MOVED_VARIABLE}={lives} pulumi refresh --run-program "
        f"once."
    )


def _moved() -> list[str]:
    return [part.strip() for part in os.environ.get(MOVED_VARIABLE, "").split(",") if part.strip()]
