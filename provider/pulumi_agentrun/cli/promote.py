"""`pulumi-agentrun promote`: what callers would notice if one stack became like another."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..client.errors import AgentRunError, ConfigError
from ..client.json_file import value_in
from ..client.printable import printable
from ..policy.audit import choices
from ..policy.presets import PRESET_VARIABLE, PRESETS, preset_named
from ..promotion.comparing import Promotion, compared
from ..promotion.contracts import ByContract, exported_by
from ..promotion.contracts import compared as contracts_compared
from ..promotion.reporting import as_markdown, sections
from ..promotion.settings import Settings, differing, moved, project_folder, settings_of, write
from ..promotion.stacks import Deployed, deployed, reads
from . import options
from .audit import read_config
from .canary import canary_options, move
from .explain import lines
from .printing import as_json, said, sentence, table
from .pulumi_command import json_of
from .subjects import EXPORT_PATIENCE, exported

_FILE = ".json"
"""What the name of a file ends with where a stack could be named."""
NOT_COMPARED = 2
"""The exit code where nothing could be found out, or nothing could be written."""


@click.command()
@click.option(
    "--from",
    "source",
    metavar="STACK|FILE",
    help="The stack to promote, such as dev, or a .json file of its contracts; not with --canary.",
)
@click.option(
    "--to",
    "target",
    metavar="STACK|FILE",
    required=True,
    help="The stack that is to become like it, or a .json file of its contracts.",
)
@click.option(
    "--expect",
    "expected",
    metavar="WHAT",
    multiple=True,
    help="A difference that is wanted, as in agentrun:promotion.expected; may be given several times.",
)
@click.option(
    "--preset",
    metavar="|".join(PRESETS),
    help=f"Which choice of the rules the target has (or {PRESET_VARIABLE}); baseline unless given, in CI it must be.",
)
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Its rules' settings: JSON, as for pulumi --policy-pack-config.",
)
@click.option(
    "--consumers/--no-consumers",
    "is_asked",
    default=True,
    help="Whether to look in all stacks of the backend for those that read the target.",
)
@click.option(
    "--apply",
    "fields",
    metavar="FIELDS",
    help="Write these settings of the source, with commas between them, into the target's Pulumi.STACK.yaml instead.",
)
@click.option(
    "--format", "form", type=click.Choice(("table", "json", "markdown")), default="table", show_default=True,
    help="For people, for programs, or a comment on a pull request.",
)  # fmt: skip
@canary_options
@options.as_json
def promote(
    source: str | None,
    target: str,
    expected: tuple[str, ...],
    preset: str | None,
    config: Path | None,
    is_asked: bool,
    fields: str | None,
    form: str,
    is_json: bool,
    **canary: Any,
) -> None:
    """Compare two stacks of one program in terms of callers, before one is made like the other.

    It reads states and settings and changes nothing; it needs no key and no passphrase, and shows no secret. It ends
    with 0 if nothing differs but what agentrun:promotion.expected in the settings names and the rules let the source
    through, with 1 if not, and with 2 if that could not be found out. --apply compares nothing: it writes settings into
    a file, for review.

    Who may not read a state compares contracts: of a file that ends in .json, as pulumi stack output --json writes it,
    and of the outputs of a stack that is named beside one. It says what no contract tells.

    --canary compares nothing either, and does change something: by pulumi up it moves the weights of --to by steps,
    with a drill before or a probe after each of them. It ends with 0 if all steps were taken, and with 1 if a gate
    failed and all is back as it was. What was interrupted goes on where the same command is run again.

    Example: pulumi-agentrun promote --from dev --to prod --preset production --config policies.prod.json

    Example: pulumi-agentrun promote --from dev --to prod.contract.json

    Example: pulumi-agentrun promote --to prod --canary 5,25,100 --probe 50 --probe-key-env GATEWAY_KEY
    """
    try:
        if canary["steps"] or canary["is_back"]:
            if source or fields or (canary["steps"] and canary["is_back"]):
                raise ConfigError(
                    "--canary and --take-back are about --to alone: neither goes with the other, --from or --apply."
                )
            click.get_current_context().exit(move(target, canary, is_json))
        if source is None:
            raise ConfigError("Say --from which stack.")
        if source.endswith(_FILE) or target.endswith(_FILE):
            if fields is not None or preset or config:
                raise ConfigError(
                    "A contract has no settings and no resources: --apply, --preset, --config need stacks."
                )
            found: Promotion | ByContract = _by_contract(source, target, expected)
        elif fields is not None:
            _apply(source, target, fields)
            return
        else:
            found = _compared(source, target, preset, config, is_asked, expected)
    except AgentRunError as error:
        sentence(error.told(options.TERMINAL))
        raise click.exceptions.Exit(NOT_COMPARED) from None
    _show(found, "json" if is_json else form)
    click.get_current_context().exit(0 if found.is_good else 1)


def _by_contract(source: str, target: str, expected: Sequence[str]) -> ByContract:
    ours, theirs = (exported_by(name, _outputs(name)) for name in (source, target))
    return contracts_compared(ours, theirs, expected)


def _outputs(name: str) -> Any:
    """Return the outputs in a file, or else of a stack, secrets hidden. Raises ConfigError."""
    if name.endswith(_FILE):
        return value_in(Path(name), what="contract")
    return json_of(["stack", "output", "--json", "--stack", name], "read the outputs", patience=EXPORT_PATIENCE)


def _compared(
    source: str, target: str, preset: str | None, config: Path | None, is_asked: bool, expected: Sequence[str]
) -> Promotion:
    rules = choices(preset or preset_named(os.environ), read_config(config))
    ours, theirs = _settings(source, target)
    old, new = deployed(target, exported(target)), deployed(source, exported(source))
    projects = {new.project, old.project} - {""}
    if len(projects) > 1:
        raise ConfigError(f"{source} and {target} are stacks of different projects: {', '.join(sorted(projects))}.")
    return compared(
        new,
        old,
        rules,
        expected=list(
            dict.fromkeys((*expected, *(ours.expected if ours else ()), *(theirs.expected if theirs else ())))
        ),
        settings=differing(ours, theirs) if ours and theirs else (),
        consumers=_consumers(old) if is_asked and old.stack else None,
    )


def _settings(source: str, target: str) -> tuple[Settings | None, Settings | None]:
    """Return the settings of both stacks, none in a folder that belongs to no project."""
    folder = project_folder(Path.cwd())
    return (settings_of(source, folder), settings_of(target, folder)) if folder else (None, None)


def _consumers(target: Deployed) -> list[str]:
    try:
        listed: Any = json_of(["stack", "ls", "--all", "--json"], "list the stacks", patience=EXPORT_PATIENCE)
        names = [str(item["name"]) for item in listed]
        return [name for name in names if name != target.name and reads(exported(name), target)]
    except ConfigError as error:
        raise ConfigError(f"Who reads {target.name} is not known: {error}; --no-consumers leaves that out.") from None


def _apply(source: str, target: str, fields: str) -> None:
    ours, theirs = _settings(source, target)
    if ours is None or theirs is None:
        raise ConfigError("There is no Pulumi.yaml here or above: --apply writes beside it.")
    names = [name for name in map(str.strip, fields.split(",")) if name]
    if not names:
        raise ConfigError("--apply needs the names of settings, with commas between them.")
    text = moved(ours, theirs, names)
    if text == theirs.text:
        said(printable(f"{theirs.path.name} has all of that already."))
        return
    write(theirs, text)
    said(
        printable(
            f"Wrote {', '.join(names)} into {theirs.path.name}. Next: git diff, then pulumi preview --stack {target}"
        )
    )


def _show(found: Promotion | ByContract, form: str) -> None:
    if form == "json":
        as_json(found.to_json())
    elif form == "markdown":
        lines(as_markdown(found))
    else:
        for section in sections(found):
            said(printable(section.line))
            if section.rows:
                table(section.titles, section.rows, section.styles)
