"""What the engine deletes at the end of a run, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reliability.engine import replacing
from reliability.engine.state import Record, dependents, needed, waves

if TYPE_CHECKING:
    from reliability.engine.deployment import Deployment


def delete_the_rest(deployment: Deployment) -> None:
    """Delete what is to be deleted still, what the program has no longer and, to destroy, what it has."""
    allowed, forbidden = _allowed(deployment), _forbidden(deployment)
    condemned: list[Record] = []
    for record in list(deployment.base):
        if (allowed is not None and record.urn not in allowed) or record.urn in forbidden:
            if not deployment.is_operated_on(record.urn):
                deployment.apply.keep(record)
        elif (record.delete and id(record) not in deployment.seen.gone_first) or (
            not record.delete and not deployment.is_operated_on(record.urn)
        ):
            condemned.append(record)
    doomed = [new for new in deployment.seen.to_delete if allowed is None or new.urn in allowed]
    condemned += [new for new in doomed if new.urn not in forbidden]
    deployment.seen.deletes |= {record.urn for record in condemned}
    if deployment.options.targets and not deployment.options.target_dependents:
        others = [record.urn for record in condemned if record.urn not in deployment.options.targets]
        if others:
            deployment.stop(f"{others[0]} would be deleted, but is no target")
    for record in condemned:
        if record.provider:
            deployment.apply.process(record)
    _delete(deployment, condemned)


def _delete(deployment: Deployment, condemned: list[Record]) -> None:
    among = [*deployment.seen.to_delete, *deployment.base]
    spared: set[int] = set()
    for number, wave in enumerate(waves(condemned, among)):
        deployment.journal.wave = number
        for record in reversed(wave):
            if id(record) in spared:
                continue
            if record.pending_replacement:
                deployment.snapshot.drop(record)
            elif not deployment.apply.delete(record, replacing=record.delete):
                spared |= {id(other) for other in _all_needed(record, among)}
    deployment.journal.wave = None


def _all_needed(record: Record, among: list[Record]) -> list[Record]:
    found = needed(record, among)
    return found + [above for other in found for above in _all_needed(other, among)]


def _allowed(deployment: Deployment) -> set[str] | None:
    """Return the URNs that may go, if the command names targets: those, and all that depends on them."""
    if not deployment.options.targets:
        return None
    roots = [record for record in deployment.base if record.urn in deployment.options.targets]
    below = [other for root in roots for other in dependents(root, deployment.base, set(), children=True)]
    urns = {record.urn for record in (*roots, *below)}
    for record in [record for record in deployment.base if record.urn in urns]:
        urns |= {other.urn for other in replacing.doomed(deployment, record)}
    return urns


def _forbidden(deployment: Deployment) -> set[str]:
    roots = [record for record in deployment.base if record.urn in deployment.options.excludes]
    above = [other for root in roots for other in _all_needed(root, deployment.base)]
    return {record.urn for record in (*roots, *above)}
