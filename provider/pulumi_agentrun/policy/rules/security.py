"""Rules about keys, networks and guardrails."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from posixpath import normpath
from typing import Literal

from pydantic import Field

from ...client.kinds import KINDS, PROXY, SERVICE
from ...client.wording import naming
from ...lifecycle.paths import EVERY, Path
from ...lifecycle.schema import Shape, shape_of
from ...lifecycle.secret_refs import Reference
from ...routes.address import address_of
from ..providers import lies_at
from ..rule import Finding, Found, Rule, Settings, apart, each, matches, told_apart, unless
from ..services import SERVICE_URL
from ..spelling import allows, is_blank
from ..view import ENDPOINTS, POLICIES, Unjudged, View

Block = Literal["content_moderation", "malicious_url", "model_hallucination", "prompt_attack", "sensitive_data"]


class Keys(Settings):
    """Where keys may come from."""

    allow_references: bool = True
    """Whether `api_key_from` may lead to a key where Pulumi runs; state then holds none."""
    references: tuple[str, ...] = ()
    """The allowed references, to any key, as globs such as `env:MODEL_*` or `file:/run/secrets/*`; none means any."""
    keyless: tuple[str, ...] = ()
    """The providers, as glob patterns, whose services need neither a key nor a credential: models of one's own."""


_KEY = ("provider_settings", "api_key")
_KEY_FROM = ("provider_settings", "api_key_from")
_ARMS_KEY = ("arms_configuration", "arms_license_key")


def no_inline_api_key(view: View, settings: Keys) -> Iterator[Found]:
    """Yield a key that the program brings along, a reference that leads elsewhere than it may, and no key at all.

    A live key may have come by a reference, and need not be shown.
    """
    inline = [] if view.is_live and settings.allow_references else [_KEY]
    inline += [] if settings.allow_references else [_KEY_FROM]
    led = references(view, shape_of(view.kind)) if settings.references else ()
    others = (path for path in led if path not in inline)
    return apart(
        each(inline if view.kind is SERVICE else (), lambda path: _unset(view, path, "credential_name")),
        each([_ARMS_KEY] if view.kind is PROXY else (), lambda path: _unset(view, path, "arms_license_key_from")),
        each(others, lambda path: _elsewhere(view, path, settings)),
        _some_key(view, settings),
    )


def _some_key(view: View, settings: Keys) -> Iterator[Found]:
    if view.kind is not SERVICE or view.is_live or (settings.keyless and _is_keyless(view, settings)):
        return
    ways = (_KEY, _KEY_FROM, ("credential_name",))
    keys, gaps = told_apart(each(ways, lambda path: [view.text(*path)]))
    if all(map(is_blank, keys)):
        yield from unless(gaps, Finding(("credential_name",), "must be set, for the service has no key"))


def _is_keyless(view: View, settings: Keys) -> bool:
    return allows(settings.keyless, view.text("provider") or "")


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


def _unset(view: View, path: Path, instead: str) -> Iterator[Finding]:
    if view.at(*path):
        yield Finding(path, naming(f"must not be set; use {{{instead}}}"))


class Urls(Settings):
    """Which base URLs are allowed."""

    hosts: tuple[str, ...] = ()
    """The allowed hosts as glob patterns; none means any. Where some are given, every service must have a `base_url`,
    for where its provider's own leads is not known."""
    parameters: tuple[str, ...] = ("api-version",)
    """What a URL's query may have in it as glob patterns: whatever else is there may be a key."""


def secure_base_urls(view: View, settings: Urls) -> Iterator[Found]:
    """Yield base URLs that are not https, may carry keys, or lead where they may not."""
    if view.kind is SERVICE:
        return _secure(view, SERVICE_URL, settings)
    return each(view.items(*ENDPOINTS), lambda endpoint: _secure(view, (*endpoint, "base_url"), settings))


def _secure(view: View, path: Path, settings: Urls) -> Iterator[Finding]:
    url = view.text(*path)
    if not url:
        if settings.hosts and path == SERVICE_URL:
            yield Finding(path, f"must be set, and lead to one of {', '.join(settings.hosts)}")
        return
    address = address_of(url)
    if address is None:
        yield Finding(path, "must be the URL of a host")
        return
    if address.scheme != "https":
        yield Finding(path, "must begin with https://")
    if address.has_user:
        yield Finding(path, "must not carry a user name or password")
    if not all(allows(settings.parameters, name) for name in address.parameters):
        yield Finding(path, f"must have nothing after a ? or # but {', '.join(settings.parameters) or 'nothing'}")
    if address.is_own:
        yield Finding(path, "must not lead to the machine itself or to its metadata")
    if settings.hosts and not lies_at(address.host, settings.hosts):
        yield Finding(path, f"must lead to one of {', '.join(settings.hosts)}")


class Networks(Settings):
    """Which networks are allowed."""

    modes: tuple[str, ...] = ("PRIVATE",)
    """The allowed network modes."""


def private_networking(view: View, settings: Networks) -> Iterator[Found]:
    """Yield a resource that is, or by default would be, reachable from outside, and a private one of no network."""
    mode = view.text(*_NETWORK, "network_mode")
    if mode not in settings.modes:
        return iter([Finding((*_NETWORK, "network_mode"), f"must be {' or '.join(settings.modes)}")])
    return iter(()) if mode == "PUBLIC" else each(_OF_A_VPC, lambda key: _placed(view, (*_NETWORK, key)))


_NETWORK = ("network_configuration",)
_OF_A_VPC = ("vpc_id", "vswitch_ids", "security_group_id")


def _placed(view: View, path: Path) -> Iterator[Finding]:
    if is_blank(view.at(*path)):
        yield Finding(path, "must be set, for a private network is one of a VPC")


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
    text_length: int = Field(default=1000, ge=0)
    """The least `max_text_length` where one is set: what is longer is not checked."""


def guardrails(view: View, settings: Guardrails) -> Iterator[Found]:
    """Yield the guardrails that a proxy lacks."""
    root = (*POLICIES, "ai_guardrail_config")
    required = [f"check_{part}" for part in ("request", "response") if getattr(settings, part)]
    required += [f"block_on_{block}" for block in settings.blocks]
    return apart(
        each(required, lambda key: _on(view, (*root, key))),
        _level(view, (*root, "level"), settings.levels),
        _long_enough(view, (*root, "max_text_length"), settings.text_length),
    )


def _long_enough(view: View, path: Path, least: int) -> Iterator[Finding]:
    value = view.number(*path)
    if value is not None and value < least:
        yield Finding(path, f"must be at least {least}")


def _on(view: View, path: Path) -> Iterator[Finding]:
    if view.at(*path) is not True:
        yield Finding(path, "must be true")


def _level(view: View, path: Path, levels: tuple[str, ...]) -> Iterator[Finding]:
    if levels and view.at(*path) not in levels:
        yield Finding(path, f"must be one of {', '.join(levels)}")


RULES = (
    Rule(
        "agentrun-no-inline-api-key", "No program carries a key, and every service has one.",
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
