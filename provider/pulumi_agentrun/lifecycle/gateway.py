"""What a ModelGateway comes to: its model services, its proxy and its contract, from what a program says of it.

Both doors have it from here. It looks at keys only, so that values may be outputs, secrets, or not known yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .paths import Path

Arguments = Mapping[str, Any]
"""What a program says of a gateway, by the names of ModelGateway's arguments; maps in their order."""

DEFAULTS: dict[str, Any] = {"model_type": "llm", "num_retries": 2, "request_timeout": 60, "concurrency_limit": 100}
"""What holds for a gateway unless told otherwise."""
DEFAULT_GUARDRAILS = {
    "check_request": True,
    "check_response": True,
    "block_on_content_moderation": True,
    "block_on_malicious_url": True,
    "block_on_prompt_attack": True,
}
"""What a gateway checks and blocks unless told otherwise."""
CONTRACT_VERSION = 1
"""The contract that this release writes and reads. Fields may be added to a version; a field that goes or changes its
meaning makes a new one."""
_IN_CONTRACT = ("endpoint", "model_proxy_name", "model_name", "model_names")
"""What every contract has: texts, and a list of them."""
_MAY_BE_IN_CONTRACT = ("credential_name", "region")
"""Texts that a contract may have besides."""

SHARED = ("model_type", "workspace_id", "profile")
"""Arguments that are inputs of every resource of a gateway."""
OF_PROXY = (
    *SHARED,
    "model_proxy_name",
    "credential_name",
    "description",
    "network_configuration",
    "log_configuration",
    "cpu",
    "memory",
)
"""Arguments that are inputs of the proxy as they are; all others make its `proxy_config`."""

_PROVIDER_SETTINGS = ("api_key", "api_key_from", "base_url", "model_names")
_POLICIES = ("num_retries", "request_timeout", "concurrency_limit")


class GatewayError(Exception):
    """Arguments that make no gateway: where, and why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path


class Gateway:
    """A gateway that a program declares."""

    def __init__(self, arguments: Arguments) -> None:
        """Decide who takes requests. Raises GatewayError if nobody does, or somebody that there is not."""
        self._given = DEFAULTS | dict(arguments)
        self._services: Mapping[str, Arguments] = arguments["services"]
        self._shares, self._spares = self._routes()

    def _routes(self) -> tuple[Mapping[str, Any], Sequence[str]]:
        services, weights, fallbacks = self._services, self._given.get("weights"), self._given.get("fallbacks")
        if not services:
            raise GatewayError(("services",), "a gateway needs at least one service")
        shares = {next(iter(services)): 100} if weights is None else weights
        spares = [key for key in services if key not in shares] if fallbacks is None else fallbacks
        named: list[tuple[Path, str]] = [(("weights", key), key) for key in shares]
        for path, key in named + [(("fallbacks", index), key) for index, key in enumerate(spares)]:
            if key not in services:
                raise GatewayError(path, f"there is no service {key!r}; there are {', '.join(services)}")
        if not shares:
            raise GatewayError(("weights",), "a gateway needs at least one service with a weight")
        return shares, spares

    @property
    def model_names(self) -> list[Any]:
        """The models that callers can ask for, perhaps several times; the first is the default."""
        return [name for key in self._shares for name in self._services[key]["model_names"]]

    def services(self) -> dict[str, dict[str, Any]]:
        """Return the inputs of the model services, by their keys."""
        shared = _given(self._given, SHARED)
        return {key: shared | _service(settings) for key, settings in self._services.items()}

    def proxy(self, names: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs of the proxy; `names` are those of the services in the API, by their keys."""
        policies = _given(self._given, (*_POLICIES, "token_rate_limiter"))
        policies["fallbacks"] = [
            {"model_service_name": names[key], "model_name": self._services[key]["model_names"][0]}
            for key in self._spares
        ]
        policies["ai_guardrail_config"] = {**DEFAULT_GUARDRAILS, **(self._given.get("ai_guardrail_config") or {})}
        endpoints = [
            {"model_service_name": names[key], "model_names": self._services[key]["model_names"], "weight": share}
            for key, share in self._shares.items()
        ]
        # In mode `single`, a second endpoint would need a replacement.
        own = {"proxy_config": {"endpoints": endpoints, "policies": policies}, "proxy_mode": "multi"}
        return own | _given(self._given, OF_PROXY)


def service_resource(gateway: str, key: str) -> str:
    """Return the logical name of a gateway's service; its proxy has that of the gateway."""
    return f"{gateway}-{key}"


def as_contract(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what other stacks may know of a gateway, from its outputs; the credential only by its name."""
    return {"version": CONTRACT_VERSION} | {key: value for key, value in fields.items() if value is not None}


def contract_fault(contract: Any, where: str) -> str | None:
    """Return what to do about a contract that cannot be relied on, None if it can be.

    :param where: Where it was found, after "stack".
    """
    if contract is None:
        return (
            f"There is no gateway in stack {where}: export `contract` of its ModelGateway under this name there, "
            f"and run `pulumi up` in it."
        )
    version = contract.get("version") if isinstance(contract, Mapping) else None
    if not isinstance(contract, Mapping) or isinstance(version, bool) or not isinstance(version, (int, float)):
        return f"Stack {where} is no gateway: export `contract` of a ModelGateway there."
    if version != CONTRACT_VERSION:
        behind = "there" if version < CONTRACT_VERSION else "here"
        return (
            f"Stack {where} has version {_shown(version)} of the gateway contract and this program reads version "
            f"{CONTRACT_VERSION}: upgrade pulumi-agentrun {behind}, then run `pulumi up` in that stack."
        )
    given = [*_IN_CONTRACT, *(name for name in _MAY_BE_IN_CONTRACT if contract.get(name) is not None)]
    lacking = sorted(name for name in given if not _is_as_written(name, contract.get(name)))
    if lacking:
        return (
            f"Stack {where} lacks {', '.join(lacking)} in its gateway contract: upgrade pulumi-agentrun there, "
            f"then run `pulumi up` in that stack."
        )
    return None


def _is_as_written(name: str, value: Any) -> bool:
    if name == "model_names":
        return isinstance(value, list) and all(isinstance(model, str) for model in value)
    return isinstance(value, str)


def _shown(version: float) -> str:
    return f"{version:g}" if abs(version) < 1e6 else "unknown"


def _service(settings: Arguments) -> dict[str, Any]:
    others = {key: value for key, value in settings.items() if key not in _PROVIDER_SETTINGS}
    return others | {"provider_settings": _given(settings, _PROVIDER_SETTINGS)}


def _given(arguments: Arguments, names: Sequence[str]) -> dict[str, Any]:
    return {name: arguments[name] for name in names if arguments.get(name) is not None}
