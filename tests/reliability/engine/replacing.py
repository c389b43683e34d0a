"""Replacements: the new one first, or the old one first and with it what cannot outlive it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reliability.calls import UNKNOWN
from reliability.engine import registering
from reliability.engine.doors import Failed, Given
from reliability.engine.goals import Goal
from reliability.engine.state import Props, Record, dependents

if TYPE_CHECKING:
    from reliability.engine.deployment import Deployment


def replace(deployment: Deployment, goal: Goal, old: Record, new: Record, program: Props, diff: Given) -> Record | None:
    """Replace a resource; return the new one, if it came about."""
    if new.protect and old.protect:
        message = f"unable to replace resource {new.urn} as it is currently marked for protection"
        deployment.errors.append(message) if deployment.options.dry else deployment.stop(message)
    if new.import_id and not deployment.options.dry:
        deployment.stop("previously-imported resources that still specify an ID may not be replaced")
    deployment.seen.replaces.add(new.urn)
    deployment.seen.operated.add(new.urn)
    if not registering.is_to_be_replaced(deployment, new.urn, old) and new.is_custom:
        new.inputs = registering.check(deployment, new, None, program)
    deletes_first = diff.get("deleteBeforeReplace", False)
    if goal.delete_before_replace is not None:
        deletes_first = goal.delete_before_replace
    if not deletes_first:
        return new if deployment.apply.create(new, old, old_stays=True) else None
    if _deleted_first(deployment, old) and deployment.apply.create(new, old):
        return new
    return None


def _deleted_first(deployment: Deployment, old: Record) -> bool:
    for record in reversed(doomed(deployment, old)):
        if id(record) in deployment.seen.gone_first:
            continue
        if record.protect:
            deployment.stop(f"unable to replace resource {record.urn}: it is marked for protection")
        deployment.seen.deletes.add(record.urn)
        deployment.seen.gone_first.add(id(record))
        if not deployment.apply.delete(record, replacing=True, comes_back=True):
            return False
    return old.pending_replacement or deployment.apply.delete(old, replacing=True, comes_back=True)


def doomed(deployment: Deployment, old: Record) -> list[Record]:
    """Return what depends on a resource and could not outlive it, as its provider says of it with unknown inputs."""
    if old not in deployment.base:
        return []
    seen, urns, found = deployment.seen, {old.urn}, list[Record]()
    past = seen.operated | seen.created | seen.deletes | seen.replaces
    for record in dependents(old, deployment.base, past):
        if _is_doomed(deployment, record, urns):
            found.append(record)
            urns.add(record.urn)
    return found


def _is_doomed(deployment: Deployment, record: Record, urns: set[str]) -> bool:
    if not record.is_custom or record.external:
        return False
    if record.provider_urn in urns:
        return True
    loose = {key for key, deps in record.property_dependencies.items() if urns & set(deps)}
    if not loose:
        return False
    new = record.copy()
    new.inputs = {key: UNKNOWN if key in loose else value for key, value in record.inputs.items()}
    try:
        return bool(registering.ask(deployment.apply.process(record), record, new)["replaces"])
    except Failed as error:
        deployment.stop(str(error))
