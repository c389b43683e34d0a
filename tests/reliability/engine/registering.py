"""What the engine does with each resource that a program registers, up to the choice among its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reliability.engine import refreshing, replacing
from reliability.engine.doors import Failed, Given
from reliability.engine.goals import DEFAULT, Goal
from reliability.engine.paths import contains, reset
from reliability.engine.processes import Process
from reliability.engine.state import Props, Record
from reliability.histories import Declared, Program

if TYPE_CHECKING:
    from reliability.engine.deployment import Deployment


def run(deployment: Deployment, program: Program, configuration: Props) -> None:
    """Register everything that a program declares, and the default provider before the first resource of its."""
    for logical, declared in program.items():
        if deployment.naming.door == "dynamic" and declared.options.get("import_"):
            deployment.stop(f"{logical} cannot be imported")  # the resource's own class says so, to the program
        goal = deployment.naming.goal(logical, declared, deployment.made, dry=deployment.options.dry)
        if goal.record.is_custom and not goal.record.is_provider:
            goal.record.provider = _provider(deployment, declared, configuration)
        # Of what has failed the program knows nothing, and goes on.
        deployment.made[logical] = register(deployment, goal) or Record(goal.record.urn, declared.kind)


def _provider(deployment: Deployment, declared: Declared, configuration: Props) -> str:
    logical = declared.options.get("provider_")
    if logical is None:
        logical = DEFAULT[deployment.naming.door]
        if logical not in deployment.made:
            urn = deployment.naming.urn("account", logical)
            made = register(deployment, Goal(Record(urn, "account", inputs=dict(configuration))))
            assert made is not None
            deployment.made[logical] = made
    record = deployment.made[logical]
    return f"{record.urn}::{record.id}"


def register(deployment: Deployment, goal: Goal) -> Record | None:
    """Do what one registration asks for; return what has come of it, None if it failed."""
    new = goal.record
    old = _found(deployment, goal)
    deployment.seen.urns.add(new.urn)
    if goal.reads is not None:
        return _read(deployment, old, new, goal.reads)
    options = deployment.options
    if old is not None and options.refresh and options.run_program and deployment.includes(old):
        deployment.seen.operated.add(new.urn)
        old = refreshing.refresh_one(deployment, old)
    if options.verb == "refresh" and new.is_custom and not new.is_provider:
        if old is None:
            deployment.seen.operated.add(new.urn)
            deployment.seen.skipped.add(new.urn)
        return old or new
    if options.verb == "destroy":
        if new.is_custom and not new.is_provider:
            return _kept_to_be_destroyed(deployment, old, new)
        deployment.seen.to_delete.append(new)
    if deployment.seen.failed & {*new.needs, new.provider_urn}:
        return _skipped(deployment, old, new)
    if new.import_id and (old is None or old.external or (old.import_id or old.id) != new.import_id):
        old = _imported(deployment, old, new)
        if old is None:
            return None
    return _checked(deployment, goal, old, new)


def _found(deployment: Deployment, goal: Goal) -> Record | None:
    """Return a resource's record in state, under its own URN or an alias."""
    new, aliases = goal.record, list(goal.aliases)
    before = {after: urn for urn, after in deployment.seen.aliases.items()}
    if new.parent in before:
        types = before[new.parent].split("::")[2]
        own = new.urn.split("::")
        aliases.append("::".join([*own[:2], f"{types}${own[2].rsplit('$', 1)[-1]}", own[3]]))
    if new.urn in deployment.seen.aliases:
        deployment.seen.invalid[new.urn] = f"{new.urn} is what {deployment.seen.aliases[new.urn]} was"
    for urn in (new.urn, *aliases):
        if urn in deployment.olds:
            if urn != new.urn:
                if urn in deployment.seen.urns or urn in deployment.seen.aliases:
                    deployment.seen.invalid[new.urn] = f"{new.urn} was {urn}, and so is another resource"
                deployment.seen.aliases[urn] = new.urn
                deployment.snapshot.renamed[urn] = new.urn
            return deployment.olds[urn]
    return None


