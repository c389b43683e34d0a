"""What the service knows of model providers, and the input of their list.

Source: alibabacloud-agentrun20250910 5.7.5, `models.ListModelProvidersRequest` and
`models.ListModelProvidersResponseBodyDataItems`.
"""

from __future__ import annotations

from typing import ClassVar

from .fields import Model
from .shared import ModelInfoConfig, ModelTypeWord, ProviderWord


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
