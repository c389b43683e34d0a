"""HTTP proxies: which one the environment has for an address, and connections through it."""

from __future__ import annotations

import ssl
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from .addresses import is_loopback
from .errors import ConfigError
from .network import IDLE, Network


def proxy_for(base_url: str) -> httpx.Proxy | None:
    """Return the HTTP proxy that the environment, or the system, has for an address. Raises ConfigError.

    What is for this machine in clear does not leave it: a proxy elsewhere is not asked for it.
    """
    to = urlsplit(base_url)
    known = getproxies()
    url = known.get(to.scheme) or known.get("all")
    host = to.hostname or ""
    # An address of IPv6 has brackets in a URL, and few write them into NO_PROXY.
    if not url or proxy_bypass(to.netloc) or (":" in host and proxy_bypass(host)):
        return None
    try:
        proxy = httpx.Proxy(url if "://" in url else f"http://{url}")
    except Exception:  # of several classes; the URL may hold a password
        raise ConfigError(
            f"The proxy that the environment names for {to.scheme}:// is no URL such as http://HOST:PORT."
        ) from None
    if proxy.url.port is not None and not 0 < proxy.url.port < 65536:
        raise ConfigError(f"The proxy that the environment names for {to.scheme}:// has no port from 1 to 65535.")
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigError("The environment names a SOCKS proxy, which takes a package more: install httpx[socks].")
    stays = to.scheme == "http" and is_loopback(host)
    return None if stays and not is_loopback(proxy.url.host) else proxy


def secrets_of(proxy: httpx.Proxy | None) -> tuple[str, ...]:
    """Return what no message may repeat of a proxy: its password, which is sent to it with the user's name."""
    user, password = (part.decode("utf-8", "replace") for part in (proxy and proxy.raw_auth) or (b"", b""))
    return (password, f"{user}:{password}") if password else ()


def proxied(proxy: httpx.Proxy, trust: ssl.SSLContext, network: Network) -> httpcore.ConnectionPool:
    """Return a pool of one connection to or through a proxy."""
    kind = httpcore.SOCKSProxy if proxy.url.scheme.startswith("socks") else httpcore.HTTPProxy
    return kind(**_to(proxy), ssl_context=trust, network_backend=network)


def async_proxied(proxy: httpx.Proxy, trust: ssl.SSLContext) -> httpcore.AsyncConnectionPool:
    """Return the same for an event loop."""
    kind = httpcore.AsyncSOCKSProxy if proxy.url.scheme.startswith("socks") else httpcore.AsyncHTTPProxy
    return kind(**_to(proxy), ssl_context=trust)


def _to(proxy: httpx.Proxy) -> dict[str, Any]:
    url = proxy.url
    address = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    return {"proxy_url": address, "proxy_auth": proxy.raw_auth, "max_connections": 1, "keepalive_expiry": IDLE}
