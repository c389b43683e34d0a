"""A model proxy as the API has it, and the inputs of its operations.

Source: alibabacloud-agentrun20250910 5.7.5, `models.ModelProxy`, `models.CreateModelProxyInput`,
`models.UpdateModelProxyInput`, `models.ListModelProxiesRequest`; the classes' names, and a proxy's mode, cpu and memory
unless given, are those of agentrun-sdk 0.0.54, `agentrun.model`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import ValidationInfo, model_validator

from .exchange import CreateInput, ListInput, StatusProps, UpdateInput
from .fields import AtLeast, Count, Description, Model, NameOf, Text, WriteOnly
from .resource import Resource
from .shared import (
    ArmsConfiguration,
    LogConfiguration,
    ModelTypeWord,
    NetworkConfiguration,
    ProxyConfig,
    ProxyMode,
    ProxyModeWord,
    StatusWord,
)


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
    credential_name: Annotated[str, NameOf("Credential")] | None = None
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


class ModelProxySystemProps(StatusProps):
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
