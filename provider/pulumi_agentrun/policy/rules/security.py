"""Rules about keys, networks and guardrails."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from posixpath import normpath
from typing import Literal

from ...client.kinds import KINDS, PROXY, SERVICE
from ...client.wording import naming
from ...lifecycle.paths import EVERY, Path
from ...lifecycle.schema import Shape, shape_of
from ...lifecycle.secret_refs import Reference
from ...routes.address import address_of
from ..rule import Finding, Found, Rule, Settings, apart, each, matches
from ..view import ENDPOINTS, POLICIES, Unjudged, View

Block = Literal["content_moderation", "malicious_url", "model_hallucination", "prompt_attack", "sensitive_data"]


class Keys(Settings):
    """Where keys may come from."""

    allow_references: bool = True
    """Whether `api_key_from` may lead to a key where Pulumi runs; state then holds none."""
    references: tuple[str, ...] = ()
    """The allowed references, to any key, as globs such as `env:MODEL_*` or `file:/run/secrets/*`; none means any."""


def no_inline_api_key(view: View, settings: Keys) -> Iterator[Found]:
    """Yield a key that the program itself brings along, or a reference that leads elsewhere than it may.

    A live key may have come by a reference.
    """
    inline, reference = ("provider_settings", "api_key"), ("provider_settings", "api_key_from")
    judged = [] if view.is_live and settings.allow_references else [inline]
    judged += [] if settings.allow_references else [reference]
    led = references(view, shape_of(view.kind)) if settings.references else ()
    others = (path for path in led if path not in judged)
    return apart(
        each(judged, lambda path: _unset(view, path)), each(others, lambda path: _elsewhere(view, path, settings))
    )


def references(view: View, whole: Shape) -> Iterator[Path | Unjudged]:
    """Yield the paths of what may refer to a key, which the marks of the fields tell."""
    marked = (path for path, shape, _ in whole.walk() if shape.mark(Reference) is not None)
    return each(marked, partial(_standing, view))


def _standing(view: View, path: Path) -> Iterator[Path | Unjudged]:
    """Yield the paths that one with `*` for each item stands for."""
    if EVERY not in path:
        return iter([path])
    above, below = path[: path.index(EVERY)], path[path.index(EVERY) + 1 :]
    return each(view.items(*above), lambda item: _standing(view, (*item, *below)))


def _elsewhere(view: View, path: Path, settings: Keys) -> Iterator[Finding]:
    reference = view.text(*path)
    if not reference:
        return
    scheme, _, where = reference.partition(":")
    # A pattern's star takes slashes too, so that a path is judged by where it leads.
    leads = f"{scheme}:{normpath(where)}" if scheme == "file" else reference
    if not matches(leads, settings.references):
        yield Finding(path, f"must match one of {', '.join(settings.references)}")


def _unset(view: View, path: Path) -> Iterator[Finding]:
    if view.at(*path):
        yield Finding(path, naming("must not be set; use {credential_name}"))


class Urls(Settings):
    """Which base URLs are allowed."""

    hosts: tuple[str, ...] = ()
    """The allowed hosts as glob patterns; none means any."""


def secure_base_urls(view: View, settings: Urls) -> Iterator[Found]:
    """Yield base URLs that are not https, carry credentials, or lead to a host that is not allowed."""
    if view.kind is SERVICE:
        return _secure(view, ("provider_settings", "base_url"), settings)
    return each(view.items(*ENDPOINTS), lambda endpoint: _secure(view, (*endpoint, "base_url"), settings))


def _secure(view: View, path: Path, settings: Urls) -> Iterator[Finding]:
    url = view.text(*path)
    if not url:
        return
    address = address_of(url)
    if address is None:
        yield Finding(path, "must be the URL of a host")
        return
    if address.scheme != "https":
        yield Finding(path, "must begin with https://")
    if address.has_user:
        yield Finding(path, "must not carry a user name or password")
    if settings.hosts and not matches(address.host, settings.hosts):
        yield Finding(path, f"must lead to one of {', '.join(settings.hosts)}")


class Networks(Settings):
    """Which networks are allowed."""

    modes: tuple[str, ...] = ("PRIVATE",)
    """The allowed network modes."""


def private_networking(view: View, settings: Networks) -> Iterator[Finding]:
    """Yield a resource that is, or by default would be, reachable from outside."""
    path, vpc = ("network_configuration", "network_mode"), ("network_configuration", "vpc_id")
    mode = view.at(*path)
    if mode not in settings.modes:
        yield Finding(path, f"must be {' or '.join(settings.modes)}")
    elif mode != "PUBLIC" and not view.at(*vpc):
        yield Finding(vpc, "must be set, for a private network is one of a VPC")


class Guardrails(Settings):
    """Which guardrails are required."""

    request: bool = True
    """Whether requests must be checked."""
    response: bool = True
    """Whether answers must be checked."""
    blocks: tuple[Block, ...] = (
        "prompt_attack",
        "sensitive_data",
    )
    """What must be blocked."""
    levels: tuple[str, ...] = ()
    """The allowed levels, in the service's words; none means any."""


def guardrails(view: View, settings: Guardrails) -> Iterator[Found]:
    """Yield the guardrails that a proxy lacks."""
    root = (*POLICIES, "ai_guardrail_config")
    required = [f"check_{part}" for part in ("request", "response") if getattr(settings, part)]
    required += [f"block_on_{block}" for block in settings.blocks]
    return apart(each(required, lambda key: _on(view, (*root, key))), _level(view, (*root, "level"), settings.levels))


def _on(view: View, path: Path) -> Iterator[Finding]:
    if view.at(*path) is not True:
        yield Finding(path, "must be true")


def _level(view: View, path: Path, levels: tuple[str, ...]) -> Iterator[Finding]:
    if levels and view.at(*path) not in levels:
        yield Finding(path, f"must be one of {', '.join(levels)}")


RULES = (
    Rule(
        "agentrun-no-inline-api-key", "No program carries a provider's key.",
        naming(
            "Declare a Credential with the provider's key and set the service's {credential_name} to its; "
            "take other keys from where the policy allows."
        ),
        Keys, no_inline_api_key, KINDS,
    ),
    Rule(
        "agentrun-secure-base-urls", "Models are reached by https, at allowed hosts.",
        "Use the provider's https endpoint.", Urls, secure_base_urls, (SERVICE, PROXY),
    ),
    Rule(
        "agentrun-private-networking", "Services and proxies stand in a private network.",
        naming("Set {network_configuration} with {network_mode}, {vpc_id}, {vswitch_ids} and {security_group_id}."),
        Networks, private_networking, (SERVICE, PROXY),
    ),
    Rule(
        "agentrun-guardrails", "Proxies check what passes through them.",
        naming("Set {proxy_config.policies.ai_guardrail_config}."), Guardrails, guardrails, (PROXY,),
    ),
)  # fmt: skip
