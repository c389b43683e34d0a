"""Where credentials may go: to a region by its name, to a host by its URL, and in clear to this machine alone."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address

from .errors import ConfigError
from .wording import Message, Setting

_REGION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?", re.IGNORECASE)
_PORT = re.compile(r"(:[0-9]{1,5})?")
_SHAPE = (
    "must be https://HOST, http://HOST:PORT or file://PATH, with nothing after the host (and no user name before it)."
)


def check_region(name: str | Setting, region: str) -> None:
    """Refuse what is no region: it would become part of the host that credentials are sent to."""
    if not _REGION.fullmatch(region):
        raise ConfigError(
            Message("{name} must be a region such as cn-hangzhou: letters, digits and single hyphens.", name=name)
        )


def base_url(name: str | Setting, endpoint: str, *, allow_insecure: bool, setting: Setting) -> str:
    """Return the scheme, host and port that an endpoint stands for.

    Raises ConfigError that says what is wrong, and which setting allows what is not secure.
    """
    scheme, separator, rest = endpoint.partition("://")
    scheme, rest = (scheme.lower(), rest) if separator else ("https", endpoint)
    # Judged as it is written: parsers drop line breaks, take backslashes for slashes, and letters for others.
    host, port = _host_and_port(rest[:-1] if rest.endswith("/") else rest)
    if scheme not in ("http", "https") or host is None or not 0 <= int(port or 0) <= 65535:
        raise ConfigError(Message("{name} {shape}", name=name, shape=_SHAPE))
    if scheme == "http" and not allow_insecure and not is_loopback(host):
        raise ConfigError(
            Message(
                "{name} is http://, which would send credentials and api keys in clear to {host}: use https://, or set "
                "{setting} to true if everybody on the way may read them.",
                name=name,
                host=host,
                setting=setting,
            )
        )
    return f"{scheme}://{host}{f':{int(port)}' if port and int(port) else ''}"


def _host_and_port(text: str) -> tuple[str | None, str]:
    if text.startswith("["):
        inside, bracket, after = text[1:].partition("]")
        is_host = bool(bracket) and _is_ipv6(inside)
        host = f"[{inside.lower()}]"
    else:
        inside, colon, behind = text.partition(":")
        is_host, host, after = bool(_HOST.fullmatch(inside)), inside.lower(), colon + behind
    return (host if is_host and _PORT.fullmatch(after) else None), after.removeprefix(":")


def _is_ipv6(text: str) -> bool:
    try:
        return text.isascii() and "%" not in text and bool(IPv6Address(text))
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine, whatever a name server says."""
    name = host.removeprefix("[").removesuffix("]").lower()
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
