"""The model providers that the platform knows: a small sample of the service's catalogue."""

from __future__ import annotations

from typing import Any


def _provider(name: str, base_url: str, model: str, *others: str, context_size: int) -> dict[str, Any]:
    return {
        "providerName": name,
        "baseUrl": base_url,
        "modelType": "llm",
        "models": [model, *others],
        "modelInfoConfig": {
            "modelName": model,
            "modelFeatures": {"streamToolCall": True, "toolCall": True},
            "modelProperties": {"contextSize": context_size},
            "modelParameterRules": [{"name": "temperature", "type": "float", "required": False, "min": 0, "max": 2}],
        },
    }


PROVIDERS = (
    _provider(
        "tongyi",
        "https://dashscope.aliyuncs.com/compatible-mode/v1",
        "qwen-plus",
        "qwen-max",
        "qwen-turbo",
        context_size=131072,
    ),
    _provider("deepseek", "https://api.deepseek.com/v1", "deepseek-chat", "deepseek-reasoner", context_size=65536),
    _provider("openai", "https://api.openai.com/v1", "gpt-4o", "gpt-4o-mini", context_size=128000),
)
