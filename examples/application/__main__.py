"""An application's settings, from the gateways that another stack deploys."""

import pulumi
from pulumi_agentrun import GatewayReference

config = pulumi.Config()
platform = config.get("platform") or f"organization/agentrun-platform/{pulumi.get_stack()}"

chat = GatewayReference(platform, "chat")
search = GatewayReference(platform, "search")
caller_key = pulumi.StackReference(platform).require_output("callerKey")

# What a deployment of the application would take as its environment.
pulumi.export(
    "environment",
    {
        "OPENAI_BASE_URL": chat.endpoint,
        "OPENAI_API_KEY": caller_key,
        "CHAT_MODEL": chat.model_name,
        "EMBEDDING_BASE_URL": search.endpoint,
        "EMBEDDING_MODEL": search.model_name,
    },
)
pulumi.export("models", chat.model_names)
pulumi.export("credential", chat.credential_name)
