"""What differs between a model service and a model proxy, as two constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .shapes import (
    ARMS_CONFIGURATION,
    INTEGER,
    LOG_CONFIGURATION,
    MODEL_INFO_CONFIG,
    NETWORK_CONFIGURATION,
    NUMBER,
    PROVIDER_SETTINGS,
    PROXY_CONFIG,
    STRING,
    Fields,
)


@dataclass(frozen=True)
class Kind:
    """A kind of resource: its words in the API, its fields, and what the platform fills in."""

    title: str
    """The kind in a sentence: `model service`."""
    prefix: str
    """What its ids begin with."""
    name_field: str
    id_field: str
    create: Fields
    update: Fields
    required: tuple[str, ...]
    filters: tuple[str, ...]
    """The fields that a list can be filtered by."""
    filled: Mapping[str, Any]
    """What comes back for fields left unset, when the switch `computed` says so."""
    write_only: frozenset[str] = field(default=frozenset())


_MUTABLE_SERVICE: Fields = {
    "credentialName": STRING,
    "description": STRING,
    "workspaceId": STRING,
    "providerSettings": PROVIDER_SETTINGS,
    "modelInfoConfigs": [MODEL_INFO_CONFIG],
    "networkConfiguration": NETWORK_CONFIGURATION,
}
_MUTABLE_PROXY: Fields = {
    "credentialName": STRING,
    "description": STRING,
    "workspaceId": STRING,
    "executionRoleArn": STRING,
    "proxyConfig": PROXY_CONFIG,
    "networkConfiguration": NETWORK_CONFIGURATION,
    "logConfiguration": LOG_CONFIGURATION,
    "armsConfiguration": ARMS_CONFIGURATION,
}
_PLACE = {"networkConfiguration": {"networkMode": "PUBLIC"}, "workspaceId": "default"}

SERVICE = Kind(
    title="model service",
    prefix="ms",
    name_field="modelServiceName",
    id_field="modelServiceId",
    create={"modelServiceName": STRING, "modelType": STRING, "provider": STRING, **_MUTABLE_SERVICE},
    update={**_MUTABLE_SERVICE, "status": STRING, "statusReason": STRING},
    required=("modelServiceName", "modelType", "provider", "providerSettings"),
    filters=("modelType", "provider", "workspaceId"),
    filled=_PLACE,
)
PROXY = Kind(
    title="model proxy",
    prefix="mp",
    name_field="modelProxyName",
    id_field="modelProxyId",
    create={
        "modelProxyName": STRING,
        "cpu": NUMBER,
        "memory": INTEGER,
        "proxyMode": STRING,
        "modelType": STRING,
        "litellmVersion": STRING,
        "serviceRegionId": STRING,
        **_MUTABLE_PROXY,
    },
    update=_MUTABLE_PROXY,
    required=("modelProxyName", "cpu", "memory", "proxyConfig", "proxyMode"),
    filters=("proxyMode", "status", "workspaceId"),
    filled={
        **_PLACE,
        "litellmVersion": "v1.81.0",
        "serviceRegionId": "cn-hangzhou",
        "proxyConfig": {
            "policies": {
                "cache": False,
                "concurrencyLimit": 200,
                "fallbacks": [],
                "numRetries": 3,
                "requestTimeout": 600,
            }
        },
    },
    write_only=frozenset({"armsConfiguration"}),
)
KINDS = {kind.title: kind for kind in (SERVICE, PROXY)}
