"""The programs and commands that the histories of the table share."""

from __future__ import annotations

from typing import Any, Literal

from reliability.histories import (
    Declared,
    Event,
    History,
    Kill,
    Outside,
    Program,
    Run,
    Trouble,
    proxy,
    service,
)

GROUP = Declared("group")


def pair(text: str = "one", provider: str = "tongyi", **options: Any) -> Program:
    """Return a service with a proxy in front of it."""
    return {"a": service(text, provider, **options), "b": proxy("a", text)}


def one(text: str = "one", provider: str = "tongyi", **options: Any) -> Program:
    """Return a service."""
    return {"a": service(text, provider, **options)}


ONE = one()
ANEW = one(provider="openai")
"""Replaces ONE under another name, so the new one comes first."""
FIXED = one(name="fixed")
OTHER = one(provider="openai", name="fixed")
"""Replaces FIXED under the same name, so the old one goes first."""
OLD = one(name="old")
LOOKED_UP = one(id="old")
SOMEBODY_CREATES = Outside("create", "old")


def up(program: Program, *flags: str, adopt: str | None = None, kill: Kill | None = None) -> Run:
    """Run `pulumi up` without its preview."""
    return Run(" ".join(["up --skip-preview", *flags]), program, adopt, kill)


def destroy(*flags: str) -> Run:
    """Run `pulumi destroy` without its preview."""
    return Run(" ".join(["destroy --skip-preview", *flags]))


def refresh(*flags: str) -> Run:
    """Run `pulumi refresh` without its preview."""
    return Run(" ".join(["refresh --skip-preview", *flags]))


def failing(verb: str, **fault: Any) -> Trouble:
    """Let the next call of a verb about a service end in its failed status, or as the fault says."""
    given = fault or {"outcome": f"{verb.upper()}_FAILED", "reason": "no such upstream"}
    return Trouble({"operation": f"{verb}ModelService", **given})


def killed(
    program: Program,
    verb: str,
    moment: Literal["before", "after"] = "before",
    who: Literal["engine", "provider"] = "engine",
) -> Run:
    """Run `pulumi up`, and kill the engine or the provider at a call about `a`."""
    return up(program, kill=Kill(who, moment, verb, "a"))


def both(*events: Event) -> History:
    """Return a history for both doors."""
    return History(events)


def plugin(*events: Event) -> History:
    """Return a history for the plugin alone."""
    return History(events, ("plugin",))