def _read(deployment: Deployment, old: Record | None, new: Record, id: str) -> Record | None:
    if old is not None and not old.external and old.id != id:
        deployment.seen.replaces.add(new.urn)
        old.delete = True
    deployment.seen.operated.add(new.urn)
    if deployment.options.verb == "destroy":
        deployment.seen.to_delete.append(new)
    return new if deployment.apply.read(new, old, id) else None


def _kept_to_be_destroyed(deployment: Deployment, old: Record | None, new: Record) -> Record | None:
    if old is None:
        deployment.seen.skipped.add(new.urn)
        return new
    deployment.seen.operated.add(new.urn)
    deployment.seen.to_delete.append(new)
    new.inputs = old.inputs
    deployment.apply.same(old, new)
    return new


def _skipped(deployment: Deployment, old: Record | None, new: Record) -> Record:
    """Leave alone what needs something that has failed; the program gets what the provider foresees."""
    deployment.seen.failed.add(new.urn)
    deployment.seen.operated.add(new.urn)
    new.outputs = deployment.apply.foresee(old, new)
    return new


def _imported(deployment: Deployment, old: Record | None, new: Record) -> Record | None:
    """Read what is to be managed from now on; the resource goes on from there as if it had been in state."""
    found = new.copy()
    deployment.snapshot.begin("importing", found)
    try:
        answer = deployment.apply.process(new).call("Read", new.urn, id=new.import_id)
    except Failed as error:
        deployment.snapshot.end(found)
        deployment.fail(str(error), new.urn)
        return None
    deployment.snapshot.end(found)
    if not answer.get("id"):
        deployment.fail(f"resource {new.import_id} does not exist", new.urn)
        return None
    found.id, found.inputs, found.outputs = answer["id"], answer["inputs"], answer["properties"]
    if old is not None:
        old.delete = True
    deployment.apply.note(new, "import")
    deployment.snapshot.put(found)
    deployment.seen.imported.add(new.urn)
    return found


def _checked(deployment: Deployment, goal: Goal, old: Record | None, new: Record) -> Record | None:
    seen = deployment.seen
    recreating, was_external = new.urn in seen.deletes, old is not None and old.external
    included = deployment.includes(new)
    fresh = old is None or recreating or was_external or is_to_be_replaced(deployment, new.urn, old)
    program = dict(new.inputs)
    if not included:
        new.inputs = dict(old.inputs) if old else {}
    elif new.is_custom:
        wanted = program if fresh or old is None else reset(program, old.inputs, new.ignore_changes)
        new.inputs = check(deployment, new, None if fresh else old, wanted)
    if new.urn in seen.invalid:
        deployment.stop(seen.invalid[new.urn])
    if recreating:
        assert old is not None
        seen.deletes.discard(new.urn)
        seen.replaces.add(new.urn)
        seen.operated.add(new.urn)
        return new if deployment.apply.create(new, old) else None
    if was_external:
        seen.created.add(new.urn)
        seen.operated.discard(new.urn)
        return new if deployment.apply.create(new, old, old_stays=True) else None
    if included and deployment.options.targets:
        deployment.targets.add(new.urn)
    if old is not None and not included:
        return _left_alone(deployment, old, new)
    if old is not None:
        return _compared(deployment, goal, old, new, program)
    if not included:
        seen.operated.add(new.urn)
        seen.skipped.add(new.urn)
        return new
    if new.needs & seen.skipped:
        deployment.stop(f"{new.urn} depends on what is not created, for it is no target")
    seen.created.add(new.urn)
    return new if deployment.apply.create(new) else None


