"""`pulumi-agentrun inventory`: what an account holds, and the program that brings it under Pulumi."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import click

from ..client.errors import ConfigError
from . import options, programs
from .printing import as_json, remark, said, table
from .programs import Item, name_of


@click.command()
@options.endpoint
@options.region
@click.option("--only", metavar="GLOB", default="*", help="Only resources with such names.")
@click.option(
    "--write",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write DIR/__main__.py and DIR/import.json, never over another file.",
)
@options.as_json
def inventory(endpoint: str | None, region: str | None, only: str, write: Path | None, is_json: bool) -> None:
    """List what an account holds, or write the Pulumi program that brings it under Pulumi.

    Credentials come from the environment, as for the client. No api key is ever printed or written: the program takes
    keys from stack configuration.

    Example: pulumi-agentrun inventory --only 'team-*' --write infra
    """
    if is_json and write is not None:
        raise click.UsageError("--json and --write do not go together")
    with options.client_of(endpoint, region) as client:
        items = [item for item in programs.listed(client) if fnmatchcase(name_of(*item), only)]
        if write is None:
            (_as_json if is_json else _as_table)(items)
            return
        found, left = programs.look(client, items)
    for line in left:
        remark(line)
    if not found:
        raise ConfigError(f"There is nothing to write: no resource named {only} is there to be taken over.")
    try:
        said(programs.write(found, write))
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename} cannot be written: "
        raise ConfigError(f"{where}{error.strerror or error}") from None


def _as_table(items: Sequence[Item]) -> None:
    rows = [
        (kind.word, name_of(kind, item), str(item.standing or ""), (item.changed_at or "")[:10], kind.in_short(item))
        for kind, item in items
    ]
    table(("KIND", "NAME", "STATUS", "CHANGED", "WHAT"), rows)


def _as_json(items: Sequence[Item]) -> None:
    as_json(
        {
            "resources": [
                {
                    "kind": kind.token,
                    "name": name_of(kind, item),
                    "status": item.standing,
                    "statusReason": item.reason,
                    "lastUpdatedAt": item.changed_at,
                    "inShort": kind.in_short(item),
                }
                for kind, item in items
            ]
        }
    )
