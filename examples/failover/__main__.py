"""A gateway that goes on answering: the same model in two regions, and another provider when both fail."""

import pulumi
from pulumi_agentrun import ModelGateway

config = pulumi.Config()
api_key = config.require_secret("apiKey")

gateway = ModelGateway(
    "chat",
    description="Chat that outlives a region",
    services={
        "hangzhou": {
            "provider": "tongyi",
            "base_url": "https://dashscope.cn-hangzhou.example/v1",
            "api_key": api_key,
            "model_names": ["qwen-max"],
        },
        "singapore": {
            "provider": "tongyi",
            "base_url": "https://dashscope.ap-southeast-1.example/v1",
            "api_key": api_key,
            "model_names": ["qwen-max"],
        },
        # Without a weight, it is what the gateway falls back to.
        "backup": {
            "provider": "deepseek",
            "base_url": "https://api.deepseek.example/v1",
            "api_key": api_key,
            "model_names": ["deepseek-chat"],
        },
    },
    weights={"hangzhou": 50, "singapore": 50},
    # Each is drawn anew: with 3, one call of 16 finds a region that is down four times, and goes to the backup.
    num_retries=3,
    request_timeout=20,
)

pulumi.export("endpoint", gateway.endpoint)
pulumi.export("model", gateway.model_name)
