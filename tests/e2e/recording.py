"""Policies that write down what they are handed, value by value, for comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi_policy import (
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

Write = Callable[[dict[str, Any]], None]


def dumped(value: Any) -> Any:
    """Return a value with the types of all that is in it, and with what raises on access named as not known."""
    kind = type(value).__name__
    if isinstance(value, Mapping):
        return [kind, {key: _item(value, key) for key in sorted(value)}]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [kind, [_item(value, index) for index in range(len(value))]]
    return [kind, value]


def _item(container: Any, key: Any) -> Any:
    try:
        return dumped(container[key])
    except UnknownValueError as error:
        return ["not known", error.message]


def _noted(about: str, found: Any) -> dict[str, Any]:
    host = found.provider
    return {
        "about": about,
        "type": found.resource_type,
        "name": found.name,
        "props": dumped(found.props),
        "protect": found.opts.protect,
        "provider": [host.resource_type, dumped(host.props)] if host else None,
    }


def recorders(write: Write) -> list[Policy]:
    """Return policies that hand to `write` what they are handed, of each resource and of the stack."""

    def one(args: ResourceValidationArgs, _: ReportViolation) -> None:
        write(_noted("resource", args))

    def all_of_them(args: StackValidationArgs, _: ReportViolation) -> None:
        for resource in args.resources:
            write(_noted("stack", resource))

    return [
        ResourceValidationPolicy("one", "Records a resource.", one),
        StackValidationPolicy("all-of-them", "Records a stack.", all_of_them),
    ]
