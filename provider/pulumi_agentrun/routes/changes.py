"""What becomes of callers where some proxies take the place of others: facts compared, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from . import telling, words
from .facts import Fact, Limits, Model, Outage, Proxy, Share
from .subjects import chosen_part

Effect = Literal["", "weaker", "stronger"]
NOTHING = "nothing"
"""What is said where there is none on one side."""
OWN_NAME = "the proxy's own name"


class Change(Fact):
    """One thing that is not the same for callers."""

    proxy: str
    model: str
    """The model that it is about; empty where it is about all of the proxy."""
    what: str
    """What changes, in words that stay the same: `shares`, `guardrail blockOnPromptAttack`, `reaches region`."""
    before: str
    after: str
    effect: Effect = ""
    """Whether callers are less or better protected than before, where that can be said."""


class _Item(NamedTuple):
    what: str
    before: str
    after: str
    effect: Effect = ""


def changes(before: Sequence[Proxy], after: Sequence[Proxy]) -> list[Change]:
    """Return what is not the same for callers; proxies and services are the same by what programs call them."""
    olds, news = _by_name(before), _by_name(after)
    found: list[Change] = []
    for name in dict.fromkeys((*olds, *news)):
        old, new = olds.get(name), news.get(name)
        if old is None or new is None:
            found.append(gone_or_new(name, "proxy", "", old is None))
        else:
            found += [Change(proxy=name, model="", **item._asdict()) for item in _of_proxy(old, new)]
            found += _of_models(name, old.models, new.models)
    return found


def _by_name(proxies: Iterable[Proxy]) -> dict[str, Proxy]:
    """Return proxies by what programs call them; where several have one name, the others are numbered."""
    found: dict[str, Proxy] = {}
    for proxy in proxies:
        name = unique = chosen_part(proxy.name)
        while unique in found:
            unique = f"{name} ({len(found) + 1})"
        found[unique] = proxy
    return found


def gone_or_new(proxy: str, what: str, model: str, is_new: bool) -> Change:
    """Return that a proxy or a model is there on one side alone."""
    before, after = (NOTHING, "there") if is_new else ("there", NOTHING)
    return Change(proxy=proxy, model=model, what=what, before=before, after=after, effect="" if is_new else "weaker")


def _of_models(proxy: str, before: Iterable[Model], after: Iterable[Model]) -> Iterator[Change]:
    olds, news = ({OWN_NAME if one.is_proxys_own else one.name: one for one in models} for models in (before, after))
    for name in dict.fromkeys((*olds, *news)):
        old, new = olds.get(name), news.get(name)
        if old is None or new is None:
            yield gone_or_new(proxy, "model", name, old is None)
        else:
            for item in _of_model(old, new):
                yield Change(proxy=proxy, model=name, **item._asdict())


def _of_model(old: Model, new: Model) -> Iterator[_Item]:
    if dict(_plain(old.order[0])).keys() != dict(_plain(new.order[0])).keys():
        yield _Item("answered by", telling.shared(old.order[0]), telling.shared(new.order[0]))
    elif dict(_plain(old.order[0])) != dict(_plain(new.order[0])):
        yield _Item("shares", telling.shared(old.order[0]), telling.shared(new.order[0]))
    asked = [", ".join(_asked(model.order[0])) for model in (old, new)]
    if asked[0] != asked[1]:
        yield _Item("asks for", asked[0], asked[1])
    if [*map(_plain, old.order[1:])] != [*map(_plain, new.order[1:])]:
        deeper = len(new.order) - len(old.order)
        yield _Item("fallbacks", telling.fallbacks(old), telling.fallbacks(new), _effect(deeper))
    else:
        backups = [", then ".join(", ".join(_asked(group)) for group in model.order[1:]) for model in (old, new)]
        yield from _unlike("fallbacks ask for", backups[0], backups[1], str)
    yield from _unlike("attempts at worst", old.attempts, new.attempts, str)
    yield from _unlike("time at worst", old.seconds, new.seconds, words.lasting)
    yield from _reach("provider", old.providers, new.providers)
    yield from _reach("region", old.regions, new.regions)
    yield from _outages(old.outages, new.outages)


def _plain(group: Iterable[Share]) -> list[tuple[str, float]]:
    return sorted((chosen_part(share.service), round(share.share, 9)) for share in group)


def _asked(group: Iterable[Share]) -> list[str]:
    return sorted({model for share in group for model in share.models})


def _reach(scope: str, old: Iterable[str], new: Iterable[str]) -> Iterator[_Item]:
    for name in sorted({*new} - {*old}):
        yield _Item(f"reaches {scope}", NOTHING, name)
    for name in sorted({*old} - {*new}):
        yield _Item(f"reaches {scope}", name, NOTHING)


def _outages(old: Iterable[Outage], new: Iterable[Outage]) -> Iterator[_Item]:
    olds, news = ({(one.scope, chosen_part(one.name)): one.fails for one in all} for all in (old, new))
    for scope, name in dict.fromkeys((*olds, *news)):
        before, after = olds.get((scope, name)), news.get((scope, name))
        if (before or 0.0) != (after or 0.0):
            is_on_both_sides = before is not None and after is not None
            effect: Effect = _effect((before or 0.0) - (after or 0.0)) if is_on_both_sides else ""
            yield _Item(f"fails without {scope} {name}", _failing(before), _failing(after), effect)


def _failing(share: float | None) -> str:
    return "not needed" if share is None else words.percent(share)


def _of_proxy(old: Proxy, new: Proxy) -> Iterator[_Item]:
    yield from _unlike("retries", old.retries, new.retries, str)
    yield from _unlike("timeout", old.timeout, new.timeout, words.lasting)
    yield from _unlike("cache", old.is_cached, new.is_cached, lambda is_on: "on" if is_on else "off")
    yield from _unlike("credential of callers", old.credential or "", new.credential or "", str)
    yield from _limits(old.limits, new.limits)
    yield from _guardrails(old, new)
    yield from _keys(old, new)
    yield from _hosts(old, new)


def _limits(old: Limits, new: Limits) -> Iterator[_Item]:
    yield from _unlike("calls at once", old.calls, new.calls, lambda number: str(number or "any number"))
    olds, news = ({limit.name: limit.tokens for limit in found.tokens} for found in (old, new))
    for name in dict.fromkeys((*olds, *news)):
        yield from _unlike(
            f"tokens ({name})", olds.get(name), news.get(name), lambda number: str(number or "any number")
        )


def _guardrails(old: Proxy, new: Proxy) -> Iterator[_Item]:
    before, after = old.guardrails, new.guardrails
    for what in ("requests", "responses"):
        yield from _switched(f"guardrail on {what}", getattr(before, what), getattr(after, what))
    for flag in dict.fromkeys((*before.blocks, *after.blocks)):
        yield from _switched(f"guardrail {flag}", flag in before.blocks, flag in after.blocks)
    yield from _unlike("longest text", before.longest, after.longest, lambda number: str(number or "any length"))
    yield from _unlike("level of guardrails", before.level or "", after.level or "", str)


def _keys(old: Proxy, new: Proxy) -> Iterator[_Item]:
    olds, news = ({chosen_part(one.name): one.key for one in proxy.services} for proxy in (old, new))
    for name in (name for name in olds if name in news):
        yield from _unlike(f"key of {name}", olds[name], news[name], lambda key: key or "none that is known")


def _hosts(old: Proxy, new: Proxy) -> Iterator[_Item]:
    olds, news = ({host for one in proxy.services for host in one.hosts} for proxy in (old, new))
    for item in _reach("host", olds, news):
        yield item._replace(effect="weaker") if item.before == NOTHING else item
    # Where a service's own calls go, and its key with them, is a change even if others went there before.
    ours, theirs = ({chosen_part(one.name): sorted(one.hosts) for one in proxy.services} for proxy in (old, new))
    for name in (name for name in ours if name in theirs):
        yield from _unlike(f"hosts of {name}", ours[name], theirs[name], ", ".join)


def _switched(what: str, before: bool, after: bool) -> Iterator[_Item]:
    if before != after:
        yield _Item(what, "on" if before else "off", "on" if after else "off", "stronger" if after else "weaker")


def _unlike(what: str, before: object, after: object, said: Callable[..., str]) -> Iterator[_Item]:
    if before != after:
        yield _Item(what, said(before) or NOTHING, said(after) or NOTHING)


def _effect(better: float) -> Effect:
    return "stronger" if better > 0 else "weaker" if better < 0 else ""
