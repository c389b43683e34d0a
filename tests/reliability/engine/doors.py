"""The provider's own code behind each front door, called as Pulumi calls it: a verb, JSON in and JSON out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.output import UNKNOWN as PULUMI_UNKNOWN
from pulumi.output import Unknown
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto import status_pb2
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret
from pulumi_agentrun.client.errors import AgentRunError
from pulumi_agentrun.dynamic import KindProvider, ModelProxyProvider, ModelServiceProvider
from pulumi_agentrun.plugin.provider import Provider
from reliability.calls import UNKNOWN, about
from reliability.engine.world import World

Given = dict[str, Any]
CLASSES: dict[str, type[KindProvider]] = {"service": ModelServiceProvider, "proxy": ModelProxyProvider}


class Failed(Exception):
    """A call to the provider failed."""

    def __init__(self, message: str, word: str = "failed", made: Given | None = None) -> None:
        super().__init__(message)
        self.word = word
        self.made = made
        """The id and properties of what exists, though it is incomplete."""


class Host(Protocol):
    """One process of a provider."""

    def call(self, verb: str, given: Given) -> Given:
        """Make a call. Raises Failed, or NotImplementedError for what the door does without."""


class DynamicHost:
    """What Pulumi's host of Python's dynamic providers does around our classes."""

    def __init__(self, _world: World) -> None:
        self._config: Given = {}
        self._providers: dict[str, KindProvider] = {}

    def call(self, verb: str, given: Given) -> Given:
        if verb in ("CheckConfig", "DiffConfig"):
            raise NotImplementedError(verb)
        if verb == "Configure":
            self._config = given["args"]
            return {}
        provider = self._provider(about(given["urn"]).split()[0].rsplit("/", 1)[-1])
        try:
            found: Given = getattr(self, f"_{verb.lower()}")(provider, given)
        except AgentRunError as error:
            raise Failed(str(error)) from None
        return found

    def _provider(self, kind: str) -> KindProvider:
        if kind not in self._providers:
            self._providers[kind] = CLASSES[kind]()
            self._providers[kind].configure(ConfigureRequest(Config(self._config, "e2e")))
        return self._providers[kind]

    def _check(self, provider: KindProvider, given: Given) -> Given:
        found = provider.check(_to_host(given.get("olds", {})), _to_host(given["news"]))
        return {"inputs": wire(found.inputs), "failures": [{"reason": failure.reason} for failure in found.failures]}

    def _diff(self, provider: KindProvider, given: Given) -> Given:
        found = provider.diff(given["id"], _to_host(given["olds"]), _to_host(given["news"]))
        return {
            "changes": "DIFF_SOME" if found.changes else "DIFF_NONE",
            "replaces": list(found.replaces or ()),
            "deleteBeforeReplace": bool(found.delete_before_replace),
        }

    def _create(self, provider: KindProvider, given: Given) -> Given:
        made = provider.create(wire(given["properties"]))
        return {"id": made.id, "properties": wire(made.outs)}

    def _read(self, provider: KindProvider, given: Given) -> Given:
        if "properties" not in given:
            raise Failed("'__provider'")  # an import: the host does not know which class to ask
        found = provider.read(given["id"], wire(given["properties"]))
        return {"id": found.id, "properties": wire(found.outs), "inputs": wire(found.inputs or {})}

    def _update(self, provider: KindProvider, given: Given) -> Given:
        return {"properties": wire(provider.update(given["id"], wire(given["olds"]), wire(given["news"])).outs)}

    def _delete(self, provider: KindProvider, given: Given) -> Given:
        provider.delete(given["id"], wire(given["properties"]))
        return {}


def wire(value: Any) -> Any:
    """Return values as the dynamic host's wire carries them: numbers are floats, no nulls, secrets without marks."""
    if is_rpc_secret(value):
        return wire(unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: wire(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [wire(item) for item in value]
    if isinstance(value, Unknown):
        return UNKNOWN
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _to_host(value: Any) -> Any:
    """Return values as the host gives them to a check or a diff, which see what is unknown."""
    if isinstance(value, dict):
        return {key: _to_host(item) for key, item in wire(value).items()}
    if isinstance(value, list):
        return [_to_host(item) for item in value]
    return PULUMI_UNKNOWN if value == UNKNOWN else value


class PluginHost:
    """A process of the plugin, without its socket."""

    def __init__(self, world: World) -> None:
        self._loop = world.loop
        self._servicer = Provider(_Log())  # type: ignore[arg-type]

    def call(self, verb: str, given: Given) -> Given:
        request_of: Callable[[], Message] = getattr(messages, _REQUESTS.get(verb, f"{verb}Request"))
        method: Callable[[Message, Any], Awaitable[Message]] = getattr(self._servicer, verb)
        answer = self._loop.run_until_complete(_answer(method, ParseDict(given, request_of())))
        return MessageToDict(answer)


_REQUESTS = {"CheckConfig": "CheckRequest", "DiffConfig": "DiffRequest"}


async def _answer(method: Callable[[Message, Any], Awaitable[Message]], request: Message) -> Message:
    return await method(request, _Context())


class _Log:
    @contextmanager
    def about(self, urn: str) -> Iterator[None]:
        yield

    def say(self, text: str) -> None:
        """Tell nobody."""


class _Context:
    """What a servicer ends a call with when it has no answer."""

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise Failed(details)

    async def abort_with_status(self, status: Any) -> None:
        found = status_pb2.Status()
        found.ParseFromString(dict(status.trailing_metadata)["grpc-status-details-bin"])
        made = messages.ErrorResourceInitFailed()
        assert found.details[0].Unpack(made)
        raise Failed(status.details, "incomplete", MessageToDict(made))


HOSTS: dict[str, Callable[[World], Host]] = {"dynamic": DynamicHost, "plugin": PluginHost}
