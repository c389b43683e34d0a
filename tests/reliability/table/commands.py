"""Histories of commands and their flags."""

from __future__ import annotations

from reliability.histories import History, Outside, Run, named, proxy, service
from reliability.table.words import ANEW, FIXED, ONE, OTHER, both, destroy, one, pair, refresh, up

DELETE_FIRST = pair(delete_before_replace=True)
DELETE_FIRST_ANEW = pair("two", "openai", delete_before_replace=True)
DELETE_FIRST_TWO = pair("two", delete_before_replace=True)
CHANGED = Outside("change", named("a"))

SIMPLE: dict[str, History] = {
    "up": both(up(pair()), up(pair()), up(pair("two"))),
    "up with its preview": both(Run("up", pair()), Run("up", pair("two")), Run("up --refresh", pair("two", "openai"))),
    "up --refresh": both(up(pair(), "--refresh"), up(pair(), "--refresh"), up(pair("two"), "--refresh")),
    "up --refresh --run-program": both(
        up(pair()), up(pair("two"), "--refresh --run-program"), up(ONE, "--refresh --run-program")
    ),
    "preview": both(
        Run("preview", pair()),
        up(pair()),
        Run("preview", pair("two")),
        Run("preview", pair("two", "openai")),
        Run("preview", FIXED),
        Run("preview", {}),
    ),
    "preview --refresh": both(up(pair()), Run("preview --refresh", pair("two")), Run("preview --refresh", {})),
    "refresh": both(up(pair()), refresh(), CHANGED, refresh(), up(pair())),
    "refresh with its preview": both(up(pair()), CHANGED, Run("refresh"), up(pair())),
    "refresh --run-program": both(up(pair()), CHANGED, Run("refresh --run-program --skip-preview", ONE)),
    "destroy": both(up(pair()), destroy()),
    "destroy with its preview": both(up(pair()), Run("destroy --refresh")),
    "destroy --refresh": both(up(pair()), CHANGED, destroy("--refresh")),
    "destroy --run-program": both(up(pair()), Run("destroy --run-program --skip-preview", ONE)),
    "removed": both(up(pair()), up(ONE), up({})),
    "removed, up --refresh": both(up(pair()), up(ONE, "--refresh"), up({}, "--refresh")),
    "up --plan": both(Run("preview --save-plan plan.json", pair()), up(pair(), "--plan plan.json")),
}

REPLACED: dict[str, History] = {
    "replaced, new first": both(up(pair()), up(pair("two", "openai"))),
    "replaced, new first, up --refresh": both(up(pair()), up(pair("two", "openai"), "--refresh")),
    "replaced, old first": both(up(FIXED), up(OTHER)),
    "replaced, old first, up --refresh": both(up(FIXED), up(OTHER, "--refresh")),
    "replaced, old first, with a dependent": both(up({**FIXED, "b": proxy("a")}), up({**OTHER, "b": proxy("a")})),
    "replaced back": both(up(ONE), up(ANEW), up(ONE, "--refresh")),
    "delete_before_replace": both(up(DELETE_FIRST), up(DELETE_FIRST_ANEW)),
    "up --replace": both(up(pair()), up(pair(), "--replace {a}")),
    "up --replace, delete_before_replace": both(up(DELETE_FIRST), up(DELETE_FIRST, "--replace {a}")),
    "up --refresh --replace, delete_before_replace": both(
        up(DELETE_FIRST), up(DELETE_FIRST, "--refresh --replace {a}")
    ),
    "up --replace, adopting": both(up(pair()), up(pair(), "--replace {a}", adopt=named("a"))),
    "up --refresh --replace, adopting": both(up(pair()), up(pair(), "--refresh --replace {a}", adopt=named("a"))),
    "up --target-replace": both(up(DELETE_FIRST), up(DELETE_FIRST_TWO, "--target-replace {a}")),
    "state taint": both(up(DELETE_FIRST), Run("state taint {a}"), up(DELETE_FIRST)),
    "replace_on_changes": both(
        up(one(replace_on_changes=["description"])), up(one("two", replace_on_changes=["description"]))
    ),
    "replaced, protected": both(up(one(protect=True)), up(one(provider="openai", protect=True))),
    "replaced, retained": both(up(one(retain_on_delete=True)), up(one("two", "openai", retain_on_delete=True)), up({})),
}

PARTIAL: dict[str, History] = {
    "up --target": both(up(pair()), up(pair("two"), "--target {a}"), up(pair("two"), "--target {b} --refresh")),
    "up --target, a new one": both(up(ONE), up({**one("two"), "c": service()}, "--target {a}"), up(ONE)),
    "up --target, removed": both(up(pair()), up({}, "--target {b}"), up({}, "--target {a}")),
    "up --target --target-dependents": both(up(pair()), up(pair("two", "openai"), "--target {a} --target-dependents")),
    "up --exclude": both(up(pair()), up(pair("two"), "--exclude {b}"), up({}, "--exclude {a}")),
    "refresh --target": both(up(pair()), refresh("--target {a}")),
    "destroy --target": both(up(pair()), destroy("--target {b}"), destroy("--target {a}")),
    "destroy --target --target-dependents": both(up(pair()), destroy("--target {a} --target-dependents --refresh")),
    "destroy --target of a dependency": both(up(pair()), destroy("--target {a}"), destroy()),
    "destroy --exclude": both(up(pair()), destroy("--exclude {a}"), destroy()),
    "destroy --exclude-protected": both(
        up({"a": service(protect=True), "b": service(name="fixed", depends_on=["a"])}), destroy("--exclude-protected")
    ),
}