def check(deployment: Deployment, new: Record, old: Record | None, wanted: Props) -> Props:
    """Have the provider check inputs, against old ones if there are any; return what it makes of them."""
    try:
        if new.is_provider:
            return deployment.registry.check(new, old)
        process = deployment.apply.process(new)
        answer = process.call("Check", new.urn, olds=old.inputs if old else None, news=wanted)
    except Failed as error:
        deployment.stop(str(error))
    if answer.get("failures"):
        deployment.stop("; ".join(failure["reason"] for failure in answer["failures"]))
    return dict(answer.get("inputs", {}))


def is_to_be_replaced(deployment: Deployment, urn: str, old: Record | None) -> bool:
    """Whether the command or state asks for a replacement, whatever the provider says."""
    return urn in deployment.options.replaces or (old is not None and old.taint)


def _left_alone(deployment: Deployment, old: Record, new: Record) -> Record:
    """Keep what is no target, and before it what it needs of what the program has no longer."""
    seen = deployment.seen
    for urn in sorted(old.needs | {old.provider_urn}):
        above = deployment.olds.get(urn)
        if above is not None and not deployment.is_operated_on(urn) and not above.delete:
            _left_alone(deployment, above, above.copy())
    kept = old.copy()
    kept.urn = new.urn
    seen.operated |= {old.urn, new.urn}
    deployment.apply.same(old, kept)
    return kept


def _compared(deployment: Deployment, goal: Goal, old: Record, new: Record, program: Props) -> Record | None:
    seen = deployment.seen
    try:
        diff = _diff(deployment, old, new)
    except Failed as error:
        deployment.stop(str(error))
    changed = diff["changes"] == "DIFF_SOME" or old.pending_replacement
    if changed and (diff["replaces"] or old.pending_replacement):
        return replacing.replace(deployment, goal, old, new, program, diff)
    if changed or old.init_errors:
        seen.operated.add(new.urn)
        return new if deployment.apply.update(old, new) else None
    if new.urn in seen.imported:
        return old
    seen.operated.add(new.urn)
    deployment.apply.same(old, new)
    return new


def _diff(deployment: Deployment, old: Record, new: Record) -> Given:
    if is_to_be_replaced(deployment, new.urn, old):
        return {"changes": "DIFF_SOME", "replaces": ["id"]}
    if not new.is_custom:
        return {"changes": "DIFF_NONE" if old.inputs == new.inputs else "DIFF_SOME", "replaces": []}
    if new.is_provider:
        found = deployment.registry.diff(old, new)
        return {"changes": found.get("changes"), "replaces": found.get("replaces", [])}
    if _has_another_account(deployment, old, new):
        return {"changes": "DIFF_SOME", "replaces": ["provider"]}
    return ask(deployment.apply.process(new), old, new)


def _has_another_account(deployment: Deployment, old: Record, new: Record) -> bool:
    if old.provider == new.provider or deployment.seen.aliases.get(old.provider_urn) == new.provider_urn:
        return False
    before = deployment.olds[old.provider_urn]  # whichever has the URN now
    after = next(record for record in deployment.made.values() if record.urn == new.provider_urn)
    return bool(deployment.registry.diff(before, after, urn=after.urn).get("replaces"))


def ask(process: Process, old: Record, new: Record) -> Given:
    """Have a process compare; what is to be replaced on changes is. Raises Failed."""
    answer = process.call(
        "Diff",
        new.urn,
        id=old.id,
        olds=old.outputs,
        oldInputs=old.inputs,
        news=new.inputs,
        ignoreChanges=list(new.ignore_changes),
    )
    forced, details = new.replace_on_changes, answer.get("detailedDiff", {})
    changes, replaces = answer.get("changes"), list(answer.get("replaces", ()))
    replaces += [path for path, detail in details.items() if "REPLACE" in detail.get("kind", "")]
    if changes == "DIFF_SOME":
        changed = [*answer.get("diffs", ()), *details]
        replaces += [key for key in changed if any(contains(path, key) for path in forced)]
    return {"changes": changes, "replaces": replaces, "deleteBeforeReplace": answer.get("deleteBeforeReplace", False)}
