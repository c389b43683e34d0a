"""Runs the embedded platform inside the client, as an httpx transport."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from .local import open_platform

if TYPE_CHECKING:
    from pulumi_agentrun.platform import Platform


class EmbeddedTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answer requests from the platform whose data is in a directory; the first creation makes it."""

    def __init__(self, directory: Path, platform: Platform | None = None) -> None:
        """Open the platform with the first request, unless it is given."""
        self._directory = directory
        self._lock = threading.Lock()
        self._platform = platform

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        from pulumi_agentrun.platform import ConnectionDropped

        headers = [(key.decode("ascii"), value.decode("latin-1")) for key, value in request.headers.raw]
        target = request.url.raw_path.decode("ascii")
        try:
            answer = self._opened(request.method).handle(request.method, target, headers, request.read())
        except ConnectionDropped as error:
            raise httpx.ReadError("the connection was dropped", request=request) from error
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, from a thread, since the platform waits for its database."""
        return await asyncio.to_thread(self.handle_request, request)

    def _opened(self, method: str) -> Platform:
        with self._lock:
            if self._platform is None:
                self._platform = open_platform(self._directory, make=method == "POST")
            return self._platform

    def close(self) -> None:
        """Close the platform's files."""
        with self._lock:
            platform, self._platform = self._platform, None
        if platform:
            platform.close()

    async def aclose(self) -> None:
        """Close the platform's files."""
        self.close()
