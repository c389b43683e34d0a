"""The kinds of resource, each a value: its words, its fields, and what the platform fills in and shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .shapes import (
    ARMS_CONFIGURATION,
    BOOLEAN,
    CREDENTIAL_PUBLIC_CONFIG,
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

MODELS_PATH = "/models/"
"""What the path to a proxy begins with on the data plane."""
Name = tuple[str, str]
"""The title of a kind, and the name of one of it."""


@dataclass(frozen=True)
class User:
    """A resource that names another one."""

    kind: Kind
    id: str
    name: str


Users = Callable[[], Iterable[User]]
"""Looks for what names a resource: asked only by who needs it, for everything there is has to be looked at."""


@dataclass(frozen=True)
class Surroundings:
    """What a resource does not know of itself."""

    users: Users
    address: str
    """Where the platform is served, without a slash at the end."""


@dataclass(frozen=True)
class Kind:
    """A kind of resource: its words in the API, its fields, and what the platform fills in."""

    title: str
    """The kind in a sentence: `model service`."""
    action: str
    """Its name in the API's actions: `ModelService`."""
    actions: str
    """The same for many: `ModelServices`."""
    collection: str
    """Its path segment: `model-services`."""
    prefix: str
    """What its ids begin with."""
    name_field: str
    id_field: str
    create: Fields
    update: Fields
    required: tuple[str, ...]
    filters: tuple[str, ...]
    """The fields that a list can be filtered by, each by its last name: `settings.provider` by `provider`."""
    filled: Mapping[str, Any]
    """What comes back for fields left unset, when the switch `computed` says so."""
    write_only: frozenset[str] = field(default=frozenset())
    has_status: bool = True
    """Whether it says where it stands; else every change is done at once."""
    changed_field: str = "lastUpdatedAt"
    """When it was last changed."""
    keys: tuple[tuple[str, ...], ...] = ()
    """Where its keys are; the switch `api_key` says how those come back."""
    names: Callable[[Mapping[str, Any]], Iterable[Name]] = lambda body: ()
    """What of other kinds one of it names."""
    listed: Callable[[dict[str, Any]], dict[str, Any]] = lambda shown: shown
    """What a list shows of one, from what is shown of it alone."""
    own: Callable[[str, str, Surroundings], Mapping[str, Any]] = lambda id, name, around: {}
    """What only the platform knows of one, by its id, its name and what is around it."""
    shows_users: bool = False
    """Whether that tells what names it, for which all there is has to be gone through."""


_MUTABLE_CREDENTIAL: Fields = {
    "credentialPublicConfig": CREDENTIAL_PUBLIC_CONFIG,
    "credentialSecret": STRING,
    "description": STRING,
    "enabled": BOOLEAN,
    "workspaceId": STRING,
}
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


def _credential_of(resource: Mapping[str, Any]) -> Iterator[Name]:
    yield CREDENTIAL.title, resource.get("credentialName", "")


def _named_by_proxy(proxy: Mapping[str, Any]) -> Iterator[Name]:
    config = proxy.get("proxyConfig", {})
    for target in (*config.get("endpoints", ()), *config.get("policies", {}).get("fallbacks", ())):
        yield SERVICE.title, target.get("modelServiceName", "")
    yield from _credential_of(proxy)


def _of_proxy(id: str, name: str, around: Surroundings) -> Mapping[str, Any]:
    # Without /v1, which the official SDK appends.
    return {"functionName": f"agentrun-{id}", "endpoint": f"{around.address}{MODELS_PATH}{quote(name, safe='')}"}


def _of_credential(id: str, name: str, around: Surroundings) -> Mapping[str, Any]:
    users = around.users()
    # The words for the types are not documented.
    found = [{"resourceType": user.kind.action, "resourceName": user.name, "resourceId": user.id} for user in users]
    return {"relatedResources": found}


def _listed_credential(shown: dict[str, Any]) -> dict[str, Any]:
    hidden = ("credentialSecret", "credentialPublicConfig", "relatedResources")
    item = {name: value for name, value in shown.items() if name not in hidden}
    return {**item, "relatedResourceCount": len(shown["relatedResources"])}


CREDENTIAL = Kind(
    title="credential",
    action="Credential",
    actions="Credentials",
    collection="credentials",
    prefix="cr",
    name_field="credentialName",
    id_field="credentialId",
    create={
        "credentialName": STRING,
        "credentialAuthType": STRING,
        "credentialSourceType": STRING,
        **_MUTABLE_CREDENTIAL,
    },
    update=_MUTABLE_CREDENTIAL,
    required=("credentialName", "credentialAuthType", "credentialSourceType"),
    filters=(
        "credentialAuthType",
        "credentialName",
        "credentialPublicConfig.provider",
        "credentialSourceType",
        "enabled",
        "workspaceId",
    ),
    filled={"workspaceId": "default", "enabled": True},
    has_status=False,
    changed_field="updatedAt",
    keys=(
        ("credentialSecret",),
        ("credentialPublicConfig", "authConfig"),
        ("credentialPublicConfig", "users", "password"),
    ),
    listed=_listed_credential,
    own=_of_credential,
    shows_users=True,
)
SERVICE = Kind(
    title="model service",
    action="ModelService",
    actions="ModelServices",
    collection="model-services",
    prefix="ms",
    name_field="modelServiceName",
    id_field="modelServiceId",
    create={"modelServiceName": STRING, "modelType": STRING, "provider": STRING, **_MUTABLE_SERVICE},
    update={**_MUTABLE_SERVICE, "status": STRING, "statusReason": STRING},
    required=("modelServiceName", "modelType", "provider", "providerSettings"),
    filters=("modelType", "provider", "workspaceId"),
    filled=_PLACE,
    names=_credential_of,
    keys=(("providerSettings", "apiKey"),),
)
PROXY = Kind(
    title="model proxy",
    action="ModelProxy",
    actions="ModelProxies",
    collection="model-proxies",
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
    names=_named_by_proxy,
    own=_of_proxy,
)
KINDS = {kind.title: kind for kind in (CREDENTIAL, SERVICE, PROXY)}
