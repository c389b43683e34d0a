"""Where URLs lead: addresses that are equal however they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlsplit

if TYPE_CHECKING:
    from ..client.config import Connection

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_.-]+")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_OWN_NAMES = ("localhost", "metadata", "metadata.google.internal", "metadata.tencentyun.com", "instance-data")
"""A machine's names for itself and for what its cloud tells it alone, keys included."""
_OWN_NETWORKS = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
            "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8", "fd00:ec2::254/128",
        ),
    )
)  # fmt: skip
"""This machine and its link, and where the metadata of Alibaba Cloud, AWS, Azure, Google and Oracle are."""
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
    parameters: tuple[str, ...] = field(default=(), compare=False)
    """The names in its query; a fragment is one without a name."""

    @property
    def is_own(self) -> bool:
        """Whether it is of the machine itself that calls it, or of what its cloud tells it alone."""
        if any(self.host == name or self.host.endswith(f".{name}") for name in _OWN_NAMES):
            return True
        try:
            number = ip_address(self.host)
        except ValueError:
            return False
        return any(number in network for network in _OWN_NETWORKS)

    def ways_up(self) -> Iterator[Address]:
        """Yield this address and those above it, the nearest first."""
        for length in range(len(self.path), -1, -1):
            yield replace(self, path=self.path[:length])


def connected_region(connection: Connection) -> str | None:
    """Return the region that a client works in, None where its endpoint does not tell."""
    return endpoint_region(connection.base_url) or connection.region


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
        host, port = host_of(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if not parts.scheme or not host:
        return None
    has_user = parts.username is not None or parts.password is not None
    query = tuple(name for name, _ in parse_qsl(parts.query, keep_blank_values=True)) + ("",) * bool(parts.fragment)
    return Address(parts.scheme, host, port or _PORTS.get(parts.scheme), _segments(parts.path), has_user, query)


def host_of(text: str) -> str:
    """Return a host in normal form: in lower case and ASCII, a number as an address. Raises ValueError."""
    if ":" in text:
        number = ip_address(text.partition("%")[0])
        return str(_inner(number) or number)
    host = unquote(text).encode("idna").decode("ascii").lower().removesuffix(".")
    if host and not _HOST.fullmatch(host):
        raise ValueError("no host has such signs in it")  # a backslash, which some clients take for a slash
    return _as_number(host) or host


def _inner(number: IPv4Address | IPv6Address) -> IPv4Address | None:
    """Return the address of the older kind that one of the newer stands for."""
    if not isinstance(number, IPv6Address):
        return None
    translated = number in ip_network("64:ff9b::/96") or (int(number) >> 32 == 0 and int(number) > 1)
    plain = IPv4Address(int(number) & 0xFFFFFFFF) if translated else None
    return number.ipv4_mapped or number.sixtofour or plain


def _as_number(host: str) -> str | None:
    """Return the address that a host is as `inet_aton` reads it (`2130706433`, `0x7f.1`, `0177.0.0.1`), if any."""
    parts = host.split(".")
    if len(parts) > 4 or not all(map(_NUMBER.fullmatch, parts)):
        return None
    *firsts, last = (_integer(part) for part in parts)
    rest = 4 - len(firsts)
    if any(first > 255 for first in firsts) or last >= 256**rest:
        raise ValueError("no address has such a number")
    return str(IPv4Address(int.from_bytes(bytes(firsts), "big") * 256**rest + last))


def _integer(text: str) -> int:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8) if text.startswith("0") and len(text) > 1 else int(text)


def _segments(path: str) -> tuple[str, ...]:
    found: list[str] = []
    for segment in map(unquote, path.split("/")):
        if segment == "..":
            del found[-1:]
        elif segment not in ("", "."):
            found.append(quote(segment, safe=""))
    return tuple(found)
