"""A small Pulumi program in YAML as a value, with what its properties are according to a schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]

_REFERENCE = re.compile(r"\$\{(\w+)(?:\.(\w+))?\}")


@dataclass(frozen=True)
class Reference:
    """A value that another part of the program gives: a setting, or a property of something that has a name."""

    name: str
    path: str | None


@dataclass(frozen=True)
class Declared:
    """A resource or a look at the service, by the name that the program has for it."""

    name: str
    token: str
    properties: Json
    is_function: bool = False

    @property
    def word(self) -> str:
        """The last part of the token."""
        return self.token.rpartition(":")[2]


@dataclass(frozen=True)
class Program:
    """What an example declares; what it does not use is nothing that an example should have."""

    text: str
    secrets: tuple[str, ...]
    """The settings, each of them a secret."""
    declared: tuple[Declared, ...]
    outputs: dict[str, Reference]


def read(path: Path) -> Program:
    """Read a program. Raises ValueError where it has more than the other languages are written for."""
    text = path.read_text("utf-8")
    spec = yaml.safe_load(text)
    config = spec.get("config", {})
    if any(setting != {"type": "string", "secret": True} for setting in config.values()):
        raise ValueError(f"{path.name}: every setting of an example is a secret text")
    outputs = {name: _reference(value) for name, value in spec["outputs"].items()}
    declared = (*_resources(spec), *_functions(spec))
    used = {value.name for value in [*outputs.values(), *(v for d in declared for v in _references(d.properties))]}
    if unused := {*config, *(item.name for item in declared)} - used:
        raise ValueError(f"{path.name}: nothing uses {', '.join(sorted(unused))}")
    return Program(text, tuple(config), declared, outputs)


def _resources(spec: Json) -> Iterator[Declared]:
    for name, resource in spec.get("resources", {}).items():
        yield Declared(name, _token(resource["type"]), _value(resource["properties"]))


def _functions(spec: Json) -> Iterator[Declared]:
    for name, variable in spec.get("variables", {}).items():
        call = variable["fn::invoke"]
        yield Declared(name, _token(call["function"]), _value(call["arguments"]), is_function=True)


def _token(short: str) -> str:
    """Return a token as the schema has it; programs in YAML may leave out the module."""
    package, _, name = short.rpartition(":")
    return f"{package.partition(':')[0]}:index:{name}"


def _reference(text: str) -> Reference:
    found = _REFERENCE.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no reference, such as ${{name.property}}")
    return Reference(found[1], found[2])


def _value(value: Any) -> Any:
    """Return a value with its references as such."""
    if isinstance(value, dict):
        return {name: _value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_value(inner) for inner in value]
    return _reference(value) if isinstance(value, str) and "${" in value else value


def _references(value: Any) -> Iterator[Reference]:
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner)
    elif isinstance(value, Reference):
        yield value


def type_of(spec: Json, schema: Json) -> tuple[str | None, Json]:
    """Return the name of a property's object type, None if it is none, and the properties inside."""
    token = str(spec.get("$ref", "")).removeprefix("#/types/")
    return (token.rpartition(":")[2], schema["types"][token]["properties"]) if token else (None, {})


def inputs_of(declared: Declared, schema: Json) -> Json:
    """Return the specifications of what a resource or a function takes."""
    if declared.is_function:
        return dict(schema["functions"][declared.token]["inputs"]["properties"])
    return dict(schema["resources"][declared.token]["inputProperties"])
