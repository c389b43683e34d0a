"""Histories of what other people do, of failures, kills and accounts."""

from __future__ import annotations

from reliability.histories import Configured, History, Outside, Run, Switched, Trouble, account, named, proxy, service
from reliability.table.words import (
    ANEW,
    FIXED,
    ONE,
    OTHER,
    both,
    destroy,
    failing,
    killed,
    one,
    pair,
    plugin,
    refresh,
    up,
)

GONE = Outside("delete", named("a"))
CONFIGURED = Configured("agentrun:readyTimeout", "99")
NO_LOOK = Trouble({"operation": "GetModelService", "status": 403, "code": "NoPermission", "times": 9})

OUTSIDE: dict[str, History] = {
    "deleted outside, up": both(up(pair()), GONE, up(pair("two")), up(pair("two"), "--refresh")),
    "deleted outside, up --refresh": both(up(pair()), GONE, up(pair(), "--refresh")),
    "deleted outside, refresh": both(up(pair()), GONE, refresh(), up(pair())),
    "deleted outside, destroy --refresh": both(up(pair()), GONE, destroy("--refresh")),
    "state remove": both(up(ONE), Run("state remove {a}"), up(ONE), up(ONE, adopt=named("a")), up(ONE, "--refresh")),
    "taken": both(
        Outside("create", "fixed"), up(FIXED), up(FIXED, adopt="fixed"), up(FIXED, "--refresh"), up({}, "--refresh")
    ),
    "configuration changed": both(up(pair()), CONFIGURED, up(pair("two", "openai"))),
    "configuration changed, up --refresh": both(
        up(pair()), CONFIGURED, up(ANEW, "--refresh"), Configured("agentrun:readyTimeout", "98"), up({}, "--refresh")
    ),
    "configuration changed, destroy --refresh": both(up(pair()), CONFIGURED, destroy("--refresh")),
}

REFUSED = failing("Update", status=403, code="NoPermission")
HASTY = one(custom_timeouts={"delete": "1s"})
SLOW = Switched({"latency": 90.0, "deletion": "gradual"})
FAILED: dict[str, History] = {
    "creation failed": both(failing("Create"), up(pair()), up(pair()), up(pair(), "--refresh")),
    "creation failed, replacing": both(
        up(pair()), failing("Create"), up(pair("two", "openai")), up(pair("two", "openai"))
    ),
    "creation failed, old first": both(up(FIXED), failing("Create"), up(OTHER), up(OTHER)),
    "creation failed, removed": both(failing("Create"), up(pair()), up({}, "--refresh")),
    "update failed": both(up(pair()), failing("Update"), up(pair("two")), up(pair("two"))),
    "update failed, up --refresh": both(up(pair()), failing("Update"), up(pair("two")), up(pair(), "--refresh")),
    "update refused": both(up(pair()), REFUSED, up(pair("two")), up(pair("two"))),
    "deletion failed": both(up(pair()), failing("Delete"), up({}), up({})),
    "deletion failed, replacing": both(up(ONE), failing("Delete"), up(ANEW), up(ANEW, "--refresh")),
    "deletion goes on": both(up(HASTY), SLOW, up({}), up(HASTY), up(HASTY, "--refresh"), destroy("--refresh")),
    "read failed": both(up(pair()), NO_LOOK, refresh(), up(pair("two"), "--refresh")),
    "check failed": both(up(ONE), up(one(name="!")), up(one("two"))),
    "up --continue-on-error": both(
        up({"a": service(), "b": proxy("a"), "c": service(), "d": service()}),
        REFUSED,
        up({**pair("two"), "c": service("two")}, "--continue-on-error"),
        up({**pair("two"), "c": service("two")}),
    ),
    "destroy --continue-on-error": both(up(pair()), failing("Delete"), destroy("--continue-on-error"), destroy()),
}

