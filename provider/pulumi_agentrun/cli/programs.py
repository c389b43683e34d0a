"""The program and the import file that bring what an account holds under Pulumi.

No api key is ever printed or written: the program takes keys from stack configuration.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from pulumi.dynamic.dynamic import PROVIDER_KEY, serialize_provider

from ..client import ModelClient, Status, SystemProps
from ..client.kinds import KINDS, PROXY, SERVICE, Kind
from ..dynamic import PREFIX, PROVIDERS
from ..lifecycle import steps
from ..lifecycle.drift import without_keys
from ..lifecycle.paths import inside, rebuilt
from ..lifecycle.schema import map_secrets, secret_fields

PROGRAM = "__main__.py"
IMPORT_FILE = "import.json"

_PASSING = (Status.CREATING, Status.CREATE_FAILED, Status.DELETING, Status.DELETE_FAILED)
_TAKEN = {"config", "pulumi", *(kind.token for kind in KINDS)}

Item: TypeAlias = "tuple[Kind[Any], SystemProps]"
Wrap: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True)
class Found:
    """A resource to bring under Pulumi: what a program would set on it, and what the service adds."""

    kind: Kind[Any]
    name: str
    variable: str
    """What the program calls it."""
    inputs: Mapping[str, Any]
    own: Mapping[str, Any]

    @property
    def setting(self) -> str:
        """The key of stack configuration that its secret comes from."""
        return f"{self.variable}_{secret_fields(self.kind)[0]}"

    def without_secrets(self, wrap: Wrap) -> dict[str, Any]:
        """Return the inputs with something else in place of each secret."""
        return map_secrets(self.kind, dict(self.inputs), wrap)


class Code(str):
    """Text that stands in a program as it is, not as a string."""


def listed(client: ModelClient) -> list[Item]:
    """Return everything that an account holds in a region, services first, by name."""
    items: list[Item] = []
    for kind in KINDS:
        found = client.iterate(kind.list_input())
        items += sorted(((kind, item) for item in found), key=lambda item: name_of(*item))
    return items


def look(client: ModelClient, items: Iterable[Item]) -> tuple[list[Found], list[str]]:
    """Return the resources in full, as Pulumi would read them, and what to say of those that are left aside."""
    session = client.session()
    place = steps.Place(session.connection.region)
    found: list[Found] = []
    left: list[str] = []
    variables: set[str] = set(_TAKEN)
    for kind, item in items:
        name = name_of(kind, item)
        live = session.run(steps.read(kind, name, {}, place))
        if live is None or live.outputs.get("status") in _PASSING:
            left.append(f"{kind.title} {name} is left aside: it is {live.outputs['status'] if live else 'gone'}")
            continue
        inputs = _with_key(kind, _without_empty(live.inputs))
        own = without_keys(kind, {key: value for key, value in live.outputs.items() if key not in live.inputs})
        found.append(Found(kind, name, variable_of(kind, name, variables), inputs, own))
    return found, left


def _with_key(kind: Kind[Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Give a service that names no credential a key, though the service may not show it: it must have one."""
    if kind is SERVICE and "credential_name" not in inputs:
        return inputs | {"provider_settings": {"api_key": "", **inputs.get("provider_settings", {})}}
    return inputs


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, "", [], {})}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value


def variable_of(kind: Kind[Any], name: str, taken: set[str]) -> str:
    """Return what a program calls a resource of a name, which nothing in it is called yet, and remember it."""
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()
    if not plain or plain[0].isdigit() or keyword.iskeyword(plain):
        plain = f"{kind.word}_{plain}".rstrip("_")
    if plain in taken:
        plain = f"{plain}_{kind.word}"
    variable, number = plain, 2
    while variable in taken:
        variable, number = f"{plain}_{number}", number + 1
    taken.add(variable)
    return variable


def name_of(kind: Kind[Any], item: SystemProps) -> str:
    """Return a resource's name."""
    return str(getattr(item, kind.name_field))


