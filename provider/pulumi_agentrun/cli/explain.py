"""`pulumi-agentrun explain`: what callers of model proxies can count on, and what stops them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..client.errors import AgentRunError, ConfigError
from ..routes import telling
from ..routes.explaining import explain as explained
from ..routes.facts import Proxy
from ..routes.picture import picture
from ..routes.subjects import Subject, meant_by
from . import options, subjects
from .printing import as_json, printable, said, sentence, table

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
    type=click.Choice(("table", "json", "mermaid")),
    default="table",
    show_default=True,
    help="For people, for programs, or a picture.",
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
    endpoint: str | None,
    region: str | None,
    is_json: bool,
) -> None:
    """Say for each model that callers can ask for who answers, at worst how often and how long, and what stops it.

    It takes what an account has, unless --stack, --preview or --plan is given. Nothing is sent to a model, no key is
    needed or shown. It ends with 0, and with 2 if that could not be found out.

    Example: pulumi-agentrun explain --stack prod
    """
    try:
        account = options.Account(endpoint, region)
        found = _explained(subjects.all_of(stack, preview, plan, account), proxy)
    except AgentRunError as error:
        sentence(error.told(options.TERMINAL))
        raise click.exceptions.Exit(NOT_EXPLAINED) from None
    if is_json or form == "json":
        as_json(to_json(found))
    elif form == "mermaid":
        for line in picture(found):
            said(printable(line))
    else:
        for item in found:
            _as_table(item)


def to_json(proxies: Sequence[Proxy]) -> dict[str, Any]:
    """Return facts as `--json` writes them."""
    return {"proxies": [proxy.model_dump(mode="json", by_alias=True) for proxy in proxies]}


def _explained(there: Sequence[Subject], proxy: str | None) -> list[Proxy]:
    chosen = [subject for subject in there if proxy in (None, subject.name, subject.proxy.name)]
    if not chosen:
        names = [subject.name for subject in there]
        end = meant_by(proxy, names) if proxy and names else ", so there is nothing to explain."
        raise ConfigError(f"There is no model proxy{f' {proxy!r}' if proxy else ''}{end}")
    return [explained(subject) for subject in chosen]


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
    table(("MODEL", "ANSWERED BY", "ELSE", "AT WORST", "FAILS WITHOUT"), rows)
    table(("SERVICE", "REACHES"), [(service.name, telling.reached(service)) for service in proxy.services])
