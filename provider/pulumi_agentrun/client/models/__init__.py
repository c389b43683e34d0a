"""Model services and model proxies as the API has them, and the inputs of its operations.

Membership declares the fate of a field: `…ImmutableProps` can only be set at creation, `…MutableProps`
can be updated, `…SystemProps` are the service's own. The diff, the Pulumi resources, the docs and the
policies all read it here.

Source: alibabacloud-agentrun20250910 5.7.5, `models.ModelService`, `models.CreateModelServiceInput`,
`models.UpdateModelServiceInput`, `models.ListModelServicesRequest` and those of proxies. The classes' names, and a
proxy's mode, cpu and memory unless given: agentrun-sdk 0.0.54, `agentrun.model`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Generic, TypeVar

from pydantic import PrivateAttr, ValidationInfo, model_validator

from .fields import AtLeast, Count, Description, Model, Text, Unordered, WriteOnly
from .resource import Resource
from .shared import (
    ArmsConfiguration,
    BackendType,
    LogConfiguration,
    ModelInfoConfig,
    ModelTypeWord,
    NetworkConfiguration,
    ProviderSettings,
    ProviderWord,
    ProxyConfig,
    ProxyMode,
    ProxyModeWord,
    StatusWord,
)

if TYPE_CHECKING:
    from ..config import Config

R = TypeVar("R")


class _Input(Model, Generic[R]):
    if not TYPE_CHECKING:

        def __class_getitem__(cls, answer: object) -> type[_Input]:
            # For type checkers only: a model of its own for each answer would make an import take half as long again.
            return cls


class CreateInput(_Input[R], Generic[R]):
    """The input of a create call, which answers with an R."""


class UpdateInput(_Input[R], Generic[R]):
    """The input of an update call, which answers with an R; what is unset is left alone."""

    _fixed: ClassVar[type[Model]] = Model

    @classmethod
    def _no_such(cls, name: str) -> str:
        """Return what to say of a field that there is not, or that only a creation has."""
        return f"{name} can only be set at creation" if name in cls._fixed.model_fields else super()._no_such(name)


class ListInput(_Input[R], Generic[R]):
    """The input of a list call, whose items are R."""

    page_number: int | None = None
    """The page, counted from 1."""
    page_size: int | None = None
    """Items a page; the service may give fewer."""


PageableInput = ListInput
"""As the official SDK calls it."""


class SystemProps(Model):
    """What the service says of any resource."""

    _of_answers: ClassVar[bool] = True
    status: StatusWord | None = None
    """Where the resource stands in its life; none counts as settled."""
    status_reason: str | None = None
    """Why it stands there, for instance why a creation failed."""
    created_at: str | None = None
    """When it was created (ISO 8601, with offset)."""
    last_updated_at: str | None = None
    """When it was last changed (ISO 8601, with offset)."""
    _request_id: str | None = PrivateAttr(default=None)
    _config: Config | None = PrivateAttr(default=None)

    @property
    def request_id(self) -> str | None:
        """The id of the request that this came from, to give to support."""
        return self._request_id


class ModelServiceImmutableProps(Model):
    """What only the creation of a model service can set."""

    model_service_name: Text | None = None
    """The name that the API addresses the service by; unique in an account and region."""
    model_type: ModelTypeWord | None = None
    """What its models do: `llm`, `text-embedding`, `rerank`, `speech2text`, `tts`, `moderation`, …"""
    provider: ProviderWord | None = None
    """Who offers the models: `tongyi`, `openai`, `anthropic`, `deepseek`, `custom`, …"""


class ModelServiceMutableProps(Model):
    """What an update of a model service can change."""

    provider_settings: ProviderSettings | None = None
    """How to reach the provider."""
    credential_name: str | None = None
    """A credential kept by AgentRun to use instead of an inline api key."""
    description: Description | None = None
    """What the service is for."""
    model_info_configs: Annotated[list[ModelInfoConfig], Unordered()] | None = None
    """What callers should know of its models."""
    network_configuration: NetworkConfiguration | None = None
    """Where it stands on the network."""
    workspace_id: str | None = None
    """The workspace that it belongs to."""


class ModelServiceSystemProps(SystemProps):
    """What the service itself says of a model service."""

    model_service_id: str | None = None
    """The service's own id; it may give none."""


ModelServicesSystemProps = ModelServiceSystemProps
"""As the official SDK calls it."""


class ModelService(
    ModelServiceImmutableProps,
    ModelServiceMutableProps,
    ModelServiceSystemProps,
    Resource["ModelServiceCreateInput", "ModelServiceUpdateInput"],
):
    """A registered LLM endpoint with its credentials and models."""

    _backend: ClassVar[BackendType] = BackendType.SERVICE
    _name_field: ClassVar[str] = "model_service_name"


class ModelServiceCreateInput(ModelServiceImmutableProps, ModelServiceMutableProps, CreateInput[ModelService]):
    """A model service to create."""

    model_service_name: Text
    model_type: ModelTypeWord
    provider: ProviderWord
    provider_settings: ProviderSettings


class ModelServiceUpdateInput(ModelServiceMutableProps, UpdateInput[ModelService]):
    """Changes to a model service."""

    _fixed: ClassVar[type[Model]] = ModelServiceImmutableProps
    status: StatusWord | None = None
    """The API takes a status; the service normally keeps its own."""
    status_reason: str | None = None
    """The reason that goes with it."""


