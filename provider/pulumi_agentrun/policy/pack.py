"""The rules as policies of Pulumi's policy SDK."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from ..client.config import region_of
from ..shapes import UNKNOWN
from .presets import RULES, Choice, preset_of
from .rule import Rule
from .view import NotKnown, View, view_of


class _Later(UnknownValueError):
    """Makes the policy SDK say that a rule could not be checked yet, whatever its level."""

    def __init__(self, path: str) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [path])
        self.message = f"{path} is not known yet; it will be checked in the update"


def policies(preset: str) -> list[Policy]:
    """Return all rules as policies with a preset's settings and levels."""
    chosen = preset_of(preset)
    return [_policy(rule, chosen[rule.name]) for rule in RULES]


def _policy(rule: Rule, choice: Choice) -> Policy:
    def settings_of(args: ResourceValidationArgs | StackValidationArgs) -> Any:
        return rule.configured({**choice.settings, **args.get_config()})

    def check_one(args: ResourceValidationArgs, report: ReportViolation) -> None:
        settings = settings_of(args)
        view = view_of(args.resource_type, args.name, _plain(args.props), args.urn, _region(args.props, args.provider))
        if view is not None:
            _report(rule, [view], settings, report)

    def check_all(args: StackValidationArgs, report: ReportViolation) -> None:
        _report(rule, list(_views(args.resources)), settings_of(args), report)

    about: dict[str, Any] = {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": EnforcementLevel(choice.level),
        "config_schema": PolicyConfigSchema(rule.schema),
        "remediation_steps": rule.remedy,
    }
    if rule.is_for_stacks:
        return StackValidationPolicy(validate=check_all, **about)
    return ResourceValidationPolicy(validate=check_one, **about)


def _report(rule: Rule, views: Sequence[View], settings: Any, report: ReportViolation) -> None:
    try:
        for finding in rule.findings(views, settings):
            view = finding.view or views[0]
            report(view.spelled(f"{finding}. {rule.remedy}"), view.urn)
    except NotKnown as unknown:
        view = views[0]
        raise _Later(view.spelled(unknown.path)) from None


def _views(resources: Iterable[PolicyResource]) -> Iterable[View]:
    for resource in resources:
        props = _plain(resource.props)
        view = view_of(resource.resource_type, resource.name, props, resource.urn, props.get("region"))
        if view is not None:
            yield view


def _region(props: Mapping[str, Any], provider: Any) -> Any:
    """Return the region that a resource will be in, as the provider will find it."""
    get = pulumi.runtime.get_config
    settings: Mapping[str, Any] = {key: get(f"agentrun:{key}") for key in ("region", "endpoint")}
    if provider is not None and not provider.resource_type.startswith("pulumi:providers:pulumi-python"):
        settings = _plain(provider.props)
    profile = _item(props, "profile") if "profile" in props else None
    if profile is not None and profile is not UNKNOWN:
        settings = (pulumi.Config("agentrun").get_object("profiles") or {}).get(profile) or {}
    region, endpoint = settings.get("region"), settings.get("endpoint")
    return UNKNOWN if UNKNOWN in (profile, region, endpoint) else region_of(region, endpoint, os.environ)


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
