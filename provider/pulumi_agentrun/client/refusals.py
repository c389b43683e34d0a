"""What is wrong with an input, as a sentence that names the fields and shows none of their values.

Pydantic's own error has the refused values in it (`errors()`, `json()`), keys too: it never leaves the client.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel, ValidationError
from typing_extensions import Self

from .errors import AgentRunError, InvalidArgumentError
from .wording import Message, Path, Property, joined

T = TypeVar("T")
_OF_A_UNION = re.compile(r"str|int|float|bool|.*\[.*\]")  # which of several types has refused a value, not a field


def refusal(of: str, error: ValidationError) -> Message:
    """Return what is wrong with an input, each field with one reason."""
    reasons: dict[Path, Message] = {}
    for item in error.errors(include_input=False, include_url=False):
        path = tuple(part for part in item["loc"] if isinstance(part, int) or not _OF_A_UNION.fullmatch(part))
        reasons.setdefault(path, joined(Property(path) if path else None, _why(item["type"], item["msg"]), by=": "))
    return joined(of, joined(*reasons.values(), by="; "), by=": ")


def _why(kind: str, text: str) -> str:
    if kind == "missing":
        return "it is required"
    return text.removeprefix("Value error, ").rstrip(".").replace("Input should", "it should", 1)


def _taken(cls: type[Refusing], make: Callable[[], T]) -> T:
    """Return what is made. Raises an error of this package, which leads back to no error that has values in it."""
    try:
        return make()
    except ValidationError as error:
        refused = cls._refused(refusal(cls.__name__, error))
    raise refused


class Refusing(BaseModel):
    """A model that refuses what it is given with an error of this package, whichever way it is given."""

    _refused: ClassVar[type[AgentRunError]] = InvalidArgumentError

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Return the model of some data. Raises AgentRunError."""
        return _taken(cls, lambda: super(Refusing, cls).model_validate(obj, **options))

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Return the model of a JSON text. Raises AgentRunError."""
        return _taken(cls, lambda: super(Refusing, cls).model_validate_json(json_data, **options))

    @classmethod
    def model_validate_strings(cls, obj: Any, **options: Any) -> Self:
        """Return the model of texts. Raises AgentRunError."""
        return _taken(cls, lambda: super(Refusing, cls).model_validate_strings(obj, **options))

    if not TYPE_CHECKING:  # pydantic's names of long ago, whose errors quote what they were given
        validate = parse_obj = model_validate
        parse_raw = model_validate_json


if not TYPE_CHECKING:  # or a type checker would know no constructor's arguments

    class _Maker(type(Refusing)):
        def __call__(cls, *args: Any, **fields: Any) -> Any:
            return _taken(cls, lambda: super(_Maker, cls).__call__(*args, **fields))

    Refusing.__class__ = _Maker
