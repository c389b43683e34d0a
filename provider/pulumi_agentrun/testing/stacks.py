"""Stacks in tests: a program of the test's own, run by the real engine against a platform; nothing of it stays."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import pulumi.automation as auto
from pydantic import Secret, SecretStr

from ..client import Config
from ..drill.finding import of_state
from ..routes.subjects import Subject

Program: TypeAlias = Callable[[], Any]
FOREIGN = ("PULUMI_", "AGENTRUN_", "ALIBABA_CLOUD_", "FC_")
"""What the variables begin with that lead programs and the engine to accounts and backends."""
_MARKUP = re.compile(r"<\{%.*?%\}>")
_PAUSE, _PATIENCE = 0.02, 10.0
"""Seconds between looks whether a program has ended, and how long it may go on after the engine has."""
_LOOKS = ("same", "read", "refresh")
"""The steps that change nothing."""


class NoEngine(Exception):
    """There is no Pulumi CLI to run a program with; the text says how to get one."""


class StackFailed(Exception):
    """A command of the engine failed; the text is what it says of that, one error a line, secrets as `[secret]`."""


class Hosting(Protocol):
    """What a stack is deployed to: a platform in process, or one that is served."""

    @property
    def config(self) -> Config:
        """How it is reached."""


@dataclass(frozen=True)
class Steps:
    """What a command of the engine did, or would do."""

    by_name: Mapping[str, str]
    """What happens to each resource, by its logical name: `create`, `update`, `replace`, `delete`, `same`, …; the stack
    and providers are left out."""
    console: str = field(repr=False)
    """What the engine showed; secrets are `[secret]`."""

    @property
    def changed(self) -> dict[str, str]:
        """What is more than a look."""
        return {name: step for name, step in self.by_name.items() if step not in _LOOKS}


class Stack:
    """A program and a stack of it, in a temporary backend with a passphrase of its own; a context manager.

    While the engine runs, this process's settings of Pulumi and AgentRun are out of sight.
    """

    def __init__(
        self,
        program: Program,
        on: Hosting,
        *,
        config: Mapping[str, str | SecretStr] | None = None,
        project: str = "tested",
        name: str = "test",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Make the stack, empty. Raises NoEngine without a `pulumi` on PATH.

        :param on: The platform that it is deployed to.
        :param config: Stack configuration: `apiKey` is of its project, others are `namespace:key`; SecretStr values are
            secrets.
        :param project: The project's name, which automatic names of resources hang on, as on the stack's.
        :param environment: Variables for the engine, its providers and policy packs.
        """
        if shutil.which("pulumi") is None:
            raise NoEngine("There is no `pulumi` on PATH to run the program with: https://www.pulumi.com/docs/install/")
        self.name = name
        self._loops: list[asyncio.AbstractEventLoop] = []
        self._outputs: dict[str, Any] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="agentrun-stack-", ignore_cleanup_errors=True)
        try:
            with self._alone():
                self._stack = self._made(program, project, _variables(self._folder.name, on.config, environment or {}))
                self._configure({"agentrun:endpoint": str(on.config.endpoint), **(config or {})})
        except BaseException:
            self._folder.cleanup()
            raise

    def up(self) -> Steps:
        """Deploy the program, as `pulumi up --yes`. Raises StackFailed."""
        __tracebackhide__ = True
        return self._operate("up", show_secrets=False)

    def preview(self) -> Steps:
        """Return what `up` would do. Raises StackFailed."""
        __tracebackhide__ = True
        return self._operate("preview")

    def refresh(self) -> Steps:
        """Bring state up to what is deployed. Raises StackFailed."""
        __tracebackhide__ = True
        return self._operate("refresh", show_secrets=False)

    def destroy(self) -> Steps:
        """Delete all that is deployed. Raises StackFailed."""
        __tracebackhide__ = True
        return self._operate("destroy", show_secrets=False)

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The outputs of the last `up`; secrets are `pydantic.Secret`, shown by `get_secret_value()` alone."""
        return MappingProxyType(self._outputs)

    def set(self, key: str, value: str | SecretStr) -> None:
        """Change a setting of the stack's configuration."""
        with self._alone():
            self._configure({key: value})

    def subject(self, proxy: str | None = None) -> Subject:
        """Return a proxy that is deployed, the only one unless it is named, for drills. Raises ConfigError."""
        with self._alone():
            exported = self._stack.export_stack()
        return of_state({"deployment": exported.deployment}, proxy)

    def close(self) -> None:
        """Forget the stack: its state, its configuration, the engine's files."""
        self._folder.cleanup()

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Stack({self.name!r})"

    def _noted(self, program: Program) -> Program:
        """Return the program such that it is known on which event loop it ran."""

        def run() -> Any:
            self._loops.append(asyncio.get_running_loop())
            return program()

        return run

    def _end_loops(self) -> None:
        """Close what Pulumi forgets to, where the engine is gone before the program has ended."""
        for loop in self._loops:
            ending = threading.Thread(target=_end, args=(loop,))  # for the test's own thread may have a running loop
            ending.start()
            ending.join()
        self._loops.clear()

    def _made(self, program: Program, project: str, variables: Mapping[str, str]) -> auto.Stack:
        in_environment = sys.prefix != sys.base_prefix
        runtime = auto.ProjectRuntimeInfo(
            "python", {"toolchain": "pip", "virtualenv": sys.prefix} if in_environment else {}
        )
        options = auto.LocalWorkspaceOptions(
            work_dir=self._folder.name,
            pulumi_home=variables["PULUMI_HOME"],
            project_settings=auto.ProjectSettings(project, runtime),
            env_vars=variables,
        )
        try:
            return auto.create_stack(self.name, project_name=project, program=self._noted(program), opts=options)
        except auto.CommandError as error:
            raise StackFailed(_last_line(str(error))) from None

    def _configure(self, config: Mapping[str, str | SecretStr]) -> None:
        plain = {key: auto.ConfigValue(value) for key, value in config.items() if isinstance(value, str)}
        try:
            if plain:
                self._stack.set_all_config(plain)
        except auto.CommandError as error:
            raise StackFailed(_last_line(str(error))) from None
        for key, value in config.items():
            if isinstance(value, SecretStr):
                self._set_secret(key, value)

    def _set_secret(self, key: str, value: SecretStr) -> None:
        """Set a secret by standard input: whoever lists processes sees what is on a command line."""
        command = ["pulumi", "--non-interactive", "config", "set", "--secret", key, "--stack", self.name]
        done = subprocess.run(
            command,
            cwd=self._folder.name,
            env={**os.environ, **self._stack.workspace.env_vars},
            input=value.get_secret_value(),
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise StackFailed(_last_line(done.stderr))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Take away, for a while, what leads to an account or a backend of somebody's; and leave logs as they were."""
        away = {key: os.environ.pop(key) for key in list(os.environ) if key.startswith(FOREIGN)}
        os.environ["PULUMI_HOME"] = str(_home(self._folder.name))  # also asked for its version, the engine writes there
        log = logging.getLogger("asyncio")
        level = log.level  # which Pulumi raises for good
        try:
            yield
        finally:
            self._end_loops()
            log.setLevel(level)
            del os.environ["PULUMI_HOME"]
            os.environ.update(away)

    def _operate(self, verb: str, **options: Any) -> Steps:
        __tracebackhide__ = True
        events: list[auto.EngineEvent] = []
        try:
            with self._alone():
                done = getattr(self._stack, verb)(on_event=events.append, color="never", **options)
        except auto.CommandError as error:
            raise StackFailed("\n".join(_errors(events)) or _last_line(str(error))) from None
        if isinstance(done, auto.UpResult):
            self._outputs = {name: _shown(output) for name, output in done.outputs.items()}
        return Steps(_steps(events), done.stdout)


class StackMaker(Protocol):
    """Makes stacks of programs."""

    def __call__(
        self,
        program: Program,
        *,
        on: Hosting | None = None,
        config: Mapping[str, str | SecretStr] | None = None,
        project: str = "tested",
        name: str = "test",
        environment: Mapping[str, str] | None = None,
    ) -> Stack:
        """Return a stack of a program, which is forgotten after the test; `on` is the test's platform unless given."""


def _end(loop: asyncio.AbstractEventLoop) -> None:
    waited = 0.0
    while loop.is_running() and waited < _PATIENCE:
        time.sleep(_PAUSE)
        waited += _PAUSE
    with suppress(RuntimeError):  # it is running still, or was closed meanwhile
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=1))
        loop.close()


