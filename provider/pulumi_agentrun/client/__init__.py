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
        DeleteResourceError,
        HTTPError,
        InvalidArgumentError,
        NotReadyError,
        RepeatedError,
        ResourceAlreadyExistError,
        ResourceNotExistError,
        ServerError,
        StoppedError,
        ThrottledError,
        TransportError,
        UnexpectedAnswerError,
        WaitTimeoutError,
    )
    from .model_client import ModelClient
    from .models import (
        CreateInput,
        ListInput,
        ModelProvider,
        ModelProviderListInput,
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
        ModelServicesSystemProps,
        ModelServiceSystemProps,
        ModelServiceUpdateInput,
        PageableInput,
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
        NetworkConfig,
        NetworkConfiguration,
        NetworkMode,
        Provider,
        ProviderSettings,
        ProxyConfig,
        ProxyConfigAIGuardrailConfig,
        ProxyConfigEndpoint,
        ProxyConfigFallback,
        ProxyConfigPolicies,
        ProxyConfigTokenRateLimiter,
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
    "DeleteResourceError",
    "HTTPError",
    "InvalidArgumentError",
    "ListInput",
    "LogConfiguration",
    "ModelClient",
    "ModelFeatures",
    "ModelInfoConfig",
    "ModelParameterRule",
    "ModelProperties",
    "ModelProvider",
    "ModelProviderListInput",
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
    "ModelServicesSystemProps",
    "ModelType",
    "NetworkConfig",
    "NetworkConfiguration",
    "NetworkMode",
    "NotReadyError",
    "PageableInput",
    "Provider",
    "ProviderSettings",
    "ProxyConfig",
    "ProxyConfigAIGuardrailConfig",
    "ProxyConfigEndpoint",
    "ProxyConfigFallback",
    "ProxyConfigPolicies",
    "ProxyConfigTokenRateLimiter",
    "ProxyMode",
    "RepeatedError",
    "ResourceAlreadyExistError",
    "ResourceNotExistError",
    "ServerError",
    "Status",
    "StoppedError",
    "SystemProps",
    "ThrottledError",
    "TokenRateLimiter",
    "TransportError",
    "UnexpectedAnswerError",
    "UpdateInput",
    "WaitTimeoutError",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: a Pulumi program that only declares resources needs no httpx."""
    if name in __all__:
        for module in ("errors", "config", "model_client", "models", "models.shared"):
            found = import_module(f".{module}", __name__)
            if hasattr(found, name):
                return getattr(found, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