TWO = one("two")
BEFORE_DELETE = "engine killed before the old one is deleted"
OLD_FIRST = "engine killed, old first"
KILLED: dict[str, History] = {
    "engine killed before Create": both(killed(ONE, "Create"), up(ONE), refresh("--clear-pending-creates"), up(ONE)),
    "engine killed after Create": both(
        killed(ONE, "Create", "after"), up(ONE), up(ONE, adopt=named("a")), up({}, "--refresh")
    ),
    "engine killed before Update": both(up(ONE), killed(TWO, "Update"), up(TWO, "--refresh")),
    "engine killed after Update": both(up(ONE), killed(TWO, "Update", "after"), up(TWO)),
    "engine killed after Delete": both(up(ONE), killed({}, "Delete", "after"), up({})),
    BEFORE_DELETE: both(up(ONE), killed(ANEW, "Delete"), up(ANEW)),
    f"{BEFORE_DELETE}, up --refresh": both(up(ONE), killed(ANEW, "Delete"), up(one("two", "openai"), "--refresh")),
    f"{BEFORE_DELETE}, up --refresh --run-program": both(
        up(ONE), killed(ANEW, "Delete"), up(ANEW, "--refresh --run-program")
    ),
    f"{BEFORE_DELETE}, put back": both(up(ONE), killed(ANEW, "Delete"), up(ONE), up(ONE, "--refresh")),
    f"{BEFORE_DELETE}, replaced again": both(up(ONE), killed(ANEW, "Delete"), up(FIXED, "--refresh")),
    f"{BEFORE_DELETE}, refresh": both(up(ONE), killed(ANEW, "Delete"), refresh(), up(ANEW)),
    f"{BEFORE_DELETE}, removed": both(up(ONE), killed(ANEW, "Delete"), up({})),
    f"{BEFORE_DELETE}, destroy": both(up(ONE), killed(ANEW, "Delete"), destroy("--refresh")),
    "engine killed after the old one is deleted": both(up(ONE), killed(ANEW, "Delete", "after"), up(ANEW, "--refresh")),
    f"{OLD_FIRST}, before Create": both(up(FIXED), killed(OTHER, "Create"), up(OTHER)),
    f"{OLD_FIRST}, before Create, up --refresh": both(up(FIXED), killed(OTHER, "Create"), up(OTHER, "--refresh")),
    f"{OLD_FIRST}, before Create, removed": both(up(FIXED), killed(OTHER, "Create"), up({}, "--refresh")),
    f"{OLD_FIRST}, after Create": both(
        up(FIXED), killed(OTHER, "Create", "after"), up(OTHER), up(OTHER, adopt="fixed"), up(OTHER, "--refresh")
    ),
    "provider killed before Create": both(killed(pair(), "Create", who="provider"), up(pair(), "--refresh")),
    "provider killed after Create": both(killed(pair(), "Create", "after", "provider"), up(pair(), adopt=named("a"))),
    "provider killed after Delete": both(up(ONE), killed(ANEW, "Delete", "after", "provider"), up(ANEW)),
}

HANGZHOU, BEIJING = account(region="cn-hangzhou"), account(region="cn-beijing")
ACCOUNTS: dict[str, History] = {
    "two accounts": plugin(
        up({"p": account(), "q": account(), "a": service(provider_="p"), "b": service(provider_="q")}),
        up({"p": account(), "a": service("two", provider_="p")}, "--refresh"),
        destroy("--refresh"),
    ),
    "account changed": plugin(
        up({"p": account(), "a": service(provider_="p")}),
        up({"p": account(ready_timeout=99), "a": service(provider="openai", provider_="p")}, "--refresh"),
    ),
    "account exchanged": plugin(
        up({"p": account(), "a": service(provider_="p")}),
        up({"q": account(), "a": service(provider_="q")}, "--refresh"),
    ),
    "account in another region": plugin(
        up({"p": HANGZHOU, "a": service(name="fixed", provider_="p")}),
        up({"p": BEIJING, "a": service(name="fixed", provider_="p")}),
        up({"p": BEIJING, "a": service(name="other", provider_="p")}, "--refresh"),
    ),
    "account named, then the default": plugin(
        up({"p": account(), "a": service(provider_="p")}), up(ONE), up(ONE, "--refresh")
    ),
}
