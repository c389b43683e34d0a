"""A model service as the API has it, and the inputs of its operations.

Source: alibabacloud-agentrun20250910 5.7.5, `models.ModelService`, `models.CreateModelServiceInput`,
`models.UpdateModelServiceInput`, `models.ListModelServicesRequest`; the classes' names are those of agentrun-sdk
0.0.54, `agentrun.model`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from .exchange import CreateInput, ListInput, StatusProps, UpdateInput
from .fields import Description, Model, NameOf, Text, Unordered
from .resource import Resource
from .shared import (
    ModelInfoConfig,
    ModelTypeWord,
    NetworkConfiguration,
    ProviderSettings,
    ProviderWord,
    StatusWord,
)


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
    credential_name: Annotated[str, NameOf("Credential")] | None = None
    """A credential kept by AgentRun to use instead of an inline api key."""
    description: Description | None = None
    """What the service is for."""
    model_info_configs: Annotated[list[ModelInfoConfig], Unordered()] | None = None
    """What callers should know of its models."""
    network_configuration: NetworkConfiguration | None = None
    """Where it stands on the network."""
    workspace_id: str | None = None
    """The workspace that it belongs to."""


class ModelServiceSystemProps(StatusProps):
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
