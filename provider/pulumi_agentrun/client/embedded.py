"""Runs the embedded platform inside the client, as an httpx transport."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from .credentials import EMBEDDED


class EmbeddedTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answer requests from the platform whose data is in a directory."""

    def __init__(self, directory: Path) -> None:
        # Imported here so that whoever uses the cloud never loads the platform.
        from pulumi_agentrun.platform import ConnectionDropped, Platform

        self._dropped = ConnectionDropped
        self._platform = Platform.open(directory, {EMBEDDED.access_key_id: EMBEDDED.access_key_secret})

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        headers = [(key.decode("ascii"), value.decode("latin-1")) for key, value in request.headers.raw]
        target = request.url.raw_path.decode("ascii")
        try:
            answer = self._platform.handle(request.method, target, headers, request.read())
        except self._dropped as error:
            raise httpx.ReadError("the connection was dropped", request=request) from error
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, from a thread, since the platform waits for its database."""
        return await asyncio.to_thread(self.handle_request, request)

    def close(self) -> None:
        """Close the platform's files."""
        self._platform.close()

    async def aclose(self) -> None:
        """Close the platform's files."""
        self._platform.close()
