"""A LiteLLM proxy's configuration file: what stands in it, in which line, and what of it nobody has taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..client.errors import ConfigError

NO_COUNTERPART = "has no counterpart"


@dataclass(frozen=True, order=True)
class Remark:
    """What a person should know of one entry: never its value, which may be a key."""

    line: int
    path: str
    reason: str


class Section:
    """A map in the file. What is taken of it has a counterpart, the rest is left."""

    def __init__(self, node: yaml.MappingNode, path: str, loader: yaml.SafeLoader, remarks: list[Remark]) -> None:
        loader.flatten_mapping(node)
        self._entries = {str(key.value): (key, value) for key, value in node.value}
        self._loader, self._path, self._start = loader, path, node.start_mark
        self._taken: set[str] = set()
        self._inner: list[Section] = []
        self.remarks = remarks

    def remark(self, key: str, reason: str) -> None:
        """Say something of an entry, or of the whole section if it has no such entry."""
        entry = self._entries.get(key)
        line = (entry[0].start_mark if entry else self._start).line + 1
        self.remarks.append(Remark(line, self._at(key) if entry else self._path, reason))

    @property
    def names(self) -> list[str]:
        """Return the keys, in their order."""
        return list(self._entries)

    def text(self, key: str) -> str | None:
        """Take a text that is not empty."""
        value = self._scalar(key)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            self.remark(key, "is left out: it must be a string")
            return None
        return value

    def number(self, key: str) -> int | float | None:
        """Take a number that is not negative."""
        value = self._scalar(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**53:
            self.remark(key, "is left out: it must be a number that is at least 0")
            return None
        return value

    def take(self, *keys: str) -> None:
        """Take entries, whatever they are."""
        self._taken.update(keys)

    def section(self, key: str) -> Section:
        """Take a map, an empty one if there is none."""
        self._taken.add(key)
        found = self._opened(self._entries[key][1], self._at(key)) if key in self._entries else None
        return found or Section(yaml.MappingNode("", [], self._start), self._at(key), self._loader, self.remarks)

    def sections(self, key: str) -> Iterator[Section]:
        """Take a list of maps."""
        for index, node in enumerate(self._nodes(key)):
            found = self._opened(node, f"{self._at(key)}[{index}]")
            if found is not None:
                yield found

    def texts(self, key: str) -> list[str]:
        """Take a list of texts; what else is in it is left out."""
        nodes = self._nodes(key)
        values = [self._loader.construct_object(node) if isinstance(node, yaml.ScalarNode) else None for node in nodes]
        if not all(isinstance(value, str) for value in values):
            self.remark(key, "is taken without what is no name of a model")
        return [value for value in values if isinstance(value, str)]

    def left(self) -> Iterator[Remark]:
        """Yield what nobody has taken, here and in the sections that were."""
        for key, (node, _) in self._entries.items():
            if key not in self._taken:
                yield Remark(node.start_mark.line + 1, self._at(key), NO_COUNTERPART)
        for section in self._inner:
            yield from section.left()

    def _at(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _scalar(self, key: str) -> Any:
        if key not in self._entries:
            return None
        self._taken.add(key)
        node = self._entries[key][1]
        if not isinstance(node, yaml.ScalarNode):
            self.remark(key, "is left out: it must be a single value")
            return None
        try:
            return self._loader.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self.remark(key, "is left out: it cannot be read")
            return None

    def _nodes(self, key: str) -> list[yaml.Node]:
        if key not in self._entries:
            return []
        self._taken.add(key)
        node = self._entries[key][1]
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        if node.tag != "tag:yaml.org,2002:null":
            self.remark(key, "is left out: it must be a list")
        return []

    def _opened(self, node: yaml.Node, path: str) -> Section | None:
        if not isinstance(node, yaml.MappingNode):
            if node.tag != "tag:yaml.org,2002:null":
                self.remarks.append(Remark(node.start_mark.line + 1, path, "is left out: it must be a map"))
            return None
        try:
            found = Section(node, path, self._loader, self.remarks)
        except yaml.YAMLError:  # what it merges is no map
            self.remarks.append(Remark(node.start_mark.line + 1, path, "is left out: it cannot be read"))
            return None
        self._inner.append(found)
        return found


def opened(path: Path) -> Section:
    """Return the whole file as a section. Raises ConfigError with a sentence that repeats nothing of it."""
    try:
        loader = yaml.SafeLoader(path.read_text("utf-8"))
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError(f"{path} is no configuration of a LiteLLM proxy: it must be a map with model_list.")
        return Section(node, "", loader, [])
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (UnicodeDecodeError, RecursionError):
        raise ConfigError(f"{path} is no YAML file in UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}," if mark else ""
        raise ConfigError(f"{path}{where} is not YAML.") from None
