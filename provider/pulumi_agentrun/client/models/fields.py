"""What a field of the API's data can say of itself, and the model that such fields live in.

Source of the names on the wire, and of leaving out what is unset: the `to_map` of the models of
alibabacloud-agentrun20250910 5.7.5. The marks are this package's own.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer, SecretStr, SerializationInfo
from pydantic.alias_generators import to_camel

_REVEAL = object()


class Model(BaseModel):
    """Data of the API: snake_case here, camelCase on the wire, what a newer service adds kept."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="allow",
        hide_input_in_errors=True,
        protected_namespaces=(),
        # Programs only declare resources: they should not wait for validators that they never run.
        defer_build=True,
    )

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object to send: camelCase, no nulls, secrets in clear."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, context=_REVEAL)

    def to_state(self) -> dict[str, Any]:
        """Return plain values under their Python names: no nulls, secrets in clear."""
        return self.model_dump(mode="json", exclude_none=True, context=_REVEAL)


def _serialize_secret(value: SecretStr, info: SerializationInfo) -> str:
    return value.get_secret_value() if info.context is _REVEAL else str(value)


@dataclass(frozen=True)
class Secret:
    """Mark a field whose value must never be shown."""


@dataclass(frozen=True)
class Unordered:
    """Mark a list whose order has no meaning, so that another order is no change."""


@dataclass(frozen=True)
class WriteOnly:
    """Mark a field that the service takes and never shows, so that its absence says nothing."""


@dataclass(frozen=True)
class AtLeast:
    """Mark a number that a program may not set lower; what the service answers is not judged."""

    minimum: float


@dataclass(frozen=True)
class OneOf:
    """Mark a word that a program must choose among these; what the service answers is not judged."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class NotEmpty:
    """Mark a string or list that a program may not leave empty."""


@dataclass(frozen=True)
class Prose:
    """Mark a text for people, which may have several lines."""


@dataclass(frozen=True)
class Url:
    """Mark the address of an HTTP service."""


SecretValue = Annotated[SecretStr, Secret(), PlainSerializer(_serialize_secret, return_type=str)]
Count = Annotated[int, AtLeast(0)]
Text = Annotated[str, NotEmpty()]
Names = Annotated[list[Text], Unordered()]
HttpUrl = Annotated[str, Url()]
Description = Annotated[str, Prose()]


@cache
def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the sentences that document a model's fields, from the docstrings below them in its source.

    Read when asked for: pydantic's own `use_attribute_docstrings` reads every source at import, which takes longer than
    everything else that a program does with these models.
    """
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not issubclass(base, BaseModel) or base is BaseModel or "[" in base.__name__:
            continue
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(definition, ast.ClassDef)
        for field, text in itertools.pairwise(definition.body):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
                found[field.target.id] = " ".join(str(ast.literal_eval(text.value)).split())
    return found
