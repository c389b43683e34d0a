"""Writes a program that a history declares as Python source, for one front door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reliability.histories import Declared, Program, Ref

CLASSES = {"service": "ModelService", "proxy": "ModelProxy"}
# One resource is declared when the one before is done, or the order of calls would be another each time.
HEAD = """\
async def declared(resource):
    try:
        await resource.urn.future(with_unknowns=True)
    except Exception:
        pass  # the engine tells, and with --continue-on-error the others are declared all the same

async def program():
    made = {}
"""
TAIL = """\

pulumi.export("done", pulumi.Output.from_input(program()))
"""


def source(program: Program, door: str) -> str:
    """Return the program's text below its imports."""
    lines = ["import pulumi_agentrun_sdk"] if door == "plugin" else []
    lines.append(HEAD.rstrip())
    for logical, declared in program.items():
        lines.append(f"    made[{logical!r}] = {_constructed(logical, declared)}")
        lines.append(f"    await declared(made[{logical!r}])")
    return "\n".join(lines) + "\n" + TAIL


def _constructed(logical: str, declared: Declared) -> str:
    options = {key.rstrip("_"): value for key, value in declared.options.items()}
    found = options.pop("id", None)
    if "import" in options:
        options["import_"] = options.pop("import")
    arguments = [f"{key}={_written(value)}" for key, value in declared.props.items()]
    if options:
        given = ", ".join(f"{key}={_option(key, value)}" for key, value in options.items())
        arguments.append(f"opts=pulumi.ResourceOptions({given})")
    if declared.kind == "group":
        return f"pulumi.ComponentResource('tests:index:Group', {', '.join([repr(logical), *arguments])})"
    if declared.kind == "account":
        return f"pulumi_agentrun_sdk.Provider({', '.join([repr(logical), *arguments])})"
    if found is not None:
        return f"{CLASSES[declared.kind]}.get({logical!r}, {found!r})"
    return f"{CLASSES[declared.kind]}({', '.join([repr(logical), *arguments])})"


def _option(key: str, value: Any) -> str:
    if key in ("parent", "provider", "deleted_with"):
        return f"made[{value!r}]"
    if key == "depends_on":
        return "[" + ", ".join(f"made[{item!r}]" for item in value) + "]"
    if key == "aliases":
        return "[" + ", ".join(_alias(item) for item in value) + "]"
    if key == "custom_timeouts":
        return f"pulumi.CustomTimeouts(**{value!r})"
    return repr(value)


def _alias(name: str | None) -> str:
    return f"pulumi.Alias(name={name!r})" if name else "pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)"


def _written(value: Any) -> str:
    if isinstance(value, Ref):
        return f"made[{value.logical!r}].model_service_name"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {_written(item)}" for key, item in value.items()) + "}"
    return "[" + ", ".join(map(_written, value)) + "]" if isinstance(value, list) else repr(value)
