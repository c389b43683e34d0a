"""The rules as policies of Pulumi's policy SDK.

The engine waits for a pack before it starts the program. So what a pack tells of its rules stands in a file, and the
rules are imported, and their configuration is looked at, while the program starts: the first answer waits for it, and
the engine asks about the stack before anything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pulumi_policy.policy
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import analyzer_pb2 as messages
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from ..client.errors import ConfigError
from ..version import __version__
from .presets import preset_of
from .refusals import refuse_settings_for_all, refuse_unknown
from .stack import listen

if TYPE_CHECKING:
    from .judging import Judge

_SERVICER = "_PolicyAnalyzerServicer"
_DISABLED = EnforcementLevel.DISABLED
_TWICE = (
    "The policy pack is given twice with different configurations, and Pulumi starts it once for both. "
    "Give the second by another path: a symbolic link to the same command."
)


def policies(preset: str) -> list[Policy]:
    """Return all rules as policies with a preset's settings and levels. Raises ConfigError."""
    listen()
    chosen = preset_of(preset)
    return [_policy(told, preset, chosen[told["name"]].level) for told in _told()]


def serve(preset: str) -> None:
    """Serve the rules as a pack until the engine ends it. Raises ConfigError.

    What the SDK leaves to nobody is done where it makes its servicer: to refuse a configuration that is wrong or of
    policies that there are not, to say the package's version, and to read each resource once.
    """
    setattr(pulumi_policy.policy, _SERVICER, servicer(getattr(pulumi_policy.policy, _SERVICER), preset))
    PolicyPack("agentrun", policies(preset))


def servicer(base: Any, preset: str) -> Any:
    """Return the SDK's servicer, made to do the above."""

    class Servicer(base):  # type: ignore[misc]
        def __init__(self, name: str, version: str, served: Sequence[Policy], *more: Any) -> None:
            super().__init__(name, __version__, served, *more)
            self._served = {policy.name: policy for policy in served}
            self._config: dict[str, dict[str, Any]] = {}
            self._first: Any = None
            self._remediates = False
            self._judges: Callable[[], dict[str, Judge]] = partial(_judges, preset)
            self._disabled = {name for name, policy in self._served.items() if policy.enforcement_level is _DISABLED}

        def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
            self._first = self._first or request
            if request != self._first:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, _TWICE)
            self._remediates = any(
                item.enforcementLevel == messages.REMEDIATE for item in request.policyConfig.values()
            )
            for name, wanted in request.policyConfig.items():
                self._config[name] = MessageToDict(wanted.properties)
                is_disabled = wanted.enforcementLevel == messages.DISABLED
                self._disabled = self._disabled | {name} if is_disabled else self._disabled - {name}
            with _refusing(context):
                refuse_unknown(self._config, list(self._served))
                refuse_settings_for_all(self._config.get("all", ()))
            self._judges = ThreadPoolExecutor(1).submit(_configured, dict(self._config), preset).result
            return super().Configure(request, context)

        def Analyze(self, request: Any, context: Any) -> Any:
            return self._answered(super().Analyze, ResourceValidationPolicy, request, context, [request])

        def AnalyzeStack(self, request: Any, context: Any) -> Any:
            return self._answered(super().AnalyzeStack, StackValidationPolicy, request, context, request.resources)

        def _answered(self, answer: Any, type_: type[Policy], request: Any, context: Any, asked: Iterable[Any]) -> Any:
            """Have the SDK answer only where a rule has something to say: it takes long to hand resources to each."""
            from .judging import reading

            with _refusing(context):
                judges = self._judges()
            with reading(asked) as question:
                for name, policy in self._served.items():
                    if isinstance(policy, type_) and name not in self._disabled:
                        question.found(judges[name], self._config.get(name))
                return answer(request, context) if question.has_findings else messages.AnalyzeResponse()

        def Remediate(self, request: Any, context: Any) -> Any:
            # No rule remediates, which the SDK has to say only where one is told to.
            return super().Remediate(request, context) if self._remediates else messages.RemediateResponse()

    return Servicer


@contextmanager
def _refusing(context: grpc.ServicerContext) -> Iterator[None]:
    """Answer with an error where a configuration is wrong, for which the SDK has no words in a rule."""
    try:
        yield
    except ConfigError as error:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))


def _configured(config: Mapping[str, Mapping[str, Any]], preset: str) -> dict[str, Judge]:
    """Return the rules if all that is configured of them can be. Raises ConfigError."""
    found = _judges(preset)
    for name, settings in config.items():
        if settings:
            found[name].configured(settings)
    return found


def _policy(told: Mapping[str, Any], preset: str, level: str) -> Policy:
    name = told["name"]

    def validate(args: ResourceValidationArgs | StackValidationArgs, report: ReportViolation) -> None:
        _judges(preset)[name].validate(args, report)

    made = StackValidationPolicy if told["isForStacks"] else ResourceValidationPolicy
    return made(
        name=name,
        description=told["description"],
        validate=validate,
        enforcement_level=EnforcementLevel(level),
        config_schema=PolicyConfigSchema(told["schema"]),
        remediation_steps=told["remedy"],
    )


@cache
def _told() -> list[dict[str, Any]]:
    """Return what a pack tells of each rule, which tools/generate.py has written from the rules."""
    found: list[dict[str, Any]] = json.loads(Path(__file__).with_name("rules.json").read_text("utf-8"))
    return found


def _judges(preset: str) -> dict[str, Judge]:
    """Return the rules themselves, by name, imported when they are first asked for."""
    from .judging import judges

    return judges(preset)
