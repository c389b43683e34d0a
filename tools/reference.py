"""The reference page of the resources, as text made from the models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_agentrun.client.kinds import KINDS, Kind
from pulumi_agentrun.client.models.fields import AtLeast, Model
from pulumi_agentrun.lifecycle.schema import Shape, field_of, shape_of_model, shapes_of
from pulumi_agentrun.lifecycle.secret_refs import Fingerprint
from pulumi_agentrun.lifecycle.steps import REGION

Row = tuple[str, str, str]

HEAD = """\
# Resources

<!-- Written by tools/generate.py from the models: change those, then run `make format`. -->

Both resources take, besides the properties below, `adopt` (take over what exists under the name), `profile` (the entry
of `agentrun:profiles` to use; a change replaces) and Pulumi's own `opts`. `.get(resource_name, id)` looks up what
exists, by its name as `id`. Outputs repeat the inputs that are set. Names are the same in Python and in state.
"""


def page(nested: Iterable[type[Any]], region_text: str) -> str:
    """Return the whole page; `nested` are the models inside others, inner ones first."""
    parts = [HEAD]
    for kind in KINDS:
        parts.append(_kind(kind, region_text))
    parts.append("## Nested objects\n")
    for model in reversed(list(nested)):
        doc = " ".join((model.__doc__ or "").split())
        parts.append(f"### {model.__name__}\n\n{doc}\n\n" + _table(_rows(shape_of_model(model))))
    return "\n".join(parts)


def _kind(kind: Kind[Any], region_text: str) -> str:
    doc = " ".join((kind.model.__doc__ or "").split())
    shapes = shapes_of(kind)
    lines = [f"## {kind.model.__name__}\n\n{doc}\n"]
    for title, names in (
        ("Required inputs", kind.required),
        ("Inputs that can change in place", kind.mutable - kind.required),
        ("Inputs whose change replaces", kind.immutable - kind.required),
    ):
        rows = _rows({name: shape for name, shape in shapes.items() if field_of(kind, name) in names}, kind)
        lines.append(f"### {title}\n\n" + _table(rows))
    model: type[Model] = kind.model
    shown = shape_of_model(model)
    outputs: list[Row] = [(f"`{name}`", _type(shown[name]), kind.describe(name)) for name in sorted(kind.outputs)]
    outputs.append((f"`{REGION}`", "string", region_text))
    lines.append("### Outputs besides the inputs\n\n" + _table(outputs))
    return "\n".join(lines)


def _rows(shapes: Mapping[str, Shape], kind: Kind[Any] | None = None) -> list[Row]:
    rows = []
    for name, shape in shapes.items():
        if shape.mark(Fingerprint) is not None:
            continue
        text = shape.description
        if kind and name in kind.required and name in kind.immutable:
            text += " A change replaces."
        least = shape.mark(AtLeast)
        text += f" At least {least.minimum:g}." if least else ""
        rows.append((f"`{name}`", _type(shape), text))
    return rows


def _type(shape: Shape) -> str:
    if shape.fields is not None:
        return f"[{shape.annotation.__name__}](#{shape.annotation.__name__.lower()})"
    if shape.item is not None:
        return f"list of {_type(shape.item)}"
    if shape.entry is not None:
        return f"map of {_type(shape.entry)}"
    if shape.is_secret:
        return "string, secret"
    words = {int: "whole number", float: "number", int | float: "number", bool: "boolean", Any: "any"}
    return words.get(shape.annotation, "string")


def _table(rows: Iterable[Row]) -> str:
    lines = ["| Property | Type | |", "|---|---|---|"]
    lines += [f"| {name} | {type_} | {text.replace('|', chr(92) + '|')} |" for name, type_, text in rows]
    return "\n".join(lines) + "\n"
