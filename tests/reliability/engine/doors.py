"""The provider's own code behind each front door, called as Pulumi calls it: a verb, JSON in and JSON out.

Behind the dynamic door stands Pulumi's own host, behind the other the plugin; both without their sockets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, NoReturn, cast

import grpc
import pulumi.dynamic
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto import status_pb2
from pulumi_agentrun import dynamic
from pulumi_agentrun.client.flows import Notice
from pulumi_agentrun.client.kinds import KINDS
from pulumi_agentrun.engine.log import Engine
from pulumi_agentrun.plugin.provider import Provider
from reliability.calls import SECRET
from reliability.engine.world import World

Given = dict[str, Any]
PROVIDERS = {kind.word: dynamic.PROVIDERS[kind.token] for kind in KINDS}
_REQUESTS = {"CheckConfig": "CheckRequest", "DiffConfig": "DiffRequest"}


class Failed(Exception):
    """A call to the provider failed."""

    def __init__(self, message: str, word: str = "failed", made: Given | None = None) -> None:
        super().__init__(message)
        self.word = word
        self.made = made
        """The id and properties of what exists, though it is incomplete."""


class Host(ABC):
    """One process of a provider."""

    def call(self, verb: str, given: Given) -> Given:
        """Make a call. Raises Failed, or NotImplementedError for what the door does without."""
        request = ParseDict(given, getattr(messages, _REQUESTS.get(verb, f"{verb}Request"))())
        return MessageToDict(self._answer(verb, request))

    @abstractmethod
    def _answer(self, verb: str, request: Message) -> Message: ...

    def close(self) -> None:
        """End the process."""
        return


class DynamicHost(Host):
    """Pulumi's host of dynamic providers."""

    def __init__(self, world: World, run: str) -> None:
        space: Given = {"__name__": "pulumi.dynamic.host"}
        exec(_host(), space)
        # What the host does for programs that look at their own stack.
        space |= {"configure": lambda settings: None, "get_project": lambda: "e2e"}
        self._servicer: Any = space["DynamicResourceProviderServicer"]()

    def call(self, verb: str, given: Given) -> Given:
        return super().call(verb, {key: _shown(value) for key, value in given.items()})

    def _answer(self, verb: str, request: Message) -> Message:
        try:
            return cast("Message", getattr(self._servicer, verb)(request, _context()))
        except (Failed, NotImplementedError):
            raise
        except Exception as error:  # whatever it is, the host only says what it says
            raise Failed(str(error)) from error


@cache
def _host() -> CodeType:
    """Return the host's code, which as a module would begin to serve."""
    path = Path(pulumi.dynamic.__file__).with_name("__main__.py")
    text = path.read_text()
    assert text.rstrip().endswith("\nmain()"), f"{path} is not what it was: see how it starts, and leave that out here"
    return compile(text.rstrip().removesuffix("main()"), str(path), "exec")


@cache
def pickled(kind: str) -> str:
    """Return what state holds of the provider of a dynamic resource."""
    return str(serialize_provider(PROVIDERS[kind]()))


def _shown(value: Any) -> Any:
    """Return a value without marks of secrets, as it comes to who does not accept them."""
    if isinstance(value, dict):
        return _shown(value["value"]) if SECRET in value else {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value


class PluginHost(Host):
    """The plugin."""

    def __init__(self, world: World, run: str) -> None:
        self._loop = world.loop
        self._servicer = Provider(_Log(run))

    def _answer(self, verb: str, request: Message) -> Message:
        return self._loop.run_until_complete(self._answered(verb, request))

    async def _answered(self, verb: str, request: Message) -> Message:
        return await getattr(self._servicer, verb)(request, _AsyncContext())  # type: ignore[no-any-return]

    def close(self) -> None:
        # A process's files end with it.
        self._servicer.runs.of(cast("Any", _AsyncContext())).resources.close()


class _Log(Engine):
    """The engine, as far as the plugin knows it."""

    def say(self, notice: Notice) -> None:
        """Tell nobody."""


class _Context(grpc.ServicerContext):
    """What the host's methods end a call with when they have no answer."""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise Failed(details)

    def abort_with_status(self, status: Any) -> NoReturn:
        raise _incomplete(status)

    def set_code(self, code: grpc.StatusCode) -> None:
        """Do without."""

    def set_details(self, details: str) -> None:
        """Do without."""


def _context() -> grpc.ServicerContext:
    """Return a context with the methods above alone: the others are nobody's business here."""
    made: type[Any] = _Context
    made.__abstractmethods__ = frozenset()
    return cast("grpc.ServicerContext", made())


class _AsyncContext:
    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise Failed(details)

    async def abort_with_status(self, status: Any) -> None:
        raise _incomplete(status)


def _incomplete(status: Any) -> Failed:
    found = status_pb2.Status()
    found.ParseFromString(dict(status.trailing_metadata)["grpc-status-details-bin"])
    made = messages.ErrorResourceInitFailed()
    assert found.details[0].Unpack(made)
    return Failed(status.details, "incomplete", MessageToDict(made))


HOSTS = {"dynamic": DynamicHost, "plugin": PluginHost}
