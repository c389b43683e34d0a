"""Where URLs lead: addresses that are equal however they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from urllib.parse import quote, unquote, urlsplit

_PORTS = {"http": 80, "https": 443}
_REGION = re.compile(r"(?:ap|cn|eu|me|na|us)(?:-[a-z0-9]+)+")


@dataclass(frozen=True)
class Address:
    """An address in normal form."""

    scheme: str
    host: str
    """In lower case and ASCII, without the dot that may end it."""
    port: int | None
    path: tuple[str, ...]
    """Its segments, percent-encoded where they must be."""
    has_user: bool = field(compare=False)
    """Whether the URL carries a user name or a password."""

    def ways_up(self) -> Iterator[Address]:
        """Yield this address and those above it, the nearest first."""
        for length in range(len(self.path), -1, -1):
            yield replace(self, path=self.path[:length])


def endpoint_region(endpoint: str | None) -> str | None:
    """Return the region that an endpoint of the cloud names in its host, None if it names none."""
    address = address_of(endpoint if "://" in endpoint else f"https://{endpoint}") if endpoint else None
    labels = address.host.split(".") if address and address.scheme in _PORTS else []
    if labels[-2:] != ["aliyuncs", "com"]:
        return None
    return next((label for label in reversed(labels) if _REGION.fullmatch(label)), None)


def address_of(url: str) -> Address | None:
    """Return where a URL leads, None if it is none."""
    try:
        parts = urlsplit(url)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if not parts.scheme or not host:
        return None
    has_user = parts.username is not None or parts.password is not None
    return Address(parts.scheme, host, port or _PORTS.get(parts.scheme), _segments(parts.path), has_user)


def _host(text: str) -> str:
    """Return a host in normal form. Raises ValueError."""
    if ":" in text:
        return str(ip_address(text))
    return unquote(text).encode("idna").decode("ascii").lower().removesuffix(".")


def _segments(path: str) -> tuple[str, ...]:
    found: list[str] = []
    for segment in map(unquote, path.split("/")):
        if segment == "..":
            del found[-1:]
        elif segment not in ("", "."):
            found.append(quote(segment, safe=""))
    return tuple(found)
