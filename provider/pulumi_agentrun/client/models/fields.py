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
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainSerializer,
    SecretStr,
    SerializationInfo,
    ValidationInfo,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from ..errors import InvalidArgumentError
from ..nearest import nearest
from ..refusals import Refusing

on_wire = cache(to_camel)
"""The name of a field on the wire."""
ANSWER = object()
"""The context of what is read from an answer, where fields that are not known pass."""
_REVEAL = object()


class Model(Refusing):
    """Data of the API: snake_case here, camelCase on the wire.

    What a newer service adds is kept; what a program misspells is refused, with the nearest name. What is refused is
    an InvalidArgumentError, which is a ValueError as pydantic's error is.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="allow",
        hide_input_in_errors=True,
        ser_json_inf_nan="constants",  # which JSON has not, so they are refused; as null they would go unseen
        loc_by_alias=False,
        protected_namespaces=(),
        # Programs only declare resources: they should not wait for validators that they never run.
        defer_build=True,
    )
    _of_answers: ClassVar[bool] = False

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, data: Any, info: ValidationInfo) -> Any:
        if not cls._of_answers and info.context is not ANSWER and isinstance(data, dict):
            known = _names_of(cls)
            unknown = [cls._no_such(str(name)) for name in data if name not in known]
            if unknown:
                raise PydanticCustomError("unknown_field", "{what}", {"what": "; ".join(unknown)})
        return data

    @classmethod
    def _no_such(cls, name: str) -> str:
        """Return what to say of a field that there is not, with the nearest one in the spelling that was meant."""
        near = nearest(name.lower(), cls.model_fields, alike=0.5)
        if near is None:
            return f"there is no {name}"
        camel = on_wire(near)
        meant = camel if name != camel and "_" not in name and not name.islower() else near
        return f"there is no {name}: did you mean {meant}?"

    if not TYPE_CHECKING:  # or a type checker would let everything be set

        def __setattr__(self, name: str, value: object) -> None:
            if not (name.startswith("_") or name in type(self).model_fields or self._of_answers):
                raise InvalidArgumentError(self._no_such(name))
            if isinstance(value, str) and name in _secrets_of(type(self)):
                value = SecretStr(value)
            super().__setattr__(name, value)

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object to send: camelCase, no nulls, secrets in clear."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, context=_REVEAL)

    def to_state(self) -> dict[str, Any]:
        """Return plain values under their Python names: no nulls, secrets in clear."""
        return self.model_dump(mode="json", exclude_none=True, context=_REVEAL)


@cache
def _names_of(model: type[Model]) -> frozenset[str]:
    """Return what its fields are called, in Python and on the wire."""
    return frozenset(model.model_fields) | {on_wire(name) for name in model.model_fields}


@cache
def _secrets_of(model: type[Model]) -> frozenset[str]:
    return frozenset(name for name, field in model.model_fields.items() if _is_secret(field.annotation))


def _is_secret(annotation: Any) -> bool:
    return any(getattr(option, "__origin__", option) is SecretStr for option in (annotation, *get_args(annotation)))


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
class Fleeting:
    """Mark what other resources decide, so that state does not keep it: it would change with each of them."""


@dataclass(frozen=True)
class NameOf:
    """Mark the name of another resource, with the token of its kind: what has it depends on that one."""

    token: str


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
    """Mark a text that may have several lines."""


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
