"""A service and a proxy that exist already, taken over under their names; once they are, `adopt` can go."""

import pulumi
from pulumi_agentrun import ModelProxy, ModelService

service = ModelService(
    "qwen",
    model_service_name="legacy-qwen",
    adopt=True,
    description="Taken over by Pulumi",
    model_type="llm",
    provider="tongyi",
    provider_settings={
        "api_key": pulumi.Config().require_secret("apiKey"),
        "base_url": "https://dashscope.aliyuncs.com/compatible-mode/v1",
        "model_names": ["qwen-max"],
    },
)
gateway = ModelProxy(
    "gateway",
    model_proxy_name="legacy-gateway",
    adopt=True,
    description="Taken over by Pulumi",
    proxy_config={"endpoints": [{"model_service_name": service.model_service_name, "weight": 100}]},
)

pulumi.export("endpoint", gateway.endpoint)
