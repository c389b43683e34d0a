"""A gateway with a canary: its share of the requests is a setting, changed in place."""

import pulumi
from pulumi_agentrun import ModelGateway

config = pulumi.Config()
api_key = config.require_secret("apiKey")
canary = config.require_int("canaryPercent")

dashscope = "https://dashscope.aliyuncs.com/compatible-mode/v1"
gateway = ModelGateway(
    "chat",
    description="Chat models for every application",
    services={
        "stable": {
            "provider": "tongyi",
            "base_url": dashscope,
            "api_key": api_key,
            "model_names": ["qwen-max"],
        },
        "canary": {
            "provider": "tongyi",
            "base_url": dashscope,
            "api_key": api_key,
            "model_names": ["qwen3-max"],
        },
        # Without a weight, it is what the gateway falls back to.
        "backup": {
            "provider": "deepseek",
            "base_url": "https://api.deepseek.com/v1",
            "api_key": api_key,
            "model_names": ["deepseek-chat"],
        },
    },
    weights={"stable": 100 - canary, "canary": canary},
    token_rate_limiter={"tpm": 200_000},
    ai_guardrail_config={"block_on_sensitive_data": True},
)

pulumi.export("endpoint", gateway.endpoint)
pulumi.export("model", gateway.model_name)
pulumi.export("services", [service.model_service_name for service in gateway.services.values()])
