"""Serves a platform from a thread of the test's process, on a port of this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..platform import Platform
from ..platform.gateway.calls import Gateway
from ..platform.installed import server
from ..platform.opening import Certificate, address


@contextmanager
def serving(
    platform: Platform,
    gateway: Gateway | None = None,
    certificate: Certificate | None = None,
    *,
    is_local: bool = False,
    port: int = 0,
) -> Iterator[str]:
    """Give the address at which a platform answers, and its gateway if there is one.

    Unless given, the port is a free one. Where it `is_local`, requests to another host are refused. Raises CannotServe
    if something is not installed.
    """
    configuration = server().configuration(platform, certificate, gateway=gateway, is_local=is_local)
    import uvicorn  # which is there, if that was

    served = uvicorn.Server(configuration)
    with socket.create_server(("127.0.0.1", port), backlog=2048) as listener:
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]}, name="agentrun-platform")
        thread.start()
        try:
            yield address("https" if certificate else "http", *listener.getsockname())
        finally:
            served.should_exit = True
            thread.join()
