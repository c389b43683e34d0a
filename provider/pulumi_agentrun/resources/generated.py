"""The resources as programs use them.

Written by tools/generate.py from the models: change those, then run `make format`.

Outputs are declared in classes of their own, for Pulumi's SDK evaluates the annotations of a resource's own class
each time that it registers one, to tell whole numbers from others: only those are repeated there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from ..dynamic import CredentialProvider, KindResource, ModelProxyProvider, ModelServiceProvider
from .args import (
    ArmsConfigurationArgs,
    CredentialPublicConfigArgs,
    LogConfigurationArgs,
    ModelInfoConfigArgs,
    NetworkConfigurationArgs,
    ProviderSettingsArgs,
    ProxyConfigArgs,
)


class _CredentialOutputs(KindResource):
    credential_name: pulumi.Output[str]
    """The name that the API addresses the credential by, and that services and proxies name; unique
    in an account and region."""
    credential_public_config: pulumi.Output[dict[str, Any] | None]
    """What goes with the secret."""
    credential_secret: pulumi.Output[str | None]
    """The key itself, for `api_key` and `ak_sk`. Kept secret in state. A change rotates it in
    place."""
    credential_secret_from: pulumi.Output[str | None]
    """Where the provider finds `credential_secret` when it runs, `env:NAME` or `file:PATH`, instead
    of `credential_secret` itself: state then holds no key at all, only a fingerprint to tell
    when it changes."""
    description: pulumi.Output[str | None]
    """What the credential is for."""
    enabled: pulumi.Output[bool | None]
    """Whether it can be used."""
    workspace_id: pulumi.Output[str | None]
    """The workspace that it belongs to."""
    credential_auth_type: pulumi.Output[str]
    """How who has it proves it: `api_key`, `jwt`, `basic`, `ak_sk`, `custom_header`, …"""
    credential_source_type: pulumi.Output[str]
    """What it opens: `external_llm` for a model provider, `external_tool` for tools, `internal` for
    a proxy or another resource of AgentRun."""
    created_at: pulumi.Output[str | None]
    """When it was created (ISO 8601, with offset)."""
    credential_id: pulumi.Output[str | None]
    """The service's own id."""
    updated_at: pulumi.Output[str | None]
    """When it was last changed (ISO 8601, with offset)."""
    region: pulumi.Output[str | None]
    """The region that the resource is in, if the endpoint tells; `embedded` in the embedded
    platform."""


