"""What a peer may cost: a network whose every step ends in time, and bodies no larger than an answer can be."""

from __future__ import annotations

import math
import socket
import ssl
import time
import zlib
from collections.abc import Iterable
from typing import Any

import httpcore

ENCODING = "gzip"
"""The one encoding of bodies that is asked for."""
LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of an answer's body, as sent and after decompression."""

_PIECE = 16 * 1024
"""Bytes written in one step: between two, a peer that takes them slowly is noticed."""


class BodyError(Exception):
    """A body that cannot be read to its end; the text holds nothing of it."""


class Body:
    """Collects an answer's body piece by piece and decompresses it, within bounds."""

    def __init__(self, encoding: str) -> None:
        if encoding.strip().lower() not in ("", "identity", ENCODING):
            raise BodyError("its body is encoded in a way that was not asked for")
        self._gzip = zlib.decompressobj(16 + zlib.MAX_WBITS) if ENCODING in encoding.lower() else None
        self._pieces: list[bytes] = []
        self._received = self._size = 0

    def add(self, piece: bytes) -> None:
        """Take a piece as it came over the network. Raises BodyError for too much, or what cannot be decompressed."""
        self._received += len(piece)
        if self._gzip is not None:
            piece = self._decompressed(piece)
        self._size += len(piece)
        if max(self._size, self._received) > LARGEST_BODY:
            raise BodyError(f"its body is larger than {LARGEST_BODY // 1024**2} MiB")
        self._pieces.append(piece)

    def whole(self) -> bytes:
        """Return the body. Raises BodyError if the end of something compressed is missing."""
        if self._gzip is not None and self._received and not self._gzip.eof:
            raise BodyError("its compressed body ends too early")
        return b"".join(self._pieces)

    def _decompressed(self, piece: bytes) -> bytes:
        assert self._gzip is not None
        if self._gzip.eof:  # what follows belongs to no body: JSON that lacks its end is noticed all the same
            return b""
        try:
            return self._gzip.decompress(piece, LARGEST_BODY + 1 - self._size)
        except zlib.error:
            raise BodyError("its compressed body is broken") from None


class Network(httpcore.NetworkBackend):
    """The network of one connection, each step of which takes no longer than what is left of its exchange.

    A timeout for each step alone does not end an exchange: a peer that sends a byte a second never runs into it.
    """

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()
        self.until = math.inf
        """When the exchange must be over, on the monotonic clock."""

    def left(self, timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
        """Return how long a step may take that has a timeout of its own. Raises `late` if no time is left."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise late("the time for it is up")
        return timeout if left == math.inf else min(left, math.inf if timeout is None else timeout)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers."""
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host}: {error}") from None
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for *_, address in addresses:
            try:
                stream = self._inner.connect_tcp(
                    str(address[0]), port, self.left(timeout, httpcore.ConnectTimeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(self, stream)
        raise failure


class _Stream(httpcore.NetworkStream):
    def __init__(self, network: Network, inner: httpcore.NetworkStream) -> None:
        self._network = network
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._network.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._inner.write(piece, self._network.left(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._network.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._network, self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        self._inner.close()
