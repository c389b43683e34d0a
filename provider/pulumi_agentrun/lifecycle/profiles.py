"""From stack configuration to connections: one account and region for each profile."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import SecretStr

from ..client.config import Config, Connection, resolve, truth
from ..client.credentials import Credentials
from ..client.errors import ConfigError
from ..client.flows import Notice
from ..client.local import open_platform
from .hidden_inputs import CHECK_NAMES
from .places import Place, digest

if TYPE_CHECKING:
    from ..client.session import Session

_ALLOW_INSECURE = "allowInsecure"
KEYS = (
    "endpoint", "region", "accountId", "accessKeyId", "accessKeySecret", "securityToken", "readyTimeout",
    _ALLOW_INSECURE, CHECK_NAMES,
)  # fmt: skip
"""The keys of `agentrun:` in stack configuration, and of each profile in `agentrun:profiles`."""

_DEFAULT = ""


class _Resolved(NamedTuple):
    """What settings come to."""

    connection: Connection
    timeout: float
    checks_names: bool


class Accounts:
    """The accounts and regions that a stack's configuration names, connected to when first used."""

    def __init__(self, get: Callable[[str], Any], notify: Callable[[Notice], None]) -> None:
        self._get = get
        self._notify = notify
        self._lock = threading.Lock()
        self._known: dict[str, _Resolved] = {}
        self._places: dict[str, Place] = {}
        self._open: dict[str, Session] = {}

    def place(self, profile: str | None) -> Place:
        """Return where a profile, or the plain `agentrun:` keys, lead; nothing is connected.

        Raises ConfigError with one sentence that says what to set.
        """
        with self._lock:
            return self._place(profile or _DEFAULT)

    def connected(self, profile: str | None) -> tuple[Session, Place] | None:
        """Return what `connect` has returned before, if it did."""
        name = profile or _DEFAULT
        with self._lock:
            return (self._open[name], self._places[name]) if name in self._open and name in self._places else None

    def connect(self, profile: str | None, *, make: bool = False) -> tuple[Session, Place]:
        """Return the connections of a profile, or of the plain `agentrun:` keys, and where they lead.

        With `make`, an embedded platform that is missing is made. Raises ConfigError as `place` does.
        """
        from ..client.session import Session  # with httpx, which a preview can do without

        name = profile or _DEFAULT
        with self._lock:
            connection = self._resolve(name).connection
            if make and connection.directory is not None:
                open_platform(connection.directory, make=True).close()
            place = self._place(name)
            if name not in self._open:
                self._open[name] = Session(connection, self._notify)
            return self._open[name], place

    def _place(self, name: str) -> Place:
        """Return where settings lead; remembered once it is known, for an embedded platform may not be made yet."""
        if name not in self._places:
            connection, timeout, checks_names = self._resolve(name)
            location = connection.location
            place = Place(
                connection.region, timeout, connection.address, location, connection.account_id, _key(connection),
                checks_names,
            )  # fmt: skip
            if location is None:
                return place
            self._places[name] = place
        return self._places[name]

    def _resolve(self, name: str) -> _Resolved:
        if name not in self._known:
            settings = self._profile(name) if name else {k: self._get(f"agentrun:{k}") for k in KEYS}
            self._known[name] = _resolved(name, settings)
        return self._known[name]

    def _profile(self, name: str) -> Mapping[str, Any]:
        profiles = self._get("agentrun:profiles") or {}
        if isinstance(profiles, str):
            try:
                profiles = json.loads(profiles)
            except ValueError:
                raise ConfigError("agentrun:profiles must be a map of names to settings.") from None
        if not isinstance(profiles, dict) or not isinstance(profiles.get(name), dict):
            known = ", ".join(sorted(profiles)) if isinstance(profiles, dict) else ""
            raise ConfigError(
                f"There is no profile {name!r} in agentrun:profiles"
                + (f" (there are {known})." if known else ", which is not set.")
            )
        wrong = sorted(set(profiles[name]) - set(KEYS))
        if wrong:
            raise ConfigError(f"agentrun:profiles.{name}.{wrong[0]} is no setting; there are {', '.join(KEYS)}.")
        settings: dict[str, Any] = profiles[name]
        return settings


def _resolved(profile: str, settings: Mapping[str, Any]) -> _Resolved:
    where = f"agentrun:profiles.{profile}." if profile else "agentrun:"
    texts = {key: _text(where + key, value) for key, value in settings.items() if value is not None}
    timeout = _seconds(f"{where}readyTimeout", texts.get("readyTimeout"))
    secret, token = texts.get("accessKeySecret"), texts.get("securityToken")
    insecure, checks_names = texts.get(_ALLOW_INSECURE), texts.get(CHECK_NAMES)
    connection = resolve(
        Config(
            endpoint=from_project(texts.get("endpoint")),
            region=texts.get("region"),
            account_id=texts.get("accountId"),
            access_key_id=texts.get("accessKeyId"),
            access_key_secret=SecretStr(secret) if secret else None,
            security_token=SecretStr(token) if token else None,
            allow_insecure=truth(where + _ALLOW_INSECURE, insecure) if insecure else None,
        ),
        of=profile,
    )
    if not isinstance(connection.credentials, Credentials):
        connection.credentials()  # a chain that leads nowhere should fail a preview, not an update
    return _Resolved(connection, timeout, truth(where + CHECK_NAMES, checks_names) if checks_names else False)


def _key(connection: Connection) -> str | None:
    """Return what to remember of a permanent access key; what a chain finds may be another one in each run."""
    found = connection.credentials
    if connection.directory is not None or not isinstance(found, Credentials) or found.security_token:
        return None
    return digest(found.access_key_id)


def from_project(endpoint: str | None) -> str | None:
    """Take a relative `file://` path from the folder of Pulumi.yaml, wherever the program's own folder is."""
    if endpoint is None or not endpoint.startswith("file://"):
        return endpoint
    path = Path(endpoint.removeprefix("file://")).expanduser()
    if path.is_absolute() or str(path) == ".":
        return endpoint
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").exists() or (folder / "Pulumi.yml").exists():
            return f"file://{folder / path}"
    return endpoint


def _text(key: str, value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise ConfigError(f"{key} must be a single value.")
    return str(value)


def _seconds(key: str, value: str | None) -> float:
    if value is None:
        return Place().timeout
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ConfigError(f"{key} must be a number of seconds above 0.")
    return seconds
