"""What a gateway comes to as a LiteLLM proxy's configuration, and what of it has no counterpart there."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, count
from typing import Any

import yaml

from ..client.models.shared import NetworkMode
from ..client.printable import printable
from ..platform.gateway.plans import Group, Target
from ..routes.changes import NOTHING
from ..routes.explaining import explain
from ..routes.facts import Proxy
from ..routes.subjects import OWN, Subject, chosen_part, without_secrets
from .litellm_words import COMPATIBLE, CUSTOM, ENVIRONMENT, IN_LITELLM, MODES, means_more, numbered, slug

_MOST_FALLBACKS = 5
"""How many LiteLLM tries unless told otherwise."""
_LLM = "llm"
_TOKENS_A_MINUTE = "tpm"
_PROMPT_ATTACK = "blockOnPromptAttack"


def configuration(subject: Subject) -> str:
    """Return a gateway as LiteLLM's YAML, with no key in it. Raises ConfigError if it routes no model."""
    subject.asked(())
    made = _Configuration(subject, explain(subject))
    text = yaml.safe_dump(made.whole(), sort_keys=False, width=120)
    return "\n".join([*(printable(f"# {line}") for line in made.comments()), text])


class _Variables:
    """The environment variables that stand for what may not be shown, each with what it has to be set to."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._names = {key: key.removeprefix("env:") for key in keys if key.startswith("env:")}
        self.to_set: dict[str, str] = {}

    def named(self, source: str, wanted: str, meaning: str) -> str:
        """Return the reference to a variable, which one source has and no other."""
        if source not in self._names:
            plain = re.sub(r"\W+", "_", wanted, flags=re.ASCII).upper()
            plain = plain if re.match("[A-Z_]", plain) else f"_{plain}"
            others = (f"{plain}_{number}" for number in count(2))
            name = next(name for name in chain([plain], others) if name not in self._names.values())
            self._names[source] = name
            self.to_set[name] = meaning
        return ENVIRONMENT + self._names[source]


class _Configuration:
    """What is written of one gateway, and on the way what is lost."""

    def __init__(self, subject: Subject, facts: Proxy) -> None:
        self._subject, self._facts = subject, facts
        self._services = dict(zip(subject.places, facts.services, strict=True))
        self._type = subject.proxy.body.get("modelType", _LLM)
        self._variables = _Variables(service.key for service in facts.services)
        self._lost: dict[str, None] = {}
        self._ids: list[str] = []
        self._models: list[dict[str, Any]] = []

    def whole(self) -> dict[str, Any]:
        """Return the configuration."""
        groups, aliases = self._groups()
        tokens = self._tokens(groups.values())
        # The group of the gateway's own name has its services by their own names.
        for name in sorted(groups, key=lambda name: name != self._subject.proxy.name):
            self._models += self._deployments(name, groups[name].targets, tokens)
        router: dict[str, Any] = {"num_retries": self._facts.retries, "timeout": _plain(self._facts.timeout)}
        fallbacks = self._fallbacks(groups, aliases)
        if fallbacks:
            router["fallbacks"] = fallbacks
        if (most := len(self._subject.plan.fallbacks)) > _MOST_FALLBACKS:
            router["max_fallbacks"] = most
        if aliases:
            router["model_group_alias"] = aliases
        self._note_standings()
        settings, general = self._settings(), self._general()
        return {
            "model_list": self._models,
            "router_settings": router,
            **({"litellm_settings": settings} if settings else {}),
            **({"general_settings": general} if general else {}),
        }

    def comments(self) -> list[str]:
        """Return what a person should know of it, each once; after `whole`."""
        lines = [f"The gateway {self._facts.name} as a LiteLLM proxy."]
        if self._variables.to_set:
            lines += ["To be set in its environment:"]
            lines += [f"  {name}: {meaning}" for name, meaning in self._variables.to_set.items()]
        if self._lost:
            lines += ["Has no counterpart here:", *(f"  {text}" for text in self._lost)]
        return lines

    def _groups(self) -> tuple[dict[str, Group], dict[str, str]]:
        """Return who answers each name that callers ask for, and the names that stand for another one."""
        plan = self._subject.plan
        own, short = self._subject.proxy.name, chosen_part(self._subject.proxy.name)
        # What ends an automatic name nobody would ask for, unless a model has the rest as its name.
        is_plain = own == short or short not in plan.groups
        names = {name: short if name == own and is_plain else name for name in plan.groups}
        for name in [name for name, shown in names.items() if means_more(shown)]:
            self._lost[f"model {name}, whose name LiteLLM reads as a pattern or a variable"] = None
            del names[name]
        groups: dict[str, Group] = {}
        aliases: dict[str, str] = {}
        for name in sorted(names, key=lambda name: (name == own) != is_plain):
            same = next((other for other, group in groups.items() if group == plan.groups[name]), None)
            if same is not None:
                aliases[names[name]] = same
            elif self._standing(plan.groups[name].targets):
                groups[names[name]] = plan.groups[name]
        return groups, aliases

    def _standing(self, targets: Iterable[Target]) -> list[Target]:
        """Return the targets whose service there is."""
        found = []
        for target in targets:
            service = self._services[target.place]
            if service.is_missing:
                self._lost[f"service {service.name}, which is not there: its calls go to the others"] = None
            else:
                found.append(target)
        return found

    def _deployments(self, name: str, targets: Sequence[Target], tokens: int | None) -> Iterator[dict[str, Any]]:
        """Yield the deployments that share the calls for a name."""
        standing = self._standing(targets)
        weights = _whole([target.weight for target in standing])
        for target, weight in zip(standing, weights, strict=True):
            made = self._deployment(name, target, name)
            made["litellm_params"] |= {"weight": weight} if len(standing) > 1 and any(weights) else {}
            made["litellm_params"] |= {"tpm": tokens} if tokens else {}
            yield made

    def _deployment(self, name: str, target: Target, asked: str) -> dict[str, Any]:
        info: dict[str, Any] = {"id": self._id(target)}
        if self._type in MODES:
            info |= {} if self._type == _LLM else {"mode": MODES[self._type]}
        else:
            self._lost[f"model type {self._type}"] = None
        return {"model_name": name, "litellm_params": self._called(target, asked), "model_info": info}

    def _called(self, target: Target, asked: str) -> dict[str, Any]:
        """Return how LiteLLM calls a target; `asked` is what the callers ask for."""
        service = self._services[target.place]
        word = IN_LITELLM.get(service.provider)
        if word is None and service.provider not in ("", CUSTOM):
            self._lost[f"provider {service.provider}: its models are called by OpenAI's API"] = None
        params = {"model": f"{word or COMPATIBLE.get(self._type, 'custom_openai')}/{target.model or asked}"}
        url = self._url(target)
        if url and without_secrets(url) == url:
            params["api_base"] = url
        elif url or word is None:
            source, wanted = f"url {target.place} {url}", f"{service.name} API_BASE"
            params["api_base"] = self._variables.named(source, wanted, f"the base_url of {service.name}")
        return params | {"api_key": self._key(service.name, service.key)}

    def _url(self, target: Target) -> str:
        """Return where a target is called: its endpoint's own URL, or else its service's."""
        if not target.service:
            return target.base_url
        plan, config = self._subject.plan, self._subject.proxy.body.get("proxyConfig", {})
        if any(target in group.targets for group in plan.groups.values()):  # and no fallback, which has no URL
            for one in config.get("endpoints", ()):
                if one.get("modelServiceName") == target.service and one.get("baseUrl"):
                    return str(one["baseUrl"])
        service = self._subject.services.get(target.service)
        return str(service.body.get("providerSettings", {}).get("baseUrl", "")) if service else ""

    def _key(self, service: str, key: str) -> str:
        """Return where LiteLLM has a key from. Never none: it would send whatever OPENAI_API_KEY has."""
        kind, _, name = key.partition(" " if key.startswith("credential ") else ":")
        if kind == "credential":
            return self._variables.named(key, name, f"the key that credential {name} has in AgentRun")
        meaning = f"the key of service {service}"
        if kind == "file":
            meaning += f", which is in file {name}"
        elif key == OWN:
            meaning += ", which is in its own settings"
        return self._variables.named(f"{key} {service}" if kind != "env" else key, f"{service} API_KEY", meaning)

    def _id(self, target: Target) -> str:
        name = slug(self._short(target))
        self._ids = numbered([*self._ids, name])
        return self._ids[-1]

    def _short(self, target: Target) -> str:
        """Return what the program calls a service within its gateway."""
        name = chosen_part(self._services[target.place].name)
        return name.removeprefix(f"{chosen_part(self._subject.name)}-")

    def _fallbacks(self, groups: Mapping[str, Group], aliases: Mapping[str, str]) -> list[dict[str, list[str]]]:
        """Return who stands in for each name, and add the deployments that only do that."""
        added: dict[tuple[str, str], str] = {}
        found: list[dict[str, list[str]]] = []
        for asked, of in {**{name: name for name in groups}, **aliases}.items():
            others: dict[str, None] = {}
            for group in self._subject.plan.fallbacks:
                same = next((name for name, other in groups.items() if other == group), None)
                if same == of:
                    self._lost["a fallback to the endpoints that have just failed"] = None
                elif same is not None:
                    others[same] = None
                elif self._standing(group.targets):
                    others[self._spare(group.targets[0], of, added, groups)] = None
            if others:
                found.append({asked: [*others]})
        return found

    def _spare(self, target: Target, asked: str, added: dict[tuple[str, str], str], groups: Iterable[str]) -> str:
        key = (target.place, target.model or asked)
        if key not in added:
            added[key] = numbered([*groups, *added.values(), slug(self._short(target))])[-1]
            self._models.append(self._deployment(added[key], target, asked))
        return added[key]

    def _tokens(self, groups: Collection[Group]) -> int | None:
        """Return the limit of a deployment, which is the gateway's own where there is only that one."""
        targets = [target for group in groups for target in self._standing(group.targets)]
        limit = None
        for given in self._facts.limits.tokens:
            if given.name == _TOKENS_A_MINUTE and len(targets) == 1:
                limit = given.tokens
            else:
                self._lost[f"the limit of {given.tokens} tokens ({given.name}) for all of the gateway"] = None
        return limit

    def _settings(self) -> dict[str, Any]:
        """Return what LiteLLM does to calls, and note which checks it does not make."""
        settings: dict[str, Any] = {}
        if self._facts.is_cached:
            settings |= {"cache": True, "cache_params": {"type": "local"}}
        checked = self._facts.guardrails
        for flag in checked.blocks:
            if flag == _PROMPT_ATTACK and checked.requests:
                settings["callbacks"] = ["detect_prompt_injection"]
            else:
                self._lost[f"guardrail {flag}"] = None
        for what, value in (("longest text", checked.longest), ("level", checked.level)):
            if value:
                self._lost[f"{what} of guardrails: {value}"] = None
        return settings

    def _note_standings(self) -> None:
        standings = {one.name: one.standing for one in self._facts.services} | {self._facts.name: self._facts.standing}
        for name, there in standings.items():
            if there is None:
                continue
            if there.network != NetworkMode.PUBLIC:
                self._lost[f"network mode {there.network} of {name}"] = None
            for what, value in (("execution role", there.role), ("logs", there.logs)):
                if value != NOTHING:
                    self._lost[f"{what} of {name}: {value}"] = None

    def _general(self) -> dict[str, Any]:
        """Return what holds for the proxy as a whole."""
        calls, credential = self._facts.limits.calls, self._facts.credential
        found: dict[str, Any] = {"global_max_parallel_requests": calls} if calls else {}
        if credential:
            meaning = f"the key of credential {credential}, which callers present"
            found["master_key"] = self._variables.named(f"credential {credential}", credential, meaning)
        return found


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number


def _whole(weights: Sequence[float]) -> list[int]:
    """Return whole numbers that are to each other as weights are."""
    # A weight is a whole number over the number of its endpoint's models.
    exact = [Fraction(weight).limit_denominator(10_000) for weight in weights]
    scale = math.lcm(*(weight.denominator for weight in exact))
    return [int(weight * scale) for weight in exact]
