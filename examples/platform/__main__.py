"""Gateways that other stacks share: each is exported as a contract, with the key for callers beside it as a secret.

AgentRun keeps both keys, the provider's and that of callers; services and proxies name them only.
"""

import pulumi
from pulumi_agentrun import Credential, ModelGateway

config = pulumi.Config()
dashscope_key = Credential(
    "dashscope",
    description="The key for DashScope",
    credential_auth_type="api_key",
    credential_source_type="external_llm",
    credential_public_config={"provider": "tongyi"},
    credential_secret=config.require_secret("apiKey"),
)
callers = Credential(
    "callers",
    description="What applications present",
    credential_name="callers",
    credential_auth_type="api_key",
    credential_source_type="internal",
    credential_public_config={"header_key": "Authorization"},
    credential_secret=config.require_secret("callerKey"),
)
dashscope = "https://dashscope.aliyuncs.com/compatible-mode/v1"

chat = ModelGateway(
    "chat",
    description="Chat models",
    credential_name=callers.credential_name,
    services={
        "qwen": {
            "provider": "tongyi",
            "base_url": dashscope,
            "credential_name": dashscope_key.credential_name,
            "model_names": ["qwen-max", "qwen-plus"],
        },
    },
)
search = ModelGateway(
    "search",
    description="Embeddings for search",
    credential_name=callers.credential_name,
    model_type="text-embedding",
    services={
        "qwen": {
            "provider": "tongyi",
            "base_url": dashscope,
            "credential_name": dashscope_key.credential_name,
            "model_names": ["text-embedding-v4"],
        },
    },
)

pulumi.export("chat", chat.contract)
pulumi.export("search", search.contract)
pulumi.export("callerKey", config.require_secret("callerKey"))
