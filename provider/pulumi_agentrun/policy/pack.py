"""The rules as policies of Pulumi's policy SDK."""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import metadata
from typing import Any

import grpc
import pulumi
import pulumi_policy.policy
from google.protobuf.json_format import MessageToDict
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from ..client.config import ENDPOINT_VARIABLE, region_of
from ..client.errors import ConfigError
from ..lifecycle.unknown import UNKNOWN
from ..routes.address import endpoint_region
from .presets import RULES, Choice, preset_of
from .refusals import refuse_unknown
from .rule import Rule
from .view import ANY_DYNAMIC, NotKnown, Unjudged, View, view_of

_SERVICER = "_PolicyAnalyzerServicer"


@dataclass(frozen=True)
class _Asked:
    """The resources of ours in a question that is being answered, by their URNs."""

    props: dict[str, Mapping[str, Any]]
    views: dict[str, View | None] = field(default_factory=dict)


_ASKED: ContextVar[_Asked | None] = ContextVar("asked", default=None)


class _Gaps(UnknownValueError):
    """Makes the policy SDK say what a rule could not judge, whatever its level."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [])
        self.message = "; ".join(sentences)


def policies(preset: str) -> list[Policy]:
    """Return all rules as policies with a preset's settings and levels."""
    chosen = preset_of(preset)
    return [_policy(rule, chosen[rule.name]) for rule in RULES]


def serve(preset: str) -> None:
    """Serve the rules as a pack until the engine ends it. Raises ConfigError.

    What the SDK leaves to nobody is done where it makes its servicer: to refuse a configuration that is wrong or of
    policies that there are not, and to say the package's version. Where it makes none as that of 1.21 does, the pack
    works without.
    """
    base = getattr(pulumi_policy.policy, _SERVICER, None)
    if base is not None:
        setattr(pulumi_policy.policy, _SERVICER, _servicer(base, preset_of(preset)))
    PolicyPack("agentrun", policies(preset))


def _servicer(base: Any, chosen: Mapping[str, Choice]) -> Any:
    class Servicer(base):  # type: ignore[misc]
        def __init__(self, name: str, version: str, served: Sequence[Policy], *more: Any) -> None:
            super().__init__(name, metadata.version("pulumi-agentrun"), served, *more)

        def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
            try:
                _refuse_wrong(request.policyConfig, chosen)
            except ConfigError as error:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            return super().Configure(request, context)

        def Analyze(self, request: Any, context: Any) -> Any:
            with _read_once([request]):
                return super().Analyze(request, context)

        def AnalyzeStack(self, request: Any, context: Any) -> Any:
            with _read_once(request.resources):
                return super().AnalyzeStack(request, context)

        def Remediate(self, request: Any, context: Any) -> Any:
            request.ClearField("properties")  # no rule remediates, and the SDK would read them all the same
            return super().Remediate(request, context)

    return Servicer


@contextmanager
def _read_once(resources: Iterable[Any]) -> Iterator[None]:
    """Have each resource of one question read once for all policies.

    The SDK reads it anew for each of them, which costs more than the rules do: it is left no properties to read.
    """
    asked = _Asked({})
    for resource in resources:
        if _may_be_ours(resource.type):
            read = deserialize_properties(MessageToDict(resource.properties))
            asked.props[resource.urn] = unknown_checking_proxy(read)
        resource.ClearField("properties")
    token = _ASKED.set(asked)
    try:
        yield
    finally:
        _ASKED.reset(token)


def _refuse_wrong(configured: Mapping[str, Any], chosen: Mapping[str, Choice]) -> None:
    """Do nothing if all that is configured can be. Raises ConfigError, which the SDK has no words for in a rule."""
    refuse_unknown(configured, [rule.name for rule in RULES])
    for rule in RULES:
        if rule.name in configured:
            rule.configured(chosen[rule.name].settings, MessageToDict(configured[rule.name].properties))


def _policy(rule: Rule, choice: Choice) -> Policy:
    @cache
    def configured(text: str) -> Any:
        return rule.configured(choice.settings, json.loads(text))

    def settings_of(args: ResourceValidationArgs | StackValidationArgs) -> Any:
        # The same for every resource, so read once.
        config = args.get_config()
        return configured(json.dumps(config) if config else "{}")

    def check_one(args: ResourceValidationArgs, report: ReportViolation) -> None:
        settings = settings_of(args)
        view = _view(args)
        if view is not None:
            _report(rule, [view], settings, report)

    def check_all(args: StackValidationArgs, report: ReportViolation) -> None:
        _report(rule, list(_views(args.resources)), settings_of(args), report)

    about: dict[str, Any] = {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": EnforcementLevel(choice.level),
        "config_schema": PolicyConfigSchema(_without_defaults(rule.schema)),
        "remediation_steps": str(rule.remedy),
    }
    if rule.is_for_stacks:
        return StackValidationPolicy(validate=check_all, **about)
    return ResourceValidationPolicy(validate=check_one, **about)


def _without_defaults(schema: Any) -> Any:
    """Return a schema whose defaults do not come back as configuration, where they would cover a preset's settings."""
    if isinstance(schema, Mapping):
        return {key: _without_defaults(value) for key, value in schema.items() if key != "default"}
    return [_without_defaults(item) for item in schema] if isinstance(schema, list) else schema


