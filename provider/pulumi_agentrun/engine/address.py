"""Where the engine's own server is, and whether it is still there."""

from __future__ import annotations

import argparse
import socket

_PATIENCE = 10.0
"""Seconds that a connection may take."""


def address(text: str) -> str:
    """Return the address that the engine gives to what it starts. Raises ArgumentTypeError if it is none."""
    host, _, port = text.rpartition(":")
    if not (host and port.isascii() and port.isdecimal() and 0 < int(port) < 2**16):
        raise argparse.ArgumentTypeError("must be HOST:PORT")
    return text


def is_there(engine: str) -> bool:
    """Say whether an engine runs: where one has ended, or was killed, the system refuses connections."""
    host, _, port = engine.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return True  # too busy to answer
    return True
