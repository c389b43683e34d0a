"""Keeps recordings as files that people can read and review: a line for each call."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from importlib.metadata import version
from pathlib import Path
from subprocess import run
from typing import Any

FOLDER = Path(__file__).parents[1] / "recorded"


def versions() -> dict[str, str]:
    """Return the versions of the engine and the SDK that are at hand."""
    engine = run(["pulumi", "version"], capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    return {"engine": engine, "sdk": version("pulumi")}


def read(name: str) -> dict[str, Any]:
    """Return a recording: the versions, and the commands by door."""
    found: dict[str, Any] = json.loads(_path(name).read_text())
    both = found.pop("both doors", None)
    return found | {"dynamic": both, "plugin": both} if both else found


def write(name: str, doors: Mapping[str, list[dict[str, Any]]]) -> None:
    """Write a recording; what the doors have in common stands once."""
    same = len(doors) > 1 and doors["dynamic"] == doors["plugin"]
    kept = {"both doors": doors["dynamic"]} if same else doors
    head = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in {"history": name, **versions()}.items()]
    parts = head + [f"  {json.dumps(door)}: [\n{_commands(commands)}\n  ]" for door, commands in kept.items()]
    FOLDER.mkdir(exist_ok=True)
    _path(name).write_text("{\n" + ",\n".join(parts) + "\n}\n")


def forget_others(names: Container[str]) -> None:
    """Remove the recordings of histories that are no more."""
    for path in FOLDER.glob("*.json"):
        if json.loads(path.read_text())["history"] not in names:
            path.unlink()


def _path(name: str) -> Path:
    return FOLDER / f"{re.sub(r'[^a-z_]+', '-', name.lower()).strip('-')}.json"


def _commands(commands: list[dict[str, Any]]) -> str:
    return ",\n".join(_command(**command) for command in commands)


def _command(command: str, ends: str, calls: list[Any], state: list[str]) -> str:
    lines = "".join(f"\n      {json.dumps(call)}," for call in calls).rstrip(",")
    listed = f"[{lines}\n    ]" if calls else "[]"
    head = f'"command": {json.dumps(command)}, "ends": {json.dumps(ends)}'
    return f'    {{{head}, "calls": {listed},\n     "state": {json.dumps(state)}}}'
