"""ModelGateway: several model services behind one proxy, as a single resource with good defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from typing_extensions import Required, TypedDict

from ..client.nearest import no_such
from ..client.wording import dotted
from ..dynamic import check_declaration
from ..lifecycle.gateway import DEFAULTS, Gateway, GatewayError, service_resource
from .args import (
    AiGuardrailConfigArgs,
    LogConfigurationArgs,
    ModelInfoConfigArgs,
    NetworkConfigurationArgs,
    TokenRateLimiterArgs,
)
from .contract import contract_of
from .generated import ModelProxy, ModelService


class GatewayServiceArgs(TypedDict, total=False):
    """One model service of a gateway."""

    provider: Required[pulumi.Input[str]]
    """Who offers the models: `tongyi`, `openai`, `anthropic`, `deepseek`, `custom`, … A change replaces."""
    model_names: Required[Sequence[pulumi.Input[str]]]
    """The models to use, as the provider calls them; a fallback uses the first."""
    base_url: pulumi.Input[str]
    """The root of the provider's API, for instance `https://api.example.com/v1`."""
    api_key: pulumi.Input[str]
    """The provider's key. Kept secret in state."""
    api_key_from: pulumi.Input[str]
    """Where the key is found when the provider runs, `env:NAME` or `file:PATH`: state then holds no key."""
    credential_name: pulumi.Input[str]
    """A credential kept by AgentRun to use instead of a key."""
    model_service_name: pulumi.Input[str]
    """The name in the API. A change replaces. Generated unless given."""
    description: pulumi.Input[str]
    """What the service is for."""
    model_info_configs: pulumi.Input[Sequence[pulumi.Input[ModelInfoConfigArgs]]]
    """What callers should know of its models."""
    network_configuration: pulumi.Input[NetworkConfigurationArgs]
    """Where it stands on the network."""


