"""Compares the gateways of two stacks by their contracts, where the state of one of them may not be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..client.errors import ConfigError
from ..lifecycle.gateway import contract_fault
from ..routes.address import address_of
from ..routes.changes import NOTHING, Change, Effect, gone_or_new
from ..routes.subjects import chosen_part
from .comparing import Comparison, beside

Contract = Mapping[str, Any]
NOT_TOLD = (
    "shares", "fallbacks", "retries", "timeouts", "limits", "guardrails", "what stops calls", "providers", "keys",
    "networks", "roles", "logs", "what would be replaced", "rules",
)  # fmt: skip
"""What no contract says anything of."""
_SECRET = "[secret]"
"""What `pulumi stack output` has for a secret."""


@dataclass(frozen=True)
class ByContract(Comparison):
    """What making one stack like another comes to, as far as their contracts tell."""

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return super().to_json() | {"notTold": [*NOT_TOLD]}


@dataclass(frozen=True)
class Exported:
    """The gateways that a stack exports."""

    name: str
    """The stack, or the file that its outputs are in."""
    contracts: Mapping[str, Contract]
    """By what they are exported as, or by the gateway's name where there is one alone."""
    hidden: frozenset[str] = frozenset()
    """The outputs that are secret."""


def exported_by(name: str, outputs: Any) -> Exported:
    """Return the gateways among the outputs of a stack, or the one contract that was given alone.

    Raises ConfigError if there is none, or one that cannot be relied on.
    """
    given: Mapping[str, Any] = outputs if isinstance(outputs, Mapping) else {}
    if _is_contract(given):
        _check(given, name)
        return Exported(name, {chosen_part(given["model_proxy_name"]): given})
    contracts = {key: value for key, value in given.items() if _is_contract(value)}
    hidden = frozenset(key for key, value in given.items() if value == _SECRET)
    if not contracts:
        more = f" What is secret there ({', '.join(sorted(hidden))}) is not looked into." if hidden else ""
        raise ConfigError(
            f"There is no contract of a ModelGateway in {name}: export it there, and write what pulumi stack output "
            f"--json says to a file.{more}"
        )
    for key, contract in contracts.items():
        _check(contract, f"{name} (output {key!r})")
    return Exported(name, contracts, hidden)


def _check(contract: Contract, where: str) -> None:
    fault = contract_fault(contract, where)
    if fault is not None:
        raise ConfigError(fault)


def compared(source: Exported, target: Exported, expected: Sequence[str]) -> ByContract:
    """Return what making the target like the source comes to. Raises ConfigError if a gateway is secret in one."""
    for one, other in ((source, target), (target, source)):
        for key in sorted(one.contracts.keys() & other.hidden):
            raise ConfigError(f"{key} of {other.name} is secret: write pulumi stack output {key} --json to a file.")
    old, new = target.contracts, source.contracts
    if len(new) == len(old) == 1:  # whatever each is exported as
        new = dict(zip(old, new.values(), strict=True))
    found = [*_changes(old, new)]
    return ByContract(source.name, target.name, *beside(expected, found))


def _is_contract(value: Any) -> bool:
    return isinstance(value, Mapping) and "version" in value and "endpoint" in value


def _changes(before: Mapping[str, Contract], after: Mapping[str, Contract]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            yield gone_or_new(name, "gateway", "", old is None)
            continue
        yield from _of_models(name, old["model_names"], new["model_names"])
        told = _told(new)
        for what, was in _told(old).items():
            if was != told[what]:
                yield Change(
                    proxy=name, model="", what=what, before=was, after=told[what], effect=_effect(what, was, told[what])
                )


def _of_models(gateway: str, before: Iterable[Any], after: Iterable[Any]) -> Iterator[Change]:
    olds, news = ({str(name): None for name in names} for names in (before, after))
    for model in {**olds, **news}:
        if (model in olds) != (model in news):
            yield gone_or_new(gateway, "model", model, model in news)


def _told(contract: Contract) -> dict[str, str]:
    """Return what a contract says of calls beside the models; its address is each stack's own."""
    address = address_of(contract["endpoint"])
    return {
        "default model": contract["model_name"],
        "name of the gateway": chosen_part(contract["model_proxy_name"]),
        "credential of callers": str(contract.get("credential_name") or NOTHING),
        "region": str(contract.get("region") or NOTHING),
        "endpoint by": address.scheme if address else NOTHING,
    }


def _effect(what: str, before: str, after: str) -> Effect:
    better = {
        "credential of callers": (after != NOTHING) - (before != NOTHING),
        "endpoint by": (after == "https") - (before == "https"),
    }.get(what, 0)
    return "stronger" if better > 0 else "weaker" if better < 0 else ""
