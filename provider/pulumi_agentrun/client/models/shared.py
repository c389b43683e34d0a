"""The settings that model services and model proxies are made of, and the words they use.

Source: alibabacloud-agentrun20250910 5.7.5, `models.ProviderSettings`, `models.ModelInfoConfig`, `models.ProxyConfig`,
`models.NetworkConfiguration`, `models.LogConfiguration`, `models.ArmsConfiguration` and what is in them. The words:
agentrun-sdk 0.0.54, `agentrun.model` and `agentrun.utils`; the API's own classes have plain texts.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

from pydantic import Field

from .fields import Count, HttpUrl, Model, NameOf, Names, NotEmpty, OneOf, Prose, SecretValue, Text, Unordered


class Word(str, Enum):
    """A word that the API knows among others, and that is a text wherever it goes."""

    def __str__(self) -> str:
        return str(self.value)


class Status(Word):
    """Where a resource stands in its life."""

    CREATING = "CREATING"
    CREATE_FAILED = "CREATE_FAILED"
    UPDATING = "UPDATING"
    UPDATE_FAILED = "UPDATE_FAILED"
    READY = "READY"
    DELETING = "DELETING"
    DELETE_FAILED = "DELETE_FAILED"

    @staticmethod
    def is_final_status(status: Status | str | None = None) -> bool:
        """Say whether a status stays until the next change; none at all does."""
        return status is None or status == Status.READY or str(status).endswith("FAILED")

    def is_final(self) -> bool:
        """Say whether this status stays until the next change."""
        return Status.is_final_status(self)


class BackendType(Word):
    """Which of the two kinds of resource is meant."""

    SERVICE = "service"
    PROXY = "proxy"


class ModelType(Word):
    """What a model does; the API takes other words too."""

    LLM = "llm"
    TEXT_EMBEDDING = "text-embedding"
    EMBEDDING = "text-embedding"
    RERANK = "rerank"
    SPEECH2TEXT = "speech2text"
    TTS = "tts"
    MODERATION = "moderation"


class Provider(Word):
    """Who offers a model; the API takes other words too."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    BAICHUAN = "baichuan"
    DEEPSEEK = "deepseek"
    GEMINI = "gemini"
    HUNYUAN = "hunyuan"
    MINIMAX = "minimax"
    MOONSHOT = "moonshot"
    SPARK = "spark"
    STEPFUN = "stepfun"
    TONGYI = "tongyi"
    VERTEX_AI = "vertex_ai"
    WENXIN = "wenxin"
    YI = "yi"
    ZHIPUAI = "zhipuai"
    CUSTOM = "custom"

    # As the official SDK calls them.
    OpenAI = "openai"
    Anthropic = "anthropic"
    BaiChuan = "baichuan"
    DeepSeek = "deepseek"
    Gemini = "gemini"
    HunYuan = "hunyuan"
    MiniMax = "minimax"
    MoonShot = "moonshot"
    Spark = "spark"
    StepFun = "stepfun"
    Tongyi = "tongyi"
    VertexAI = "vertex_ai"
    WenXin = "wenxin"
    Yi = "yi"
    ZhiPuAI = "zhipuai"
    Custom = "custom"


class NetworkMode(Word):
    """Which networks a resource can reach and be reached from."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"
    PUBLIC_AND_PRIVATE = "PUBLIC_AND_PRIVATE"


class ProxyMode(Word):
    """Whether a proxy stands before one endpoint or shares traffic among several."""

    SINGLE = "single"
    MULTI = "multi"


# A member where one fits, any other word as it is: a newer service may know more.
NetworkModeWord = Annotated[NetworkMode | str, NotEmpty(), Field(union_mode="left_to_right")]
ProxyModeWord = Annotated[ProxyMode | str, NotEmpty(), OneOf(tuple(ProxyMode)), Field(union_mode="left_to_right")]
ModelTypeWord = Annotated[ModelType | str, NotEmpty(), Field(union_mode="left_to_right")]
ProviderWord = Annotated[Provider | str, NotEmpty(), Field(union_mode="left_to_right")]
StatusWord = Annotated[Status | str, Field(union_mode="left_to_right")]


class ProviderSettings(Model):
    """How to reach a model provider."""

    api_key: SecretValue | None = None
    """The provider's key, sent with every model call. Kept secret in state."""
    base_url: HttpUrl | None = None
    """The root of the provider's API, for instance `https://api.example.com/v1`."""
    model_names: Names | None = None
    """The models that the service offers, as the provider calls them; their order has no meaning."""


class ModelFeatures(Model):
    """What a model can do."""

    agent_thought: bool | None = None
    """Whether it shows its reasoning."""
    multi_tool_call: bool | None = None
    """Whether one answer may call several tools."""
    stream_tool_call: bool | None = None
    """Whether tool calls are streamed."""
    tool_call: bool | None = None
    """Whether it calls tools."""
    vision: bool | None = None
    """Whether it takes images."""


class ModelProperties(Model):
    """What a model is like."""

    context_size: Count | None = None
    """The context window, in tokens."""


