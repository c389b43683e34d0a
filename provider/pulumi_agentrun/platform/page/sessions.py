"""Who has signed in to the page: a cookie that scripts cannot read, for whoever showed the token."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable

LASTS = 12 * 3600.0
"""Seconds that a session lasts."""
_MOST = 100


class Sessions:
    """The sessions of one process; only their hashes are kept."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def begin(self) -> str:
        """Return the secret of a new session; of too many, the oldest ends."""
        secret = secrets.token_urlsafe(32)
        self._until[_digest(secret)] = self._clock() + LASTS
        while len(self._until) > _MOST:
            self._until.popitem(last=False)
        return secret

    def is_open(self, secret: str) -> bool:
        """Say whether a session lasts."""
        return self._clock() < self._until.get(_digest(secret), 0.0)

    def end(self, secret: str) -> None:
        """End a session; one that there is not is no error."""
        self._until.pop(_digest(secret), None)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def name_for(host: str) -> str:
    """Return the cookie's name, which differs by port: cookies themselves make no difference between ports."""
    port = host.rpartition(":")[2]
    return f"agentrun-page-{port}" if port.isascii() and port.isdigit() else "agentrun-page"


def secret_in(header: str, host: str) -> str:
    """Return the secret that a `Cookie` header holds, or an empty text."""
    # By hand, for the standard library stops at the first odd cookie, and other programs on this machine set theirs.
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return next((value for name, _, value in pairs if name == name_for(host)), "")


def cookie(secret: str, host: str, is_secure: bool) -> str:
    """Return the `Set-Cookie` header of a session; an empty secret takes the cookie away."""
    parts = [f"{name_for(host)}={secret}", "Path=/page", "HttpOnly", "SameSite=Strict"]
    parts += [f"Max-Age={round(LASTS) if secret else 0}", *(["Secure"] if is_secure else [])]
    return "; ".join(parts)
