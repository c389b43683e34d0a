"""What each rule says of the resources of a question, which are read once for all rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, cached_property
from typing import Any

from pulumi_policy import ReportViolation, ResourceValidationArgs, StackValidationArgs
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from .presets import preset_of
from .reading import Received, read, received, unpacked
from .rule import Found, Rule, Settings
from .rules import RULES
from .view import Unjudged, View


class Question:
    """The engine's question about some resources, or about one, to all rules."""

    def __init__(self, messages: Iterable[Any]) -> None:
        """Read the engine's messages, which are left no properties.

        The policy SDK reads them anew for each policy, which costs more than the rules do.
        """
        self._received: list[Received] = []
        for message in messages:
            found = unpacked(message)
            if found is not None:
                self._received.append(found)
            message.ClearField("properties")
        self._found: dict[str, list[Found]] = {}

    @cached_property
    def views(self) -> list[View]:
        """The resources as rules see them, without what is none of ours."""
        return [view for view in map(read, self._received) if view is not None]

    def found(self, judge: Judge, config: Mapping[str, Any] | None) -> list[Found]:
        """Return what a rule says."""
        name = judge.rule.name
        if name not in self._found:
            self._found[name] = judge.found(self.views, config)
        return self._found[name]

    @property
    def has_findings(self) -> bool:
        """Whether a rule that was asked so far has found something, be it that it could not judge."""
        return any(self._found.values())


_ASKED: ContextVar[Question | None] = ContextVar("asked", default=None)


@contextmanager
def reading(messages: Iterable[Any]) -> Iterator[Question]:
    """Have what is asked read once for all policies that answer meanwhile."""
    question = Question(messages)
    token = _ASKED.set(question)
    try:
        yield question
    finally:
        _ASKED.reset(token)


class _Gaps(UnknownValueError):
    """Makes the policy SDK say what a rule could not judge, whatever its level."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [])
        self.message = "; ".join(sentences)


class Judge:
    """A rule with a preset's settings."""

    def __init__(self, rule: Rule, preset: Mapping[str, Any]) -> None:
        self.rule = rule
        self._preset = preset
        self._configured: dict[str, Settings] = {}

    def configured(self, config: Mapping[str, Any] | None) -> Settings:
        """Return the settings that a configuration makes of the preset's. Raises ConfigError."""
        text = json.dumps(config) if config else "{}"
        if text not in self._configured:  # the same for every resource
            self._configured[text] = self.rule.configured(self._preset, json.loads(text))
        return self._configured[text]

    def found(self, views: Sequence[View], config: Mapping[str, Any] | None) -> list[Found]:
        """Return what the rule says of resources: of each, or of all of them as a stack."""
        if self.rule.is_for_stacks:
            views = [view.awaited for view in views]
        return list(self.rule.findings(views, self.configured(config)))

    def validate(self, args: ResourceValidationArgs | StackValidationArgs, report: ReportViolation) -> None:
        """Report what the rule says of what the policy SDK hands to a policy."""
        question, config = _ASKED.get(), args.get_config()
        if question is not None:
            found = question.found(self, config)
        else:
            resources = args.resources if isinstance(args, StackValidationArgs) else [args]
            views = [read(item) for item in map(received, resources) if item is not None]
            found = self.found([view for view in views if view is not None], config)
        self._report(found, report)

    def _report(self, found: Iterable[Found], report: ReportViolation) -> None:
        gaps: list[str] = []
        for item in found:
            view = item.view
            assert view is not None
            where = view.shown(item.path)
            if isinstance(item, Unjudged):
                named = f"{view.name}: " if self.rule.is_for_stacks else ""
                gaps.append(f"{named}{where} {view.told(item.why)}")
            else:
                report(f"{where}: {view.told(item.text)}. {view.told(self.rule.remedy)}", view.urn)
        if gaps:
            raise _Gaps(gaps)


@cache
def judges(preset: str) -> dict[str, Judge]:
    """Return all rules with a preset's settings, by name. Raises ConfigError."""
    chosen = preset_of(preset)
    return {rule.name: Judge(rule, chosen[rule.name].settings) for rule in RULES}
