"""Makes what the example takes over, as somebody may have made it by hand before there was a Pulumi program."""

from pulumi_agentrun.client import (
    ModelClient,
    ModelProxyCreateInput,
    ModelServiceCreateInput,
    ProviderSettings,
    ProxyConfig,
    ProxyConfigEndpoint,
)
from pydantic import SecretStr

with ModelClient() as client:
    client.create(
        ModelServiceCreateInput(
            model_service_name="legacy-qwen",
            model_type="llm",
            provider="tongyi",
            provider_settings=ProviderSettings(
                api_key=SecretStr("sk-legacy"),
                base_url="https://dashscope.aliyuncs.com/compatible-mode/v1",
                model_names=["qwen-max"],
            ),
        )
    )
    client.create(
        ModelProxyCreateInput(
            model_proxy_name="legacy-gateway",
            proxy_config=ProxyConfig(endpoints=[ProxyConfigEndpoint(model_service_name="legacy-qwen", weight=100)]),
        )
    )
