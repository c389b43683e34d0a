"""`pulumi-agentrun explain`: what callers of model proxies can count on, and what stops them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from ..client.errors import AgentRunError, ConfigError
from ..client.printable import printable
from ..routes import telling
from ..routes.changes import Change, Effect, changes
from ..routes.explaining import explain as explained
from ..routes.facts import Proxy
from ..routes.markdown import of_changes, of_proxies
from ..routes.picture import picture
from ..routes.subjects import Subject, chosen_part, meant_by
from . import options, subjects
from .printing import as_json, said, sentence, table

_STYLES: dict[Effect, str] = {"": "", "weaker": "red", "stronger": "green"}
NOT_EXPLAINED = 2
"""The exit code where nothing could be found out."""


@click.command()
@click.option("--stack", metavar="NAME", help="Explain what a stack has deployed, by its state.")
@click.option(
    "--preview", is_flag=True, help="Explain what the program here would deploy; --stack says to which stack."
)
@click.option(
    "--plan",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Explain what pulumi preview --json --show-sames has written to FILE.",
)
@click.option("--proxy", metavar="NAME", help="Only this model proxy.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("table", "json", "mermaid", "markdown")),
    default="table",
    show_default=True,
    help="For people, for programs, a picture, or a comment on a pull request.",
)
@click.option(
    "--against",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Say what changes for callers since --json was written to FILE.",
)
@options.endpoint
@options.region
@options.as_json
def explain(
    stack: str | None,
    preview: bool,
    plan: Path | None,
    proxy: str | None,
    form: str,
    against: Path | None,
    endpoint: str | None,
    region: str | None,
    is_json: bool,
) -> None:
    """Say for each model that callers can ask for who answers, at worst how often and how long, and what stops it.

    It takes what an account has, unless --stack, --preview or --plan is given. Nothing is sent to a model, no key is
    needed or shown. --against says what changes for callers instead. It ends with 0, and with 2 if that could not be
    found out.

    Example: pulumi-agentrun explain --stack prod
    """
    try:
        account = options.Account(endpoint, region)
        if against and form == "mermaid":
            raise ConfigError("--against has no picture: --format is table, json or markdown.")
        before = _read(against) if against else None
        found = _explained(subjects.all_of(stack, preview, plan, account), proxy)
    except AgentRunError as error:
        sentence(error.told(options.TERMINAL))
        raise click.exceptions.Exit(NOT_EXPLAINED) from None
    if before is None:
        _show(found, "json" if is_json else form)
    else:
        before = [item for item in before if proxy is None or proxy in _names(item.name, item.api_name)]
        show_changes(changes(before, found), "json" if is_json else form)


def _show(found: Sequence[Proxy], form: str) -> None:
    if form == "json":
        as_json(to_json(found))
    elif form == "table":
        for item in found:
            _as_table(item)
    else:
        lines(picture(found) if form == "mermaid" else of_proxies(found))


def show_changes(found: Sequence[Change], form: str) -> None:
    """Show what changes for callers, in one of the forms."""
    if form == "json":
        as_json({"changes": [change.model_dump(mode="json", by_alias=True) for change in found]})
    elif form == "markdown":
        lines(of_changes(found))
    elif not found:
        said("Nothing changes for callers.")
    else:
        rows = [(item.proxy, item.model, item.what, item.before, item.after, item.effect) for item in found]
        styles = [_STYLES[item.effect] for item in found]
        table(("PROXY", "MODEL", "WHAT", "BEFORE", "AFTER", ""), rows, styles)


def lines(given: Iterable[str]) -> None:
    """Show lines, each of which may have names of others in it."""
    for line in given:
        said(printable(line))


def _read(path: Path) -> list[Proxy]:
    given = subjects.json_file(path, "explanation")
    try:
        return [Proxy.model_validate(item) for item in given["proxies"]]
    except (ValidationError, KeyError, TypeError):
        raise ConfigError(f"The explanation {path} is not what this version's explain --json writes.") from None


def to_json(proxies: Sequence[Proxy]) -> dict[str, Any]:
    """Return facts as `--json` writes them."""
    return {"proxies": [proxy.model_dump(mode="json", by_alias=True) for proxy in proxies]}


def _explained(there: Sequence[Subject], proxy: str | None) -> list[Proxy]:
    chosen = [subject for subject in there if proxy is None or proxy in _names(subject.name, subject.proxy.name)]
    if not chosen:
        names = [subject.name for subject in there]
        end = meant_by(proxy, names) if proxy and names else ", so there is nothing to explain."
        raise ConfigError(f"There is no model proxy{f' {proxy!r}' if proxy else ''}{end}")
    return [explained(subject) for subject in chosen]


def _names(name: str, api_name: str) -> tuple[str, ...]:
    """Return what people may call a proxy."""
    return name, api_name, chosen_part(api_name)


def _as_table(proxy: Proxy) -> None:
    also = "" if proxy.api_name == proxy.name else f" ({proxy.api_name})"
    entrance = f"; callers present credential {proxy.credential}" if proxy.credential else ""
    said(
        printable(
            f"{proxy.name}{also}: {telling.limits(proxy.limits)}{'; cached' if proxy.is_cached else ''}{entrance}"
        )
    )
    said(printable(telling.guardrails(proxy.guardrails)))
    rows = [
        (model.name, telling.shared(model.order[0]), telling.fallbacks(model), telling.worst(model, proxy.timeout),
         telling.stops(model.outages) or "nothing alone")
        for model in proxy.models
    ]  # fmt: skip
    if not rows:
        said("It routes no model: neither its endpoints nor their services, as far as those are known, name any.")
        return
    table(("MODEL", "ANSWERED BY", "ELSE", "AT WORST", "FAILS WITHOUT"), rows)
    table(("SERVICE", "REACHES"), [(service.name, telling.reached(service)) for service in proxy.services])
