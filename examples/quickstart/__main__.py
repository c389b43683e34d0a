"""A model service, a second one as fallback, and a proxy over both."""

import pulumi
from pulumi_agentrun import ModelProxy, ModelService

api_key = pulumi.Config().require_secret("apiKey")

primary = ModelService(
    "qwen",
    description="Qwen through DashScope",
    model_type="llm",
    provider="tongyi",
    provider_settings={
        "api_key": api_key,
        "base_url": "https://dashscope.aliyuncs.com/compatible-mode/v1",
        "model_names": ["qwen-max", "qwen-plus"],
    },
)
fallback = ModelService(
    "deepseek",
    description="DeepSeek, when Qwen does not answer",
    model_type="llm",
    provider="deepseek",
    provider_settings={
        "api_key": api_key,
        "base_url": "https://api.deepseek.com/v1",
        "model_names": ["deepseek-chat"],
    },
)
gateway = ModelProxy(
    "gateway",
    description="What applications call",
    proxy_config={
        "endpoints": [
            {
                "model_service_name": primary.model_service_name,
                "model_names": ["qwen-max"],
                "weight": 100,
            },
        ],
        "policies": {
            "num_retries": 2,
            "request_timeout": 60,
            "concurrency_limit": 100,
            "fallbacks": [
                {
                    "model_service_name": fallback.model_service_name,
                    "model_name": "deepseek-chat",
                },
            ],
        },
    },
)

pulumi.export("endpoint", gateway.endpoint)
pulumi.export("gateway", gateway.model_proxy_name)
pulumi.export("services", [primary.model_service_name, fallback.model_service_name])
