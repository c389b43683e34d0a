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
    from .components import GatewayServiceArgs, ModelGateway
    from .references import GatewayReference
    from .resources import ModelProxy, ModelService

__all__ = [
    "AiGuardrailConfigArgs",
    "ArmsConfigurationArgs",
    "GatewayReference",
    "GatewayServiceArgs",
    "LogConfigurationArgs",
    "ModelFeaturesArgs",
    "ModelGateway",
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


_MODULES = {
    "GatewayReference": ".references",
    "GatewayServiceArgs": ".components",
    "ModelGateway": ".components",
    "ModelProxy": ".resources",
    "ModelService": ".resources",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `pulumi_agentrun.client` must not need Pulumi."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES.get(name, ".args"), __name__), name)
