"""What a LiteLLM proxy's configuration comes to: a gateway for each model that it offers.

Source of what LiteLLM makes of its file: the documentation of its proxy, and `simple_shuffle.py` of its Router for who
takes which share.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .litellm_file import Section
from .litellm_words import CUSTOM, ENVIRONMENT, PROVIDERS, TYPES, means_more, numbered, slug
from .programs import Code

_BY_MODEL = {r"(?:gpt|chatgpt|text-embedding|o\d)\b": "openai", "claude": "anthropic"}
_SHUFFLE = "simple-shuffle"
_PLAIN_NAME = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)


@dataclass(frozen=True)
class Deployment:
    """One place that LiteLLM sends the calls for a model to."""

    name: str
    """What it may be called among others: its id in the file, or else LiteLLM's word for its provider."""
    model: str
    service: Mapping[str, Any]
    params: Section
    has_id: bool


@dataclass
class Group:
    """The deployments of a model that callers ask for."""

    name: str
    entry: Section
    deployments: list[Deployment] = field(default_factory=list)
    model_type: str | None = None


@dataclass(frozen=True)
class Planned:
    """A gateway to declare: its logical name and its arguments."""

    name: str
    arguments: Mapping[str, Any]


class Keys:
    """The keys of the file, each under a name in stack configuration instead."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    @property
    def settings(self) -> list[str]:
        """The names of the settings."""
        return list(self._names.values())

    def kept(self, secret: str, wanted: str) -> Code:
        """Return what stands in a program for a key; the same key has one setting."""
        name = re.sub(r"\W+", "_", wanted, flags=re.ASCII).strip("_").lower()
        number = sum(re.sub(r"_\d+$", "", taken) == name for taken in self._names.values()) + 1
        found = self._names.setdefault(secret, name if number == 1 else f"{name}_{number}")
        return Code(f'config.require_secret("{found}")')


def gateways(root: Section, keys: Keys) -> list[Planned]:
    """Return the gateways of a file, and remark in it what they do otherwise."""
    router, settings = root.section("router_settings"), root.section("litellm_settings")
    general = root.section("general_settings")
    root.section("environment_variables")  # so that each is listed, by its name
    groups = _groups(root, keys)
    fallbacks = _fallbacks(groups, _aliases(groups, router), router, settings)
    common = _common(router, settings)
    if len(groups) == 1 and (limit := general.number("global_max_parallel_requests")):
        common["concurrency_limit"] = math.ceil(limit)
    strategy = router.text("routing_strategy") or _SHUFFLE
    if strategy != _SHUFFLE:
        router.remark("routing_strategy", "has no counterpart: calls are shared equally instead")
    for guardrail in root.sections("guardrails"):
        guardrail.remark("guardrail_name", "has no counterpart: ai_guardrail_config has AgentRun's own checks")
        guardrail.take(*guardrail.names)
    names = _unique(groups)
    return [
        Planned(names[name], _arguments(group, [groups[other] for other in fallbacks[name]], strategy) | common)
        for name, group in groups.items()
    ]


def _groups(root: Section, keys: Keys) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    for entry in root.sections("model_list"):
        params, info = entry.section("litellm_params"), entry.section("model_info")
        name, model = entry.text("model_name"), params.text("model")
        if name is None or model is None:
            entry.remark("model_name", "is left out: it needs model_name and litellm_params.model")
        elif "*" in name or means_more(model):
            entry.remark("model_name", "is left out: a gateway names its models")
            params.take(*params.names)
        else:
            group = groups.setdefault(name, Group(name, entry))
            group.deployments.append(_deployment(name, model, params, info.text("id"), keys))
            mode = info.text("mode")
            group.model_type = group.model_type or TYPES.get(mode or "chat")
            if mode and mode not in TYPES:
                info.remark("mode", "has no counterpart: model_type has to be set")
    return groups


def _deployment(group: str, model: str, params: Section, id: str | None, keys: Keys) -> Deployment:
    prefix, _, rest = model.partition("/")
    name = params.text("custom_llm_provider") or (prefix if rest else _guessed(model))
    word, variable = PROVIDERS.get(name, (CUSTOM, ""))
    service: dict[str, Any] = {"provider": word, "model_names": [rest if rest and prefix == name else model]}
    url = params.text("api_base") or params.text("base_url")
    if url is not None:
        service["base_url"] = _url(url, f"{group}_{name}_base_url", keys)
    elif word == CUSTOM:
        params.remark("model", "needs base_url, which LiteLLM knows of its providers")
    service |= _key(params.text("api_key"), variable, f"{group}_{name}_api_key", keys)
    return Deployment(slug(id) if id else name or "custom", service["model_names"][0], service, params, bool(id))


def _guessed(model: str) -> str:
    return next((name for pattern, name in _BY_MODEL.items() if re.match(pattern, model)), "")


def _url(url: str, wanted: str, keys: Keys) -> str:
    """Return a URL, or what stands for it in a program if it comes from elsewhere or may hold a key."""
    if url.startswith(ENVIRONMENT):
        return Code(f"os.environ[{url.removeprefix(ENVIRONMENT)!r}]".replace("'", '"'))
    try:
        found = urlsplit(url)
        is_open = not (found.query or found.fragment or "@" in found.netloc)
    except ValueError:
        is_open = False
    return url if is_open else keys.kept(url, wanted)


def _key(key: str | None, variable: str, wanted: str, keys: Keys) -> dict[str, Any]:
    if key is None:
        return {"api_key_from": f"env:{variable}"} if variable else {}
    if key.startswith(ENVIRONMENT):
        return {"api_key_from": f"env:{key.removeprefix(ENVIRONMENT)}"}
    return {"api_key": keys.kept(key, wanted)}


def _aliases(groups: Mapping[str, Group], router: Section) -> list[str]:
    """Return the other names of groups; a gateway answers to that of the only model behind it."""
    section = router.section("model_group_alias")
    for alias in section.names:
        group = groups.get(section.text(alias) or "")
        if group is None or {item.model for item in group.deployments} != {alias}:
            section.remark(alias, "has no counterpart")
    return section.names


def _fallbacks(
    groups: Mapping[str, Group], aliases: Sequence[str], router: Section, settings: Section
) -> dict[str, list[str]]:
    """Return the groups that calls of each group go to when it fails, in their order."""
    found: dict[str, list[str]] = {}
    others: list[str] = []
    for section in (settings, router):
        others = section.texts("default_fallbacks") or others
        for entry in section.sections("fallbacks"):
            for name in entry.names:
                found[name] = entry.texts(name)
                for other in {name, *found[name]} - {*groups, *aliases, "*"}:
                    entry.remark(name, f"is taken without {other}, which is no model of model_list")
    others = found.get("*", others)
    return {
        name: [other for other in dict.fromkeys(found.get(name, others)) if other in groups and other != name]
        for name in groups
    }


def _common(router: Section, settings: Section) -> dict[str, Any]:
    """Return what holds for each gateway; the Router's own settings win over LiteLLM's."""
    general_retries, general_timeout = settings.number("num_retries"), settings.number("request_timeout")
    retries, timeout = router.number("num_retries"), router.number("timeout")
    given = {
        "num_retries": general_retries if retries is None else retries,
        "request_timeout": general_timeout if timeout is None else timeout,
    }
    return {name: math.ceil(value) for name, value in given.items() if value is not None}


def _arguments(group: Group, fallbacks: Sequence[Group], strategy: str) -> dict[str, Any]:
    own = group.deployments
    services = {key: item.service for key, item in zip(numbered([item.name for item in own]), own, strict=True)}
    arguments: dict[str, Any] = {"services": services}
    if len(own) > 1:
        arguments["weights"] = dict(zip(services, _weights(own, strategy), strict=True))
    elif tpm := own[0].params.number("tpm"):
        arguments["token_rate_limiter"] = {"tpm": math.ceil(tpm)}
    spare = [(other.name, item) for other in fallbacks for item in other.deployments]
    wanted = [item.name if item.has_id else slug(name) for name, item in spare]
    names = numbered([*services, *wanted])[len(services) :]
    arguments["services"] = services | dict(zip(names, (item.service for _, item in spare), strict=True))
    for other in fallbacks:
        if len(other.deployments) > 1:
            group.entry.remark("model_name", f"falls back to each deployment of {other.name} in turn, not by weight")
    if group.model_type not in (None, "llm"):
        arguments["model_type"] = group.model_type
    return arguments | _name_for_callers(group)


def _name_for_callers(group: Group) -> dict[str, str]:
    """Return a name of the proxy by which callers reach what they have reached by the name of the group."""
    models = {item.model for item in group.deployments}
    if models == {group.name}:
        return {}
    if group.name in models or not _PLAIN_NAME.fullmatch(group.name):
        group.entry.remark("model_name", "is asked for by the proxy's own name here, model_proxy_name of the contract")
        return {}
    return {"model_proxy_name": group.name}


def _weights(deployments: Sequence[Deployment], strategy: str) -> list[int]:
    """Return the shares as LiteLLM's shuffle has them: by what the first has of weight, rpm or tpm."""
    for name in ("weight", "rpm", "tpm") if strategy == _SHUFFLE else ():
        if name not in deployments[0].params.names:
            continue
        given = [item.params.number(name) or 0 for item in deployments]
        if sum(given) > 0:
            for item in deployments if name != "weight" else ():
                item.params.remark(name, "is a share of the calls here, and no limit")
            scale = 1 if all(float(weight).is_integer() for weight in given) else 1000
            return [round(weight * scale) for weight in given]
    return [1] * len(deployments)


def _unique(names: Sequence[str] | Mapping[str, Any]) -> dict[str, str]:
    return dict(zip(names, numbered([slug(name) for name in names]), strict=True))
