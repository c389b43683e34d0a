"""A resource as the policy SDK and the engine hand it to a pack, read as rules see it."""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi_policy import PolicyProviderResource, PolicyResource, ResourceValidationArgs
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import UnknownValueError, unknown_checking_proxy

from ..client.config import ENDPOINT_VARIABLE, region_of
from ..client.errors import ConfigError
from ..lifecycle.scalars import DEEPEST
from ..lifecycle.unknown import UNKNOWN
from ..routes.address import endpoint_region
from .stack import setting
from .view import ANY_DYNAMIC, PLUGIN, NotKnown, Unjudged, View, view_of

_DEEPEST = DEEPEST + 20
"""How deep a resource nests whose values the provider lets pass; what reads it is recursive."""


@dataclass(frozen=True)
class Received:
    """A resource that may be one of ours."""

    type: str
    name: str
    urn: str
    props: Mapping[str, Any] = field(repr=False)
    """What raises UnknownValueError where it is asked for something that is not known."""
    provider: PolicyProviderResource | None = field(repr=False)
    is_protected: bool


def received(found: ResourceValidationArgs | PolicyResource) -> Received | None:
    """Return what the policy SDK hands to a policy, or None if it is none of ours."""
    if not may_be_ours(found.resource_type):
        return None
    is_protected = bool(found.opts and found.opts.protect)
    return Received(found.resource_type, found.name, found.urn, found.props, found.provider, is_protected)


def unpacked(message: Any) -> Received | None:
    """Return what the engine's message says of a resource, or None if it is none of ours."""
    if not may_be_ours(message.type):
        return None
    provider = None
    if message.HasField("provider"):
        host = message.provider
        provider = PolicyProviderResource(host.type, _checked(host.properties), host.urn, host.name)
    props = _checked(message.properties)
    return Received(message.type, message.name, message.urn, props, provider, message.options.protect)


def _checked(properties: Struct) -> Any:
    try:
        read = MessageToDict(properties)
    except (ValueError, RecursionError):
        read = MessageToDict(_readable(properties))
    return unknown_checking_proxy(deserialize_properties(read))


def _readable(properties: Struct) -> Struct:
    """Return properties with a text for each number that is none, and for what lies too deep to be read.

    A rule that looks there says that it is no number, or no list. The provider refuses both, where it is asked.
    """
    readable = Struct()
    readable.CopyFrom(properties)
    ahead = [(1, value) for value in readable.fields.values()]
    while ahead:
        depth, value = ahead.pop()
        if depth > _DEEPEST or not isfinite(value.number_value):
            value.string_value = "not readable"
        ahead += [(depth + 1, inner) for inner in value.struct_value.fields.values()]
        ahead += [(depth + 1, inner) for inner in value.list_value.values]
    return readable


def may_be_ours(type_: str) -> bool:
    """Say whether a resource of a type can be one of ours: a program may have our providers under types of its own."""
    return type_.startswith((PLUGIN, ANY_DYNAMIC))


def read(found: Received) -> View | None:
    """Return a resource as rules see it, or None if there is nothing to judge."""
    if not [*found.props] and not _is_awaited(found.provider):
        return None  # refused by the provider; the engine asks all the same, and says nothing of it
    view = view_of(found.type, found.name, _plain(found.props), found.urn)
    if view is None:
        return None
    region, place = _where(found.props, found.provider)
    return replace(view, region=region, place=place, is_protected=found.is_protected)


def _is_awaited(provider: Any) -> bool:
    """Say whether a provider's settings are not known yet, so that the engine has nothing of its resources either."""
    return provider is not None and UNKNOWN in _plain(provider.props).values()


def _where(props: Mapping[str, Any], provider: Any) -> tuple[str | Unjudged | None, Hashable | Unjudged]:
    """Return the region that a resource will be in, as the provider will find it, and its place among others.

    Either may be why that cannot be told.
    """
    try:
        settings = _settings(props, provider)
    except NotKnown as gap:
        return gap, gap
    except Unjudged as gap:
        return gap, f"profile {_profile_of(props)}"
    region: str | Unjudged | None
    try:
        region = _leads_to(settings)
    except Unjudged as gap:
        region = gap
    parts = [settings.get(key) for key in ("endpoint", "accountId", "accessKeyId")]
    if UNKNOWN in parts or isinstance(region, NotKnown):
        return region, NotKnown(("region",))
    where = settings.get("region") if isinstance(region, Unjudged) else region
    endpoint, account, key = parts
    return region, json.dumps([where, endpoint, account or key], default=str)


def _leads_to(settings: Mapping[str, Any]) -> str | None:
    region, endpoint = settings.get("region"), settings.get("endpoint")
    if UNKNOWN in (region, endpoint):
        raise NotKnown(("region",))
    if not all(value is None or isinstance(value, str) for value in (region, endpoint)):
        raise Unjudged(("region",), "cannot be told: agentrun:region and agentrun:endpoint must be texts")
    try:
        found = region_of(region, endpoint, os.environ)
    except ConfigError as error:
        raise Unjudged(("region",), f"cannot be told: {error}") from None
    return endpoint_region(endpoint or os.environ.get(ENDPOINT_VARIABLE)) or found


def _settings(props: Mapping[str, Any], provider: Any) -> Mapping[str, Any]:
    """Return the settings that a resource goes by. Raises Unjudged."""
    profile = _profile_of(props)
    if profile is UNKNOWN:
        raise NotKnown(("profile",))
    if profile:
        return _profile(profile)
    if provider is not None and not provider.resource_type.startswith("pulumi:providers:pulumi-python"):
        return dict(_plain(provider.props))
    keys = ("region", "endpoint", "accessKeyId", "accountId")
    return {key: setting(f"agentrun:{key}") for key in keys}


def _profile_of(props: Mapping[str, Any]) -> Any:
    # Not `in props`, which asks for the value and so fails where that is not known.
    return _item(props, "profile") if "profile" in [*props] else None


def _profile(name: Any) -> Mapping[str, Any]:
    """Return a profile's settings, which the provider may have refused: the engine asks policies all the same."""
    try:
        profiles = json.loads(setting("agentrun:profiles") or "{}")
    except ValueError:
        profiles = None
    if not isinstance(profiles, dict):
        raise Unjudged(("region",), "cannot be told: agentrun:profiles must be a map of names to settings")
    found = profiles.get(name) if isinstance(name, str) else None
    if not isinstance(found, dict):
        raise Unjudged(("region",), "cannot be told: agentrun:profiles has no settings of that profile")
    return found


def _plain(value: Any) -> Any:
    """Return values without the proxies that raise where something is not known."""
    if isinstance(value, Mapping):
        return {key: _plain(_item(value, key)) for key in value if not str(key).startswith("__")}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_plain(_item(value, index)) for index in range(len(value))]
    return value


def _item(container: Any, key: Any) -> Any:
    try:
        return container[key]
    except UnknownValueError:
        return UNKNOWN
