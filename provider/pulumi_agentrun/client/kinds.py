"""The kinds of resource, each a value: what differs between them is said here, and everything else loops over KINDS.

Source: alibabacloud-agentrun20250910 5.7.5, the names and paths of its `Client` (`Client.create_model_service`,
`Client.list_model_proxies`, …).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from .models import (
    CreateInput,
    Credential,
    CredentialCreateInput,
    CredentialListInput,
    CredentialListItem,
    CredentialUpdateInput,
    ListInput,
    ModelProxy,
    ModelProxyCreateInput,
    ModelProxyListInput,
    ModelProxyUpdateInput,
    ModelService,
    ModelServiceCreateInput,
    ModelServiceListInput,
    ModelServiceUpdateInput,
    StatusProps,
    SystemProps,
    UpdateInput,
)
from .models.fields import Fleeting, Model, docstrings

R = TypeVar("R", bound=SystemProps)


@dataclass(frozen=True)
class Kind(Generic[R]):
    """A kind of resource: its words in the API and the models of its data."""

    token: str
    """Its name in the API's actions, in Pulumi's type tokens and in programs: `ModelService`."""
    plural: str
    """The same for many: `ModelServices`."""
    word: str
    """The kind in a table: `service`."""
    title: str
    """The kind in a sentence: `model service`."""
    collection: str
    """Its path segment: `model-services`."""
    name_field: str
    id_field: str
    model: type[R]
    create_input: type[Model]
    update_input: type[Model]
    list_input: type[ListInput[Any]]
    in_short: Callable[[Any], str]
    """What one of them is about, in a line for people, from what a list shows of it."""
    item: type[SystemProps] | None = None
    """What a list shows of one, where that is less than there is."""

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The fields that a program can set."""
        return frozenset(self.create_input.model_fields)

    @cached_property
    def mutable(self) -> frozenset[str]:
        """The inputs that an update can change."""
        return self.inputs & frozenset(self.update_input.model_fields)

    @cached_property
    def immutable(self) -> frozenset[str]:
        """The inputs that only a replacement can change."""
        return self.inputs - self.mutable

    @cached_property
    def outputs(self) -> frozenset[str]:
        """The fields that only the service sets, but for what is fleeting."""
        return frozenset(self.model.model_fields) - self.inputs - self.fleeting

    @cached_property
    def fleeting(self) -> frozenset[str]:
        """The fields that state does not keep."""
        fields = self.model.model_fields.items()
        return frozenset(name for name, field in fields if any(isinstance(mark, Fleeting) for mark in field.metadata))

    @property
    def has_status(self) -> bool:
        """Whether one of it says where it stands; else every change is done at once."""
        return issubclass(self.model, StatusProps)

    @cached_property
    def required(self) -> frozenset[str]:
        """The inputs that a program must set; the name is not among them, for it can be derived."""
        fields = self.create_input.model_fields.items()
        return frozenset(name for name, field in fields if field.is_required()) - {self.name_field}

    def describe(self, field: str) -> str:
        """Return the sentence that documents a field."""
        return docstrings(self.model)[field]


def _service_in_short(service: ModelService) -> str:
    models = (service.provider_settings and service.provider_settings.model_names) or []
    return f"{service.provider}: {', '.join(models)}"


def _proxy_in_short(proxy: ModelProxy) -> str:
    endpoints = (proxy.proxy_config and proxy.proxy_config.endpoints) or []
    shares = [
        f"{endpoint.model_service_name or endpoint.base_url} {endpoint.weight if endpoint.weight is not None else ''}"
        for endpoint in endpoints
    ]
    return f"{proxy.proxy_mode}: {', '.join(share.strip() for share in shares)}"


CREDENTIAL: Kind[Credential] = Kind(
    token="Credential",
    plural="Credentials",
    word="credential",
    title="credential",
    collection="credentials",
    name_field="credential_name",
    id_field="credential_id",
    model=Credential,
    create_input=CredentialCreateInput,
    update_input=CredentialUpdateInput,
    list_input=CredentialListInput,
    in_short=lambda credential: f"{credential.credential_source_type}: {credential.credential_auth_type}",
    item=CredentialListItem,
)
SERVICE: Kind[ModelService] = Kind(
    token="ModelService",
    plural="ModelServices",
    word="service",
    title="model service",
    collection="model-services",
    name_field="model_service_name",
    id_field="model_service_id",
    model=ModelService,
    create_input=ModelServiceCreateInput,
    update_input=ModelServiceUpdateInput,
    list_input=ModelServiceListInput,
    in_short=_service_in_short,
)
PROXY: Kind[ModelProxy] = Kind(
    token="ModelProxy",
    plural="ModelProxies",
    word="proxy",
    title="model proxy",
    collection="model-proxies",
    name_field="model_proxy_name",
    id_field="model_proxy_id",
    model=ModelProxy,
    create_input=ModelProxyCreateInput,
    update_input=ModelProxyUpdateInput,
    list_input=ModelProxyListInput,
    in_short=_proxy_in_short,
)
KINDS: tuple[Kind[Any], ...] = (CREDENTIAL, SERVICE, PROXY)
"""All kinds, those first that others lean on."""


def kind_of(input: CreateInput[R] | UpdateInput[R] | ListInput[R]) -> Kind[R]:
    """Return the kind that an input is for."""
    for kind in KINDS:
        if isinstance(input, (kind.create_input, kind.update_input, kind.list_input)):
            return cast("Kind[R]", kind)
    titles = " or ".join(kind.title for kind in KINDS)
    raise TypeError(f"{type(input).__name__} is not an input of a {titles}")


def kind_of_model(model: type[R]) -> Kind[R]:
    """Return the kind that a resource is of, or one of a subclass."""
    return cast("Kind[R]", next(kind for kind in KINDS if issubclass(model, kind.model)))


def kind_called(token: str) -> Kind[Any]:
    """Return the kind with a token."""
    return next(kind for kind in KINDS if kind.token == token)
