"""AgentRun model services and model proxies as Pulumi resources."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .args import (
        AiGuardrailConfigArgs,
        ArmsConfigurationArgs,
        LogConfigurationArgs,
        ModelFeaturesArgs,
        ModelInfoConfigArgs,
        ModelParameterRuleArgs,
        ModelPropertiesArgs,
        NetworkConfigurationArgs,
        ProviderSettingsArgs,
        ProxyConfigArgs,
        ProxyConfigEndpointArgs,
        ProxyConfigFallbackArgs,
        ProxyConfigPoliciesArgs,
        TokenRateLimiterArgs,
    )
    from .resources import ModelProxy, ModelService

__all__ = [
    "AiGuardrailConfigArgs",
    "ArmsConfigurationArgs",
    "LogConfigurationArgs",
    "ModelFeaturesArgs",
    "ModelInfoConfigArgs",
    "ModelParameterRuleArgs",
    "ModelPropertiesArgs",
    "ModelProxy",
    "ModelService",
    "NetworkConfigurationArgs",
    "ProviderSettingsArgs",
    "ProxyConfigArgs",
    "ProxyConfigEndpointArgs",
    "ProxyConfigFallbackArgs",
    "ProxyConfigPoliciesArgs",
    "TokenRateLimiterArgs",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `pulumi_agentrun.client` must not need Pulumi."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".args" if name.endswith("Args") else ".resources", __name__), name)
