"""The client's only I/O: drives a flow over httpx, in a thread or on an event loop."""

from __future__ import annotations

import asyncio
import os
import platform
import random
import re
import threading
from collections.abc import Callable
from functools import cached_property, lru_cache, partial
from typing import Any, TypeVar
from weakref import WeakSet

import httpcore
import httpx

from ..version import __version__
from .bounds import ENCODING, BodyError
from .clock import Clock
from .config import Connection
from .embedded import EmbeddedTransport
from .errors import AgentRunError, ConfigError, StoppedError, TransportError
from .exchanges import TOTAL
from .flows import Flow, Notice, Pause, Step, drive, drive_async
from .network import NotSentError
from .operations import VERSION, Operation
from .pool import AsyncConnections, Connections
from .proxies import proxy_for, secrets_of
from .redaction import SECRETS, Secret, redact
from .signature import Signature
from .wording import Message, Setting, Text, joined

T = TypeVar("T")

USER_AGENT = f"pulumi-agentrun/{__version__} Python/{platform.python_version()} httpx/{httpx.__version__}"
_HEADERS = {
    "accept": "application/json",
    "accept-encoding": ENCODING,
    "user-agent": USER_AGENT,
    "x-acs-version": VERSION,
}
"""What each request says, whatever it asks for."""
LONGEST_EXCHANGE = 120.0
"""Seconds that an exchange without a timeout of its own may take, unless a single read may take longer."""
# Raised by transports of others before a request has left, so that even a creation may be sent again.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.InvalidURL)
# Their texts hold addresses and reasons; where they repeat a header or what a peer sent, it stands in quotes.
_SPEAKING = (
    httpx.TransportError, BodyError,
    httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError,
)  # fmt: skip
_QUOTE = re.compile(r"['\"]")
_REFUSED = re.compile(r"[0-9]{3}\b")
"""How the text of an HTTP proxy's refusal begins; behind it is whatever the proxy says."""


class Session:
    """The pooled connections of one configuration; made when first used, safe to share among threads.

    Asynchronous connections belong to the event loop that made them: each loop has its own, and closes those. In a
    process that was forked, new ones are made.
    """

    def __init__(
        self,
        connection: Connection,
        notify: Callable[[Notice], None] | None = None,
        *,
        transport: httpx.BaseTransport | httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Connect to nothing yet.

        :param notify: What is told notices.
        :param transport: What carries requests instead of connections of its own, one for both colours if it is both.
        :param clock: What tells the time and waits.
        """
        self.connection = connection
        self.notify = notify or (lambda notice: None)
        self._transport = transport
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._signature = Signature(connection.credentials)
        self._base = connection.base_url.rstrip("/")
        self._sync: httpx.BaseTransport | None = None
        self._async: dict[asyncio.AbstractEventLoop, httpx.AsyncBaseTransport] = {}
        _SESSIONS.add(self)

    def run(self, flow: Flow[T]) -> T:
        """Drive a flow to its end, waiting in this thread.

        Whatever goes wrong in a step is thrown into the flow as an AgentRunError.
        """
        return drive(flow, self._perform)

    async def run_async(self, flow: Flow[T], stop: asyncio.Event | None = None) -> T:
        """Drive a flow to its end on the running event loop.

        As `run` does. Once `stop` is set, what still waits is told so with a StoppedError; requests under way are not
        cut short.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigError("Asynchronous calls run on event loops of asyncio: call them from asyncio.run.") from None
        return await drive_async(flow, partial(self._perform_async, stop))

    def _perform(self, step: Step) -> Any:
        try:
            if isinstance(step, Operation):
                return self._exchange(step)
            if isinstance(step, Pause):
                if step.seconds:  # else a flow only asks for the time, and no other thread is to have its turn
                    self._clock.sleep(_seconds(step))
                return self._clock.now()
            return self.notify(step)
        except Exception as error:
            failure = _failure(step, error, self._secrets)
        raise failure  # by itself: its context would show in a traceback what a lower library says

    async def _perform_async(self, stop: asyncio.Event | None, step: Step) -> Any:
        try:
            if isinstance(step, Operation):
                return await self._exchange_async(step)
            if isinstance(step, Pause):
                if step.seconds:
                    await self._pause(_seconds(step), stop)
                return self._clock.now()
            return self.notify(step)
        except Exception as error:
            failure = _failure(step, error, self._secrets)
        raise failure

    async def _pause(self, seconds: float, stop: asyncio.Event | None) -> None:
        await self._clock.sleep_async(seconds, stop)
        if stop is not None and stop.is_set():
            raise StoppedError("It was cancelled while it waited.")

    # A transport of httpx is asked directly: what its client adds, such as redirects and cookies, is not wanted here,
    # and takes its time.

    def _exchange(self, operation: Operation[Any]) -> httpx.Response:
        request = self._signature.prove(self._request(operation))
        response = self._wire().handle_request(request)
        response.request = request
        return response

    async def _exchange_async(self, operation: Operation[Any]) -> httpx.Response:
        request = await self._signature.prove_async(self._request(operation))
        response = await self._async_wire().handle_async_request(request)
        response.request = request
        return response

    @cached_property
    def _proxy(self) -> httpx.Proxy | None:
        is_direct = self._transport is not None or self.connection.directory is not None
        return None if is_direct else proxy_for(self.connection.base_url)

    @property
    def _secrets(self) -> tuple[str, ...]:
        """What no message may repeat of what proves who asks."""
        return (*self._signature.secrets, *secrets_of(self.__dict__.get("_proxy")))

    def _request(self, operation: Operation[Any]) -> httpx.Request:
        to, limit = self.connection, self._limit(operation)
        url = _url(self._base + operation.target)
        headers = {**_HEADERS, "host": url.netloc.decode("ascii"), "x-acs-action": operation.action}
        if operation.body is not None:
            headers |= {
                "content-type": "application/json; charset=utf-8",
                "content-length": str(len(operation.body)),
            }
        # Connecting and the TLS handshake, a connect timeout each, should end before the exchange has to: only then is
        # it known that nothing was sent.
        connect = min(to.connect_timeout, limit / 2)
        timeout = {"connect": connect, "read": to.read_timeout, "write": to.read_timeout, "pool": to.read_timeout}
        request = httpx.Request(
            operation.method,
            url,
            headers=headers,
            stream=httpx.ByteStream(operation.body or b""),  # as `content`, httpx would look through the headers again
            extensions={
                "timeout": timeout,
                TOTAL: limit,
                SECRETS: (*operation.secrets, *secrets_of(self._proxy)) if self._proxy else operation.secrets,
            },
        )
        request.read()
        return request

    def _limit(self, operation: Operation[Any]) -> float:
        if operation.timeout is not None:
            return operation.timeout
        to = self.connection
        return to.timeout or max(LONGEST_EXCHANGE, to.connect_timeout + to.read_timeout)

    def _wire(self) -> httpx.BaseTransport:
        with self._lock:
            if self._sync is None:
                self._sync = self._carrier(Connections)
            return self._sync

    def _async_wire(self) -> httpx.AsyncBaseTransport:
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._async:
                # What a loop that has ended has left open, it has left to the collector.
                self._async = {known: wire for known, wire in self._async.items() if not known.is_closed()}
                self._async[loop] = self._carrier(AsyncConnections)
            return self._async[loop]

    def _carrier(self, connections: Callable[[httpx.Proxy | None], T]) -> Any:
        if self._transport is not None:
            return self._transport
        if self.connection.directory is not None:
            return EmbeddedTransport(self.connection.directory)
        return connections(self._proxy)

    def close(self) -> None:
        """Close the connections that threads used."""
        with self._lock:
            wire, self._sync = self._sync, None
        if wire:
            wire.close()

    async def aclose(self) -> None:
        """Close the connections that threads used, and those of this event loop."""
        self.close()
        with self._lock:
            wire = self._async.pop(asyncio.get_running_loop(), None)
        if wire:
            await wire.aclose()

    def _leave_to_parent(self) -> None:
        """Begin anew in a forked process: two that read from one connection would get each other's answers."""
        self._lock = threading.Lock()  # another thread, which there is not any more, may have had the other
        wires = [wire for wire in (self._sync, *self._async.values()) if wire is not self._transport]
        self._sync, self._async = None, {}
        for wire in wires:
            if isinstance(wire, Connections):
                wire.close()  # this process's ends of them
            else:
                _PARENTS.append(wire)


_SESSIONS: WeakSet[Session] = WeakSet()
_PARENTS: list[object] = []
"""What a parent process goes on using: to close it here, or to have it collected, would disturb that."""


def _leave_all_to_parent() -> None:
    for session in list(_SESSIONS):
        session._leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all_to_parent)
