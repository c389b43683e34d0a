"""Histories of resource options, names and imports."""

from __future__ import annotations

from reliability.histories import History, Outside, Run, proxy, service
from reliability.table.words import (
    FIXED,
    GROUP,
    LOOKED_UP,
    OLD,
    ONE,
    SOMEBODY_CREATES,
    both,
    destroy,
    one,
    up,
)

GROUPED = {"g": GROUP}
MOVED = {**GROUPED, **one(parent="g")}
RENAMED = {"c": service(name="fixed")}
TIMEOUTS = {"create": "1m", "update": "2m", "delete": "3m"}

NAMES: dict[str, History] = {
    "renamed": both(up(ONE), up({"c": service()})),
    "renamed, named": both(up(FIXED), up(RENAMED)),
    "renamed, named, adopting": both(up(FIXED), up(RENAMED, "--refresh", adopt="fixed"), up(RENAMED, "--refresh")),
    "aliased": both(
        up({"a": service(), "b": proxy("a")}),
        up({"c": service(aliases=["a"]), "b": proxy("c")}),
        up({"c": service(), "b": proxy("c")}, "--refresh"),
    ),
    "aliased, up --refresh, replaced": both(up(ONE), up({"c": service(provider="openai", aliases=["a"])}, "--refresh")),
    "aliased, and declared again": both(
        up(ONE), up({"c": service(aliases=["a"]), **FIXED}), up({"c": service(), **FIXED})
    ),
    "declared again, and aliased": both(up(ONE), up({**FIXED, "c": service(aliases=["a"])})),
    "state rename": both(up(ONE), Run("state rename {a} c"), up({"c": service()}, "--refresh")),
    "moved": both(up({**GROUPED, **ONE}), up(MOVED)),
    "moved, aliased": both(up({**GROUPED, **ONE}), up({**GROUPED, **one(parent="g", aliases=[None])}, "--refresh")),
    "moved, named": both(up({**GROUPED, **FIXED}), up({**GROUPED, **one(name="fixed", parent="g")})),
    "moved out, parent removed": both(up(MOVED), up(ONE), destroy()),
}

OPTIONS: dict[str, History] = {
    "retain_on_delete": both(up(one(retain_on_delete=True)), up({}, "--refresh")),
    "protect": both(up(one(protect=True)), up({}), destroy("--refresh"), Run("state unprotect {a}"), destroy()),
    "deleted_with": both(up({"a": service(), "b": proxy("a", deleted_with="a")}), up({}, "--refresh")),
    "ignore_changes": both(
        up(one(ignore_changes=["description"])), up(one("two", ignore_changes=["description"]), "--refresh")
    ),
    "custom_timeouts": both(up(one(custom_timeouts=TIMEOUTS)), destroy()),
    "depends_on": both(
        up({"a": service(), "b": service(name="fixed", depends_on=["a"])}),
        up({"a": service(provider="openai"), "b": service(name="fixed", depends_on=["a"])}),
        destroy(),
    ),
}

TAKEN_IN: dict[str, History] = {
    "import_": both(SOMEBODY_CREATES, up(one(name="old", import_="old")), up(one("two", name="old"), "--refresh")),
    "import_ of another": both(SOMEBODY_CREATES, up(ONE), up(one(name="old", import_="old")), up(OLD)),
    "import": both(
        up({}),
        SOMEBODY_CREATES,
        Run("import --skip-preview --protect=false --generate-code=false {type:service} a old"),
        up(OLD, "--refresh"),
        destroy("--refresh"),
    ),
    ".get": both(SOMEBODY_CREATES, up(LOOKED_UP), up(LOOKED_UP, "--refresh"), destroy("--refresh")),
    ".get of what is gone": both(SOMEBODY_CREATES, up(LOOKED_UP), Outside("delete", "old"), up(LOOKED_UP)),
    ".get, then owned": both(SOMEBODY_CREATES, up(LOOKED_UP), up(OLD), up(ONE)),
    "owned, then .get": both(up(FIXED), up(one(id="fixed")), up({})),
    "owned, then .get of another": both(up(FIXED), SOMEBODY_CREATES, up(LOOKED_UP), up({})),
}
