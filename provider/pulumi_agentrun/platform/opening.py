"""Gets what a server needs: its data, its keys, its address, its certificate; or says in a sentence why it cannot."""

from __future__ import annotations

import errno
import os
import secrets
import socket
import sqlite3
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .platform import Platform

_BACKLOG = 2048
TOKEN_FILE = "token"


class CannotServe(Exception):
    """What is needed cannot be had; the text says what to do."""


@dataclass(frozen=True)
class Certificate:
    """The files that HTTPS needs."""

    certificate: str
    key: str


@contextmanager
def opened(directory: str, credentials: Mapping[str, str]) -> Iterator[Platform]:
    """Give the platform whose data is in a directory."""
    try:
        platform = Platform.open(directory, credentials, is_served=True)
    except OSError as error:
        raise CannotServe(f"--data {directory} cannot be used: {_why(error)}. Give a directory of your own.") from None
    except sqlite3.Error as error:
        raise CannotServe(f"--data {directory} holds no platform that can be read: {error}. Give another.") from None
    try:
        yield platform
    finally:
        platform.close()


def kept(path: Path, made: str) -> list[str]:
    """Return the words in a file that only its owner can read, which is made with one if it is missing.

    Raises OSError, and ValueError where others could read it too.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if not path.is_file():
            raise ValueError("it is no regular file") from None
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ValueError("others can read it, or write to it; chmod 600 it") from None
    else:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{made}\n")
    try:
        return path.read_text("utf-8").split()
    except UnicodeDecodeError:
        raise ValueError("it is not text") from None


def token(directory: str) -> str:
    """Return the token that proxies without a credential are called with, made if it is missing."""
    path = Path(directory) / TOKEN_FILE
    try:
        words = kept(path, f"local-{secrets.token_urlsafe(24)}")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise CannotServe(f"{path}, the gateway's token, cannot be used: {why}. Delete it for a new one.") from None
    if len(words) != 1:
        raise CannotServe(f"{path}, the gateway's token, must hold one word. Delete it for a new one.")
    return words[0]


def address(scheme: str, host: str, port: int) -> str:
    """Return how this machine calls what listens on a host and a port; on every address, it is loopback."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.getaddrinfo(host, port, family)
    except (OSError, UnicodeError):
        raise CannotServe(f"--host {host} is not known: give an address of this machine, such as 127.0.0.1.") from None
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotServe(f"Port {port} is in use on {host}: give another --port; 0 takes a free one.") from None
        if error.errno == errno.EADDRNOTAVAIL:
            raise CannotServe(f"--host {host} is no address of this machine: 127.0.0.1 is one.") from None
        raise CannotServe(f"It is not possible to listen on {host}, port {port}: {_why(error)}.") from None


def checked(certificate: str, key: str) -> Certificate:
    """Return the files of a certificate and its key, which belong together."""
    for option, path in (("--tls-cert", certificate), ("--tls-key", key)):
        try:
            with open(path, "rb"):
                pass
        except OSError as error:
            raise CannotServe(f"{option} {path} cannot be read: {_why(error)}.") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_verify_locations(certificate)
    except ssl.SSLError:
        raise CannotServe(f"--tls-cert {certificate} is no certificate in PEM form.") from None
    try:
        context.load_cert_chain(certificate, key, password="")  # which would else be asked for on the terminal
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise CannotServe(f"--tls-key {key} is not the key of --tls-cert {certificate}.") from None
        raise CannotServe(f"--tls-key {key} is no private key in PEM form, or it is encrypted.") from None
    return Certificate(certificate, key)


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).partition(" (while")[0]
