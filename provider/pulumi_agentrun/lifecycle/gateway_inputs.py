"""What a ModelGateway may be given, as models: checked where no Python program declares it, and told in the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from ..client.models.fields import AtLeast, Count, Description, HttpUrl, Model, NotEmpty, SecretValue, Text
from ..client.models.shared import (
    AiGuardrailConfig,
    LogConfiguration,
    ModelInfoConfig,
    ModelTypeWord,
    NetworkConfiguration,
    ProviderWord,
    TokenRateLimiter,
)
from .check import Failure, check_values
from .gateway import Gateway, GatewayError
from .paths import Path
from .schema import Shape, shape_of_model
from .unknown import UNKNOWN


class GatewayService(Model):
    """One model service of a gateway."""

    provider: ProviderWord
    """Who offers the models: `tongyi`, `openai`, `anthropic`, `deepseek`, `custom`, … A change replaces."""
    model_names: Annotated[list[Text], NotEmpty()]
    """The models to use, as the provider calls them; a fallback uses the first."""
    base_url: HttpUrl | None = None
    """The root of the provider's API, for instance `https://api.example.com/v1`."""
    api_key: SecretValue | None = None
    """The provider's key. Kept secret in state."""
    credential_name: str | None = None
    """A credential kept by AgentRun to use instead of a key."""
    model_service_name: Text | None = None
    """The name in the API. A change replaces. Generated unless given."""
    description: Description | None = None
    """What the service is for."""
    model_info_configs: list[ModelInfoConfig] | None = None
    """What callers should know of its models."""
    network_configuration: NetworkConfiguration | None = None
    """Where it stands on the network."""


class ModelGateway(Model):
    """An LLM gateway: the services, and the proxy that applications call. Weights, fallbacks, services and limits all
    change in place."""

    services: dict[str, GatewayService]
    """The model services under keys of your own, for instance `stable` and `canary`."""
    weights: dict[str, Count] | None = None
    """The services that take requests, and their shares relative to each other; 0 keeps a service ready. Unless given,
    the only service takes everything."""
    fallbacks: list[str] | None = None
    """The services to try, in this order, when a request fails. Unless given, the one without a weight."""
    model_type: ModelTypeWord | None = None
    """What the models do: `llm`, `text-embedding`, `rerank`, … `llm` unless given. A change replaces."""
    num_retries: Count | None = None
    """How often a failed request is tried again; 2 unless given."""
    request_timeout: Count | None = None
    """How long a request may take, 60 unless given; the API documents no unit."""
    concurrency_limit: Count | None = None
    """How many requests may be under way at once; 100 unless given."""
    token_rate_limiter: TokenRateLimiter | None = None
    """How many tokens may pass. Unlimited unless given."""
    ai_guardrail_config: AiGuardrailConfig | None = None
    """What is checked and blocked, over what is unless given: requests and answers are checked, harmful content,
    malicious links and prompt attacks blocked."""
    cpu: Annotated[float, AtLeast(0)] | None = None
    """Cores of the proxy; 2 unless given. A change replaces."""
    memory: Count | None = None
    """Memory of the proxy in MB; 4096 unless given. A change replaces."""
    credential_name: str | None = None
    """A credential kept by AgentRun that callers must present."""
    description: Description | None = None
    """What the gateway is for."""
    network_configuration: NetworkConfiguration | None = None
    """Where the proxy stands on the network."""
    log_configuration: LogConfiguration | None = None
    """Where the proxy's logs go."""
    workspace_id: str | None = None
    """The workspace that everything belongs to."""
    model_proxy_name: Text | None = None
    """The proxy's name in the API. A change replaces. Generated unless given."""


SHAPES = shape_of_model(ModelGateway)
"""The shapes of a gateway's arguments."""


def faults(given: Mapping[str, Any]) -> list[Failure]:
    """Return everything that is wrong with a gateway's arguments, where maps have no order.

    Which resources there are follows from keys and lists, so a preview has to know them.
    """
    found = check_values(Shape(ModelGateway, fields=SHAPES), given)
    found += [Failure(path, "must be known in a preview; only values in it need not be") for path in _unknown(given)]
    found = found or [Failure(path, reason) for path, reason in _ambiguous(given)]
    try:
        if not found:
            Gateway(given)
    except GatewayError as error:
        found = [Failure(error.path, str(error))]
    return sorted(found, key=str)


def heaviest_first(weights: Mapping[str, Any]) -> list[str]:
    """Return the keys of services in an order that maps do not have: by their weights as far as known, then by name."""
    known = {key: share if isinstance(share, (int, float)) else 0 for key, share in weights.items()}
    return sorted(known, key=lambda key: (-known[key], key))


def _unknown(given: Mapping[str, Any]) -> Iterator[Path]:
    """Yield where something decides which resources there are and is not known."""
    yield from ((name,) for name in ("services", "weights", "ai_guardrail_config") if given.get(name) is UNKNOWN)
    yield from (
        path
        for path, _, (value,) in SHAPES["fallbacks"].walk(given.get("fallbacks"), path=("fallbacks",))
        if value is UNKNOWN
    )
    services = given.get("services")
    for key, settings in services.items() if isinstance(services, Mapping) else ():
        if settings is UNKNOWN:
            yield ("services", key)
        elif isinstance(settings, Mapping) and settings.get("model_names") is UNKNOWN:
            yield ("services", key, "model_names")


def _ambiguous(given: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    services, weights = given["services"], given.get("weights")
    why = "for a map has no order"
    if weights is None:
        if len(services) > 1:
            yield ("weights",), f"must say which of several services take requests, {why}"
    elif given.get("fallbacks") is None and weights.keys() <= services.keys() and len(services) - len(weights) > 1:
        yield ("fallbacks",), f"must say which of several services without a weight are tried first, {why}"
