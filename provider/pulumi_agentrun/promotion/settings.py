"""The settings of a stack, Pulumi.STACK.yaml: read, and changed where somebody wants it and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..client.errors import ConfigError
from ..client.nearest import nearest

EXPECTED = ("agentrun:promotion", "expected")
"""Where settings say which differences are wanted: texts with `*`, as `what` of a change or its model and `what`."""
_BLOCKS = ("|", ">")
_CREDENTIAL = re.compile(r"(?:secret|key|token(?!s)|password|passphrase)(?!.*from$)", re.IGNORECASE)
"""What credentials are called; `tokens` are counted, and `...From` says where a key is."""
_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")


@dataclass(frozen=True)
class Settings:
    """What is set for one stack."""

    path: Path
    project: str
    text: str = field(repr=False)
    """The file as it is; settings may be private."""

    @property
    def values(self) -> Mapping[str, Any]:
        """The settings by their names, `project:name`; secrets are encrypted."""
        found = (_parsed(self) or {}).get("config") or {}
        if not isinstance(found, Mapping):
            raise ConfigError(f"config in {self.path.name} must be a map of settings.")
        return {self.whole(str(name)): value for name, value in found.items()}

    @property
    def expected(self) -> tuple[str, ...]:
        """The differences that are wanted. Raises ConfigError."""
        key, part = EXPECTED
        given = self.values.get(key, {})
        listed = given.get(part, []) if isinstance(given, Mapping) else None
        if not isinstance(listed, list) or not all(isinstance(item, str) and item for item in listed):
            raise ConfigError(f"{key}.{part} in {self.path.name} must be a list of texts.")
        return tuple(listed)

    def whole(self, name: str) -> str:
        """Return the name of a setting with its namespace, which is the project unless it is given."""
        return name if ":" in name else f"{self.project}:{name}"


def project_folder(start: Path) -> Path | None:
    """Return the folder of the project that a folder is in, None if it is in none."""
    folders = [start.absolute(), *start.absolute().parents]
    return next((folder for folder in folders if any((folder / name).exists() for name in _PROJECT_FILES)), None)


def settings_of(stack: str, folder: Path) -> Settings:
    """Return the settings of a stack of the project in a folder, none where it has no file. Raises ConfigError."""
    project_file = next(folder / name for name in _PROJECT_FILES if (folder / name).exists())
    project = _loaded(project_file, _read(project_file))
    if not isinstance(project, Mapping) or not isinstance(project.get("name"), str):
        raise ConfigError(f"{project_file.name} names no project.")
    where = project.get("stackConfigDir")
    path = folder / (where if isinstance(where, str) else "") / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    return Settings(path, project["name"], _read(path) if path.exists() else "")


def moved(source: Settings, target: Settings, names: Iterable[str]) -> str:
    """Return the target's file with some settings as the source has them; the rest stays, to the last character.

    Raises ConfigError where there is no such setting, where one is secret or is named like a credential, or where that
    cannot be done.
    """
    text = target.text
    wanted = dict(target.values)
    for name in names:
        key = source.whole(name)
        if key not in source.values:
            raise ConfigError(_no_setting(source, key))
        if _has_secret(source.values[key]) or _has_secret(wanted.get(key)):
            raise ConfigError(
                f"{key} is a secret, which only Pulumi can encrypt for another stack: "
                f"pulumi config set --secret {key}, with --stack."
            )
        if _has_credential(key.partition(":")[2], source.values[key]):
            raise ConfigError(
                f"{key} is a credential by its name, or holds one, and is not copied: "
                f"pulumi config set --secret {key}, with --stack."
            )
        wanted[key] = source.values[key]
        text = _as_lines_end(text, _with(Settings(target.path, target.project, text), key, _node(source, key)))
        if not _says(Settings(target.path, target.project, text), wanted):
            raise ConfigError(f"{target.path.name} is written in a way that cannot be changed safely: do it by hand.")
    return text


def _as_lines_end(before: str, after: str) -> str:
    """Return a changed text with the ends of lines that it had, where all of them were CR LF."""
    is_windows = "\r\n" in before and not re.search(r"(?<!\r)\n", before)
    return re.sub(r"(?<!\r)\n", "\r\n", after) if is_windows else after


def with_value(target: Settings, name: str, value: Any) -> str:
    """Return a file with one setting at a value, None for taking it out; the rest stays. Raises ConfigError."""
    key = target.whole(name)
    if value is not None:
        return moved(Settings(Path(), target.project, yaml.safe_dump({"config": {key: value}})), target, [key])
    text, config = target.text, _config(target)
    for old, node in config.value if config else ():
        if config and target.whole(old.value) == key:
            # The last one goes with its `config`, which would have no settings.
            start = text.rindex("config", 0, old.start_mark.index) if len(config.value) == 1 else old.start_mark.index
            begins, ends = text.rfind("\n", 0, start) + 1, text.find("\n", _end(node, text)) + 1
            text = text[:begins] + (text[ends:] if ends else "")
    if not _says(Settings(target.path, target.project, text), {k: v for k, v in target.values.items() if k != key}):
        raise ConfigError(f"{target.path.name} is written in a way that cannot be changed safely: do it by hand.")
    return text


def _says(settings: Settings, values: Mapping[str, Any]) -> bool:
    try:
        return settings.values == values
    except ConfigError:
        return False


def write(settings: Settings, text: str) -> None:
    """Put a text in place of a stack's file. Raises ConfigError."""
    try:
        settings.path.write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise ConfigError(f"{settings.path} cannot be written: {error.strerror}.") from None


