"""`pulumi-agentrun drill`: what happens to the calls of a proxy when something behind it goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..client.errors import AgentRunError, ConfigError
from ..client.printable import printable
from ..drill import finding
from ..drill.page import page
from ..drill.playing import drill as played
from ..drill.report import TITLES, Report
from ..drill.scenario import scenario, scenario_file, with_more
from ..routes.subjects import Subject
from . import options
from .printing import as_json, said, sentence, table
from .subjects import exported, previewed

NOT_DRILLED = 2
"""The exit code where nothing could be found out."""


@click.command()
@click.option("--stack", metavar="NAME", help="Drill what a stack has deployed, by its state.")
@click.option(
    "--preview", is_flag=True, help="Drill what the program in this folder would deploy; --stack says to which stack."
)
@click.option("--proxy", metavar="NAME", help="Which model proxy, if there are several.")
@click.option(
    "--scenario", "file", metavar="FILE", type=click.Path(path_type=Path), help="JSON with the settings below."
)
@click.option("--event", "events", multiple=True, metavar="EVENT", help="What goes wrong: 'stable down 10m..20m'.")
@click.option("--expect", multiple=True, metavar="LINE", help="What has to hold: 'success >= 99.9%'.")
@click.option("--calls", metavar="N", help="How many calls come (10000).")
@click.option("--duration", metavar="TIME", help="How long they go on coming (1h).")
@click.option("--rate", metavar="N/s", help="How many come a second, in place of one of the two.")
@click.option("--tokens", metavar="N", help="What a call spends on average (0).")
@click.option("--latency", metavar="TIME", help="How long half of the good answers take at most (1s).")
@click.option(
    "--model", "models", multiple=True, metavar="NAME", help="What calls ask for, as the official SDK unless given."
)
@click.option("--seed", metavar="N", help="Another number plays other calls (0).")
@click.option(
    "--html", metavar="FILE", type=click.Path(path_type=Path), help="Write the report as one page, with charts."
)
@options.endpoint
@options.region
@options.as_json
def drill(
    stack: str | None,
    preview: bool,
    proxy: str | None,
    file: Path | None,
    html: Path | None,
    endpoint: str | None,
    region: str | None,
    is_json: bool,
    **settings: Any,
) -> None:
    """Play the calls of a model proxy while things behind it fail, and say who answers them.

    Nothing is sent anywhere: calls take the weights, retries, fallbacks and limits that are declared, on a clock of
    their own. It takes what an account has, unless --stack or --preview is given. It ends with 0 if all is as expected,
    with 1 if something is not, and with 2 if that could not be found out.

    Example: pulumi-agentrun drill --stack dev --event 'stable down 10m..20m' --expect 'success >= 99.9%'
    """
    try:
        given = scenario_file(file) if file else {}
        wanted = scenario(with_more(given, settings))
        report = played(_subject(stack, preview, proxy, endpoint, region), wanted)
        if html:
            _write(html, page(report))
    except AgentRunError as error:
        sentence(error.told(options.TERMINAL))
        raise click.exceptions.Exit(NOT_DRILLED) from None
    as_json(report.to_json()) if is_json else _as_table(report)
    click.get_current_context().exit(0 if report.is_good else 1)


def _subject(stack: str | None, preview: bool, proxy: str | None, endpoint: str | None, region: str | None) -> Subject:
    if (stack or preview) and (endpoint or region):
        raise ConfigError("--endpoint and --region are about an account; a stack says itself where it is.")
    if preview:
        return finding.of_preview(previewed(stack), proxy)
    if stack:
        return finding.of_state(exported(stack), proxy)
    with options.client_of(endpoint, region) as client:
        return finding.of_account(client, proxy)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from None


def _as_table(report: Report) -> None:
    table(TITLES, report.cells())
    for line in report.lines():
        said(printable(line))
