"""Gateways that a LiteLLM configuration has become, as a preview shows them, and written again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pulumi_agentrun.cli.litellm_gateways import Planned
from pulumi_agentrun.cli.programs import Code
from pulumi_agentrun.lifecycle.gateway import Gateway, service_resource
from pulumi_agentrun.policy.view import DYNAMIC

HASH = "-0a1b2c3"
"""What ends the names that nobody has chosen."""
URN = "urn:pulumi:dev::p::"
URL = "https://from-{}.example/v1"
"""What a variable with a URL has."""


def previewed(gateway: Planned) -> dict[str, Any]:
    """Return what `pulumi preview --json --show-sames` says of a gateway."""
    made = Gateway({**gateway.arguments})
    services = made.services()
    names = {key: f"{service_resource(gateway.name, key)}{HASH}" for key in services}
    steps = [
        _step("ModelService", service_resource(gateway.name, key), {"model_service_name": names[key], **inputs})
        for key, inputs in services.items()
    ]
    own = {"model_proxy_name": f"{gateway.name}{HASH}", **made.proxy(names)}
    return {"steps": [*steps, _step("ModelProxy", gateway.name, own)]}


def _step(kind: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    state = {"type": f"{DYNAMIC}{kind}", "urn": f"{URN}{kind}::{name}", "custom": True, "inputs": shown(inputs)}
    return {"op": "create", "newState": state}


def shown(value: Any) -> Any:
    """Return what a preview has for a value of a program: secrets are hidden, variables have their value."""
    if isinstance(value, Code):
        variable = re.fullmatch(r'os\.environ\["(\w+)"\]', value)
        return URL.format(variable[1].lower().replace("_", "-")) if variable else "[secret]"
    if isinstance(value, Mapping):
        return {key: shown(item) for key, item in value.items()}
    return [shown(item) for item in value] if isinstance(value, list) else value
