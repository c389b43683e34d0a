"""AgentRun's API in Python, usable without Pulumi.

The `ModelClient` creates, gets, updates, deletes and lists model services and model proxies; every
method has an `_async` twin.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import Config
    from .errors import (
        AgentRunError,
        AuthenticationError,
        ClientError,
        ConfigError,
        HTTPError,
        InvalidArgumentError,
        LifecycleError,
        NotReadyError,
        ResourceAlreadyExistError,
        ResourceNotExistError,
        ServerError,
        ThrottledError,
        TransportError,
        UnexpectedAnswerError,
    )
    from .model_client import ModelClient
    from .models import (
        CreateInput,
        ListInput,
        ModelProxy,
        ModelProxyCreateInput,
        ModelProxyImmutableProps,
        ModelProxyListInput,
        ModelProxyMutableProps,
        ModelProxySystemProps,
        ModelProxyUpdateInput,
        ModelService,
        ModelServiceCreateInput,
        ModelServiceImmutableProps,
        ModelServiceListInput,
        ModelServiceMutableProps,
        ModelServiceSystemProps,
        ModelServiceUpdateInput,
        SystemProps,
        UpdateInput,
    )
    from .models.shared import (
        AiGuardrailConfig,
        ArmsConfiguration,
        BackendType,
        LogConfiguration,
        ModelFeatures,
        ModelInfoConfig,
        ModelParameterRule,
        ModelProperties,
        ModelType,
        NetworkConfiguration,
        NetworkMode,
        Provider,
        ProviderSettings,
        ProxyConfig,
        ProxyConfigEndpoint,
        ProxyConfigFallback,
        ProxyConfigPolicies,
        ProxyMode,
        Status,
        TokenRateLimiter,
    )

__all__ = [
    "AgentRunError",
    "AiGuardrailConfig",
    "ArmsConfiguration",
    "AuthenticationError",
    "BackendType",
    "ClientError",
    "Config",
    "ConfigError",
    "CreateInput",
    "HTTPError",
    "InvalidArgumentError",
    "LifecycleError",
    "ListInput",
    "LogConfiguration",
    "ModelClient",
    "ModelFeatures",
    "ModelInfoConfig",
    "ModelParameterRule",
    "ModelProperties",
    "ModelProxy",
    "ModelProxyCreateInput",
    "ModelProxyImmutableProps",
    "ModelProxyListInput",
    "ModelProxyMutableProps",
    "ModelProxySystemProps",
    "ModelProxyUpdateInput",
    "ModelService",
    "ModelServiceCreateInput",
    "ModelServiceImmutableProps",
    "ModelServiceListInput",
    "ModelServiceMutableProps",
    "ModelServiceSystemProps",
    "ModelServiceUpdateInput",
    "ModelType",
    "NetworkConfiguration",
    "NetworkMode",
    "NotReadyError",
    "Provider",
    "ProviderSettings",
    "ProxyConfig",
    "ProxyConfigEndpoint",
    "ProxyConfigFallback",
    "ProxyConfigPolicies",
    "ProxyMode",
    "ResourceAlreadyExistError",
    "ResourceNotExistError",
    "ServerError",
    "Status",
    "SystemProps",
    "ThrottledError",
    "TokenRateLimiter",
    "TransportError",
    "UnexpectedAnswerError",
    "UpdateInput",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: a Pulumi program that only declares resources needs no httpx."""
    if name in __all__:
        for module in ("errors", "models.shared", "models", "config", "model_client"):
            found = import_module(f".{module}", __name__)
            if hasattr(found, name):
                return getattr(found, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
