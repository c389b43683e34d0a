"""AgentRun model services, model proxies and credentials as Pulumi resources."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__ as __version__

if TYPE_CHECKING:
    from .resources.args import (
        AiGuardrailConfigArgs,
        ArmsConfigurationArgs,
        CredentialBasicAuthArgs,
        CredentialPublicConfigArgs,
        CredentialRemoteConfigArgs,
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
    from .resources.contract import GatewayReference
    from .resources.gateway import GatewayServiceArgs, ModelGateway
    from .resources.generated import Credential, ModelProxy, ModelService

__all__ = [
    "AiGuardrailConfigArgs",
    "ArmsConfigurationArgs",
    "Credential",
    "CredentialBasicAuthArgs",
    "CredentialPublicConfigArgs",
    "CredentialRemoteConfigArgs",
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
    "Credential": ".resources.generated",
    "GatewayReference": ".resources.contract",
    "GatewayServiceArgs": ".resources.gateway",
    "ModelGateway": ".resources.gateway",
    "ModelProxy": ".resources.generated",
    "ModelService": ".resources.generated",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `pulumi_agentrun.client` must not need Pulumi."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES.get(name, ".resources.args"), __name__), name)


def __dir__() -> list[str]:
    """Return the public names, imported yet or not, and what every module has."""
    return sorted({*globals(), *__all__} - {"Any", "TYPE_CHECKING", "_MODULES", "import_module"})
