"""Rules about what whoever runs things needs: a role, logs, owners, protection, and no copies of what is sensitive."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...client.kinds import KINDS, PROXY
from ...client.wording import naming
from ..rule import Finding, Found, NoSettings, Pattern, Rule, Settings, each
from ..spelling import allows, is_blank
from ..view import POLICIES, View


class Roles(Settings):
    """Which roles a proxy may run as."""

    allowed: tuple[str, ...] = ()
    """The allowed roles as glob patterns of ARNs; none means any."""


_ROLE = re.compile(r"acs:ram::\d+:role/[\w.@-]+(?:/[\w.@-]+)*", re.ASCII)


def execution_role(view: View, settings: Roles) -> Iterator[Finding]:
    """Yield a proxy that runs as no role, as one that is none, or as one that is not allowed."""
    path, role = ("execution_role_arn",), view.text("execution_role_arn")
    if is_blank(role):
        yield Finding(path, "must be set")
    elif not _ROLE.fullmatch(role or ""):
        yield Finding(path, "must be the ARN of one role, acs:ram::ACCOUNT:role/NAME, without *")
    elif settings.allowed and not allows(settings.allowed, role or ""):
        yield Finding(path, f"must be one of {', '.join(settings.allowed)}")


def logs(view: View, settings: NoSettings) -> Iterator[Found]:
    """Yield a proxy whose logs go nowhere."""

    def judge(key: str) -> Iterator[Finding]:
        path = ("log_configuration", key)
        if is_blank(view.text(*path)):
            yield Finding(path, "must be set")

    return each(("project", "logstore"), judge)


class Tags(Settings):
    """What says whose something is and who pays for it."""

    required: tuple[str, ...] = ("owner", "cost")
    """What must be said in the description, each as `owner: NAME` or `owner=NAME`, or by the name."""
    name: Pattern = ""
    """A regular expression (Python's) that a whole name may match, whose named groups say some of it:
    `(?P<owner>[a-z]+)-.*`."""


def tags(view: View, settings: Tags) -> Iterator[Finding]:
    """Yield what neither a description nor a name says."""
    text = view.text("description") or ""
    for key in settings.required:
        if not re.search(rf"(?i)(?<![\w-]){re.escape(key)}\s*[:=]\s*\w", text) and not _is_named(view, key, settings):
            yield Finding(("description",), f"must say {key}: …")


def _is_named(view: View, key: str, settings: Tags) -> bool:
    found = re.fullmatch(settings.name, view.text(view.kind.name_field) or "") if settings.name else None
    return bool(found and found.groupdict().get(key))


class Protected(Settings):
    """What Pulumi must protect."""

    kinds: tuple[str, ...] = ("ModelProxy", "ModelService", "Credential")
    """The kinds of resources."""


def protect(view: View, settings: Protected) -> Iterator[Finding]:
    """Yield what Pulumi would delete at a slip; of what no program manages that is not known."""
    if view.is_protected is False and view.kind.token in settings.kinds:
        yield Finding(("protect",), "must be set among the resource options")


class Caches(Settings):
    """Whose answers may not be kept."""

    sensitive: tuple[str, ...] = ()
    """Glob patterns of the names of proxies through which sensitive data goes."""


def caching(view: View, settings: Caches) -> Iterator[Finding]:
    """Yield a proxy that keeps answers with sensitive data in them."""
    if settings.sensitive and view.at(*POLICIES, "cache") and allows(settings.sensitive, _name(view)):
        yield Finding((*POLICIES, "cache"), "must be off, for sensitive data passes through")


def _name(view: View) -> str:
    return view.text("model_proxy_name") or ""


RULES = (
    Rule(
        "agentrun-execution-role", "Proxies run as one role that is named.",
        naming("Set {execution_role_arn}."), Roles, execution_role, (PROXY,),
    ),
    Rule(
        "agentrun-logs", "The logs of proxies are kept.",
        naming("Set {log_configuration} with {project} and {logstore}."), NoSettings, logs, (PROXY,),
    ),
    Rule(
        "agentrun-tags", "Everything says whose it is and who pays.",
        "Say it in the description, `owner: NAME, cost: NAME`, for the API has no tags.", Tags, tags, KINDS,
    ),
    Rule(
        "agentrun-protect", "What must stay is protected from deletion.",
        "Declare it with the resource option `protect`.", Protected, protect, KINDS,
    ),
    Rule(
        "agentrun-caching", "What is sensitive is not cached.",
        naming("Leave out {proxy_config.policies.cache}."), Caches, caching, (PROXY,),
    ),
)  # fmt: skip
