"""Writes an example, given as a program in YAML, in the other languages of Pulumi."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from program import Declared, Program, Reference, inputs_of, type_of

Json = dict[str, Any]


def in_each(program: Program, schema: Json) -> dict[str, str]:
    """Return the program by the language's name, as Pulumi's pages have it."""
    writers: dict[str, Callable[[Program, Json], str]] = {
        "typescript": typescript, "python": python, "go": go, "csharp": csharp,
    }  # fmt: skip
    return {name: write(program, schema) for name, write in writers.items()} | {"yaml": program.text}


def typescript(program: Program, schema: Json) -> str:
    """Return a program in TypeScript."""
    lines = ['import * as pulumi from "@pulumi/pulumi";'] if program.secrets else []
    lines += [f'import * as agentrun from "{schema["language"]["nodejs"]["packageName"]}";', ""]
    lines += ["const config = new pulumi.Config();"] if program.secrets else []
    lines += [f'const {name} = config.requireSecret("{name}");' for name in program.secrets]
    for item in program.declared:
        call = f"agentrun.{item.word}Output(" if item.is_function else f'new agentrun.{item.word}("{item.name}", '
        lines.append(f"const {item.name} = {call}{_typescript(item.properties, '')});")
    lines += [f"export const {name} = {_dotted(value)};" for name, value in program.outputs.items()]
    return _text(lines)


def _typescript(value: Any, indent: str) -> str:
    if isinstance(value, dict):
        return _block("{", [f"{name}: {_typescript(v, indent + _FOUR)}" for name, v in value.items()], "}", indent)
    return _plain(value, indent, _typescript)


def python(program: Program, schema: Json) -> str:
    """Return a program in Python."""
    lines = ["import pulumi", f"import {schema['language']['python']['packageName']} as agentrun", ""]
    lines += ["config = pulumi.Config()"] if program.secrets else []
    lines += [f'{_snake(name)} = config.require_secret("{name}")' for name in program.secrets]
    for item in program.declared:
        call = f"{_snake(item.word)}_output" if item.is_function else item.word
        given = [f"{_snake(name)}={_python(value, _FOUR)}" for name, value in item.properties.items()]
        given = given if item.is_function else [f'"{item.name}"', *given]
        lines.append(f"{_snake(item.name)} = {_block(f'agentrun.{call}(', given, ')', '')}")
    lines += [f'pulumi.export("{name}", {_dotted(value, _snake)})' for name, value in program.outputs.items()]
    return _text(lines)


def _python(value: Any, indent: str) -> str:
    if isinstance(value, dict):
        entries = [f'"{_snake(name)}": {_python(v, indent + _FOUR)}' for name, v in value.items()]
        return _block("{", entries, "}", indent)
    if isinstance(value, bool):
        return str(value)
    return _dotted(value, _snake) if isinstance(value, Reference) else _plain(value, indent, _python)


def go(program: Program, schema: Json) -> str:
    """Return a program in Go."""
    sdk = "github.com/pulumi/pulumi/sdk/v3/go/pulumi"
    imports = [schema["language"]["go"]["importBasePath"], sdk, *([f"{sdk}/config"] if program.secrets else [])]
    lines = ["package main", "", "import (", *(f'\t"{path}"' for path in imports), ")", "", "func main() {"]
    lines.append("\tpulumi.Run(func(ctx *pulumi.Context) error {")
    lines += [f'\t\t{name} := config.New(ctx, "").RequireSecret("{name}")' for name in program.secrets]
    for item in program.declared:
        lines += _go_statement(item, schema)
    for name, value in program.outputs.items():
        call = "()" if any(item.is_function and item.name == value.name for item in program.declared) else ""
        lines.append(f'\t\tctx.Export("{name}", {_dotted(value, _title)}{call})')
    return _text([*lines, "\t\treturn nil", "\t})", "}"])


def _go_statement(item: Declared, schema: Json) -> Iterator[str]:
    inputs, deep = inputs_of(item, schema), "\t\t"
    if item.is_function:
        of_resource = item.token.replace(":get", ":") in schema["resources"]  # there, Get is what reads a resource
        name = item.word.replace("get", "lookup") if of_resource else item.word
        given = _go_object(f"agentrun.{_title(name)}OutputArgs", item.properties, inputs, schema, deep)
        yield f"{deep}{item.name} := agentrun.{_title(name)}Output(ctx, {given})"
        return
    given = _go_object(f"&agentrun.{item.word}Args", item.properties, inputs, schema, deep)
    yield f'{deep}{item.name}, err := agentrun.New{item.word}(ctx, "{item.name}", {given})'
    yield from (f"{deep}if err != nil {{", f"{deep}\treturn err", f"{deep}}}")


def _go_object(head: str, given: Json, specs: Json, schema: Json, indent: str) -> str:
    inner = indent + "\t"
    values = {_title(name): _go(value, specs[name], schema, inner) for name, value in given.items()}
    return _block(f"{head}{{", _aligned(values), "}", indent, "\t")


def _go(value: Any, spec: Json, schema: Json, indent: str) -> str:
    name, inner = type_of(spec, schema)
    if isinstance(value, dict) and "additionalProperties" in spec:
        of, _ = type_of(spec["additionalProperties"], schema)
        entries = [f'"{k}": {_go(v, spec["additionalProperties"], schema, indent + _TAB)}' for k, v in value.items()]
        return _block(f"agentrun.{of}Map{{", entries, "}", indent, _TAB)
    if isinstance(value, dict):
        return _go_object(f"&agentrun.{name}Args", value, inner, schema, indent)
    if isinstance(value, list):
        name, _ = type_of(spec["items"], schema)
        items = [_go(item, spec["items"], schema, indent + "\t") for item in value]
        return _block(f"agentrun.{name}Array{{" if name else "pulumi.StringArray{", items, "}", indent, "\t")
    if isinstance(value, Reference):
        return _dotted(value, _title)
    kinds = {"integer": "Int", "number": "Float64", "boolean": "Bool"}
    return f"pulumi.{kinds.get(spec.get('type', ''), 'String')}({json.dumps(value)})"


def _aligned(values: dict[str, str]) -> list[str]:
    """Return entries as gofmt has them: values stand below each other in lines that follow on one another."""
    entries: list[str] = []
    together: list[str] = []
    for name, value in [*values.items(), ("", "\n")]:
        if "\n" in value:
            width = max(map(len, together), default=0)
            entries += [f"{one + ':':{width + 1}} {values[one]}" for one in together]
            entries += [f"{name}: {value}"] if name else []
            together = []
        else:
            together.append(name)
    return entries


def csharp(program: Program, schema: Json) -> str:
    """Return a program in C#."""
    space = schema["language"]["csharp"]["namespaces"]["agentrun"]
    lines = ["using System.Collections.Generic;", "using Pulumi;", f"using {space} = Pulumi.{space};", ""]
    lines += ["return await Deployment.RunAsync(() =>", "{"]
    lines += ["    var config = new Config();"] if program.secrets else []
    lines += [f'    var {name} = config.RequireSecret("{name}");' for name in program.secrets]
    for item in program.declared:
        call = f"{_title(item.word)}.Invoke(" if item.is_function else f'{item.word}("{item.name}", '
        given = _csharp_object("new()", item.properties, inputs_of(item, schema), schema, _FOUR)
        lines.append(f"    var {item.name} = {'' if item.is_function else 'new '}{space}.{call}{given});")
    lines += ["    return new Dictionary<string, object?>", "    {"]
    looked = {item.name for item in program.declared if item.is_function}
    for name, value in program.outputs.items():
        shown = f"{value.name}.Apply(it => it.{_title(value.path or '')})"
        lines.append(f'        ["{name}"] = {shown if value.name in looked else _dotted(value, _title)},')
    return _text([*lines, "    };", "});"])


