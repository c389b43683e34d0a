"""What a body may cost: none is larger than an answer can be, or decompresses to more."""

from __future__ import annotations

import zlib

ENCODING = "gzip"
"""The one encoding of bodies that is asked for."""
_NAMES = (ENCODING, f"x-{ENCODING}")
"""Its name, and the one that it had."""
LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of an answer's body, as sent and after decompression."""


class BodyError(Exception):
    """A body that cannot be read to its end; the text holds nothing of it."""


class Body:
    """Collects an answer's body piece by piece and decompresses it, within bounds."""

    def __init__(self, encoding: str) -> None:
        encoding = encoding.strip().lower()
        if encoding not in ("", "identity", *_NAMES):
            raise BodyError("its body is encoded in a way that was not asked for")
        self._gzip = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding in _NAMES else None
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
