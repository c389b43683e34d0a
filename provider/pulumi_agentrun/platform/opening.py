"""Gets what a server needs: its data, its address, its certificate; or says in a sentence why it cannot."""

from __future__ import annotations

import errno
import socket
import sqlite3
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from .platform import Platform

_BACKLOG = 2048


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