_url = lru_cache(256)(httpx.URL)
"""What reads an address, which takes long, and most are asked for again."""


def _seconds(pause: Pause) -> float:
    return random.uniform(0, pause.seconds) if pause.jitter else pause.seconds


def _failure(step: Step, error: Exception, secrets: tuple[Secret, ...]) -> AgentRunError:
    """Return what a flow is told of anything that goes wrong in a step."""
    is_sent = not isinstance(error, (NotSentError, *_NOT_SENT))
    if isinstance(error, NotSentError):
        error = error.reason
    if isinstance(error, AgentRunError):
        return error
    if not isinstance(step, Operation):
        return TransportError(
            f"What a flow asked for, other than a request, failed: {type(error).__name__}.", sent=True
        )
    reason = redact(_said(error), (*step.secrets, *secrets))
    if not reason or _QUOTE.search(reason):
        reason = type(error).__name__
        if isinstance(error, OSError) and error.errno:  # the system's words for it, for its own may hold anything
            reason += f", {os.strerror(error.errno)}"
    said = f"{step.action} of {step.subject} got no answer: {reason.rstrip('.')}."
    if is_sent and step.method != "GET":
        advice: Text = "It may have taken effect all the same: look whether it has before you do it again."
    else:
        advice = Message(
            "Check {endpoint}, the region, the network and any HTTP proxy in between.", endpoint=Setting("endpoint")
        )
    return TransportError(joined(said, advice), sent=is_sent)


def _said(error: Exception) -> str:
    """Return the text of an error of a lower library, as far as it cannot hold what was sent or what a peer chose."""
    if not isinstance(error, _SPEAKING) or isinstance(error, (httpx.LocalProtocolError, httpcore.LocalProtocolError)):
        return ""
    refused = _REFUSED.match(str(error)) if isinstance(error, (httpx.ProxyError, httpcore.ProxyError)) else None
    return f"the HTTP proxy answered {refused[0]}" if refused else str(error)
