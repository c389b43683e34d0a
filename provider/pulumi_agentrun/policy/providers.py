"""Whose an address is: the hosts of the large model providers, as their documentation names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from itertools import chain

from ..client.models.shared import Provider
from ..routes.address import address_of
from .spelling import plain

HOSTS: Mapping[str, tuple[str, ...]] = {
    Provider.OPENAI: ("api.openai.com", "*.api.openai.com"),
    Provider.ANTHROPIC: ("api.anthropic.com",),
    Provider.BAICHUAN: ("api.baichuan-ai.com",),
    Provider.DEEPSEEK: ("api.deepseek.com",),
    Provider.GEMINI: ("generativelanguage.googleapis.com",),
    Provider.HUNYUAN: ("api.hunyuan.cloud.tencent.com", "hunyuan.tencentcloudapi.com", "hunyuan.*.tencentcloudapi.com"),
    Provider.MINIMAX: ("api.minimax.chat", "api.minimax.io", "api.minimaxi.com", "api.minimaxi.chat"),
    Provider.MOONSHOT: ("api.moonshot.cn", "api.moonshot.ai"),
    Provider.SPARK: ("spark-api.xf-yun.com", "spark-api-open.xf-yun.com"),
    Provider.STEPFUN: ("api.stepfun.com", "api.stepfun.ai"),
    Provider.TONGYI: ("dashscope.aliyuncs.com", "dashscope-*.aliyuncs.com", "*.dashscope.aliyuncs.com"),
    Provider.VERTEX_AI: ("aiplatform.googleapis.com", "*-aiplatform.googleapis.com"),
    Provider.WENXIN: ("qianfan.baidubce.com", "aip.baidubce.com"),
    Provider.YI: ("api.lingyiwanwu.com",),
    Provider.ZHIPUAI: ("open.bigmodel.cn", "api.z.ai"),
    # Those that the API has no word for, under the names that LiteLLM has for them.
    "azure": tuple(f"*.{kind}.azure.com" for kind in ("openai", "cognitiveservices", "services.ai", "inference.ai")),
    "bedrock": ("bedrock-runtime.*.amazonaws.com", "bedrock-runtime-fips.*.amazonaws.com"),
    "cerebras": ("api.cerebras.ai",),
    "cohere": ("api.cohere.com", "api.cohere.ai"),
    "fireworks_ai": ("api.fireworks.ai",),
    "groq": ("api.groq.com",),
    "huggingface": ("router.huggingface.co", "api-inference.huggingface.co"),
    "mistral": ("api.mistral.ai", "codestral.mistral.ai"),
    "nvidia_nim": ("integrate.api.nvidia.com",),
    "openrouter": ("openrouter.ai",),
    "perplexity": ("api.perplexity.ai",),
    "replicate": ("api.replicate.com",),
    "siliconflow": ("api.siliconflow.cn", "api.siliconflow.com"),
    "together_ai": ("api.together.xyz", "api.together.ai"),
    "volcengine": ("ark.*.volces.com",),
    "xai": ("api.x.ai",),
}
"""By provider, glob patterns of its hosts."""


def provider_at(url: str, more: Mapping[str, Iterable[str]]) -> str | None:
    """Return the provider that a URL leads to, None if it is that of none that is known.

    :param more: Hosts of providers beside those known here, which go before them.
    """
    address = address_of(url)
    if address is None:
        return None
    known = chain(more.items(), HOSTS.items())
    return next((str(name) for name, hosts in known if lies_at(address.host, hosts)), None)


def lies_at(host: str, patterns: Iterable[str]) -> bool:
    """Say whether a host in normal form matches glob patterns, however those are written."""
    return any(fnmatchcase(host, plain(pattern).removesuffix(".")) for pattern in patterns)
