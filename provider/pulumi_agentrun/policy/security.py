"""Rules about keys, networks and guardrails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from ..client.kinds import PROXY, SERVICE
from .rule import Finding, Rule, Settings, matches
from .view import ENDPOINTS, POLICIES, View

Block = Literal["content_moderation", "malicious_url", "model_hallucination", "prompt_attack", "sensitive_data"]


class Keys(Settings):
    """Where keys may come from."""

    allow_references: bool = True
    """Whether `api_key_from` may lead to a key where Pulumi runs; state then holds none."""


def no_inline_api_key(view: View, settings: Keys) -> Iterator[Finding]:
    """Yield a key that the program itself brings along."""
    if view.at("provider_settings.api_key"):
        yield Finding("provider_settings.api_key", "must not be set; use credential_name")
    if not settings.allow_references and view.at("provider_settings.api_key_from"):
        yield Finding("provider_settings.api_key_from", "must not be set; use credential_name")


class Urls(Settings):
    """Which base URLs are allowed."""

    hosts: tuple[str, ...] = ()
    """The allowed hosts as glob patterns; none means any."""


def secure_base_urls(view: View, settings: Urls) -> Iterator[Finding]:
    """Yield base URLs that are not https, carry credentials, or lead to a host that is not allowed."""
    endpoints = [f"{path}.base_url" for path in view.items(ENDPOINTS)]
    for path in ["provider_settings.base_url"] if view.kind is SERVICE else endpoints:
        text = view.at(path)
        if not text:
            continue
        url = urlsplit(text)
        if url.scheme != "https":
            yield Finding(path, "must begin with https://")
        if url.username or url.password:
            yield Finding(path, "must not carry a user name or password")
        if settings.hosts and not matches(url.hostname or "", settings.hosts):
            yield Finding(path, f"must lead to one of {', '.join(settings.hosts)}")


class Networks(Settings):
    """Which networks are allowed."""

    modes: tuple[str, ...] = ("PRIVATE",)
    """The allowed network modes."""


def private_networking(view: View, settings: Networks) -> Iterator[Finding]:
    """Yield a resource that is, or by default would be, reachable from outside."""
    path = "network_configuration.network_mode"
    mode = view.at(path)
    if mode not in settings.modes:
        yield Finding(path, f"must be {' or '.join(settings.modes)}")
    elif mode != "PUBLIC" and not view.at("network_configuration.vpc_id"):
        yield Finding("network_configuration.vpc_id", "must be set, for a private network is one of a VPC")


class Guardrails(Settings):
    """Which guardrails are required."""

    request: bool = True
    """Whether requests must be checked."""
    response: bool = True
    """Whether answers must be checked."""
    blocks: tuple[Block, ...] = (
        "prompt_attack",
        "sensitive_data",
    )
    """What must be blocked."""
    levels: tuple[str, ...] = ()
    """The allowed levels, in the service's words; none means any."""


def guardrails(view: View, settings: Guardrails) -> Iterator[Finding]:
    """Yield the guardrails that a proxy lacks."""
    root = f"{POLICIES}.ai_guardrail_config"
    required = [f"check_{part}" for part in ("request", "response") if getattr(settings, part)]
    for key in [*required, *(f"block_on_{block}" for block in settings.blocks)]:
        if view.at(f"{root}.{key}") is not True:
            yield Finding(f"{root}.{key}", "must be true")
    if settings.levels and view.at(f"{root}.level") not in settings.levels:
        yield Finding(f"{root}.level", f"must be one of {', '.join(settings.levels)}")


RULES = (
    Rule(
        "agentrun-no-inline-api-key", "No program carries a provider's key.",
        "Keep the key as a credential in AgentRun and set credential_name instead.",
        Keys, no_inline_api_key, (SERVICE,),
    ),
    Rule(
        "agentrun-secure-base-urls", "Models are reached by https, at allowed hosts.",
        "Use the provider's https endpoint.", Urls, secure_base_urls, (SERVICE, PROXY),
    ),
    Rule(
        "agentrun-private-networking", "Services and proxies stand in a private network.",
        "Set network_configuration with network_mode, vpc_id, vswitch_ids and security_group_id.",
        Networks, private_networking, (SERVICE, PROXY),
    ),
    Rule(
        "agentrun-guardrails", "Proxies check what passes through them.",
        "Set proxy_config.policies.ai_guardrail_config.", Guardrails, guardrails, (PROXY,),
    ),
)  # fmt: skip
