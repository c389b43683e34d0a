"""What a rule is: a name, a sentence, settings with a schema, and a function that yields what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import reduce
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, GetJsonSchemaHandler, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

from ..client.errors import ConfigError
from ..client.kinds import Kind
from ..client.models.fields import docstrings
from ..client.wording import Text
from ..lifecycle.paths import Path, dotted
from .refusals import wrong
from .view import Unjudged, View

T = TypeVar("T")
R = TypeVar("R")


class Settings(BaseModel):
    """The configuration of a rule; in JSON its settings are in camelCase."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        allow_inf_nan=False,
        alias_generator=to_camel,
        populate_by_name=True,
        defer_build=True,  # a pack waits for the validators of no rule that nobody configures
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe each setting by its docstring, where the source is at hand."""
        reference = handler(core_schema)
        described = handler.resolve_ref_schema(reference)["properties"]
        with suppress(OSError, TypeError):
            for name, text in docstrings(cls).items():
                described[cls.model_fields[name].alias or name].setdefault("description", text)
        return reference


def _compiled(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiled)]
"""A setting that is a regular expression of Python's."""


@dataclass(frozen=True)
class Finding:
    """One place that breaks a rule. The text never repeats a value, for any value may be a secret of the program."""

    path: Path
    text: Text
    view: View | None = None
    """The resource, which a rule names that looks at several."""

    def __str__(self) -> str:
        return f"{dotted(self.path)}: {self.text}"


Found = Finding | Unjudged
"""What a rule yields: what breaks it, and what it could not judge."""


def apart(*parts: Iterable[T | Unjudged]) -> Iterator[T | Unjudged]:
    """Yield what each part of a rule does; one that cannot be judged stops no other."""
    for part in parts:
        try:
            yield from part
        except Unjudged as gap:
            yield gap


def each(things: Iterable[T | Unjudged], judge: Callable[[T], Iterable[R | Unjudged]]) -> Iterator[R | Unjudged]:
    """Yield what is found in each thing; one that cannot be judged stops no other. Raises Unjudged if `things` does."""
    for thing in things:
        try:
            yield from [thing] if isinstance(thing, Unjudged) else judge(thing)
        except Unjudged as gap:
            yield gap


def told_apart(found: Iterable[T | Unjudged]) -> tuple[list[T], list[Unjudged]]:
    """Return what was found, and what could not be judged."""
    all_of_it = list(found)
    known = [item for item in all_of_it if not isinstance(item, Unjudged)]
    return known, [item for item in all_of_it if isinstance(item, Unjudged)]


def unless(gaps: Iterable[Unjudged], finding: Finding) -> list[Found]:
    """Return what might prove a finding wrong, if there is anything, else the finding."""
    doubts: list[Found] = [*gaps]
    return doubts or [finding]


@dataclass(frozen=True)
class Rule:
    """One rule."""

    name: str
    description: str
    remedy: Text
    settings: type[Settings]
    check: Callable[[Any, Any], Iterable[Found]]
    kinds: tuple[Kind[Any], ...] = ()
    """The kinds that it looks at one by one; none for a rule that looks at the whole stack."""

    @property
    def is_for_stacks(self) -> bool:
        """Whether it looks at all resources at once."""
        return not self.kinds

    @property
    def schema(self) -> dict[str, dict[str, Any]]:
        """The JSON schema of each setting."""
        whole = self.settings.model_json_schema()
        found: dict[str, dict[str, Any]] = _inlined(whole.get("properties", {}), whole.get("$defs", {}))
        return found

    def configured(self, *layers: Mapping[str, Any]) -> Settings:
        """Return the settings that layers of configuration give, each over those before it and all over the defaults.

        What a layer does not name stays, at any depth. Raises ConfigError that names what is wrong.
        """
        merged = reduce(_over, [self._validated(layer) for layer in layers], self.settings())
        # What each layer may say alone may make no sense together.
        return self._validated(merged.model_dump())

    def _validated(self, layer: Mapping[str, Any]) -> Settings:
        try:
            return self.settings.model_validate(dict(layer))
        except ValidationError as error:
            faults = "; ".join(wrong(self.settings, item) for item in error.errors())
            stop = "" if faults.endswith("?") else "."
            raise ConfigError(f"The configuration of policy {self.name} is wrong: {faults}{stop}") from None

    def findings(self, views: Sequence[View], settings: Settings) -> Iterator[Found]:
        """Yield what the rule finds and, once each, what it cannot judge, with their resources."""
        said = set[tuple[int, str]]()
        for found in self._checked(views, settings):
            key = (id(found.view), str(found))
            if isinstance(found, Finding) or key not in said:
                yield found
            said.add(key)

    def _checked(self, views: Sequence[View], settings: Settings) -> Iterator[Found]:
        if self.is_for_stacks:
            yield from each([views], lambda all_of_them: self.check(all_of_them, settings))
            return
        for view in (view for view in views if view.kind in self.kinds):
            for found in each([view], lambda one: self.check(one, settings)):
                yield replace(found, view=view) if isinstance(found, Finding) else found.of(view)


def _over(below: Any, above: Any) -> Any:
    if isinstance(below, Settings) and isinstance(above, Settings):
        given = {name: getattr(above, name) for name in above.model_fields_set}
        return below.model_copy(update={name: _over(getattr(below, name), value) for name, value in given.items()})
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        return {**below, **above}
    return above


def _inlined(spec: Any, definitions: Mapping[str, Any]) -> Any:
    """Return a schema that refers to nothing, for Pulumi takes each setting's on its own."""
    if isinstance(spec, list):
        return [_inlined(item, definitions) for item in spec]
    if not isinstance(spec, Mapping):
        return spec
    if "$ref" in spec:
        spec = {**definitions[spec["$ref"].rsplit("/", 1)[1]], **spec}
    hidden = ("title", "$ref")
    return {
        key: _inlined(value, definitions)
        for key, value in spec.items()
        if key not in hidden or not isinstance(value, str)
    }


def matches(name: object, patterns: Iterable[str]) -> bool:
    """Say whether a name matches one of some glob patterns."""
    return any(fnmatchcase(str(name), pattern) for pattern in patterns)


class NoSettings(Settings):
    """The configuration of a rule that has nothing to set."""
