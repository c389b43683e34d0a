"""What LiteLLM and AgentRun each call the same thing: providers, what a model does, where a key stands."""

from __future__ import annotations

import re
from collections.abc import Iterable

ENVIRONMENT = "os.environ/"
"""What stands in LiteLLM's file before the name of a variable that has the value."""
CUSTOM = "custom"
"""AgentRun's word for a provider that it has no other word for."""
PROVIDERS = {
    "anthropic": ("anthropic", "ANTHROPIC_API_KEY"),
    "azure": (CUSTOM, "AZURE_API_KEY"),
    "dashscope": ("tongyi", "DASHSCOPE_API_KEY"),
    "deepseek": ("deepseek", "DEEPSEEK_API_KEY"),
    "gemini": ("gemini", "GEMINI_API_KEY"),
    "minimax": ("minimax", "MINIMAX_API_KEY"),
    "moonshot": ("moonshot", "MOONSHOT_API_KEY"),
    "openai": ("openai", "OPENAI_API_KEY"),
    "openrouter": (CUSTOM, "OPENROUTER_API_KEY"),
    "vertex_ai": ("vertex_ai", ""),
    "zai": ("zhipuai", "ZAI_API_KEY"),
}
"""LiteLLM's words for providers: AgentRun's, and where LiteLLM looks for a key that is not given."""
IN_LITELLM = {word: name for name, (word, _) in PROVIDERS.items() if word != CUSTOM}
"""AgentRun's words for providers that LiteLLM knows, and its own."""
COMPATIBLE = {"text-embedding": "openai_like", "rerank": "hosted_vllm"}
"""By what a model does, LiteLLM's word for whoever else has OpenAI's API; `custom_openai` for all else."""
TYPES = {
    "chat": "llm",
    "completion": "llm",
    "embedding": "text-embedding",
    "rerank": "rerank",
    "audio_transcription": "speech2text",
    "audio_speech": "tts",
    "moderation": "moderation",
}
"""LiteLLM's modes of models: AgentRun's types."""
MODES = {type_: mode for mode, type_ in reversed(TYPES.items())}
"""AgentRun's types of models: LiteLLM's modes."""


def means_more(name: str) -> bool:
    """Say whether LiteLLM reads the name of a model as a pattern, or as a variable that has it."""
    return "*" in name or name.startswith(ENVIRONMENT)


def numbered(names: Iterable[str]) -> list[str]:
    """Return names with a number behind each that was there before."""
    taken: dict[str, None] = {}
    for name in names:
        found, number = name, 2
        while found in taken:
            found, number = f"{name}-{number}", number + 1
        taken[found] = None
    return list(taken)


def slug(name: str) -> str:
    """Return a name of which each character may stand in a resource's name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "model"
