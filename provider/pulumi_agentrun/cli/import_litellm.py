"""`pulumi-agentrun import-litellm`: from a LiteLLM proxy's configuration to a program with gateways."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from ..client.errors import ConfigError
from ..client.kinds import PROXY
from ..client.printable import printable
from . import options
from .litellm_file import Remark, opened
from .litellm_gateways import Keys, Planned, gateways
from .printing import as_json, remark, said
from .programs import PROGRAM, source, variable_of


@click.command("import-litellm")
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--write",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write DIR/__main__.py, never over another file, instead of showing it.",
)
@options.as_json
def import_litellm(config: Path, write: Path | None, is_json: bool) -> None:
    """Make a program with ModelGateways of CONFIG, the configuration of a LiteLLM proxy.

    Keys are taken from the environment as there, or from stack configuration: none is ever printed or written. What has
    no counterpart is listed with its line.

    Example: pulumi-agentrun import-litellm config.yaml --write infra
    """
    if is_json and write is not None:
        raise click.UsageError("--json and --write do not go together")
    root, keys = opened(config), Keys()
    found = gateways(root, keys)
    remarks = sorted([*root.remarks, *root.left()])
    if not found:
        raise ConfigError(
            f"{config} has no model that a gateway could be made of: model_list is empty, or only has wildcards."
        )
    text = program(found, keys.settings)
    if is_json:
        left = [{"line": item.line, "path": item.path, "reason": item.reason} for item in remarks]
        as_json({"program": text, "settings": keys.settings, "remarks": left})
        return
    said(text if write is None else _written(text, write, found, keys.settings))
    _show(config, remarks)


def program(found: Sequence[Planned], settings: Sequence[str]) -> str:
    """Return a program that declares gateways and exports their contracts."""
    taken = {"config", "pulumi", "os", "ModelGateway"}
    lines: list[str] = []
    for item in found:
        variable = variable_of(PROXY, item.name, taken)
        arguments = [f"    {name}={source(value, 1)}," for name, value in item.arguments.items()]
        lines += ["", f"{variable} = ModelGateway(", f"    {json.dumps(item.name)},", *arguments, ")"]
        lines += [f"pulumi.export({json.dumps(item.name)}, {variable}.contract)"]
    head = ['"""The gateways of a LiteLLM proxy\'s configuration."""', ""]
    head += ["import os", ""] if any("os.environ[" in line for line in lines) else []
    head += ["import pulumi", "from pulumi_agentrun import ModelGateway"]
    head += ["", "config = pulumi.Config()"] if settings else []
    return "\n".join(printable(line) for part in [*head, *lines] for line in part.split("\n")) + "\n"


def _written(text: str, folder: Path, found: Sequence[Planned], settings: Sequence[str]) -> str:
    path = folder / PROGRAM
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{path} exists already; nothing was written.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}.") from None
    commands = "".join(f"  pulumi config set --secret {name}\n" for name in settings)
    return f"Wrote {path} for {len(found)} gateways. Next, in {folder}:\n{commands}  pulumi preview\n"


def _show(config: Path, remarks: Sequence[Remark]) -> None:
    for item in remarks:
        remark(f"{config}:{item.line}: {item.path} {item.reason}")