class ModelParameterRule(Model):
    """One parameter that callers of a model may set."""

    name: Text | None = None
    """The parameter's name, for instance `temperature`."""
    type: str | None = None
    """Its type, for instance `float`."""
    required: bool | None = None
    """Whether callers must set it."""
    default: Annotated[Any, Prose()] = None
    """What holds when they do not."""
    min: int | float | None = None
    """Its least value."""
    max: int | float | None = None
    """Its greatest value."""


class ModelInfoConfig(Model):
    """What callers should know of one model."""

    model_name: Text | None = None
    """The model that this describes."""
    model_features: ModelFeatures | None = None
    """What it can do."""
    model_properties: ModelProperties | None = None
    """What it is like."""
    model_parameter_rules: Annotated[list[ModelParameterRule], Unordered()] | None = None
    """The parameters that callers may set."""


class NetworkConfiguration(Model):
    """Where a resource stands on the network."""

    network_mode: NetworkModeWord | None = None
    """`PUBLIC`, `PRIVATE` or `PUBLIC_AND_PRIVATE`."""
    vpc_id: str | None = None
    """The VPC, needed by both private modes."""
    vswitch_ids: Names | None = None
    """vSwitches of that VPC; their order has no meaning."""
    security_group_id: str | None = None
    """The security group of its network interfaces in the VPC."""


class NetworkConfig(NetworkConfiguration):
    """The same under the official SDK's name, and with its default."""

    network_mode: NetworkModeWord | None = NetworkMode.PUBLIC
    """`PUBLIC`, `PRIVATE` or `PUBLIC_AND_PRIVATE`."""


class LogConfiguration(Model):
    """Where logs go (Simple Log Service)."""

    project: str | None = None
    """The log project."""
    logstore: str | None = None
    """The logstore in that project."""


class ArmsConfiguration(Model):
    """Application monitoring (ARMS). The service takes it and never shows it again."""

    enable_arms: bool | None = None
    """Whether to monitor."""
    arms_license_key: SecretValue | None = None
    """The ARMS license key. Kept secret in state."""
    cms_workspace: str | None = None
    """The CloudMonitor workspace."""


class ProxyConfigEndpoint(Model):
    """One place that a proxy sends requests to."""

    model_service_name: Annotated[Text, NameOf("ModelService")] | None = None
    """The model service behind it."""
    model_names: Names | None = None
    """The models of that service to use; their order has no meaning."""
    base_url: HttpUrl | None = None
    """A base URL to use instead of the service's own."""
    weight: Count | None = None
    """Its share of the requests, relative to the other endpoints' weights."""


class ProxyConfigFallback(Model):
    """Where a request goes when its endpoint fails."""

    model_service_name: Annotated[Text, NameOf("ModelService")] | None = None
    """The model service to fall back to."""
    model_name: str | None = None
    """The model of that service to use."""


class TokenRateLimiter(Model):
    """How many tokens may pass; what is unset is unlimited."""

    tps: Count | None = None
    """Tokens per second."""
    tpm: Count | None = None
    """Tokens per minute."""
    tph: Count | None = None
    """Tokens per hour."""
    tpd: Count | None = None
    """Tokens per day."""


class AiGuardrailConfig(Model):
    """What is checked in requests and answers, and what is blocked."""

    check_request: bool | None = None
    """Whether requests are checked."""
    check_response: bool | None = None
    """Whether answers are checked."""
    block_on_content_moderation: bool | None = None
    """Whether harmful content is blocked."""
    block_on_malicious_url: bool | None = None
    """Whether malicious links are blocked."""
    block_on_model_hallucination: bool | None = None
    """Whether hallucinations are blocked."""
    block_on_prompt_attack: bool | None = None
    """Whether prompt attacks are blocked."""
    block_on_sensitive_data: bool | None = None
    """Whether sensitive data is blocked."""
    level: str | None = None
    """How strict the checks are, in the service's words."""
    max_text_length: Count | None = None
    """How much of a text is checked, in characters."""


ProxyConfigTokenRateLimiter = TokenRateLimiter
"""As the official SDK calls it."""
ProxyConfigAIGuardrailConfig = AiGuardrailConfig
"""As the official SDK calls it."""


class ProxyConfigPolicies(Model):
    """How a proxy treats the requests that pass through it."""

    cache: bool | None = None
    """Whether equal requests are answered from a cache."""
    concurrency_limit: Count | None = None
    """How many requests may be under way at once."""
    num_retries: Count | None = None
    """How often a failed request is tried again."""
    request_timeout: Count | None = None
    """How long a request may take; the API documents no unit."""
    fallbacks: list[ProxyConfigFallback] | None = None
    """Where a request goes when its endpoint fails, tried in this order."""
    token_rate_limiter: TokenRateLimiter | None = None
    """How many tokens may pass."""
    ai_guardrail_config: AiGuardrailConfig | None = None
    """What is checked and blocked."""


class ProxyConfig(Model):
    """Where a proxy sends requests, and how it treats them."""

    endpoints: Annotated[list[ProxyConfigEndpoint], Unordered()] | None = None
    """The places to send requests to, at least one: one in mode `single`, any number in mode `multi`. Each has a
    `model_service_name`, a `base_url` or both. Their order has no meaning."""
    policies: ProxyConfigPolicies | None = None
    """Limits, retries, fallbacks and guardrails."""
