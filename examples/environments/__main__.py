"""One gateway for every environment: what differs is in the stacks' settings, Pulumi.STACK.yaml."""

import pulumi
from pulumi_agentrun import GatewayServiceArgs, ModelGateway

config = pulumi.Config()
stack = pulumi.get_stack()

# Each key is read where `pulumi` runs, so every environment's pipeline brings its own and state holds none.
services: dict[str, GatewayServiceArgs] = {
    "qwen": {
        "description": "Qwen through DashScope",
        "provider": "tongyi",
        "base_url": "https://dashscope.aliyuncs.com/compatible-mode/v1",
        "api_key_from": "env:DASHSCOPE_API_KEY",
        "model_names": [config.require("model")],
    },
}
if config.get_bool("backup"):
    services["backup"] = {
        "description": "DeepSeek, when Qwen does not answer",
        "provider": "deepseek",
        "base_url": "https://api.deepseek.com/v1",
        "api_key_from": "env:DEEPSEEK_API_KEY",
        "model_names": ["deepseek-chat"],
    }

gateway = ModelGateway(
    "chat",
    description=f"Chat models for {stack}",
    services=services,
    cpu=config.require_float("cpu"),
    memory=config.require_int("memory"),
    concurrency_limit=config.require_int("concurrency"),
    token_rate_limiter={"tpm": config.require_int("tokensPerMinute")},
    ai_guardrail_config=config.get_object("guardrails"),
)

pulumi.export("endpoint", gateway.endpoint)
pulumi.export("model", gateway.model_name)