class Credential(_CredentialOutputs, module="agentrun", name="Credential"):
    """A key that AgentRun keeps, for services and proxies to use by name."""

    provider_class = CredentialProvider
    _properties = tuple(_CredentialOutputs.__annotations__)
    _secrets = (
        ("credential_public_config", "auth_config"),
        ("credential_public_config", "users"),
        ("credential_secret",),
    )

    def __init__(
        self,
        resource_name: str,
        *,
        credential_auth_type: pulumi.Input[str],
        credential_source_type: pulumi.Input[str],
        credential_name: pulumi.Input[str] | None = None,
        credential_public_config: pulumi.Input[CredentialPublicConfigArgs] | None = None,
        credential_secret: pulumi.Input[str] | None = None,
        credential_secret_from: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        enabled: pulumi.Input[bool] | None = None,
        workspace_id: pulumi.Input[str] | None = None,
        adopt: bool = False,
        profile: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a credential.

        :param credential_auth_type: How who has it proves it: `api_key`, `jwt`, `basic`, `ak_sk`,
            `custom_header`, … A change replaces.
        :param credential_source_type: What it opens: `external_llm` for a model provider,
            `external_tool` for tools, `internal` for a proxy or another resource of AgentRun. A
            change replaces.
        :param credential_name: The name that the API addresses the credential by, and that services
            and proxies name; unique in an account and region. A change replaces. Generated from the
            resource's name unless given.
        :param credential_public_config: What goes with the secret.
        :param credential_secret: The key itself, for `api_key` and `ak_sk`. Kept secret in state. A
            change rotates it in place.
        :param credential_secret_from: Where the provider finds `credential_secret` when it runs,
            `env:NAME` or `file:PATH`, instead of `credential_secret` itself: state then holds no
            key at all, only a fingerprint to tell when it changes.
        :param description: What the credential is for.
        :param enabled: Whether it can be used.
        :param workspace_id: The workspace that it belongs to.
        :param adopt: Take over what exists under this name already, instead of failing.
        :param profile: The entry of `agentrun:profiles` to use, for another account or region. A
            change replaces.
        :param opts: Pulumi's own resource options.
        """
        super().__init__(
            resource_name,
            {
                "credential_auth_type": credential_auth_type,
                "credential_source_type": credential_source_type,
                "credential_name": credential_name,
                "credential_public_config": credential_public_config,
                "credential_secret": credential_secret,
                "credential_secret_from": credential_secret_from,
                "description": description,
                "enabled": enabled,
                "workspace_id": workspace_id,
                "profile": profile,
                "adopt": adopt or None,
            },
            opts,
        )


class _ModelServiceOutputs(KindResource):
    model_service_name: pulumi.Output[str]
    """The name that the API addresses the service by; unique in an account and region."""
    provider_settings: pulumi.Output[dict[str, Any]]
    """How to reach the provider."""
    credential_name: pulumi.Output[str | None]
    """A credential kept by AgentRun to use instead of an inline api key."""
    description: pulumi.Output[str | None]
    """What the service is for."""
    model_info_configs: pulumi.Output[list[dict[str, Any]] | None]
    """What callers should know of its models."""
    network_configuration: pulumi.Output[dict[str, Any] | None]
    """Where it stands on the network."""
    workspace_id: pulumi.Output[str | None]
    """The workspace that it belongs to."""
    model_type: pulumi.Output[str]
    """What its models do: `llm`, `text-embedding`, `rerank`, `speech2text`, `tts`, `moderation`, …"""
    provider: pulumi.Output[str]
    """Who offers the models: `tongyi`, `openai`, `anthropic`, `deepseek`, `custom`, …"""
    created_at: pulumi.Output[str | None]
    """When it was created (ISO 8601, with offset)."""
    last_updated_at: pulumi.Output[str | None]
    """When it was last changed (ISO 8601, with offset)."""
    model_service_id: pulumi.Output[str | None]
    """The service's own id; it may give none."""
    status: pulumi.Output[str]
    """Where the resource stands in its life; none counts as settled."""
    status_reason: pulumi.Output[str | None]
    """Why it stands there, for instance why a creation failed."""
    region: pulumi.Output[str | None]
    """The region that the resource is in, if the endpoint tells; `embedded` in the embedded
    platform."""


class ModelService(_ModelServiceOutputs, module="agentrun", name="ModelService"):
    """A registered LLM endpoint with its credentials and models."""

    provider_class = ModelServiceProvider
    _properties = tuple(_ModelServiceOutputs.__annotations__)
    _secrets = (("provider_settings", "api_key"),)

    def __init__(
        self,
        resource_name: str,
        *,
        provider_settings: pulumi.Input[ProviderSettingsArgs],
        model_type: pulumi.Input[str],
        provider: pulumi.Input[str],
        model_service_name: pulumi.Input[str] | None = None,
        credential_name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        model_info_configs: pulumi.Input[Sequence[pulumi.Input[ModelInfoConfigArgs]]] | None = None,
        network_configuration: pulumi.Input[NetworkConfigurationArgs] | None = None,
        workspace_id: pulumi.Input[str] | None = None,
        adopt: bool = False,
        profile: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a model service.

        :param provider_settings: How to reach the provider.
        :param model_type: What its models do: `llm`, `text-embedding`, `rerank`, `speech2text`,
            `tts`, `moderation`, … A change replaces.
        :param provider: Who offers the models: `tongyi`, `openai`, `anthropic`, `deepseek`,
            `custom`, … A change replaces.
        :param model_service_name: The name that the API addresses the service by; unique in an
            account and region. A change replaces. Generated from the resource's name unless given.
        :param credential_name: A credential kept by AgentRun to use instead of an inline api key.
        :param description: What the service is for.
        :param model_info_configs: What callers should know of its models.
        :param network_configuration: Where it stands on the network.
        :param workspace_id: The workspace that it belongs to.
        :param adopt: Take over what exists under this name already, instead of failing.
        :param profile: The entry of `agentrun:profiles` to use, for another account or region. A
            change replaces.
        :param opts: Pulumi's own resource options.
        """
        super().__init__(
            resource_name,
            {
                "provider_settings": provider_settings,
                "model_type": model_type,
                "provider": provider,
                "model_service_name": model_service_name,
                "credential_name": credential_name,
                "description": description,
                "model_info_configs": model_info_configs,
                "network_configuration": network_configuration,
                "workspace_id": workspace_id,
                "profile": profile,
                "adopt": adopt or None,
            },
            opts,
        )


class _ModelProxyOutputs(KindResource):
    model_proxy_name: pulumi.Output[str]
    """The name that the API addresses the proxy by; unique in an account and region."""
    proxy_config: pulumi.Output[dict[str, Any]]
    """Where it sends requests, and how it treats them."""
    arms_configuration: pulumi.Output[dict[str, Any] | None]
    """Application monitoring. The service never shows it again, so no drift is seen in it."""
    credential_name: pulumi.Output[str | None]
    """A credential kept by AgentRun that callers of the proxy must present."""
    description: pulumi.Output[str | None]
    """What the proxy is for."""
    execution_role_arn: pulumi.Output[str | None]
    """The RAM role that it runs as."""
    log_configuration: pulumi.Output[dict[str, Any] | None]
    """Where its logs go."""
    network_configuration: pulumi.Output[dict[str, Any] | None]
    """Where it stands on the network."""
    workspace_id: pulumi.Output[str | None]
    """The workspace that it belongs to."""
    cpu: pulumi.Output[float | None]
    """Cores of the proxy; 2 unless given."""
    memory: pulumi.Output[int | None]
    """Memory of the proxy in MB; 4096 unless given."""
    proxy_mode: pulumi.Output[str | None]
    """`single` or `multi`. Unless given, `multi` for more than one endpoint, else `single`. Set
    `multi` from the start to be able to add a second endpoint in place."""
    model_type: pulumi.Output[str | None]
    """What its models do, as in model services."""
    litellm_version: pulumi.Output[str | None]
    """The version of LiteLLM that it runs."""
    service_region_id: pulumi.Output[str | None]
    """The region of the services behind it."""
    created_at: pulumi.Output[str | None]
    """When it was created (ISO 8601, with offset)."""
    endpoint: pulumi.Output[str | None]
    """The URL that applications call."""
    function_name: pulumi.Output[str | None]
    """The function that runs it (Function Compute)."""
    last_updated_at: pulumi.Output[str | None]
    """When it was last changed (ISO 8601, with offset)."""
    model_proxy_id: pulumi.Output[str | None]
    """The service's own id."""
    status: pulumi.Output[str]
    """Where the resource stands in its life; none counts as settled."""
    status_reason: pulumi.Output[str | None]
    """Why it stands there, for instance why a creation failed."""
    region: pulumi.Output[str | None]
    """The region that the resource is in, if the endpoint tells; `embedded` in the embedded
    platform."""


class ModelProxy(_ModelProxyOutputs, module="agentrun", name="ModelProxy"):
    """An LLM gateway in front of model services: weights, fallbacks, limits, guardrails."""

    provider_class = ModelProxyProvider
    _properties = tuple(_ModelProxyOutputs.__annotations__)
    _secrets = (("arms_configuration", "arms_license_key"),)

    memory: pulumi.Output[int | None]

    def __init__(
        self,
        resource_name: str,
        *,
        proxy_config: pulumi.Input[ProxyConfigArgs],
        model_proxy_name: pulumi.Input[str] | None = None,
        arms_configuration: pulumi.Input[ArmsConfigurationArgs] | None = None,
        credential_name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        execution_role_arn: pulumi.Input[str] | None = None,
        log_configuration: pulumi.Input[LogConfigurationArgs] | None = None,
        network_configuration: pulumi.Input[NetworkConfigurationArgs] | None = None,
        workspace_id: pulumi.Input[str] | None = None,
        cpu: pulumi.Input[float] | None = None,
        memory: pulumi.Input[int] | None = None,
        proxy_mode: pulumi.Input[str] | None = None,
        model_type: pulumi.Input[str] | None = None,
        litellm_version: pulumi.Input[str] | None = None,
        service_region_id: pulumi.Input[str] | None = None,
        adopt: bool = False,
        profile: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a model proxy.

        :param proxy_config: Where it sends requests, and how it treats them.
        :param model_proxy_name: The name that the API addresses the proxy by; unique in an account
            and region. A change replaces. Generated from the resource's name unless given.
        :param arms_configuration: Application monitoring. The service never shows it again, so no
            drift is seen in it.
        :param credential_name: A credential kept by AgentRun that callers of the proxy must
            present.
        :param description: What the proxy is for.
        :param execution_role_arn: The RAM role that it runs as.
        :param log_configuration: Where its logs go.
        :param network_configuration: Where it stands on the network.
        :param workspace_id: The workspace that it belongs to.
        :param cpu: Cores of the proxy; 2 unless given. A change replaces.
        :param memory: Memory of the proxy in MB; 4096 unless given. A change replaces.
        :param proxy_mode: `single` or `multi`. Unless given, `multi` for more than one endpoint,
            else `single`. Set `multi` from the start to be able to add a second endpoint in place.
            A change replaces.
        :param model_type: What its models do, as in model services. A change replaces.
        :param litellm_version: The version of LiteLLM that it runs. A change replaces.
        :param service_region_id: The region of the services behind it. A change replaces.
        :param adopt: Take over what exists under this name already, instead of failing.
        :param profile: The entry of `agentrun:profiles` to use, for another account or region. A
            change replaces.
        :param opts: Pulumi's own resource options.
        """
        super().__init__(
            resource_name,
            {
                "proxy_config": proxy_config,
                "model_proxy_name": model_proxy_name,
                "arms_configuration": arms_configuration,
                "credential_name": credential_name,
                "description": description,
                "execution_role_arn": execution_role_arn,
                "log_configuration": log_configuration,
                "network_configuration": network_configuration,
                "workspace_id": workspace_id,
                "cpu": cpu,
                "memory": memory,
                "proxy_mode": proxy_mode,
                "model_type": model_type,
                "litellm_version": litellm_version,
                "service_region_id": service_region_id,
                "profile": profile,
                "adopt": adopt or None,
            },
            opts,
        )
