"""From what a program declares to what the engine is asked to register: values of one door, dependencies, URNs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_agentrun.client.kinds import KINDS
from pulumi_agentrun.dynamic import PREFIX
from pulumi_agentrun.dynamic.host import PROVIDER_KEY
from pulumi_agentrun.lifecycle import hidden_inputs as hidden
from pulumi_agentrun.plugin.properties import TYPES as TOKENS
from pydantic.alias_generators import to_camel
from reliability.calls import UNKNOWN
from reliability.engine.doors import PROVIDERS, pickled
from reliability.engine.state import Props, Record
from reliability.histories import Declared, Ref

HEAD = "urn:pulumi:dev::e2e::"
TYPES = {
    "dynamic": {
        **{kind.word: f"{PREFIX}{kind.token}" for kind in KINDS},
        "account": "pulumi:providers:pulumi-python",
        "group": "tests:index:Group",
    },
    "plugin": {
        **{kind.word: token for token, kind in TOKENS.items()},
        "account": "pulumi:providers:agentrun",
        "group": "tests:index:Group",
    },
}
DEFAULT = {"dynamic": "default", "plugin": "default_0_1_0"}
NAMES = {kind.word: (kind.name_field, to_camel(kind.name_field)) for kind in KINDS}
"""What the names of a kind's resources are called, behind either door."""


@dataclass(frozen=True)
class Goal:
    """What a program registers: the record as it should be, and what decides how it comes to be."""

    record: Record
    aliases: tuple[str, ...] = ()
    delete_before_replace: bool | None = None
    reads: str | None = None
    """The id of what is looked up, and not managed."""


@dataclass
class Naming:
    """The URNs of a stack behind one door."""

    door: str
    folder: str
    """Where the platform is that histories call `file://platform`."""
    urns: dict[str, str] = field(default_factory=dict)
    """The URNs of a program's resources by logical name."""

    def urn(self, kind: str, logical: str, parent: str = "") -> str:
        """Return the URN of a resource."""
        above = f"{parent.split('::')[2]}$" if parent else ""
        return f"{HEAD}{above}{TYPES[self.door][kind]}::{logical}"

    def goal(self, logical: str, declared: Declared, made: Mapping[str, Record], *, dry: bool) -> Goal:
        """Return the goal of a declared resource, given what has been made of those before it."""
        options = declared.options
        parent = self.urns[options["parent"]] if options.get("parent") else ""
        urn = self.urns[logical] = self.urn(declared.kind, logical, parent)
        found: dict[str, list[str]] = {}
        props = {
            key: self._resolved(value, made, found.setdefault(key, []), dry) for key, value in declared.props.items()
        }
        deps = [self.urns[name] for name in options.get("depends_on", ())]
        record = Record(
            urn,
            declared.kind,
            inputs=({} if "id" in options else self.spelled(props)) | self._hidden(declared.kind, urn, options),
            parent=parent,
            dependencies=sorted({dep for deps_of in found.values() for dep in deps_of} | set(deps)),
            property_dependencies={self._key(key): deps_of for key, deps_of in found.items() if deps_of},
            deleted_with=self.urns[options["deleted_with"]] if options.get("deleted_with") else "",
            ignore_changes=tuple(map(self._path, options.get("ignore_changes", ()))),
            replace_on_changes=tuple(map(self._path, options.get("replace_on_changes", ()))),
            timeouts={verb: _seconds(text) for verb, text in (options.get("custom_timeouts") or {}).items()},
            import_id=options.get("import_", ""),
            protect=bool(options.get("protect")),
            retain=bool(options.get("retain_on_delete")),
        )
        aliases = tuple(self._alias(declared.kind, logical, name, parent) for name in options.get("aliases", ()))
        return Goal(record, aliases, options.get("delete_before_replace"), options.get("id"))

    def _alias(self, kind: str, logical: str, name: str | None, parent: str) -> str:
        return self.urn(kind, name, parent) if name else self.urn(kind, logical)

    def _hidden(self, kind: str, urn: str, options: Mapping[str, Any]) -> Props:
        """Return the inputs by which a dynamic resource tells its provider what the host does not."""
        if self.door == "plugin" or kind not in PROVIDERS:
            return {}
        given = {hidden.REPLACE_ON: options.get("replace_on_changes"), hidden.TIMEOUTS: options.get("custom_timeouts")}
        return {hidden.URN: urn, PROVIDER_KEY: pickled(kind)} | {
            key: value for key, value in given.items() if value is not None
        }

    def _resolved(self, value: Any, made: Mapping[str, Record], found: list[str], dry: bool) -> Any:
        if isinstance(value, Ref):
            found.append(self.urns[value.logical])
            record = made[value.logical]
            return next((record.outputs[name] for name in NAMES[record.kind] if name in record.outputs), UNKNOWN)
        if isinstance(value, Mapping):
            return {key: self._resolved(item, made, found, dry) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolved(item, made, found, dry) for item in value]
        return f"file://{self.folder}" if value == "file://platform" else value

    def spelled(self, value: Any) -> Any:
        """Return properties as this door spells them."""
        if isinstance(value, Mapping):
            return {self._key(key): self.spelled(item) for key, item in value.items() if item is not None}
        return [self.spelled(item) for item in value] if isinstance(value, list) else value

    def _key(self, key: str) -> str:
        return to_camel(key) if self.door == "plugin" else key

    def _path(self, path: str) -> str:
        return ".".join(map(self._key, path.split(".")))


def _seconds(text: str) -> float:
    return float(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]
