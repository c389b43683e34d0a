"""Names of hosts: their addresses, looked up in threads that nobody has to wait for, and why one cannot be reached."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

import anyio
import httpcore

_NOT_FOUND = "{} was not found in time"


def _look_up(host: str, port: int, tell: Callable[[list[Any] | Exception], object]) -> None:
    """Find a host's addresses and tell them, or why there are none; a name's in a thread that nobody has to wait for.

    The threads of an event loop's own, few, would all wait for names that are never found, and the loop's end for them.
    """

    def look(flags: int = 0) -> None:
        try:
            found: list[Any] | Exception = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
        except Exception as error:
            found = error
        tell(found)

    try:
        ipaddress.ip_address(host)
    except ValueError:
        threading.Thread(target=look, daemon=True).start()
    else:
        look(socket.AI_NUMERICHOST)


def looked_up(host: str, port: int, seconds: float | None) -> list[Any]:
    """Return a host's addresses if they are found in time."""
    found: SimpleQueue[list[Any] | Exception] = SimpleQueue()
    _look_up(host, port, found.put)
    try:
        return _addresses(host, found.get(timeout=seconds))
    except Empty:
        raise httpcore.ConnectTimeout(_NOT_FOUND.format(host)) from None


async def looked_up_async(host: str, port: int, seconds: float | None) -> list[Any]:
    """Return a host's addresses if they are found in time, the event loop going on meanwhile."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[list[Any] | Exception] = loop.create_future()

    def settle(found: list[Any] | Exception) -> None:
        if not future.done():
            future.set_result(found)

    def tell(found: list[Any] | Exception) -> None:
        with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            loop.call_soon_threadsafe(settle, found)

    _look_up(host, port, tell)
    try:
        # Not asyncio.wait_for, which until Python 3.12 may lose a cancellation, and what it has waited for.
        with anyio.fail_after(seconds):
            return _addresses(host, await future)
    except TimeoutError:
        raise httpcore.ConnectTimeout(_NOT_FOUND.format(host)) from None


def _addresses(host: str, found: list[Any] | Exception) -> list[Any]:
    if isinstance(found, Exception):
        raise unreachable(host, found)
    return found


def unreachable(host: str, error: Exception) -> httpcore.ConnectError:
    """Return why there is no connection; asyncio's own words quote the address, so that they would not be repeated."""
    if isinstance(error, OSError) and not isinstance(error, (ssl.SSLError, socket.gaierror)) and error.errno:
        return httpcore.ConnectError(f"[Errno {error.errno}] {os.strerror(error.errno)}")
    return httpcore.ConnectError(f"{host}: {str(error) or type(error).__name__}")
