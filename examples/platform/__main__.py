"""Gateways that other stacks share: each is exported as a contract, with the key for callers beside it as a secret."""

import pulumi
from pulumi_agentrun import ModelGateway

config = pulumi.Config()
api_key = config.require_secret("apiKey")
dashscope = "https://dashscope.aliyuncs.com/compatible-mode/v1"

chat = ModelGateway(
    "chat",
    description="Chat models",
    credential_name="callers",
    services={
        "qwen": {
            "provider": "tongyi",
            "base_url": dashscope,
            "api_key": api_key,
            "model_names": ["qwen-max", "qwen-plus"],
        },
    },
)
search = ModelGateway(
    "search",
    description="Embeddings for search",
    credential_name="callers",
    model_type="text-embedding",
    services={
        "qwen": {
            "provider": "tongyi",
            "base_url": dashscope,
            "api_key": api_key,
            "model_names": ["text-embedding-v4"],
        },
    },
)

pulumi.export("chat", chat.contract)
pulumi.export("search", search.contract)
pulumi.export("callerKey", config.require_secret("callerKey"))
