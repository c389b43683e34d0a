"""A Pulumi project of a test: its program, its own backend and embedded platform, driven by the real CLI."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from e2e import processes
from pulumi_agentrun.client import Config, ModelClient
from pulumi_agentrun.platform import Platform

DOORS = {"dynamic": "pulumi_agentrun", "plugin": "pulumi_agentrun_sdk"}
"""The two front doors, and where a program has the resources from; the latter is generated from the plugin's schema."""
PACK = Path(sys.executable).with_name("pulumi-analyzer-agentrun")
"""The ready-made policy pack."""
HEAD = """\
import os
import pulumi
from {} import ModelProxy, ModelService
"""


@cache
def sdk() -> Path:
    """Generate and install the plugin's Python SDK once, as a user would; return where it is."""
    folder = Path(tempfile.mkdtemp(prefix="sdk-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    plugin = Path(sys.executable).with_name("pulumi-resource-agentrun")
    command = ["pulumi", "package", "gen-sdk", str(plugin), "--language", "python", "--out", str(folder)]
    env = os.environ | {"PULUMI_HOME": str(folder / "home"), "PULUMI_SKIP_UPDATE_CHECK": "1"}
    subprocess.run(command, env=env, check=True, timeout=120, stdout=subprocess.DEVNULL)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--target", folder / "installed", folder / "python"], check=True, timeout=120)
    return folder / "installed"


def environment(folder: Path, home: Path) -> dict[str, str]:
    """Return the environment of a project's commands."""
    return os.environ | {
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_STACK": "dev",
        "PULUMI_CONFIG_PASSPHRASE": "e2e",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DEBUG_COMMANDS": "1",
        "NO_COLOR": "1",
    }


@cache
def blank() -> Path:
    """Make a project with an empty stack once, as a user would; return where it is."""
    folder = Path(tempfile.mkdtemp(prefix="blank-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    project = folder / "project"
    (project / "state").mkdir(parents=True)
    (project / "Pulumi.yaml").write_text(
        f"name: e2e\nruntime: {{name: python, options: {{toolchain: pip, virtualenv: {sys.prefix}}}}}\n"
    )
    env = environment(project, folder / "home")
    command = ["pulumi", "--non-interactive", "stack", "init", "dev"]
    subprocess.run(command, cwd=project, env=env, check=True, timeout=120, stdout=subprocess.DEVNULL)
    return project


def _is_nested(key: str) -> bool:
    return ":profiles." in key


def is_ours(type_: str) -> bool:
    """Say whether a type token is that of our resources, through whichever door."""
    return "agentrun:" in type_ and "providers:" not in type_


@dataclass
class Run:
    """What one command of the CLI did."""

    code: int
    console: str
    events: list[dict[str, Any]] = field(default_factory=list, repr=False)

    @property
    def steps(self) -> dict[str, str]:
        """The operation on each resource, by its logical name; the stack itself and providers left out."""
        found: dict[str, list[str]] = {}
        for event in self.events:
            meta = event.get("resourcePreEvent", {}).get("metadata")
            if meta and is_ours(meta["type"]):
                found.setdefault(meta["urn"].rsplit("::", 1)[1], []).append(meta["op"])
        return {name: "+".join(ops) for name, ops in found.items()}

    def lines(self, name: str, *, passing: bool = False) -> list[str]:
        """Return what was said beside a resource, by its logical name: for good, or only while it lasted."""
        said = [event["diagnosticEvent"] for event in self.events if "diagnosticEvent" in event]
        return [
            line["message"].strip()
            for line in said
            if line.get("urn", "").endswith(f"::{name}") and line.get("ephemeral", False) is passing
        ]

    @property
    def changed(self) -> dict[str, str]:
        """The steps that are more than a look."""
        steps = {
            name: [op for op in ops.split("+") if op not in ("same", "refresh", "read")]
            for name, ops in self.steps.items()
        }
        return {name: "+".join(ops) for name, ops in steps.items() if ops}


class Project:
    """One project with one stack, `dev`."""

    patience = 240.0
    """Seconds that a command may take."""

    def __init__(self, folder: Path, home: Path, config: dict[str, str] | None = None, door: str = "dynamic") -> None:
        self.folder = folder
        self.door = door
        self.data = folder / "platform"
        self.event_log = folder / "events.json"
        self.env = environment(folder, home)
        # As in an activated virtual environment: the plugin and policy packs are found so.
        self.env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), self.env["PATH"]])
        if door == "plugin":
            self.env["PYTHONPATH"] = str(sdk())
        # What the CLI would make, without a process for the stack and one for each setting.
        shutil.copytree(blank(), folder, dirs_exist_ok=True)
        settings = {"agentrun:endpoint": "file://platform"} | (config or {})
        plain = [f"  {key}: {json.dumps(value)}\n" for key, value in settings.items() if value and not _is_nested(key)]
        with (folder / "Pulumi.dev.yaml").open("a") as file:
            file.write(f"config:\n{''.join(plain)}" if plain else "")
        for key, value in settings.items():
            if _is_nested(key):
                self.pulumi("config", "set", "--stack", "dev", "--path", key, value)

    @property
    def platform(self) -> Platform:
        """The embedded platform behind this project, to switch and to break."""
        return Platform.open(self.data, {})

    @property
    def config(self) -> Config:
        """Where the embedded platform is, for clients."""
        return Config(endpoint=f"file://{self.data}")

    @property
    def client(self) -> ModelClient:
        """A client of the embedded platform, to look at it and change it from outside."""
        return ModelClient(self.config)

    def spelled(self, text: str) -> str:
        """Return a text with its property names as this project's door spells them in messages and state."""
        return text if self.door == "dynamic" else re.sub(r"(?<=[a-z])_([a-z])", lambda letter: letter[1].upper(), text)

    def program(self, text: str) -> None:
        """Replace the program."""
        (self.folder / "__main__.py").write_text(HEAD.format(DOORS[self.door]) + text)

    def pulumi(self, *args: str, check: bool = True, env: dict[str, str] | None = None) -> Run:
        """Run the CLI in the project's folder."""
        engine = shutil.which("pulumi")
        assert engine, "the tests need the Pulumi CLI: run `make engine`, or `make test`, which does"
        command = [engine, "--non-interactive", *args]
        with subprocess.Popen(
            command, cwd=self.folder, env=self.env | (env or {}), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            try:
                console, _ = process.communicate(timeout=self.patience)
            except BaseException:
                processes.end(process.pid)
                raise
        if check:
            assert process.returncode == 0, console
        return Run(process.returncode, console)

    def _operate(self, verb: str, *args: str, check: bool, env: dict[str, str] | None) -> Run:
        self.event_log.unlink(missing_ok=True)
        run = self.pulumi(verb, *args, "--stack", "dev", "--event-log", str(self.event_log), check=check, env=env)
        if self.event_log.exists():
            run.events = [json.loads(line) for line in self.event_log.read_text().splitlines()]
        return run

    def up(self, *args: str, check: bool = True, env: dict[str, str] | None = None) -> Run:
        """Run `pulumi up` without its preview."""
        return self._operate("up", "--yes", "--skip-preview", *args, check=check, env=env)

    def preview(self, *args: str, check: bool = True, env: dict[str, str] | None = None) -> Run:
        """Run `pulumi preview --diff`."""
        return self._operate("preview", "--diff", *args, check=check, env=env)

    def refresh(self, *args: str, check: bool = True) -> Run:
        """Run `pulumi refresh`."""
        return self._operate("refresh", "--yes", "--skip-preview", *args, check=check, env=None)

    def destroy(self, *args: str, check: bool = True) -> Run:
        """Run `pulumi destroy`."""
        return self._operate("destroy", "--yes", "--skip-preview", *args, check=check, env=None)

    def state(self) -> str:
        """Return the state as text, as the CLI exports it."""
        return self.pulumi("stack", "export", "--stack", "dev").console

    def state_resources(self) -> list[dict[str, Any]]:
        """Return the AgentRun resources in state, what is to be deleted still among them."""
        (file,) = (self.folder / "state" / ".pulumi" / "stacks").glob("*/dev.json")
        latest = json.loads(file.read_text())["checkpoint"].get("latest") or {}
        return [resource for resource in latest.get("resources") or [] if is_ours(resource["type"])]

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the AgentRun resources in state by logical name."""
        return {r["urn"].rsplit("::", 1)[1]: r for r in self.state_resources()}

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, secrets shown."""
        shown = self.pulumi("stack", "output", "--json", "--show-secrets", "--stack", "dev")
        return dict(json.loads(shown.console))
