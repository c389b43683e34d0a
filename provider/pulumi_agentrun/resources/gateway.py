"""ModelGateway: several model services behind one proxy, as a single resource with good defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from typing_extensions import Required, TypedDict

from ..client.nearest import no_such
from ..dynamic import check_declaration
from .args import (
    AiGuardrailConfigArgs,
    LogConfigurationArgs,
    ModelInfoConfigArgs,
    NetworkConfigurationArgs,
    ProxyConfigEndpointArgs,
    ProxyConfigFallbackArgs,
    ProxyConfigPoliciesArgs,
    TokenRateLimiterArgs,
)
from .contract import contract_of
from .generated import ModelProxy, ModelService

DEFAULT_GUARDRAILS: AiGuardrailConfigArgs = {
    "check_request": True,
    "check_response": True,
    "block_on_content_moderation": True,
    "block_on_malicious_url": True,
    "block_on_prompt_attack": True,
}
"""What a gateway checks and blocks unless told otherwise."""

_PROVIDER_SETTINGS = ("api_key", "api_key_from", "base_url", "model_names")


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
        model_type: pulumi.Input[str] = "llm",
        num_retries: pulumi.Input[int] = 2,
        request_timeout: pulumi.Input[int] = 60,
        concurrency_limit: pulumi.Input[int] = 100,
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
        :param ai_guardrail_config: What is checked and blocked, over `DEFAULT_GUARDRAILS`: requests and
            answers are checked, harmful content, malicious links and prompt attacks blocked.
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
        shares, spares = _routes(services, weights, fallbacks)
        _check_map("ai_guardrail_config", {} if ai_guardrail_config is None else ai_guardrail_config, "settings")
        super().__init__("agentrun:index:ModelGateway", resource_name, {}, opts)
        self.services = {
            key: _service(
                f"{resource_name}-{key}",
                settings,
                model_type=model_type,
                workspace_id=workspace_id,
                profile=profile,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for key, settings in services.items()
        }
        policies: ProxyConfigPoliciesArgs = {
            "num_retries": num_retries,
            "request_timeout": request_timeout,
            "concurrency_limit": concurrency_limit,
            "fallbacks": [self._fallback(key, services[key]) for key in spares],
            "ai_guardrail_config": {**DEFAULT_GUARDRAILS, **(ai_guardrail_config or {})},
        }
        if token_rate_limiter is not None:
            policies["token_rate_limiter"] = token_rate_limiter
        self.proxy = ModelProxy(
            resource_name,
            proxy_config={
                "endpoints": [self._endpoint(key, services[key], share) for key, share in shares.items()],
                "policies": policies,
            },
            proxy_mode="multi",  # in `single`, a second endpoint would need a replacement
            model_type=model_type,
            model_proxy_name=model_proxy_name,
            credential_name=credential_name,
            description=description,
            network_configuration=network_configuration,
            log_configuration=log_configuration,
            workspace_id=workspace_id,
            cpu=cpu,
            memory=memory,
            profile=profile,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._expose([name for key in shares for name in services[key]["model_names"]])

    def _endpoint(self, key: str, settings: GatewayServiceArgs, weight: pulumi.Input[int]) -> ProxyConfigEndpointArgs:
        name = self.services[key].model_service_name
        return {"model_service_name": name, "model_names": settings["model_names"], "weight": weight}

    def _fallback(self, key: str, settings: GatewayServiceArgs) -> ProxyConfigFallbackArgs:
        return {"model_service_name": self.services[key].model_service_name, "model_name": settings["model_names"][0]}

    def _expose(self, models: list[pulumi.Input[str]]) -> None:
        self.endpoint = self.proxy.endpoint
        self.model_names = pulumi.Output.all(*models).apply(lambda names: list(dict.fromkeys(names)))
        self.model_name = self.model_names.apply(lambda names: str(names[0]))
        self.credential_name = self.proxy.credential_name
        self.contract = contract_of(self.proxy, self.model_names)
        names = ("endpoint", "model_name", "model_names", "credential_name", "contract")
        self.register_outputs({name: getattr(self, name) for name in names})


def _service(
    name: str,
    settings: GatewayServiceArgs,
    *,
    model_type: pulumi.Input[str],
    workspace_id: pulumi.Input[str] | None,
    profile: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> ModelService:
    reach: Any = {key: settings[key] for key in _PROVIDER_SETTINGS if key in settings}  # type: ignore[literal-required]
    others: Any = {key: value for key, value in settings.items() if key not in _PROVIDER_SETTINGS}
    return ModelService(
        name,
        **others,
        provider_settings=reach,
        model_type=model_type,
        workspace_id=workspace_id,
        profile=profile,
        opts=opts,
    )


def _routes(
    services: Mapping[str, GatewayServiceArgs],
    weights: Mapping[str, pulumi.Input[int]] | None,
    fallbacks: Sequence[str] | None,
) -> tuple[Mapping[str, pulumi.Input[int]], Sequence[str]]:
    """Return the services that take requests with their shares, and those to fall back to."""
    _check_map("services", services, "keys of your own to the arguments of services")
    _check_map("weights", {} if weights is None else weights, "keys of services to their shares")
    _check_keys([] if fallbacks is None else fallbacks)
    if not services:
        raise pulumi.RunError("A ModelGateway needs at least one service.")
    for key, settings in services.items():
        _check_service(f"Service {key!r} of the ModelGateway", settings)
    shares: Mapping[str, pulumi.Input[int]] = {next(iter(services)): 100} if weights is None else weights
    spares = [key for key in services if key not in shares] if fallbacks is None else fallbacks
    for key in [*shares, *spares]:
        if key not in services:
            raise pulumi.RunError(f"The ModelGateway has no service {key!r}; there are {', '.join(services)}.")
    if not shares:
        raise pulumi.RunError("A ModelGateway needs at least one service with a weight.")
    return shares, spares


def _check_map(name: str, value: object, form: str) -> None:
    """Stop the program at what is no map, nor can an Output be one: what there is to register must be known by then."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise pulumi.RunError(f"{name} of the ModelGateway must be a map of {form}{_not_output(value)}.")


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
