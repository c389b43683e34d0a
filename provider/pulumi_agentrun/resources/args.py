"""The nested arguments of the resources, as typed dictionaries.

Written by tools/generate.py from the models: change those, then run `make format`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from typing_extensions import TypedDict


class CredentialRemoteConfigArgs(TypedDict, total=False):
    """Where the keys are published that tokens are checked with."""

    uri: pulumi.Input[str]
    """The URL of the key set (JWKS)."""
    timeout: pulumi.Input[int]
    """How long to wait for it; 3000 in the official SDK, which names no unit."""
    ttl: pulumi.Input[int]
    """How long it holds; 30000 in the official SDK, which names no unit."""


class CredentialBasicAuthArgs(TypedDict, total=False):
    """Who may come in by name and password."""

    username: pulumi.Input[str]
    """The name."""
    password: pulumi.Input[str]
    """The password. Kept secret in state."""
    password_from: pulumi.Input[str]
    """Where the provider finds `password` when it runs, `env:NAME` or `file:PATH`, instead of
    `password` itself: state then holds no key at all, only a fingerprint to tell when it
    changes."""


class CredentialPublicConfigArgs(TypedDict, total=False):
    """What goes with a secret, by `credential_auth_type`."""

    auth_config: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """For `ak_sk` and `custom_header`: the parts of the key, or the headers to send, by name. Kept
    secret in state."""
    auth_type: pulumi.Input[str]
    """For `jwt`: `static_jwks` where `jwks` has the keys."""
    header_key: pulumi.Input[str]
    """For `api_key`: the header that the key is in."""
    jwks: pulumi.Input[str]
    """For `jwt`: the keys that tokens are checked with, as JSON."""
    prefix: pulumi.Input[str]
    """What stands before the key in its header."""
    provider: pulumi.Input[str]
    """Who is to be reached with it: a model provider, or one of tools."""
    remote_config: pulumi.Input[CredentialRemoteConfigArgs]
    """For `jwt`: where the keys are published that tokens are checked with."""
    users: pulumi.Input[Sequence[pulumi.Input[CredentialBasicAuthArgs]]]
    """For `basic`: who may come in."""


class ProviderSettingsArgs(TypedDict, total=False):
    """How to reach a model provider."""

    api_key: pulumi.Input[str]
    """The provider's key, sent with every model call. Kept secret in state."""
    api_key_from: pulumi.Input[str]
    """Where the provider finds `api_key` when it runs, `env:NAME` or `file:PATH`, instead of
    `api_key` itself: state then holds no key at all, only a fingerprint to tell when it changes."""
    base_url: pulumi.Input[str]
    """The root of the provider's API, for instance `https://api.example.com/v1`."""
    model_names: pulumi.Input[Sequence[pulumi.Input[str]]]
    """The models that the service offers, as the provider calls them; their order has no meaning."""


class ModelFeaturesArgs(TypedDict, total=False):
    """What a model can do."""

    agent_thought: pulumi.Input[bool]
    """Whether it shows its reasoning."""
    multi_tool_call: pulumi.Input[bool]
    """Whether one answer may call several tools."""
    stream_tool_call: pulumi.Input[bool]
    """Whether tool calls are streamed."""
    tool_call: pulumi.Input[bool]
    """Whether it calls tools."""
    vision: pulumi.Input[bool]
    """Whether it takes images."""


class ModelPropertiesArgs(TypedDict, total=False):
    """What a model is like."""

    context_size: pulumi.Input[int]
    """The context window, in tokens."""


class ModelParameterRuleArgs(TypedDict, total=False):
    """One parameter that callers of a model may set."""

    name: pulumi.Input[str]
    """The parameter's name, for instance `temperature`."""
    type: pulumi.Input[str]
    """Its type, for instance `float`."""
    required: pulumi.Input[bool]
    """Whether callers must set it."""
    default: pulumi.Input[Any]
    """What holds when they do not."""
    min: pulumi.Input[float]
    """Its least value."""
    max: pulumi.Input[float]
    """Its greatest value."""


class ModelInfoConfigArgs(TypedDict, total=False):
    """What callers should know of one model."""

    model_name: pulumi.Input[str]
    """The model that this describes."""
    model_features: pulumi.Input[ModelFeaturesArgs]
    """What it can do."""
    model_properties: pulumi.Input[ModelPropertiesArgs]
    """What it is like."""
    model_parameter_rules: pulumi.Input[Sequence[pulumi.Input[ModelParameterRuleArgs]]]
    """The parameters that callers may set."""


