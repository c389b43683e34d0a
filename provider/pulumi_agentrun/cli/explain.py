"""`pulumi-agentrun explain`: what callers of model proxies can count on, and what stops them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
from pydantic import ValidationError

from ..client.errors import AgentRunError, ConfigError
from ..client.json_file import value_in
from ..client.printable import printable
from ..routes import telling
from ..routes.changes import Effect, changes
from ..routes.explaining import explain as explained
from ..routes.facts import Fact, Proxy, Unknown
from ..routes.markdown import code, of_changes, of_proxies
from ..routes.picture import picture
from ..routes.standing import moves, standings_of
from ..routes.subjects import Subject, chosen_part, meant_by
from . import options, subjects
from .litellm_config import configuration
from .printing import as_json, said, sentence, table

_STYLES: dict[Effect, str] = {"": "", "weaker": "red", "stronger": "green"}
NOT_EXPLAINED = 2
"""The exit code where nothing could be found out."""


class _Explained(NamedTuple):
    """Proxies, and those of which nothing can be said."""

    proxies: list[Proxy]
    unknown: list[Unknown]

    def only(self, proxy: str | None) -> _Explained:
        """Return what is said of one proxy, or all of it."""
        return _Explained(
            [one for one in self.proxies if proxy in (None, *_names(one.name, one.api_name))],
            [one for one in self.unknown if proxy in (None, *_names(one.name, one.api_name))],
        )

    def but(self, names: Iterable[str]) -> list[Proxy]:
        """Return the proxies that are called by none of these names."""
        return [proxy for proxy in self.proxies if not {*names} & {*_names(proxy.name, proxy.api_name)}]


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
@click.option("--proxy", metavar="NAME", help="Only this model proxy; litellm is about one.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("table", "json", "mermaid", "markdown", "litellm")),
    default="table",
    show_default=True,
    help="For people, for programs, a picture, a comment on a pull request, or the configuration of a LiteLLM proxy.",
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

    Example: pulumi-agentrun explain --stack prod --proxy chat --format litellm > config.yaml
    """
    try:
        account = options.Account(endpoint, region)
        form = "json" if is_json else form
        if against and form in ("mermaid", "litellm"):
            lacks = "picture" if form == "mermaid" else "configuration"
            raise ConfigError(f"--against has no {lacks}: --format is table, json or markdown.")
        before = _read(against) if against else None
        may_be_none = before or (_Explained([], []) if form in ("json", "markdown") else None)
        there = subjects.all_of(stack, preview, plan, account)
        found = _explained(there, proxy, may_be_none)
        if form == "litellm":
            said(configuration(_the_only(there, proxy)))
            return
    except AgentRunError as error:
        sentence(error.told(options.TERMINAL))
        raise click.exceptions.Exit(NOT_EXPLAINED) from None
    if before is None:
        _show(found, form)
    else:
        _show_changes(before.only(proxy), found, form)


def _show(found: _Explained, form: str) -> None:
    if form == "json":
        as_json(to_json(found.proxies, found.unknown))
    elif form == "table":
        for item in found.proxies:
            _as_table(item)
    elif form == "mermaid":
        lines(picture(found.proxies))
    elif found.proxies or not found.unknown:
        lines(of_proxies(found.proxies))
    _show_unknown(found.unknown, form)


def _show_changes(before: _Explained, after: _Explained, form: str) -> None:
    """Show what changes for callers, in one of the forms; what is not known on one side neither goes nor comes."""
    unknown = list({item.name: item for item in (*before.unknown, *after.unknown)}.values())
    old, new = before.but(item.name for item in after.unknown), after.but(item.name for item in before.unknown)
    found = [*changes(old, new), *moves(standings_of(old), standings_of(new))]
    if form == "json":
        as_json({"changes": _all(found), "unknown": _all(unknown)})
    elif form == "markdown":
        lines(of_changes(found))
    elif not found:
        said("Nothing changes for callers.")
    else:
        rows = [(item.proxy, item.model, item.what, item.before, item.after, item.effect) for item in found]
        styles = [_STYLES[item.effect] for item in found]
        table(("PROXY", "MODEL", "WHAT", "BEFORE", "AFTER", ""), rows, styles)
    _show_unknown(unknown, form)


def _show_unknown(unknown: Iterable[Unknown], form: str) -> None:
    for item in unknown:
        if form == "markdown":
            lines(("", code(str(item))))
        elif form != "json":
            lines((f"%% {item}" if form == "mermaid" else str(item),))


def lines(given: Iterable[str]) -> None:
    """Show lines, each of which may have names of others in it."""
    for line in given:
        said(printable(line))


def _read(path: Path) -> _Explained:
    given = value_in(path, what="explanation")
    try:
        return _Explained(
            [Proxy.model_validate(item) for item in given["proxies"]],
            [Unknown.model_validate(item) for item in given.get("unknown", ())],
        )
    except (ValidationError, KeyError, TypeError, AttributeError):
        raise ConfigError(f"The explanation {path} is not what this version's explain --json writes.") from None


def to_json(proxies: Iterable[Proxy], unknown: Iterable[Unknown]) -> dict[str, Any]:
    """Return facts as `--json` writes them."""
    return {"proxies": _all(proxies), "unknown": _all(unknown)}


def _all(facts: Iterable[Fact]) -> list[dict[str, Any]]:
    return [fact.to_json() for fact in facts]


def _explained(there: Sequence[Subject], proxy: str | None, before: _Explained | None) -> _Explained:
    """Explain proxies; that there is none is no error where there may have been some `before`."""
    chosen = [subject for subject in there if proxy is None or proxy in _names(subject.name, subject.proxy.name)]
    if not chosen and (before is None or (proxy and not any(before.only(proxy)))):
        olds = [one.name for all in before or () for one in all]
        names = list(dict.fromkeys((*(subject.name for subject in there), *olds)))
        end = meant_by(proxy, names) if proxy and names else ", so there is nothing to explain."
        raise ConfigError(f"There is no model proxy{f' {proxy!r}' if proxy else ''}{end}")
    return _Explained(
        [explained(subject) for subject in chosen if not subject.proxy.gap],
        [
            Unknown(name=subject.name, api_name=subject.proxy.name, why=subject.proxy.gap)
            for subject in chosen
            if subject.proxy.gap
        ],
    )


def _the_only(there: Sequence[Subject], proxy: str | None) -> Subject:
    """Return the one proxy that is chosen. Raises ConfigError if it is not one, or nothing is known of it."""
    chosen = [subject for subject in there if proxy is None or proxy in _names(subject.name, subject.proxy.name)]
    if len(chosen) > 1:
        names = ", ".join(subject.name for subject in chosen)
        raise ConfigError(f"A LiteLLM configuration is of one model proxy: choose by --proxy one of {names}.")
    if chosen[0].proxy.gap:
        raise ConfigError(f"The proxy {chosen[0].name} cannot be written: {chosen[0].proxy.gap}.")
    return chosen[0]


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
