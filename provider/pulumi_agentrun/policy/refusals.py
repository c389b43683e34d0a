"""What is said of a configuration that is wrong: a policy or setting that there is not, or a value of another form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, get_args, get_origin

from ..client.errors import ConfigError
from ..client.nearest import nearest, no_such

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

_FORMS = {
    "missing": "must be set",
    "tuple_type": "must be a list",
    "string_type": "must be a text",
    "string_unicode": "must be whole Unicode text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "date_type": "must be a date (YYYY-MM-DD)",
    "date_parsing": "must be a date (YYYY-MM-DD)",
    "date_from_datetime_parsing": "must be a date (YYYY-MM-DD)",
    "date_from_datetime_inexact": "must be a date (YYYY-MM-DD)",
}
"""By pydantic's types of error."""
_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}
"""The same, with where the bound stands."""


def refuse_unknown(names: Iterable[str], policies: Sequence[str]) -> None:
    """Do nothing if a configuration names policies that there are, or `all` of them. Raises ConfigError."""
    unknown = sorted(set(names) - {*policies, "all"})
    if unknown:
        meant = nearest(unknown[0].lower(), policies, alike=0.8)
        help_ = f"did you mean {meant}?" if meant else f"there are {', '.join(policies)}."
        raise ConfigError(f"There is no policy {unknown[0]!r}; {help_}")


def refuse_settings_for_all(settings: Iterable[str]) -> None:
    """Do nothing if `all` has no settings. Raises ConfigError."""
    found = sorted(settings)
    if found:
        raise ConfigError(
            f"The configuration of policy all is wrong: {found[0]}: `all` sets the level of the policies that are not "
            "named, and nothing else."
        )


def wrong(settings: type[BaseModel], found: ErrorDetails) -> str:
    """Say which setting is wrong, and what is allowed."""
    path = ".".join(map(str, found["loc"]))
    return f"{path}: {_why(settings, found)}" if path else _why(settings, found)


def _why(settings: type[BaseModel], found: ErrorDetails) -> str:
    kind, context = found["type"], found.get("ctx", {})
    if kind == "extra_forbidden":
        return _no_setting(settings, found["loc"])
    if kind == "literal_error":
        return f"must be {context['expected']}"
    if kind in _BOUNDS:
        word, key = _BOUNDS[kind]
        return f"must be {word} {context[key]}"
    if kind == "value_error":
        return str(context["error"])
    return _FORMS.get(kind, "has a form that is not allowed")


def _no_setting(settings: type[BaseModel], path: tuple[int | str, ...]) -> str:
    known = _names(settings, path[:-1])
    return no_such(str(path[-1]), known, what="setting") if known else "this policy has no settings"


def _names(settings: Any, path: tuple[int | str, ...]) -> list[str]:
    """Return the settings below a path, as JSON spells them; none where a map has names of its own."""
    if get_origin(settings) is dict:
        return _names(get_args(settings)[1], path[1:]) if path else []
    by_name = {field.alias or name: field.annotation for name, field in settings.model_fields.items()}
    return _names(by_name[str(path[0])], path[1:]) if path else list(by_name)
