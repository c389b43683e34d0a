"""Facts in words: who answers, the worst case, limits, guardrails, and what stops without something."""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import words
from .facts import Guardrails, Limits, Model, Outage, Service, Share

_SPANS = {"tps": "a second", "tpm": "a minute", "tph": "an hour", "tpd": "a day"}


def shared(group: Sequence[Share]) -> str:
    """Say who shares calls: `stable 95 %, canary 5 %`, or one name alone."""
    if len(group) == 1:
        return group[0].service
    return ", ".join(f"{share.service} {words.percent(share.share)}" for share in group)


def fallbacks(model: Model) -> str:
    """Say who answers when those fail, in order."""
    return ", then ".join(map(shared, model.order[1:])) or "nothing"


def worst(model: Model, timeout: float) -> str:
    """Say how often and how long a call is tried at most."""
    return f"{_count(model.attempts, 'attempt')} of {words.lasting(timeout)}, {words.lasting(model.seconds)}"


def stops(outages: Sequence[Outage]) -> str:
    """Say what of a model's calls fails without each thing that they need; what nobody misses is left out."""
    felt = [outage for outage in outages if outage.fails]
    return "; ".join(
        f"{outage.scope} {outage.name}" + ("" if outage.fails == 1 else f" ({words.percent(outage.fails)})")
        for outage in sorted(felt, key=lambda outage: -outage.fails)
    )


def limits(found: Limits) -> str:
    """Say what is let through, the limit of tokens that bites first before the others."""
    tokens = ", then ".join(f"{limit.tokens} tokens {_SPANS[limit.name]}" for limit in found.tokens)
    calls = (
        f"{_count(found.calls, 'call')} at once ({found.calls_per_second:.3g} a second at worst)" if found.calls else ""
    )
    return "; ".join(filter(None, (calls, tokens))) or "no limits"


def guardrails(found: Guardrails) -> str:
    """Say what is checked and blocked."""
    checked = [word for word, is_checked in (("requests", found.requests), ("answers", found.responses)) if is_checked]
    if not checked:
        return "no guardrails"
    what = [re.sub(r"(?<!^)(?=[A-Z])", " ", flag.removeprefix("blockOn")).lower() for flag in found.blocks]
    return f"{' and '.join(checked)} checked, {', '.join(what) or 'nothing'} blocked"


def reached(service: Service) -> str:
    """Say what a service is: whose, where, and by which key."""
    where = [service.provider, *service.regions, *service.hosts]
    return ", ".join(filter(None, [*where, f"key {service.key}" if service.key else ""]))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
