"""What a step does: the call to the provider, and what state keeps of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reliability.engine.doors import Failed, Given
from reliability.engine.processes import Process
from reliability.engine.state import Props, Record

if TYPE_CHECKING:
    from reliability.engine.deployment import Deployment


class Applying:
    """The steps of one run."""

    def __init__(self, run: Deployment) -> None:
        self._run = run
        self._dry = run.options.dry

    def process(self, record: Record) -> Process:
        """Return the process that manages a resource."""
        return self._run.registry.ensure(record.provider, self._run.providers())

    def note(self, record: Record, what: str) -> None:
        """Remember a step; what happens to one resource is joined."""
        if record.is_custom and not record.is_provider:
            name = record.urn.rsplit("::", 1)[1]
            before = self._run.steps.get(name)
            self._run.steps[name] = f"{before}+{what}" if before else what

    def create(self, new: Record, old: Record | None = None, *, old_stays: bool = False) -> bool:
        """Create a resource, perhaps in place of an old one, which stays until the end or is gone already."""
        self.note(new, "replace" if old else "create")
        self._run.snapshot.begin("creating", new)
        failure = self._created(new)
        self._run.snapshot.end(new)
        if failure is None or failure.made is not None:
            if old is not None and old_stays:
                old.delete = True
            self._run.snapshot.put(new, old if old is not None and old.pending_replacement else None)
        return self._ended(new, failure)

    def _created(self, new: Record) -> Failed | None:
        if new.is_provider:
            new.id, new.outputs = self._run.registry.create(new, dry=self._dry), dict(new.inputs)
            return None
        if not new.is_custom:
            new.outputs = dict(new.inputs)
            return None
        process = self.process(new)
        if self._dry and not process.has_preview:
            new.outputs = dict(new.inputs)
            return None
        try:
            answer = self._call_create(process, new, preview=self._dry)
        except Failed as error:
            self._take(new, error.made)
            return error
        new.id, new.outputs = answer.get("id", ""), answer.get("properties", {})
        return None

    @staticmethod
    def _call_create(process: Process, new: Record, *, preview: bool) -> Given:
        timeout = new.timeouts.get("create")
        return process.call("Create", new.urn, properties=new.inputs, timeout=timeout, preview=preview)

    def update(self, old: Record, new: Record) -> bool:
        """Change a resource in place."""
        self.note(new, "update")
        new.id, new.init_errors = old.id, False
        self._run.snapshot.begin("updating", new)
        failure = self._updated(old, new)
        self._run.snapshot.end(new)
        if failure is not None and failure.made is not None:
            new.inputs = dict(old.inputs)  # what was wanted has not come about
        if failure is None or failure.made is not None:
            self._run.snapshot.put(new, old)
        return self._ended(new, failure)

    def _updated(self, old: Record, new: Record) -> Failed | None:
        if new.is_provider:
            self._run.registry.update(new)
        process = self.process(new) if new.is_custom and not new.is_provider else None
        if process is None or (self._dry and not process.has_preview):
            new.outputs = dict(new.inputs)
            return None
        try:
            answer = self._call_update(process, old, new, preview=self._dry)
        except Failed as error:
            self._take(new, error.made)
            return error
        new.outputs = answer.get("properties", {})
        return None

    @staticmethod
    def _call_update(process: Process, old: Record, new: Record, *, preview: bool) -> Given:
        return process.call(
            "Update",
            new.urn,
            id=old.id,
            olds=old.outputs,
            oldInputs=old.inputs,
            news=new.inputs,
            timeout=new.timeouts.get("update"),
            ignoreChanges=list(new.ignore_changes),
            preview=preview,
        )

    def foresee(self, old: Record | None, new: Record) -> Props:
        """Return what the provider foresees of a resource that is left alone, from what the program wants of it."""
        if not new.is_custom or new.is_provider:
            return {}
        process = self.process(new)
        if not process.has_preview:
            return dict(new.inputs)
        try:
            if old is None:
                return dict(self._call_create(process, new, preview=True).get("properties", {}))
            return dict(self._call_update(process, old, new, preview=True).get("properties", {}))
        except Failed:
            return {}

    @staticmethod
    def _take(new: Record, made: Given | None) -> None:
        """Take what exists of a resource that is not complete."""
        if made is not None:
            new.id, new.outputs, new.init_errors = made.get("id", new.id), made.get("properties", {}), True

    def same(self, old: Record, new: Record) -> None:
        """Keep a resource as it is, with what the program says of it now."""
        self.note(new, "same")
        if old.is_provider:
            new.id = old.id
            self._run.registry.same(new, from_check=True)
        new.id, new.outputs, new.init_errors = old.id, old.outputs, old.init_errors
        new.external = old.external
        self._run.snapshot.put(new, old)

    def keep(self, record: Record) -> None:
        """Keep a resource that targets and exclusions leave alone."""
        self._run.snapshot.put(record.copy(), record)

    def read(self, new: Record, old: Record | None, id: str) -> bool:
        """Look up a resource that Pulumi does not manage; what it managed under the name before, it lets go of."""
        self.note(new, "read")
        new.external = True
        self._run.snapshot.begin("reading", new)
        failure = None
        try:
            answer = self.process(new).call("Read", new.urn, id=id, properties=new.inputs, inputs=new.inputs)
            new.id, new.outputs = answer.get("id") or id, answer.get("properties", {})
            if not new.outputs:
                failure = Failed(f"resource '{id}' does not exist")
        except Failed as error:
            failure = error
        self._run.snapshot.end(new)
        if failure is None:
            self._run.snapshot.put(new, *([old] if old is not None and not old.delete else []))
        return self._ended(new, failure)

    def delete(self, old: Record, *, replacing: bool = False, comes_back: bool = False) -> bool:
        """Delete a resource; one that `comes_back` stays in state until it is created anew."""
        self.note(old, "delete")
        self._run.snapshot.begin("deleting", old)
        failure = None
        if old.protect and not replacing:
            self._run.snapshot.end(old)
            self._run.errors.append(f"resource {old.urn} cannot be deleted because it is protected")
            return False  # the others are told of, too
        if self._is_ours_to_delete(old):
            try:
                self.process(old).call(
                    "Delete",
                    old.urn,
                    id=old.id,
                    properties=old.outputs,
                    oldInputs=old.inputs,
                    timeout=old.timeouts.get("delete"),
                )
            except Failed as error:
                failure = error
        self._run.snapshot.end(old)
        if failure is None:
            old.pending_replacement = old.pending_replacement or comes_back
            if not old.pending_replacement:
                self._run.snapshot.drop(old)
        return self._ended(old, failure)

    def _is_ours_to_delete(self, old: Record) -> bool:
        spared = self._dry or old.external or old.retain or old.deleted_with in self._run.seen.deletes
        return old.is_custom and not old.is_provider and not spared

    def _ended(self, record: Record, failure: Failed | None) -> bool:
        if failure is not None:
            self._run.fail(str(failure), record.urn)
        return failure is None
