"""Which hosts are this machine and nothing else."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Say whether a host, without a port, is this machine by what it says; `127.example` is a name like any other."""
    name = host.removeprefix("[").removesuffix("]").lower()
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def is_to_loopback(header: str) -> bool:
    """Say whether a `Host` header, which may have a port, names this machine."""
    host, colon, port = header.rpartition(":")
    has_port = bool(colon) and port.isascii() and port.isdigit()
    return is_loopback(host if has_port and (host.endswith("]") or ":" not in host) else header)