def _csharp_object(head: str, given: Json, specs: Json, schema: Json, indent: str) -> str:
    written = {name: _csharp(v, specs[name], schema, indent + _FOUR) for name, v in given.items()}
    entries = [f"{_title(name)} ={'' if text.startswith(_LINE) else ' '}{text}" for name, text in written.items()]
    return f"{head}\n{indent}" + _block("{", entries, "}", indent)


def _csharp(value: Any, spec: Json, schema: Json, indent: str) -> str:
    space = schema["language"]["csharp"]["namespaces"]["agentrun"]
    name, inner = type_of(spec, schema)
    if isinstance(value, dict) and "additionalProperties" in spec:
        inner_spec = spec["additionalProperties"]
        entries = [f'{{ "{k}", {_csharp(v, inner_spec, schema, indent + _FOUR)} }}' for k, v in value.items()]
        return "\n" + indent + _block("{", entries, "}", indent)
    if isinstance(value, dict):
        return _csharp_object(f"new {space}.Inputs.{name}Args", value, inner, schema, indent)
    if isinstance(value, list):
        items = [_csharp(item, spec["items"], schema, indent + _FOUR) for item in value]
        return f"new[]\n{indent}" + _block("{", items, "}", indent)
    return _dotted(value, _title) if isinstance(value, Reference) else json.dumps(value)


_FOUR, _TAB, _LINE = "    ", "\t", "\n"


def _block(head: str, entries: list[str], tail: str, indent: str, step: str = _FOUR) -> str:
    """Return entries between brackets, a line each."""
    return "\n".join([head, *(f"{indent}{step}{entry}," for entry in entries), f"{indent}{tail}"])


def _plain(value: Any, indent: str, write: Callable[[Any, str], str]) -> str:
    if isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return json.dumps(value)
        return _block("[", [write(item, indent + _FOUR) for item in value], "]", indent)
    return _dotted(value) if isinstance(value, Reference) else json.dumps(value)


def _dotted(value: Reference, spell: Callable[[str], str] = str) -> str:
    """Return a reference with its property as the language spells it; Python spells the name so too."""
    name = spell(value.name) if spell is _snake else value.name
    return f"{name}.{spell(value.path)}" if value.path else name


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda letter: f"_{letter[1]}", name).lower()


def _title(name: str) -> str:
    return name[:1].upper() + name[1:]


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
