"""What `pulumi import` does: without the program, it reads a resource and has its inputs checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reliability.engine.doors import Failed
from reliability.engine.state import Props, Record
from reliability.engine.stopping import RunFailed, Stop

if TYPE_CHECKING:
    from reliability.engine.deployment import Deployment

PROVIDER = "default"
"""The name of the provider, for a command line knows of no SDK and so of no version."""


def import_(deployment: Deployment, record: Record, configuration: Props) -> None:
    """Take a resource into state. Raises RunFailed."""
    try:
        _import(deployment, record, configuration)
    except Stop:
        raise RunFailed("\n".join(deployment.errors)) from None


def _import(deployment: Deployment, record: Record, configuration: Props) -> None:
    for old in deployment.base:
        deployment.snapshot.put(old.copy(), old)
    record.provider = _provider(deployment, configuration)
    if record.urn in deployment.olds:
        deployment.stop(f"resource {record.urn} already exists")
    deployment.snapshot.begin("importing", record)
    try:
        process = deployment.apply.process(record)
        found = process.call("Read", record.urn, id=record.import_id)
        if found.get("id"):
            record.inputs, record.outputs = found["inputs"], found["properties"]
            process.call("Check", record.urn, olds=record.inputs, news=record.inputs)
    except Failed as error:
        deployment.snapshot.end(record)
        deployment.stop(str(error))
    deployment.snapshot.end(record)
    if not found.get("id"):
        deployment.stop(f"resource {record.import_id} does not exist")
    record.id, record.import_id = found["id"], ""
    deployment.snapshot.put(record)


def _provider(deployment: Deployment, configuration: Props) -> str:
    urn = deployment.naming.urn("account", PROVIDER)
    old = deployment.olds.get(urn)
    if old is None:
        old = Record(urn, "account", inputs=dict(configuration))
        old.inputs = deployment.registry.check(old, None)
        deployment.apply.create(old)
    return f"{urn}::{old.id}"