class NetworkConfigurationArgs(TypedDict, total=False):
    """Where a resource stands on the network."""

    network_mode: pulumi.Input[str]
    """`PUBLIC`, `PRIVATE` or `PUBLIC_AND_PRIVATE`."""
    vpc_id: pulumi.Input[str]
    """The VPC, needed by both private modes."""
    vswitch_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """vSwitches of that VPC; their order has no meaning."""
    security_group_id: pulumi.Input[str]
    """The security group of its network interfaces in the VPC."""


class ProxyConfigEndpointArgs(TypedDict, total=False):
    """One place that a proxy sends requests to."""

    model_service_name: pulumi.Input[str]
    """The model service behind it."""
    model_names: pulumi.Input[Sequence[pulumi.Input[str]]]
    """The models of that service to use; their order has no meaning."""
    base_url: pulumi.Input[str]
    """A base URL to use instead of the service's own."""
    weight: pulumi.Input[int]
    """Its share of the requests, relative to the other endpoints' weights."""


class ProxyConfigFallbackArgs(TypedDict, total=False):
    """Where a request goes when its endpoint fails."""

    model_service_name: pulumi.Input[str]
    """The model service to fall back to."""
    model_name: pulumi.Input[str]
    """The model of that service to use."""


class TokenRateLimiterArgs(TypedDict, total=False):
    """How many tokens may pass; what is unset is unlimited."""

    tps: pulumi.Input[int]
    """Tokens per second."""
    tpm: pulumi.Input[int]
    """Tokens per minute."""
    tph: pulumi.Input[int]
    """Tokens per hour."""
    tpd: pulumi.Input[int]
    """Tokens per day."""


class AiGuardrailConfigArgs(TypedDict, total=False):
    """What is checked in requests and answers, and what is blocked."""

    check_request: pulumi.Input[bool]
    """Whether requests are checked."""
    check_response: pulumi.Input[bool]
    """Whether answers are checked."""
    block_on_content_moderation: pulumi.Input[bool]
    """Whether harmful content is blocked."""
    block_on_malicious_url: pulumi.Input[bool]
    """Whether malicious links are blocked."""
    block_on_model_hallucination: pulumi.Input[bool]
    """Whether hallucinations are blocked."""
    block_on_prompt_attack: pulumi.Input[bool]
    """Whether prompt attacks are blocked."""
    block_on_sensitive_data: pulumi.Input[bool]
    """Whether sensitive data is blocked."""
    level: pulumi.Input[str]
    """How strict the checks are, in the service's words."""
    max_text_length: pulumi.Input[int]
    """How much of a text is checked, in characters."""


class ProxyConfigPoliciesArgs(TypedDict, total=False):
    """How a proxy treats the requests that pass through it."""

    cache: pulumi.Input[bool]
    """Whether equal requests are answered from a cache."""
    concurrency_limit: pulumi.Input[int]
    """How many requests may be under way at once."""
    num_retries: pulumi.Input[int]
    """How often a failed request is tried again."""
    request_timeout: pulumi.Input[int]
    """How long a request may take; the API documents no unit."""
    fallbacks: pulumi.Input[Sequence[pulumi.Input[ProxyConfigFallbackArgs]]]
    """Where a request goes when its endpoint fails, tried in this order."""
    token_rate_limiter: pulumi.Input[TokenRateLimiterArgs]
    """How many tokens may pass."""
    ai_guardrail_config: pulumi.Input[AiGuardrailConfigArgs]
    """What is checked and blocked."""


class ProxyConfigArgs(TypedDict, total=False):
    """Where a proxy sends requests, and how it treats them."""

    endpoints: pulumi.Input[Sequence[pulumi.Input[ProxyConfigEndpointArgs]]]
    """The places to send requests to, at least one: one in mode `single`, any number in mode
    `multi`. Each has a `model_service_name`, a `base_url` or both. Their order has no meaning."""
    policies: pulumi.Input[ProxyConfigPoliciesArgs]
    """Limits, retries, fallbacks and guardrails."""


class ArmsConfigurationArgs(TypedDict, total=False):
    """Application monitoring (ARMS). The service takes it and never shows it again."""

    enable_arms: pulumi.Input[bool]
    """Whether to monitor."""
    arms_license_key: pulumi.Input[str]
    """The ARMS license key. Kept secret in state."""
    arms_license_key_from: pulumi.Input[str]
    """Where the provider finds `arms_license_key` when it runs, `env:NAME` or `file:PATH`, instead
    of `arms_license_key` itself: state then holds no key at all, only a fingerprint to tell when
    it changes."""
    cms_workspace: pulumi.Input[str]
    """The CloudMonitor workspace."""


class LogConfigurationArgs(TypedDict, total=False):
    """Where logs go (Simple Log Service)."""

    project: pulumi.Input[str]
    """The log project."""
    logstore: pulumi.Input[str]
    """The logstore in that project."""
