"""The schema's component: registers the model services and the proxy of a ModelGateway, as its program declares it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2 as messages

from ..client.errors import InvalidArgumentError
from ..client.kinds import PROXY, SERVICE, Kind
from ..client.wording import tell
from ..lifecycle.casing import camel, from_schema, path_in_schema
from ..lifecycle.check import Failure
from ..lifecycle.gateway import OF_PROXY, SHARED, Gateway, as_contract, service_resource
from ..lifecycle.gateway_inputs import SHAPES, faults, heaviest_first
from ..lifecycle.paths import Path, dotted
from ..lifecycle.readers import SCHEMA
from ..lifecycle.unknown import UNKNOWN
from . import values
from .monitor import Monitor, Registered
from .properties import struct
from .values import Hidden

GATEWAY = "agentrun:index:ModelGateway"
"""The type token of the component, the same through both doors."""


async def construct(request: messages.ConstructRequest) -> messages.ConstructResponse:
    """Register a component and what is in it. Raises InvalidArgumentError with all that is wrong with its inputs."""
    if request.type != GATEWAY:
        raise InvalidArgumentError(f"There is no component {request.type}; there is {GATEWAY}.")
    arguments = _arguments(request)
    gateway = Gateway(arguments)
    async with Monitor.opened(request) as monitor:
        made = _Made(request, monitor, await monitor.component(request))
        inputs = gateway.services()
        registered = await asyncio.gather(*(made.service(key, inputs[key]) for key in inputs))
        services = dict(zip(inputs, registered, strict=True))
        names = {key: service.output(camel(SERVICE.name_field)) for key, service in services.items()}
        proxy = await made.proxy(gateway.proxy(names), registered)
        outputs = values.write(_outputs(gateway, arguments, names, proxy))
        await monitor.finish(made.component, outputs)
    needs = messages.ConstructResponse.PropertyDependencies(urns=[proxy.urn])
    return messages.ConstructResponse(
        urn=made.component.urn, state=outputs, stateDependencies=dict.fromkeys(outputs.fields, needs)
    )


class _Made:
    """A component that is registered, to put resources into."""

    def __init__(self, request: messages.ConstructRequest, monitor: Monitor, component: Registered) -> None:
        self.component = component
        self._name = request.name
        self._monitor = monitor
        self._needs = {key: set(needs.urns) for key, needs in request.inputDependencies.items()}

    async def service(self, key: str, inputs: Mapping[str, Any]) -> Registered:
        own = self._needs.get("services", set())
        needs = {camel(name): self._needed(name) if name in SHARED else own for name in inputs}
        return await self._child(SERVICE, service_resource(self._name, key), inputs, needs)

    async def proxy(self, inputs: Mapping[str, Any], services: list[Registered]) -> Registered:
        rest = [name for name in SHAPES if name not in OF_PROXY]
        config = {service.urn for service in services}.union(*map(self._needed, rest))
        needs = {camel(name): self._needed(name) for name in inputs} | {"proxyConfig": config}
        return await self._child(PROXY, self._name, inputs, needs)

    async def _child(
        self, kind: Kind[Any], name: str, inputs: Mapping[str, Any], needs: Mapping[str, set[str]]
    ) -> Registered:
        type_ = f"agentrun:index:{kind.token}"
        return await self._monitor.child(type_, name, self.component, struct(kind, inputs, None), needs)

    def _needed(self, name: str) -> set[str]:
        return self._needs.get(camel(name), set())


def _arguments(request: messages.ConstructRequest) -> dict[str, Any]:
    """Return a gateway's arguments with secrets hidden, and maps in an order. Raises InvalidArgumentError."""
    given = values.read(request.inputs)
    misspelt: list[Failure] = []
    plain = from_schema(SHAPES, given.values, misspelt)
    spelled = {failure.path for failure in misspelt}  # counts as not known, which is not what is wrong with it
    wrong = [found for found in faults(plain) if (*_in_schema(found.path)[:-1], *found.path[-1:]) not in spelled]
    reasons = sorted([*map(str, misspelt), *map(_told, wrong)])
    if reasons:
        raise InvalidArgumentError("; ".join(reasons))
    hidden = from_schema(SHAPES, values.hide_within(given.values, given.secrets), [])
    ordered = {"services": sorted(plain["services"]), "weights": heaviest_first(plain.get("weights") or {})}
    for name, order in ordered.items():
        if hidden.get(name) is not None:
            hidden[name] = {key: hidden[name][key] for key in order}
    if hidden.get("fallbacks") is not None:  # keys, which the names of resources show
        hidden["fallbacks"] = plain["fallbacks"]
    return {name: value for name, value in hidden.items() if value is not None}


def _told(failure: Failure) -> str:
    return f"{dotted(_in_schema(failure.path))}: {tell(failure.reason, SCHEMA)}"


def _in_schema(path: Path) -> Path:
    return path_in_schema(SHAPES, path)


def _outputs(
    gateway: Gateway, arguments: Mapping[str, Any], names: Mapping[str, Any], proxy: Registered
) -> dict[str, Any]:
    models = _models(gateway)
    first = models if models is UNKNOWN else Hidden(models.value[0]) if isinstance(models, Hidden) else models[0]
    shown = {
        "endpoint": proxy.output("endpoint"),
        "model_proxy_name": proxy.output(camel(PROXY.name_field)),
        "model_name": first,
        "model_names": models,
        "credential_name": arguments.get("credential_name"),
    }
    contract = as_contract({**shown, "region": proxy.output("region")})
    return {camel(key): value for key, value in shown.items()} | {"modelServiceNames": names, "contract": contract}


def _models(gateway: Gateway) -> Any:
    """Return the models that callers can ask for: a list, perhaps hidden, or UNKNOWN."""
    found = [name.value if isinstance(name, Hidden) else name for name in gateway.model_names]
    if UNKNOWN in found:
        return UNKNOWN
    once = list(dict.fromkeys(found))
    return Hidden(once) if any(isinstance(name, Hidden) for name in gateway.model_names) else once