class ModelServiceListInput(ListInput[ModelService]):
    """Which model services to list."""

    model_type: ModelTypeWord | None = None
    """Only those of this model type."""
    provider: ProviderWord | None = None
    """Only those of this provider."""
    provider_type: str | None = None
    """Only those of this type of provider."""
    workspace_id: str | None = None
    """Only those of this workspace."""
    workspace_ids: str | None = None
    """Only those of these workspaces, separated by commas."""


class ModelProxyImmutableProps(Model):
    """What only the creation of a model proxy can set."""

    model_proxy_name: Text | None = None
    """The name that the API addresses the proxy by; unique in an account and region."""
    cpu: Annotated[float, AtLeast(0)] | None = None
    """Cores of the proxy; 2 unless given."""
    memory: Count | None = None
    """Memory of the proxy in MB; 4096 unless given."""
    proxy_mode: ProxyModeWord | None = None
    """`single` or `multi`. Unless given, `multi` for more than one endpoint, else `single`. Set
    `multi` from the start to be able to add a second endpoint in place."""
    model_type: ModelTypeWord | None = None
    """What its models do, as in model services."""
    litellm_version: str | None = None
    """The version of LiteLLM that it runs."""
    service_region_id: str | None = None
    """The region of the services behind it."""


class ModelProxyMutableProps(Model):
    """What an update of a model proxy can change."""

    proxy_config: ProxyConfig | None = None
    """Where it sends requests, and how it treats them."""
    arms_configuration: Annotated[ArmsConfiguration, WriteOnly()] | None = None
    """Application monitoring. The service never shows it again, so no drift is seen in it."""
    credential_name: str | None = None
    """A credential kept by AgentRun that callers of the proxy must present."""
    description: Description | None = None
    """What the proxy is for."""
    execution_role_arn: str | None = None
    """The RAM role that it runs as."""
    log_configuration: LogConfiguration | None = None
    """Where its logs go."""
    network_configuration: NetworkConfiguration | None = None
    """Where it stands on the network."""
    workspace_id: str | None = None
    """The workspace that it belongs to."""


class ModelProxySystemProps(SystemProps):
    """What the service itself says of a model proxy."""

    model_proxy_id: str | None = None
    """The service's own id."""
    endpoint: str | None = None
    """The URL that applications call."""
    function_name: str | None = None
    """The function that runs it (Function Compute)."""


class ModelProxy(
    ModelProxyImmutableProps,
    ModelProxyMutableProps,
    ModelProxySystemProps,
    Resource["ModelProxyCreateInput", "ModelProxyUpdateInput"],
):
    """An LLM gateway in front of model services: weights, fallbacks, limits, guardrails."""

    _backend: ClassVar[BackendType] = BackendType.PROXY
    _name_field: ClassVar[str] = "model_proxy_name"


class ModelProxyCreateInput(ModelProxyImmutableProps, ModelProxyMutableProps, CreateInput[ModelProxy]):
    """A model proxy to create."""

    model_proxy_name: Text
    cpu: Annotated[float, AtLeast(0)] = 2
    memory: Count = 4096
    proxy_config: ProxyConfig

    @model_validator(mode="after")
    def _derive_proxy_mode(self, info: ValidationInfo) -> ModelProxyCreateInput:
        """Derive the mode as the official SDK does, but keep `multi` where the context says it was that:
        a proxy that loses its second endpoint need not be replaced for it."""
        if self.proxy_mode is None:
            several = len(self.proxy_config.endpoints or ()) > 1
            was_multi = (info.context or {}).get("proxy_mode") == ProxyMode.MULTI
            self.proxy_mode = ProxyMode.MULTI if several or was_multi else ProxyMode.SINGLE
        return self


class ModelProxyUpdateInput(ModelProxyMutableProps, UpdateInput[ModelProxy]):
    """Changes to a model proxy."""

    _fixed: ClassVar[type[Model]] = ModelProxyImmutableProps


class ModelProxyListInput(ListInput[ModelProxy]):
    """Which model proxies to list."""

    proxy_mode: ProxyModeWord | None = None
    """Only those of this mode."""
    status: StatusWord | None = None
    """Only those of this status."""
    workspace_id: str | None = None
    """Only those of this workspace."""
    workspace_ids: str | None = None
    """Only those of these workspaces, separated by commas."""


class ModelProvider(Model):
    """Who offers models, and which, as the service's catalogue says (ListModelProviders)."""

    _of_answers: ClassVar[bool] = True
    provider_name: str | None = None
    """What to set as `provider`."""
    base_url: str | None = None
    """The root of its API."""
    model_type: ModelTypeWord | None = None
    """What its models do."""
    models: list[str] | None = None
    """What its models are called."""
    model_info_config: ModelInfoConfig | None = None
    """What callers should know of them."""


class ModelProviderListInput(Model):
    """Which model providers to list."""

    page_number: int | None = None
    """The page, counted from 1."""
    page_size: int | None = None
    """Items a page; the service may give fewer."""
    model_type: ModelTypeWord | None = None
    """Only those of this model type."""
    provider: ProviderWord | None = None
    """Only this provider."""
    model_name: str | None = None
    """Only those that offer this model."""