def _home(folder: str) -> Path:
    return Path(folder, "home")


def _variables(folder: str, config: Config, more: Mapping[str, str]) -> dict[str, str]:
    home, state = _home(folder), Path(folder, "state")
    for made in (home, state):
        made.mkdir()
    keys = {}
    if config.access_key_secret is not None:
        secret = config.access_key_secret.get_secret_value()
        keys = {"AGENTRUN_ACCESS_KEY_ID": str(config.access_key_id), "AGENTRUN_ACCESS_KEY_SECRET": secret}
    return {
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": secrets.token_urlsafe(24),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # As in an activated virtual environment: policy packs and the plugin are found so.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        **keys,
        **more,
    }


def _steps(events: list[auto.EngineEvent]) -> dict[str, str]:
    found: dict[str, str] = {}
    for event in events:
        if event.resource_pre_event is None:
            continue
        about = event.resource_pre_event.metadata
        if about.type == "pulumi:pulumi:Stack" or about.type.startswith("pulumi:providers:"):
            continue
        name, step = about.urn.rsplit("::", 1)[1], str(getattr(about.op, "value", about.op))
        found[name] = "replace" if "replace" in step or found.get(name) == "replace" else step
    return found


def _errors(events: list[auto.EngineEvent]) -> Iterator[str]:
    said = (event.diagnostic_event for event in events if event.diagnostic_event is not None)
    for line in said:
        if line.severity == "error":
            yield _MARKUP.sub("", line.message).strip()


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return (lines or ["it gave no reason"])[-1].strip().removeprefix("stderr: ").removeprefix("error: ")


def _shown(output: auto.OutputValue) -> Any:
    return Secret(output.value) if output.secret else output.value
