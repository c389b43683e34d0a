"""Hands resources to policies as Pulumi does: in the engine's messages, read by the policy SDK's own servicer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_policy.policy
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2 as messages
from pulumi_policy import EnforcementLevel, Policy
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from ...lifecycle.unknown import UNKNOWN
from ..stack import GIVEN
from .resources import Resource, Secret

_LATER = "during preview: "
_LEVELS = {
    "advisory": messages.ADVISORY, "mandatory": messages.MANDATORY, "disabled": messages.DISABLED,
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What a policy says of resources."""

    policy: str
    urn: str
    """That of the resource; empty where the policy names none."""
    message: str
    is_unknown: bool = False
    """Whether that is what it could not judge, which Pulumi shows as advice whatever the policy's level."""


def told(
    policies: Sequence[Policy],
    resources: Sequence[Resource],
    config: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    settings: Mapping[str, str] | None = None,
) -> list[Told]:
    """Return what policies say of resources, in their order; each holds, unless `enforcementLevel` says `disabled`.

    :param config: As for `--policy-pack-config`, by policy. What the engine does to it before, which is to refuse what
        does not fit the policy's schema, is not done here.
    :param settings: The stack's configuration, by whole keys such as `agentrun:region`.
    """
    return copy_context().run(lambda: list(_told(policies, resources, config or {}, settings or {})))


def _told(
    policies: Sequence[Policy],
    resources: Sequence[Resource],
    config: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, str],
) -> Iterator[Told]:
    pulumi.runtime.set_all_config(dict(settings))
    GIVEN.set(settings)
    about = {policy.name: policy.description for policy in policies}
    servicer: Any = pulumi_policy.policy._PolicyAnalyzerServicer(
        "tested", "1.0.0", list(policies), EnforcementLevel.MANDATORY
    )
    wanted = {name: _policy_config(config.get(name, {})) for name in about}
    servicer.Configure(messages.ConfigureAnalyzerRequest(policyConfig=wanted), None)
    answers = [servicer.Analyze(_request(resource), None) for resource in resources]
    for_all = messages.AnalyzeStackRequest(resources=[_in_stack(resource) for resource in resources])
    urns = [*(resource.urn for resource in resources), ""]
    for urn, answer in zip(urns, [*answers, servicer.AnalyzeStack(for_all, None)], strict=True):
        for item in answer.diagnostics:
            yield _read(item, urn, about[item.policyName])


def _read(item: Any, urn: str, description: str) -> Told:
    later = f"can't run policy '{item.policyName}' from policy pack "
    if item.message.startswith(later) and _LATER in item.message:
        return Told(item.policyName, item.urn or urn, item.message.partition(_LATER)[2], True)
    return Told(item.policyName, item.urn or urn, item.message.removeprefix(description).removeprefix("\n"))


def _policy_config(config: Mapping[str, Any]) -> Any:
    given = {key: value for key, value in config.items() if key != "enforcementLevel"}
    level = _LEVELS[config.get("enforcementLevel", "mandatory")]
    properties = Struct()
    properties.update(given)
    return messages.PolicyConfig(enforcementLevel=level, properties=properties)


def _request(resource: Resource) -> Any:
    return messages.AnalyzeRequest(**_common(resource), properties=struct(resource.props))


def _in_stack(resource: Resource) -> Any:
    shown = resource.props if resource.shown is None else resource.shown
    return messages.AnalyzerResource(**_common(resource), properties=struct(shown))


def _common(resource: Resource) -> dict[str, Any]:
    parts: dict[str, Any] = {"type": resource.type, "urn": resource.urn, "name": resource.name}
    parts["options"] = messages.AnalyzerResourceOptions(protect=resource.protect)
    if resource.provider is not None:
        host = resource.provider
        parts["provider"] = messages.AnalyzerProviderResource(
            type=host.type, urn=host.urn, name=host.name, properties=struct(host.props)
        )
    return parts


def struct(values: Mapping[str, Any]) -> Struct:
    """Return values as the engine writes them to a pack."""
    written = Struct()
    written.update({key: _written(value) for key, value in values.items() if value is not None})
    return written


def _written(value: Any) -> Any:
    if value is UNKNOWN:
        # The engine writes that of a text for whatever a program does not know yet.
        return UNKNOWN_STRING_VALUE
    if isinstance(value, Secret):
        return {SPECIAL_SIG_KEY: SPECIAL_SECRET_SIG, "value": _written(value.value)}
    if isinstance(value, Mapping):
        return {key: _written(item) for key, item in value.items()}
    return [_written(item) for item in value] if isinstance(value, (list, tuple)) else value
