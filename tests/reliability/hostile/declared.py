"""Programs as values: what they declare, their text for the real engine, and whether the platform has what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KEY = "sk-of-the-hostile-network"
"""The api key of every service: no console may show it."""

Live = Mapping[tuple[str, str], Mapping[str, Any]]
"""What is on the platform, by kind and name."""


@dataclass(frozen=True)
class Declared:
    """One resource of a program."""

    logical: str
    name: str | None = None
    """The name on the service; None lets the provider choose."""
    kind: str = "service"
    provider: str = "tongyi"
    description: str | None = None
    of: str = ""
    """For a proxy: the logical name of the service behind it."""
    more: str = ""
    """More arguments, as text."""
    old: str = ""
    """The logical name it had before."""

    @property
    def variable(self) -> str:
        """Return the variable that holds it in the program."""
        return self.logical.replace("-", "_")

    @property
    def text(self) -> str:
        """Return the statement that declares it."""
        arguments = [repr(self.logical)]
        if self.kind == "service":
            settings = {"api_key": KEY, "base_url": f"https://{self.provider}.example"}
            arguments += ['model_type="llm"', f"provider={self.provider!r}", f"provider_settings={settings}"]
        else:
            arguments += [f'proxy_config={{"endpoints": [{{"model_service_name": {self.of}.model_service_name}}]}}']
        arguments += [f"model_{self.kind}_name={self.name!r}"] if self.name else []
        arguments += [f"description={self.description!r}"] if self.description is not None else []
        arguments += [self.more] if self.more else []
        if self.old:
            arguments += [f"opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name={self.old!r})])"]
        return f"{self.variable} = Model{self.kind.capitalize()}({', '.join(arguments)})\n"


Program = Sequence[Declared]


def services(names: Sequence[str], **fields: Any) -> list[Declared]:
    """Return a service for each name."""
    return [Declared(name, name, **fields) for name in names]


def differences(program: Program, ids: Mapping[str, tuple[str, str]], live: Live) -> Iterator[str]:
    """Yield where state (kind and id by logical name) and platform are not what a program says."""
    if set(ids) != {declared.logical for declared in program}:
        yield f"state has {sorted(ids)}, the program {sorted(declared.logical for declared in program)}"
    if set(live) != set(ids.values()):
        yield f"the platform has {sorted(live)}, state {sorted(ids.values())}"
    for declared in program:
        at = ids.get(declared.logical)
        if at is None or at not in live:
            continue
        found = live[at]
        if (found.get("description") or "") != (declared.description or ""):
            yield f"{at} has the description {found.get('description')!r}, not {declared.description!r}"
        if declared.kind == "service" and found.get("provider") != declared.provider:
            yield f"{at} has the provider {found.get('provider')!r}, not {declared.provider!r}"
        if declared.kind == "service" and found.get("provider_settings", {}).get("api_key") != KEY:
            yield f"{at} has another key"
        if found.get("status") not in ("READY", None):
            yield f"{at} is {found.get('status')}"
        if declared.kind == "proxy":
            behind = found["proxy_config"]["endpoints"][0]["model_service_name"]
            if behind != ids[next(d.logical for d in program if d.variable == declared.of)][1]:
                yield f"{at} leads to {behind}"
