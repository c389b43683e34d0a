"""What a rule is: a name, a sentence, settings with a schema, and a function that yields what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from ..client.errors import ConfigError
from ..client.kinds import Kind
from .view import View

S = TypeVar("S", bound="Settings")


class Settings(BaseModel):
    """The configuration of a rule; in JSON its settings are in camelCase."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        alias_generator=to_camel,
        populate_by_name=True,
    )


@dataclass(frozen=True)
class Finding:
    """One place that breaks a rule. The text never repeats a value, for any value may be a secret of the program."""

    path: str
    text: str
    view: View | None = None
    """The resource, where a rule looks at several."""

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


@dataclass(frozen=True)
class Rule:
    """One rule."""

    name: str
    description: str
    remedy: str
    settings: type[Settings]
    check: Callable[[Any, Any], Iterator[Finding]]
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

    def configured(self, config: Mapping[str, Any]) -> Settings:
        """Return the settings that a configuration gives. Raises ConfigError that names what is wrong with it."""
        try:
            return self.settings.model_validate(dict(config))
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
            raise ConfigError(f"The configuration of policy {self.name} is wrong: {wrong}.") from None

    def findings(self, views: Sequence[View], settings: Settings) -> Iterator[Finding]:
        """Yield what the rule finds in resources; those of other kinds are ignored. Raises NotKnown."""
        if self.is_for_stacks:
            yield from self.check(views, settings)
            return
        for view in views:
            if view.kind in self.kinds:
                yield from self.check(view, settings)


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
