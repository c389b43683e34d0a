"""The engine as a program sees it: where a component registers itself and what is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import grpc.aio
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto.provider_pb2 import ConstructRequest
from pulumi.runtime.proto.resource_pb2 import (
    SUCCESS,
    RegisterResourceOutputsRequest,
    RegisterResourceRequest,
    RegisterResourceResponse,
)
from pulumi.runtime.proto.resource_pb2_grpc import ResourceMonitorStub

from ..lifecycle.unknown import UNKNOWN
from ..version import __version__
from . import values
from .protocol import schema

_LARGEST_MESSAGE = 400 * 1024 * 1024
LIMITS = [("grpc.max_receive_message_length", _LARGEST_MESSAGE), ("grpc.max_send_message_length", _LARGEST_MESSAGE)]
"""Pulumi's own limits of what is sent between engine, programs and providers."""

_OWN_NAMES = {"resource_hooks": "hooks", "stack_trace_handle": "parentStackTraceHandle"}
_PASSED_ON = _OWN_NAMES | {
    name: name
    for name in (
        "parent",
        "dependencies",
        "providers",
        "aliases",
        "protect",
        "retainOnDelete",
        "deletedWith",
        "ignoreChanges",
        "replaceOnChanges",
        "additionalSecretOutputs",
        "customTimeouts",
        "replace_with",
    )
}
"""Options of a component in a program, and what they are called where it registers itself. What its children have of
them, the engine says: `protect`, `retainOnDelete`, `deletedWith`, providers and aliases."""


@dataclass(frozen=True, repr=False)
class Registered:
    """A resource that the engine knows now."""

    urn: str
    _found: Mapping[str, Any]
    _is_known: bool

    def output(self, name: str) -> Any:
        """Return an output, hidden if it is a secret, UNKNOWN as long as a preview or a failure keeps it so."""
        return self._found.get(name, None if self._is_known else UNKNOWN)


class Monitor:
    """The engine's resource monitor during one run."""

    def __init__(self, channel: grpc.aio.Channel, *, is_preview: bool) -> None:
        self._stub = ResourceMonitorStub(channel)
        self._is_preview = is_preview

    @classmethod
    @asynccontextmanager
    async def opened(cls, request: ConstructRequest) -> AsyncIterator[Monitor]:
        """Connect to the monitor that a request comes from."""
        async with grpc.aio.insecure_channel(request.monitorEndpoint, options=LIMITS) as channel:
            yield cls(channel, is_preview=request.dryRun)

    async def component(self, request: ConstructRequest) -> Registered:
        """Register the component that a request is about, with the options that the program gave it."""
        options = {_PASSED_ON[field.name]: value for field, value in request.ListFields() if field.name in _PASSED_ON}
        for name, value in options.items():
            if isinstance(value, Message):  # of another type, with the same fields
                options[name] = {field.name: item for field, item in value.ListFields()}
        return await self._register(RegisterResourceRequest(type=request.type, name=request.name, **options))

    async def child(
        self, type_: str, name: str, parent: Registered, inputs: Struct, needs: Mapping[str, Iterable[str]]
    ) -> Registered:
        """Register a resource in a component; `needs` are the URNs that each of its inputs depends on."""
        request = RegisterResourceRequest(
            type=type_,
            name=name,
            parent=parent.urn,
            custom=True,
            object=inputs,
            dependencies=sorted({urn for urns in needs.values() for urn in urns}),
            # As SDKs do, so that they are of the provider that the program's other resources are of.
            version=__version__,
            pluginDownloadURL=schema()["pluginDownloadURL"],
            supportsPartialValues=True,
        )
        for key in inputs.fields:
            request.propertyDependencies[key].urns.extend(sorted(needs.get(key, ())))
        return await self._register(request)

    async def _register(self, request: RegisterResourceRequest) -> Registered:
        request.acceptSecrets = request.aliasSpecs = request.supportsResultReporting = True
        answer = await cast("Awaitable[RegisterResourceResponse]", self._stub.RegisterResource(request))
        found = values.read(answer.object)
        is_known = not self._is_preview and answer.result == SUCCESS
        return Registered(answer.urn, values.hide(found.values, found.secrets), is_known)

    async def finish(self, component: Registered, outputs: Struct) -> None:
        """Give the outputs of a component."""
        request = RegisterResourceOutputsRequest(urn=component.urn, outputs=outputs)
        await cast("Awaitable[Any]", self._stub.RegisterResourceOutputs(request))
