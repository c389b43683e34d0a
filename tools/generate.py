"""Writes what is derived: from the models the argument types, the resource classes, the schema and the reference page,
from the examples what the Registry shows, from the rules what a pack tells of them and their reference, from the
modules' docstrings the list of modules.

Run `make format` after changing one; a test fails while a written file differs from what this would write.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import modules
import policies
import reference
import registry
import schema
from pulumi_agentrun.client.kinds import KINDS, Kind
from pulumi_agentrun.client.models.fields import Model
from pulumi_agentrun.lifecycle.paths import EVERY
from pulumi_agentrun.lifecycle.schema import Shape, field_of, shape_of, shape_of_model, shapes_of
from pulumi_agentrun.lifecycle.secret_refs import Fingerprint
from pulumi_agentrun.lifecycle.steps import REGION
from pydantic import SecretStr

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "provider" / "pulumi_agentrun"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
INDEX = ROOT / "docs" / "_index.md"
WIDTH = 100

NOTE = "Written by tools/generate.py from the models: change those, then run `make format`."
OUTPUTS = """\
Outputs are declared in classes of their own, for Pulumi's SDK evaluates the annotations of a resource's own class
each time that it registers one, to tell whole numbers from others: only those are repeated there."""
REGION_TEXT = "The region that the resource is in, if the endpoint tells; `embedded` in the embedded platform."
META = {
    "adopt": ("bool", "False", "Take over what exists under this name already, instead of failing."),
    "profile": (
        "pulumi.Input[str] | None",
        "None",
        "The entry of `agentrun:profiles` to use, for another account or region. A change replaces.",
    ),
    "opts": ("pulumi.ResourceOptions | None", "None", "Pulumi's own resource options."),
}
_SCALARS = {str: "str", int: "int", float: "float", bool: "bool", SecretStr: "str"}


def nested_models(*, shown: bool = False) -> list[type[Model]]:
    """Return the models that stand inside inputs, inner ones first, or inside all that is shown of resources."""
    found: dict[type[Model], None] = {}

    def visit(shape: Shape) -> None:
        for _, inner, _ in shape.parts():
            visit(inner)
        if shape.fields is not None:
            found[shape.annotation] = None

    for kind in KINDS:
        model: type[Model] = kind.model
        for shape in (shape_of_model(model) if shown else shapes_of(kind)).values():
            visit(shape)
    return list(found)


def input_type(shape: Shape) -> str:
    """Return the Python type of an input, without its outermost `Input`."""
    if shape.fields is not None:
        return f'"{shape.annotation.__name__}Args"'
    if shape.item is not None:
        return f"Sequence[pulumi.Input[{input_type(shape.item)}]]"
    if shape.entry is not None:
        return f"Mapping[str, pulumi.Input[{input_type(shape.entry)}]]"
    if shape.annotation == int | float:
        return "float"
    parts = getattr(shape.annotation, "__args__", ())  # an enum's words, or any other
    return "str" if str in parts else _SCALARS.get(shape.annotation, "Any")


def output_type(shape: Shape) -> str:
    """Return the Python type of an output."""
    if shape.fields is not None:
        return "dict[str, Any]"
    if shape.item is not None:
        return f"list[{output_type(shape.item)}]"
    if shape.entry is not None:
        return f"dict[str, {output_type(shape.entry)}]"
    return input_type(shape)


def paragraph(text: str, indent: int) -> str:
    """Return a docstring, wrapped."""
    pad = " " * indent
    lines = textwrap.wrap(text, WIDTH - indent - 3, break_long_words=False, break_on_hyphens=False)
    if len(lines) == 1 and len(lines[0]) + indent + 6 <= WIDTH:
        return f'{pad}"""{lines[0]}"""'
    return "\n".join([f'{pad}"""{lines[0]}', *(pad + line for line in lines[1:])]) + '"""'


def args_module() -> str:
    """Return the text of resources/args.py."""
    parts = []
    for model in nested_models():
        lines = [f"class {model.__name__}Args(TypedDict, total=False):"]
        lines.append(paragraph(" ".join((model.__doc__ or "").split()), 4) + "\n")
        for name, shape in shape_of_model(model).items():
            if shape.mark(Fingerprint):
                continue
            lines.append(f"    {name}: pulumi.Input[{input_type(shape)}]".replace('"', ""))
            lines.append(paragraph(shape.description, 4))
        parts.append("\n" + "\n".join(lines) + "\n")
    head = [
        f'"""The nested arguments of the resources, as typed dictionaries.\n\n{NOTE}\n"""\n',
        "from __future__ import annotations\n",
        imports("".join(parts)),
        "import pulumi\nfrom typing_extensions import TypedDict\n",
    ]
    return "\n".join(head + parts)


def imports(body: str) -> str:
    """Return the imports that annotations need."""
    collections = ", ".join(name for name in ("Mapping", "Sequence") if f"{name}[" in body)
    return f"from collections.abc import {collections}\nfrom typing import Any\n"


def arguments(kind: Kind[Any]) -> Iterator[tuple[str, str, str | None, str]]:
    """Yield name, type, default and sentence of each argument of a resource, required ones first."""
    shapes = shapes_of(kind)
    ordered = [kind.name_field, *models_order(kind)]
    for name in sorted(ordered, key=lambda name: name not in kind.required):
        type_ = f"pulumi.Input[{input_type(shapes[name])}]".replace('"', "")
        text = shapes[name].description + (" A change replaces." if field_of(kind, name) in kind.immutable else "")
        if name == kind.name_field:
            text += " Generated from the resource's name unless given."
        if name in kind.required:
            yield name, type_, None, text
        else:
            yield name, f"{type_} | None", "None", text
    for name, (type_, default, text) in META.items():
        yield name, type_, default, text


def models_order(kind: Kind[Any]) -> list[str]:
    """Return the inputs but the name, as the API's model orders them."""
    return [name for name in shape_of(kind).settable if name != kind.name_field]


