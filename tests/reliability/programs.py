"""A program that people change: they declare, rename and move resources, and do what an error tells them to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from pulumi_agentrun.client.kinds import KINDS
from reliability.histories import KEY, Declared, Program, Ref, account, references

logical_names = st.sampled_from(["a", "b", "c", "d", "e"])
words = st.sampled_from(["one", "two", "three"])
providers = st.sampled_from(["tongyi", "openai"])
models = st.lists(st.sampled_from(["m1", "m2", "m3"]), min_size=1, max_size=3, unique=True)
NAMES = {kind.word: kind.name_field for kind in KINDS}
_TITLES = "|".join(kind.title for kind in KINDS)
GROUP, ACCOUNT, PROFILE = "g", "p", "second"


class Programs:
    """The program of a stack as it is now, and the names that it has used."""

    def __init__(self, door: str) -> None:
        self._door = door
        self._declared: dict[str, Declared] = {}
        self._names: dict[str, str] = {}
        self._used: set[str] = set()
        """The logical names whose automatic names another resource may have, since it was renamed or moved."""
        self._count = 0

    @property
    def program(self) -> Program:
        """What the program says."""
        options = [declared.options for declared in self._declared.values()]
        groups = {GROUP: Declared("group")} if any(given.get("parent") for given in options) else {}
        accounts = {ACCOUNT: account()} if any(given.get("provider_") for given in options) else {}
        order = list(NAMES)
        ours = sorted(self._declared.items(), key=lambda item: order.index(item[1].kind))
        return groups | accounts | dict(ours)  # each comes after what it refers to

    @property
    def managed(self) -> list[str]:
        """The logical names of its resources."""
        return sorted(self._declared)

    @property
    def retained(self) -> list[str]:
        """How the URNs end of what is to be left behind when Pulumi would delete it."""
        return [f"::{name}" for name, declared in self._declared.items() if declared.options.get("retain_on_delete")]

    def declare_credential(self, logical: str, source: str, text: str | None, *, named: bool) -> None:
        """Declare a credential, or change what is declared."""
        props = {"credential_auth_type": "api_key", "credential_source_type": source, "credential_secret": KEY}
        self._declare(logical, "credential", props | ({"description": text} if text else {}), named=named)

    def _credential(self) -> dict[str, Any]:
        """Name a credential of the program, if there is one."""
        there = [name for name, declared in self._declared.items() if declared.kind == "credential"]
        return {"credential_name": Ref(there[-1])} if there else {}

    def declare_service(self, logical: str, provider: str, names: list[str], text: str | None, *, named: bool) -> None:
        """Declare a service, or change what is declared."""
        settings = {"api_key": KEY, "base_url": f"https://{provider}.example", "model_names": names}
        props: dict[str, Any] = {"provider": provider, "model_type": "llm", "provider_settings": settings}
        if text:
            props |= {"description": text, "model_info_configs": [{"model_name": names[0]}]}
        self._declare(logical, "service", props | self._credential(), named=named)

    def declare_proxy(
        self, logical: str, weights: list[int], text: str | None, retries: int | None, *, named: bool
    ) -> None:
        """Declare a proxy in front of the services that there are, or change it."""
        services = [name for name, declared in self._declared.items() if declared.kind == "service"]
        there: list[Any] = [Ref(name) for name in services] or ["elsewhere"]
        endpoints = [{"model_service_name": there[i % len(there)], "weight": w} for i, w in enumerate(weights)]
        policies: dict[str, Any] = {"fallbacks": [{"model_service_name": there[-1]}]}
        if retries is not None:
            policies |= {"num_retries": retries, "token_rate_limiter": {"tpm": 100}}
        props: dict[str, Any] = {"proxy_config": {"endpoints": endpoints, "policies": policies}, "memory": 2048}
        props |= self._credential()
        self._declare(logical, "proxy", props | ({"description": text} if text else {}), named=named)

    def _declare(self, logical: str, kind: str, props: dict[str, Any], *, named: bool) -> None:
        if any(logical in declared.options.get("aliases", ()) for declared in self._declared.values()):
            return  # it is what another resource was
        if named or logical in self._used:
            props[NAMES[kind]] = self._explicit(logical)
        before = self._declared.get(logical)
        self._declared[logical] = Declared(kind, props, before.options if before else {})

    def _explicit(self, logical: str) -> str:
        """Return a name that no other resource of the program has, nor comes to have by a renaming."""
        if logical not in self._names:
            self._names[logical] = f"named-{logical}-{self._count}"
            self._count += 1
        return self._names[logical]

    def set_options(self, logical: str, options: Mapping[str, Any]) -> None:
        """Set options of a resource."""
        declared = self._declared[logical]
        self._declared[logical] = Declared(declared.kind, declared.props, {**declared.options, **options})

    def reach_otherwise(self, logical: str) -> None:
        """Have a resource managed through another profile or provider of the same account, or no longer."""
        declared = self._declared[logical]
        if self._door == "plugin":
            now = None if declared.options.get("provider_") else ACCOUNT
            self.set_options(logical, {"provider_": now})
        else:
            now = None if declared.props.get("profile") else PROFILE
            self._declared[logical] = Declared(declared.kind, {**declared.props, "profile": now}, declared.options)

    def take_in(self, logical: str, name: str) -> None:
        """Declare a service as somebody else has made it."""
        self._names[logical] = name
        self.declare_service(logical, "tongyi", ["m1"], "ours now", named=True)

    def remove(self, logical: str) -> None:
        """Remove a resource, and what refers to it."""
        del self._declared[logical]
        for other in [name for name, declared in self._declared.items() if logical in references(declared.props)]:
            self.remove(other) if other in self._declared else None

    def rename(self, old: str, new: str, *, aliased: bool) -> None:
        """Give a resource another logical name, with an alias or without."""
        new = new.upper() if self._declared[old].kind == "proxy" else new
        if new in self._declared:
            return
        self._declared = {
            new if name == old else name: Declared(d.kind, replaced(d.props, old, new), d.options)
            for name, d in self._declared.items()
        }
        self._names[new] = (self._names.pop(old) if old in self._names else None) or self._explicit(new)
        self._used.add(old)
        before = self._declared[new].options
        aliases = [*before.get("aliases", ()), old] if aliased else []
        self.set_options(new, {"aliases": aliases})

    def move(self, logical: str, *, aliased: bool) -> None:
        """Move a resource under a parent, or out of it, which only a parent's alias could tell."""
        options = dict(self._declared[logical].options)
        if options.pop("parent", None) is None:
            options["parent"] = GROUP
            options["aliases"] = [*options.get("aliases", ()), *([None] if aliased else [])]
        else:
            options["aliases"] = []
        declared = self._declared[logical]
        self._declared[logical] = Declared(declared.kind, declared.props, options)

    def settled(self) -> None:
        """Drop the aliases, for all is deployed under its new name."""
        for logical in self.managed:
            self.set_options(logical, {"aliases": []})

    def advised(self, console: str) -> None:
        """Do what the console says about names that are in use, and others that do not fit."""
        second = re.search(r"so it cannot be (\S+) too", console)
        if second:
            self._named(second[1], f"{second[1]}-of-its-own")
        used = re.search(rf"Take (?:{_TITLES}) (\S+) out of what uses it", console)
        other = re.search(rf"(?i)(?:{_TITLES}) (\S+) cannot be adopted", console)
        for logical, declared in self._declared.items():
            name = declared.props.get(NAMES[declared.kind])
            if name and name in {found[1] for found in (used, other) if found}:
                self._named(logical, f"{name}-anew")
                return

    def _named(self, logical: str, name: str) -> None:
        declared = self._declared[logical]
        self._names[logical] = name
        props = {**declared.props, NAMES[declared.kind]: name}
        self._declared[logical] = Declared(declared.kind, props, declared.options)


def replaced(value: Any, old: str, new: str) -> Any:
    """Return a value with its references to one resource leading to another."""
    if value == Ref(old):
        return Ref(new)
    if isinstance(value, Mapping):
        return {key: replaced(item, old, new) for key, item in value.items()}
    return [replaced(item, old, new) for item in value] if isinstance(value, list) else value