def _report(rule: Rule, views: Sequence[View], settings: Any, report: ReportViolation) -> None:
    gaps: list[str] = []
    for found in rule.findings(views, settings):
        view = found.view
        assert view is not None
        where = view.shown(found.path)
        if isinstance(found, Unjudged):
            gaps.append((f"{view.name}: " if rule.is_for_stacks else "") + f"{where} {view.told(found.why)}")
        else:
            report(f"{where}: {view.told(found.text)}. {view.told(rule.remedy)}", view.urn)
    if gaps:
        raise _Gaps(gaps)


def _views(resources: Iterable[PolicyResource]) -> Iterable[View]:
    for resource in resources:
        view = _view(resource)
        if view is not None:
            yield view.awaited


def _view(found: ResourceValidationArgs | PolicyResource) -> View | None:
    if not _may_be_ours(found.resource_type):
        return None
    asked = _ASKED.get()
    if asked is None:
        return _read(found, found.props)
    if found.urn not in asked.views:
        asked.views[found.urn] = _read(found, asked.props[found.urn])
    return asked.views[found.urn]


def _may_be_ours(type_: str) -> bool:
    return "agentrun" in type_ or type_.startswith(ANY_DYNAMIC)


def _read(found: ResourceValidationArgs | PolicyResource, props: Mapping[str, Any]) -> View | None:
    if not [*props] and not _is_awaited(found.provider):
        return None  # refused by the provider; the engine asks all the same, and says nothing of it
    view = view_of(found.resource_type, found.name, _plain(props), found.urn)
    if view is None:
        return None
    region, place = _where(props, found.provider)
    return replace(view, region=region, place=place, is_protected=bool(found.opts and found.opts.protect))


def _is_awaited(provider: Any) -> bool:
    """Say whether a provider's settings are not known yet, so that the engine has nothing of its resources either."""
    return provider is not None and UNKNOWN in _plain(provider.props).values()


def _where(props: Mapping[str, Any], provider: Any) -> tuple[str | Unjudged | None, Hashable | Unjudged]:
    """Return the region that a resource will be in, as the provider will find it, and its place among others.

    Either may be why that cannot be told.
    """
    try:
        settings = _settings(props, provider)
    except NotKnown as gap:
        return gap, gap
    except Unjudged as gap:
        return gap, f"profile {_item(props, 'profile')}"
    region: str | Unjudged | None
    try:
        region = _leads_to(settings)
    except Unjudged as gap:
        region = gap
    parts = [settings.get(key) for key in ("endpoint", "accountId", "accessKeyId")]
    if UNKNOWN in parts or isinstance(region, NotKnown):
        return region, NotKnown(("region",))
    where = settings.get("region") if isinstance(region, Unjudged) else region
    endpoint, account, key = parts
    return region, json.dumps([where, endpoint, account or key], default=str)


def _leads_to(settings: Mapping[str, Any]) -> str | None:
    region, endpoint = settings.get("region"), settings.get("endpoint")
    if UNKNOWN in (region, endpoint):
        raise NotKnown(("region",))
    if not all(value is None or isinstance(value, str) for value in (region, endpoint)):
        raise Unjudged(("region",), "cannot be told: agentrun:region and agentrun:endpoint must be texts")
    try:
        found = region_of(region, endpoint, os.environ)
    except ConfigError as error:
        raise Unjudged(("region",), f"cannot be told: {error}") from None
    return endpoint_region(endpoint or os.environ.get(ENDPOINT_VARIABLE)) or found


def _settings(props: Mapping[str, Any], provider: Any) -> Mapping[str, Any]:
    """Return the settings that a resource goes by. Raises Unjudged."""
    # Not `in props`, which asks for the value and so fails where that is not known.
    profile = _item(props, "profile") if "profile" in [*props] else None
    if profile is UNKNOWN:
        raise NotKnown(("profile",))
    if profile:
        return _profile(profile)
    if provider is not None and not provider.resource_type.startswith("pulumi:providers:pulumi-python"):
        return dict(_plain(provider.props))
    keys = ("region", "endpoint", "accessKeyId", "accountId")
    return {key: pulumi.runtime.get_config(f"agentrun:{key}") for key in keys}


def _profile(name: Any) -> Mapping[str, Any]:
    """Return a profile's settings, which the provider may have refused: the engine asks policies all the same."""
    try:
        profiles = json.loads(pulumi.runtime.get_config("agentrun:profiles") or "{}")
    except ValueError:
        profiles = None
    if not isinstance(profiles, dict):
        raise Unjudged(("region",), "cannot be told: agentrun:profiles must be a map of names to settings")
    found = profiles.get(name) if isinstance(name, str) else None
    if not isinstance(found, dict):
        raise Unjudged(("region",), "cannot be told: agentrun:profiles has no settings of that profile")
    return found


def _plain(value: Any) -> Any:
    """Return values without the proxies that raise where something is not known."""
    if isinstance(value, Mapping):
        return {key: _plain(_item(value, key)) for key in value if not str(key).startswith("__")}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_plain(_item(value, index)) for index in range(len(value))]
    return value


def _item(container: Any, key: Any) -> Any:
    try:
        return container[key]
    except UnknownValueError:
        return UNKNOWN