def secret_paths(whole: Shape) -> tuple[tuple[str | int, ...], ...]:
    """Return where values hold secrets that a program sets; what lies in a list or a map counts as all of it."""
    secrets = (path for path, shape, _ in whole.walk() if shape.is_secret and not shape.mark(Fingerprint))
    return tuple(dict.fromkeys(path[: path.index(EVERY)] if EVERY in path else path for path in secrets))


def outputs_class(kind: Kind[Any]) -> str:
    """Return the text of the class that declares a resource's outputs."""
    lines = [f"class _{kind.model.__name__}Outputs(KindResource):"]
    for name, type_, text in shown(kind):
        lines += [f"    {name}: {type_}", paragraph(text, 4)]
    return "\n".join([*lines, ""])


def shown(kind: Kind[Any]) -> Iterator[tuple[str, str, str]]:
    """Yield name, type and sentence of each output of a resource."""
    model: type[Model] = kind.model
    shapes = shape_of_model(model)
    for name in [kind.name_field, *models_order(kind), *sorted(kind.outputs)]:
        optional = "" if name in kind.required or name in (kind.name_field, "status") else " | None"
        yield name, f"pulumi.Output[{output_type(shapes[name])}{optional}]", shapes[name].description
    yield REGION, "pulumi.Output[str | None]", REGION_TEXT


def resource_class(kind: Kind[Any]) -> str:
    """Return the text of one resource class."""
    title = kind.model.__name__
    lines = [
        f'class {title}(_{title}Outputs, module="agentrun", name="{title}"):',
        paragraph(" ".join((kind.model.__doc__ or "").split()), 4),
        "",
        f"    provider_class = {title}Provider",
        f"    _properties = tuple(_{title}Outputs.__annotations__)",
        f"    _secrets = {secret_paths(shape_of(kind))!r}",
        "",
    ]
    numbers = [f"    {name}: {type_}" for name, type_, _ in shown(kind) if "[int" in type_]
    lines += [*numbers, ""] if numbers else []
    lines += ["    def __init__(", "        self,", "        resource_name: str,", "        *,"]
    for name, type_, default, _ in arguments(kind):
        lines.append(f"        {name}: {type_}" + ("," if default is None else f" = {default},"))
    lines += ["    ) -> None:", f'        """Declare a {kind.title}.', ""]
    for name, _, _, text in arguments(kind):
        lines.append(
            textwrap.fill(
                f":param {name}: {text}", WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 12,
                break_long_words=False, break_on_hyphens=False,
            )
        )  # fmt: skip
    lines += ['        """', "        super().__init__(", "            resource_name,", "            {"]
    lines += [f'                "{n}": {n},' for n, *_ in arguments(kind) if n not in ("opts", "adopt")]
    lines += ['                "adopt": adopt or None,', "            },", "            opts,", "        )", ""]
    return "\n".join(lines)


def resources_module() -> str:
    """Return the text of resources/generated.py."""
    body = "\n\n".join(text for kind in KINDS for text in (outputs_class(kind), resource_class(kind)))
    args = sorted(set(re.findall(r"\w+Args\b", body)))
    head = [
        f'"""The resources as programs use them.\n\n{NOTE}\n\n{OUTPUTS}\n"""\n',
        "from __future__ import annotations\n",
        imports(body),
        "import pulumi\n",
        f"from ..dynamic import {', '.join(sorted(['KindResource', *(f'{kind.token}Provider' for kind in KINDS)]))}",
        "from .args import (\n" + "".join(f"    {name},\n" for name in args) + ")\n\n",
    ]
    return "\n".join(head) + body


def formatted(text: str) -> str:
    """Return Python as ruff formats it."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "provider/x.py", "-"]
    return subprocess.run(command, input=text, text=True, check=True, stdout=-1, cwd=ROOT).stdout


def version_module() -> str:
    """Return a module with the version that pyproject.toml has: to ask the installed package's metadata takes long."""
    (version,) = re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    docstring = '"""The version, as `pyproject.toml` has it; written by tools/generate.py."""'
    return f'{docstring}\n\n__version__ = "{version}"\n'


def outputs() -> dict[Path, str]:
    """Return every written file with the text it should have."""
    spec = schema.package({"adopt": META["adopt"][2], REGION: REGION_TEXT})
    return {
        PACKAGE / "version.py": version_module(),
        PACKAGE / "resources" / "args.py": formatted(args_module()),
        PACKAGE / "resources" / "generated.py": formatted(resources_module()),
        PACKAGE / "plugin" / "schema.json": json.dumps(spec, indent=2) + "\n",
        INDEX: registry.index(INDEX.read_text("utf-8"), spec),
        ARCHITECTURE: modules.page(ARCHITECTURE.read_text("utf-8"), PACKAGE),
        PACKAGE / "policy" / "rules.json": policies.told(),
        ROOT / "docs" / "policies.md": policies.page((ROOT / "docs" / "policies.md").read_text("utf-8")),
        ROOT / "docs" / "resources.md": reference.page(nested_models(shown=True), REGION_TEXT),
    }


def main() -> int:
    """Write the files, or with `--check` only say which differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file differs")
    check = parser.parse_args().check
    wrong = {p: text for p, text in outputs().items() if not p.exists() or p.read_text("utf-8") != text}
    for path, text in wrong.items():
        print(f"{path.relative_to(ROOT)} {'differs' if check else 'written'}")
        if not check:
            path.write_text(text, "utf-8")
    return 1 if check and wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
