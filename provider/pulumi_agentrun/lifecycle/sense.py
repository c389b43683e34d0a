"""What well-formed inputs mean together: what makes no sense is refused, what may be refused later is warned of.

What is not known yet is never judged. A warning is for what only the service can say; once it has taken a value,
nothing more is said of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..client.flows import Notice
from ..client.kinds import Kind
from ..client.models.credential_config import CredentialAuthType
from ..client.models.shared import NetworkMode, ProxyMode
from ..client.wording import Message, Property, Text, naming
from .paths import Path, inside
from .unknown import UNKNOWN

Fault = tuple[Path, Text]
"""A path and what is wrong there."""

_OF_TYPE = {"users": ("basic",), "jwks": ("jwt",), "remote_config": ("jwt",), "auth_config": ("ak_sk", "custom_header")}
"""The parts of a credential's public configuration, and the types that they go with."""
_STRANGE = re.compile(r"[^\w.-]")


def faults(kind: Kind[Any], inputs: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what cannot be meant; what is malformed in `inputs` counts as not known."""
    if "proxy_config" in kind.inputs:
        yield from _routes(inputs)
    if "credential_auth_type" in kind.inputs:
        yield from _proof(inputs)
    network = inputs.get("network_configuration")
    network = network if isinstance(network, Mapping) else {}
    mode = network.get("network_mode")
    if mode in (NetworkMode.PRIVATE, NetworkMode.PUBLIC_AND_PRIVATE) and not network.get("vpc_id"):
        yield ("network_configuration", "vpc_id"), "must be set, for a private network needs a VPC"
    for info, path in _listed(inputs, ("model_info_configs",)):
        for rule, where in _listed(info, (*path, "model_parameter_rules")):
            least, most = rule.get("min"), rule.get("max")
            if isinstance(least, (int, float)) and isinstance(most, (int, float)) and least > most:
                yield (*where, "min"), "must not be above max"


def warnings(kind: Kind[Any], olds: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[Notice]:
    """Yield what the service may refuse of checked inputs; `olds` are those it has taken already."""
    name = inputs.get(kind.name_field)
    if isinstance(name, str) and name != olds.get(kind.name_field) and _STRANGE.search(name):
        yield Notice(
            Message(
                "{name}: has blanks or signs in it that the service may refuse; "
                "letters, digits, '-', '_' and '.' are safe",
                name=Property((kind.name_field,)),
            ),
            is_warning=True,
        )
    is_key = not olds and inputs.get("credential_auth_type") == CredentialAuthType.API_KEY
    if is_key and not any(inputs.get(key) for key in ("credential_secret", "credential_secret_from", "adopt")):
        text = naming("{credential_secret}: is not set, so whoever uses the credential may have no key")
        yield Notice(text, is_warning=True)


def _routes(inputs: Mapping[str, Any]) -> Iterator[Fault]:
    config = inputs.get("proxy_config")
    if not isinstance(config, Mapping):
        return
    endpoints = config.get("endpoints")
    if not endpoints:
        yield (
            ("proxy_config", "endpoints"),
            naming("must have at least one endpoint, a {model_service_name} or a {base_url}"),
        )
    for endpoint, path in _listed(config, ("proxy_config", "endpoints")):
        if not endpoint.get("model_service_name") and not endpoint.get("base_url"):
            yield path, naming("must have a {model_service_name} or a {base_url}")
    for fallback, path in _listed(config.get("policies"), ("proxy_config", "policies", "fallbacks")):
        if not fallback.get("model_service_name") and not fallback.get("model_name"):
            yield path, naming("must have a {model_service_name} or a {model_name}")
    if inputs.get("proxy_mode") == ProxyMode.SINGLE and isinstance(endpoints, list) and len(endpoints) > 1:
        yield ("proxy_mode",), "must be multi, for there are several endpoints"


def _proof(inputs: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what does not go with how a credential is proved."""
    auth, config = inputs.get("credential_auth_type"), inputs.get("credential_public_config", {})
    if auth not in tuple(CredentialAuthType) or not isinstance(config, Mapping):
        return
    where: Path = ("credential_public_config",)
    for field, types in _OF_TYPE.items():
        if auth not in types and config.get(field) not in (None, UNKNOWN):
            yield (*where, field), naming(f"goes with a {{credential_auth_type}} of {' or '.join(types)} only")
    if auth == CredentialAuthType.BASIC and not config.get("users"):
        yield (*where, "users"), naming("must have at least one user, for the {credential_auth_type} is basic")
    if auth == CredentialAuthType.CUSTOM_HEADER and not config.get("auth_config"):
        reason = naming("must have at least one header, for the {credential_auth_type} is custom_header")
        yield (*where, "auth_config"), reason
    if auth == CredentialAuthType.JWT and not config.get("jwks") and not config.get("remote_config"):
        yield where, naming("must have {jwks} or a {remote_config}, for the {credential_auth_type} is jwt")


def _listed(value: Any, path: Path) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """Yield the known objects of a list with their paths; it stands in the value at the last part of its own."""
    items = inside(value, path[-1])
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, Mapping):
            yield item, (*path, index)