def _no_setting(settings: Settings, key: str) -> str:
    near = nearest(key, settings.values, alike=0.5)
    return f"There is no setting {key} in {settings.path.name}" + (f"; did you mean {near}?" if near else ".")


def _has_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return [*value] == ["secure"] or any(map(_has_secret, value.values()))
    return isinstance(value, list) and any(map(_has_secret, value))


def _has_credential(name: str, value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_credential(f"{name}.{key}", item) for key, item in value.items())
    if isinstance(value, list):
        return any(_has_credential(name, item) for item in value)
    return bool(value) and _CREDENTIAL.search(name) is not None


def _with(settings: Settings, key: str, value: yaml.Node) -> str:
    """Return a file's text with a value in place of that of a setting, or after the last setting."""
    text, config = settings.text, _config(settings)
    if config is None:
        return f"{text.rstrip()}\n".lstrip() + f"config:\n  {_entry(key, value, 2)}\n"
    for name, old in config.value:
        if settings.whole(name.value) == key:
            return _replaced(text, name, old, value)
    if not config.value or config.flow_style:
        raise ConfigError(f"config in {settings.path.name} is written in one line: write a setting a line.")
    column = config.value[0][0].start_mark.column
    at = text.find("\n", _end(config, text)) + 1
    before, after = (text[:at], text[at:]) if at else (f"{text}\n", "")
    return f"{before}{' ' * column}{_entry(key, value, column)}\n{after}"


def _replaced(text: str, name: yaml.Node, old: yaml.Node, value: yaml.Node) -> str:
    if isinstance(old, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode) and old.style not in _BLOCKS:
        gap = " " if text[old.start_mark.index - 1] == ":" else ""
        return f"{text[: old.start_mark.index]}{gap}{_yaml(value)}{text[_end(old, text) :]}"
    column = name.start_mark.column
    return f"{text[: name.start_mark.index]}{_entry(name.value, value, column)}{text[_end(old, text) :]}"


def _entry(name: str, value: yaml.Node, column: int) -> str:
    lines = _yaml(value).split("\n")
    if not isinstance(value, yaml.CollectionNode) or value.flow_style or not value.value:
        return f"{name}: " + "\n".join(lines)
    return f"{name}:" + "".join(f"\n{' ' * (column + 2)}{line}" for line in lines)


def _yaml(node: yaml.Node) -> str:
    text: str = yaml.serialize(node, Dumper=yaml.SafeDumper, width=2**31 - 1, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def _end(node: yaml.Node, text: str) -> int:
    """Return where a value ends: the mark of what is written over several lines is at what follows it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    end = int(node.end_mark.index)
    is_block = isinstance(node, yaml.ScalarNode) and node.style in _BLOCKS
    return len(text[:end].rstrip("\r\n")) if is_block else end


def _node(settings: Settings, key: str) -> yaml.Node:
    config = _config(settings)
    assert config is not None
    found: yaml.Node = next(value for name, value in config.value if settings.whole(name.value) == key)
    return found


def _config(settings: Settings) -> yaml.MappingNode | None:
    root = yaml.compose(settings.text, Loader=yaml.SafeLoader)
    pairs: Sequence[tuple[Any, Any]] = root.value if isinstance(root, yaml.MappingNode) else ()
    for name, value in pairs:
        if name.value == "config":
            if not isinstance(value, yaml.MappingNode):
                raise ConfigError(f"config in {settings.path.name} has no settings: write a setting a line.")
            return value
    return None


def _parsed(settings: Settings) -> Mapping[str, Any] | None:
    found = _loaded(settings.path, settings.text)
    if found is not None and not isinstance(found, Mapping):
        raise ConfigError(f"{settings.path.name} must be a map.")
    return found


def _loaded(path: Path, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        raise ConfigError(f"{path.name} cannot be read: it is no YAML.") from None


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} cannot be read: it is not in UTF-8.") from None


def differing(source: Settings, target: Settings) -> Iterator[tuple[str, str]]:
    """Yield the names of settings that differ, and how: never a value, for settings may be private."""
    ours, theirs = source.values, target.values
    for name in sorted({*ours, *theirs} - {EXPECTED[0]}):
        if name not in theirs:
            yield name, "missing"
        elif name not in ours:
            yield name, "only there"
        elif _has_secret(ours[name]) or _has_secret(theirs[name]):
            yield name, "secret"
        elif ours[name] != theirs[name]:
            yield name, "differs"
