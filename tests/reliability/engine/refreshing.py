"""Refreshes: what is read again, and what becomes of a state in which some of it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reliability.engine.doors import Failed
from reliability.engine.state import Record

if TYPE_CHECKING:
    from reliability.engine.deployment import Deployment


def refresh(deployment: Deployment) -> None:
    """Read everything in state again, before anything else happens; a failure stops the run after it."""
    read = [record for record in deployment.base if _is_read(deployment, record)]
    for record in read:
        if record.provider:
            deployment.apply.process(record)
    found: list[Record] = []
    failed = False
    for record in deployment.base:
        if record not in read:
            found.append(record)
            continue
        try:
            new = _read(deployment, record)
        except Failed as error:
            deployment.errors.append(str(error))
            failed, new = True, record
        found += [new] if new is not None else []
    deployment.rebase(_repaired(found))
    if failed:
        deployment.stop("the refresh failed")


def _is_read(deployment: Deployment, record: Record) -> bool:
    if deployment.options.targets:
        wanted = record.urn in deployment.targets
        if not wanted and deployment.options.target_dependents and record.needs & deployment.targets:
            deployment.targets.add(record.urn)
            wanted = True
        return wanted
    return record.urn not in deployment.options.excludes


def refresh_one(deployment: Deployment, old: Record) -> Record | None:
    """Read a resource again that the program registers; return its record, or None if it is gone."""
    try:
        new = _read(deployment, old)
    except Failed as error:
        deployment.fail(str(error), old.urn)
        return old
    if new is None:
        deployment.snapshot.drop(old)
    else:
        kept = new if new is not old else old.copy()
        deployment.snapshot.put(kept, old)
        deployment.base[deployment.base.index(old)] = kept
        return kept
    return None


def refresh_the_rest(deployment: Deployment) -> None:
    """Read again what the program has not registered, at the end of a refresh that ran it."""
    read = [r for r in deployment.base if not deployment.is_operated_on(r.urn) and _is_read(deployment, r)]
    for record in read:
        if record.provider:
            deployment.apply.process(record)
    found: list[Record] = []
    for record in deployment.base:
        new: Record | None = record
        if record in read:
            try:
                new = _read(deployment, record)
            except Failed as error:
                deployment.fail(str(error), record.urn)
        found += [new] if new is not None else []
    deployment.rebase(_repaired(found))


def _read(deployment: Deployment, old: Record) -> Record | None:
    """Read one resource and compare what is found with the inputs in state. Raises Failed."""
    if not old.is_custom or old.is_provider or old.pending_replacement:
        return old
    process = deployment.apply.process(old)
    found = process.call("Read", old.urn, id=old.id, properties=old.outputs, inputs=old.inputs)
    if not found.get("id"):
        deployment.apply.note(old, "gone")
        return None
    new = old.copy()
    new.id, new.outputs, new.init_errors = found["id"], found.get("properties", {}), False
    new.inputs = found.get("inputs", old.inputs)
    if not old.external:
        process.call(
            "Diff",
            old.urn,
            id=new.id,
            olds=new.outputs,
            oldInputs=new.inputs,
            news=old.inputs,
            ignoreChanges=list(old.ignore_changes),
        )
    return new


def _repaired(records: list[Record]) -> list[Record]:
    """Return records without dependencies on what is gone."""
    known: set[str] = set()
    for record in records:
        record.dependencies = [urn for urn in record.dependencies if urn in known]
        deps = {key: [urn for urn in urns if urn in known] for key, urns in record.property_dependencies.items()}
        record.property_dependencies = {key: urns for key, urns in deps.items() if urns}
        record.deleted_with = record.deleted_with if record.deleted_with in known else ""
        record.parent = record.parent if record.parent in known else ""
        known.add(record.urn)
    return records