class ModelGateway(pulumi.ComponentResource):
    """An LLM gateway: the services, and the proxy that applications call.

    Weights, fallbacks, services and limits all change in place.
    """

    services: Mapping[str, ModelService]
    """The services, under the keys that the program gave them."""
    proxy: ModelProxy
    """The proxy before them."""
    endpoint: pulumi.Output[str | None]
    """The URL that applications call."""
    model_name: pulumi.Output[str]
    """The model to ask for by default: the first of the first service with a weight."""
    model_names: pulumi.Output[list[str]]
    """The models that applications can ask for: those of the services with a weight."""
    credential_name: pulumi.Output[str | None]
    """The name of the credential that callers must present; never the credential itself."""
    contract: pulumi.Output[dict[str, Any]]
    """All this as one value with a version: export it, and read it in other stacks with GatewayReference."""

    def __init__(
        self,
        resource_name: str,
        *,
        services: Mapping[str, GatewayServiceArgs],
        weights: Mapping[str, pulumi.Input[int]] | None = None,
        fallbacks: Sequence[str] | None = None,
        model_type: pulumi.Input[str] = DEFAULTS["model_type"],
        num_retries: pulumi.Input[int] = DEFAULTS["num_retries"],
        request_timeout: pulumi.Input[int] = DEFAULTS["request_timeout"],
        concurrency_limit: pulumi.Input[int] = DEFAULTS["concurrency_limit"],
        token_rate_limiter: pulumi.Input[TokenRateLimiterArgs] | None = None,
        ai_guardrail_config: AiGuardrailConfigArgs | None = None,
        cpu: pulumi.Input[float] | None = None,
        memory: pulumi.Input[int] | None = None,
        credential_name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        network_configuration: pulumi.Input[NetworkConfigurationArgs] | None = None,
        log_configuration: pulumi.Input[LogConfigurationArgs] | None = None,
        workspace_id: pulumi.Input[str] | None = None,
        model_proxy_name: pulumi.Input[str] | None = None,
        profile: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a gateway.

        :param services: The model services under keys of your own, for instance `stable` and `canary`.
        :param weights: The services that take requests, and their shares relative to each other; 0 keeps a
            service ready. Unless given, the first service takes everything.
        :param fallbacks: The services to try, in this order, when a request fails. Unless given, those
            without a weight.
        :param model_type: What the models do: `llm`, `text-embedding`, `rerank`, … A change replaces.
        :param num_retries: How often a failed request is tried again.
        :param request_timeout: How long a request may take; the API documents no unit.
        :param concurrency_limit: How many requests may be under way at once.
        :param token_rate_limiter: How many tokens may pass. Unlimited unless given.
        :param ai_guardrail_config: What is checked and blocked, over what is unless given: requests and answers
            are checked, harmful content, malicious links and prompt attacks blocked.
        :param cpu: Cores of the proxy; 2 unless given. A change replaces.
        :param memory: Memory of the proxy in MB; 4096 unless given. A change replaces.
        :param credential_name: A credential kept by AgentRun that callers must present.
        :param description: What the gateway is for.
        :param network_configuration: Where the proxy stands on the network.
        :param log_configuration: Where the proxy's logs go.
        :param workspace_id: The workspace that everything belongs to.
        :param model_proxy_name: The proxy's name in the API. A change replaces. Generated unless given.
        :param profile: The entry of `agentrun:profiles` to use, for another account or region. A change
            replaces.
        :param opts: Pulumi's own resource options.
        """
        check_declaration("ModelGateway", resource_name, opts)
        _check_form(services, weights, fallbacks, ai_guardrail_config)
        gateway = _gateway(
            {
                "services": services,
                "weights": weights,
                "fallbacks": fallbacks,
                "model_type": model_type,
                "num_retries": num_retries,
                "request_timeout": request_timeout,
                "concurrency_limit": concurrency_limit,
                "token_rate_limiter": token_rate_limiter,
                "ai_guardrail_config": ai_guardrail_config,
                "cpu": cpu,
                "memory": memory,
                "credential_name": credential_name,
                "description": description,
                "network_configuration": network_configuration,
                "log_configuration": log_configuration,
                "workspace_id": workspace_id,
                "model_proxy_name": model_proxy_name,
                "profile": profile,
            }
        )
        super().__init__("agentrun:index:ModelGateway", resource_name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.services = {
            key: ModelService(service_resource(resource_name, key), **inputs, opts=inside)
            for key, inputs in gateway.services().items()
        }
        names = {key: service.model_service_name for key, service in self.services.items()}
        self.proxy = ModelProxy(resource_name, **gateway.proxy(names), opts=inside)
        self._expose(gateway.model_names)

    def _expose(self, models: list[pulumi.Input[str]]) -> None:
        self.endpoint = self.proxy.endpoint
        self.model_names = pulumi.Output.all(*models).apply(lambda names: list(dict.fromkeys(names)))
        self.model_name = self.model_names.apply(lambda names: str(names[0]))
        self.credential_name = self.proxy.credential_name
        self.contract = contract_of(self.proxy, self.model_names)
        names = ("endpoint", "model_name", "model_names", "credential_name", "contract")
        self.register_outputs({name: getattr(self, name) for name in names})


def _gateway(arguments: Mapping[str, Any]) -> Gateway:
    try:
        return Gateway(arguments)
    except GatewayError as error:
        raise pulumi.RunError(f"{dotted(error.path)} of the ModelGateway: {error}.") from None


def _check_form(services: object, weights: object, fallbacks: object, guardrails: object) -> None:
    """Stop the program at what it cannot be seen in which resources there are to register."""
    for key, settings in _map("services", services, "keys of your own to the arguments of services").items():
        _check_service(f"Service {key!r} of the ModelGateway", settings)
    _map("weights", {} if weights is None else weights, "keys of services to their shares")
    _check_keys([] if fallbacks is None else fallbacks)
    _map("ai_guardrail_config", {} if guardrails is None else guardrails, "settings")


def _map(name: str, value: object, form: str) -> Mapping[str, Any]:
    """Return a map, or stop the program; no Output is one, for what there is to register must be known by then."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise pulumi.RunError(f"{name} of the ModelGateway must be a map of {form}{_not_output(value)}.")
    return value


def _check_keys(fallbacks: object) -> None:
    keys = fallbacks if isinstance(fallbacks, Sequence) and not isinstance(fallbacks, str) else [None]
    if not all(isinstance(key, str) for key in keys):
        form = f"a list of keys of services{_not_output(fallbacks)}"
        raise pulumi.RunError(f"fallbacks of the ModelGateway must be {form}.")


def _not_output(value: object) -> str:
    return ", not an Output" if isinstance(value, pulumi.Output) else ""


def _check_service(title: str, settings: object) -> None:
    """Stop the program at what is wrong with a service's arguments, before anything is registered."""
    if not isinstance(settings, Mapping):
        raise pulumi.RunError(f"{title} must be a map of its arguments{_not_output(settings)}.")
    known = GatewayServiceArgs.__annotations__
    for name in settings:
        if name not in known:
            raise pulumi.RunError(f"{title}: {name}: {no_such(str(name), known)}")
    for name in ("provider", "model_names"):
        if settings.get(name) is None:
            raise pulumi.RunError(f"{title} needs {name}.")
    models = settings["model_names"]
    if not isinstance(models, Sequence) or isinstance(models, str) or not models:
        raise pulumi.RunError(f"{title} needs model_names, a list of at least one model.")