def write(found: Sequence[Found], folder: Path) -> str:
    """Write the program and the import file, never over another file; return what to do next."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {IMPORT_FILE: import_file(found), PROGRAM: program(found)}
    for name in texts:
        if (folder / name).exists():
            raise FileExistsError(f"{folder / name} exists already; nothing was written")
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    settings = [f"  pulumi config set --secret {item.setting}\n" for item in found if _has_secret(item)]
    return (
        f"Wrote {folder / PROGRAM} and {folder / IMPORT_FILE} for {len(found)} resources. Next, in {folder}:\n"
        f"{''.join(settings)}"
        f"  pulumi import --file {IMPORT_FILE} --protect=false --generate-code=false --yes\n"
        f"  pulumi up --refresh\n"
    )


def import_file(found: Iterable[Found]) -> str:
    """Return the file for `pulumi import --file`.

    Inputs, outputs and the provider are given, so Pulumi trusts them and does not ask the provider, which for dynamic
    resources it could not find. An empty string stands where a key is; the next refresh reads the key itself.
    """
    resources = []
    for item in found:
        provider = PROVIDERS[item.kind.token]()
        inputs = {**item.without_secrets(lambda secret: ""), PROVIDER_KEY: serialize_provider(provider)}
        token = f"{PREFIX}{item.kind.token}"
        resources.append(
            {"type": token, "name": item.name, "id": item.name, "inputs": inputs, "outputs": {**inputs, **item.own}}
        )
    return json.dumps({"resources": resources}, indent=2, ensure_ascii=False) + "\n"


def program(found: Sequence[Found]) -> str:
    """Return a program that declares the resources as they are, with their keys from stack configuration."""
    services = {item.name: item.variable for item in found if item.kind is SERVICE}
    lines = ['"""Model services and model proxies, as they were found."""', "", "import pulumi"]
    kinds = sorted({item.kind.token for item in found})
    lines += [f"from pulumi_agentrun import {', '.join(kinds)}", ""] if kinds else [""]
    if any(_has_secret(item) for item in found):
        lines += ["config = pulumi.Config()", ""]
    for item in found:
        lines += [_declaration(item, services), ""]
    return "\n".join(lines)


def _declaration(item: Found, services: Mapping[str, str]) -> str:
    inputs = item.without_secrets(lambda secret: Code(f'config.require_secret("{item.setting}")'))
    names = [item.kind.name_field, *(key for key in item.kind.create_input.model_fields if key in inputs)]
    if item.kind is PROXY:
        inputs["proxy_config"] = _linked(inputs["proxy_config"], services)
    arguments = [f"    {key}={source(inputs[key], 1)},\n" for key in dict.fromkeys(names)]
    return f"{item.variable} = {item.kind.token}(\n    {source(item.name, 1)},\n{''.join(arguments)})"


def _linked(value: Any, services: Mapping[str, str]) -> Any:
    """Refer to services by their variables, so that Pulumi knows what depends on what."""
    linked = rebuilt(value, partial(_linked, services=services))
    name = str(inside(value, SERVICE.name_field))
    if name in services:
        linked[SERVICE.name_field] = Code(f"{services[name]}.{SERVICE.name_field}")
    return linked


def _has_secret(item: Found) -> bool:
    secrets: list[Any] = []
    item.without_secrets(secrets.append)
    return bool(secrets)


def source(value: Any, depth: int) -> str:
    """Return a value as Python source, laid out as a formatter would."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value:
        return repr(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        line = f"[{', '.join(source(item, 0) for item in value)}]"
        if len(line) <= 80:
            return line
    indent = "    " * (depth + 1)
    if isinstance(value, dict):
        inner = [f"{source(key, 0)}: {source(item, depth + 1)}" for key, item in value.items()]
    else:
        inner = [source(item, depth + 1) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + "".join(f"{indent}{text},\n" for text in inner) + "    " * depth + closing
