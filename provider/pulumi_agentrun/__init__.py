"""AgentRun model services and model proxies as Pulumi resources."""

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
