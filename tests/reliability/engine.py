"""What Pulumi's engine does with a dynamic provider, in a few lines: the steps, their order, and what state keeps."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pulumi.dynamic import Config, ConfigureRequest
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret
from pulumi_agentrun.client import flows, transport
from pulumi_agentrun.client.config import Config as Settings
from pulumi_agentrun.client.config import resolve
from pulumi_agentrun.client.errors import AgentRunError
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.client.operations import Operation
from pulumi_agentrun.client.transport import Session
from pulumi_agentrun.dynamic import KindProvider, ModelProxyProvider, ModelServiceProvider
from pulumi_agentrun.inputs import ADOPT_VARIABLE
from pulumi_agentrun.options import URN
from pulumi_agentrun.platform.platform import Platform
from pulumi_agentrun.platform.states import microseconds
from pulumi_agentrun.platform.store import Store
from pulumi_agentrun.platform.verification import Verifier

PROVIDERS: dict[str, type[KindProvider]] = {"service": ModelServiceProvider, "proxy": ModelProxyProvider}


@dataclass(frozen=True)
class Ref:
    """The name of another resource of the program."""

    logical: str


@dataclass(frozen=True)
class Declared:
    """One resource of a program."""

    kind: str
    props: dict[str, Any]


@dataclass(frozen=True)
class Record:
    """One resource in state."""

    kind: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


class RunFailed(Exception):
    """A run ended early; the text is what the console shows."""


@dataclass
class Engine:
    """One stack, with its program run against the platform in a folder; time passes only when something waits."""

    folder: Path
    now: float = field(default_factory=time.time)
    state: dict[str, Record] = field(default_factory=dict)
    pending: list[Record] = field(default_factory=list)
    """What is to be deleted still: replaced resources whose deletion has not happened."""

    def __post_init__(self) -> None:
        # Requests are signed with the real time, so that is what signatures are compared with.
        self.platform = Platform(
            Store(self.folder), Verifier({"embedded": "embedded"}, time.time), lambda: self.now, self.pass_time
        )
        self._real, transport.time = transport.time, SimpleNamespace(sleep=self.pass_time, monotonic=lambda: self.now)
        self._session = self._here(Session(resolve(Settings(endpoint=f"file://{self.folder}"))))

    def close(self) -> None:
        """Give the client its clock back, and close the platform."""
        transport.time = self._real
        self.platform.close()

    def _here(self, session: Session) -> Session:
        wire: Any = session._client()._transport
        wire._platform.close()
        wire._platform = self.platform
        return session

    def outside(self, operation: Operation[Any]) -> None:
        """Do something that Pulumi knows nothing of; the service may refuse it."""
        with suppress(AgentRunError):
            self._session.run(flows.call(operation))
        self.pass_time(10)

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def host(self) -> dict[str, KindProvider]:
        """Start a provider host, as each run does."""
        return {kind: self._started(provider()) for kind, provider in PROVIDERS.items()}

    def _started(self, provider: KindProvider) -> KindProvider:
        settings = {"agentrun:endpoint": f"file://{self.folder}", "agentrun:readyTimeout": "120"}
        provider.configure(ConfigureRequest(Config(settings, "project")))
        self._here(provider._hosted._accounts.connect(None)[0])
        return provider

    def up(self, program: dict[str, Declared], adopt: Sequence[str] = ()) -> dict[str, str]:
        """Run the program; return the operation on each resource. Raises RunFailed."""
        os.environ[ADOPT_VARIABLE] = ",".join(adopt)
        try:
            return self._up(program, self.host())
        finally:
            del os.environ[ADOPT_VARIABLE]

    def _up(self, program: dict[str, Declared], host: dict[str, KindProvider]) -> dict[str, str]:
        steps = {logical: self._step(logical, declared, host) for logical, declared in program.items()}
        for record in reversed(list(self.pending)):
            self._perform(host[record.kind].delete, record.id, wire(record.outputs))
            self.pending.remove(record)
        for logical in reversed(list(self.state)):
            if logical not in program:
                record = self.state[logical]
                self._perform(host[record.kind].delete, record.id, wire(record.outputs))
                del self.state[logical]
                steps[logical] = "delete"
        return steps

    def _step(self, logical: str, declared: Declared, host: dict[str, KindProvider]) -> str:
        provider, old = host[declared.kind], self.state.get(logical)
        news = self._resolved(declared.props) | {URN: f"urn:pulumi:dev::p::agentrun:{declared.kind}::{logical}"}
        inputs = self._checked(provider, old.inputs if old else {}, news)
        if old is None:
            return self._create(logical, declared.kind, provider, inputs)
        diff = provider.diff(old.id, wire(old.outputs), wire(inputs))
        if not diff.changes:
            self.state[logical] = replace(old, inputs=inputs)
            return "same"
        if not diff.replaces:
            done = self._perform(provider.update, old.id, wire(old.outputs), wire(inputs))
            self.state[logical] = replace(old, inputs=inputs, outputs=wire(done.outs))
            return "update"
        inputs = self._checked(provider, {}, news)
        if diff.delete_before_replace:
            self._perform(provider.delete, old.id, wire(old.outputs))
            del self.state[logical]
        else:
            self.pending.append(self.state.pop(logical))
        try:
            self._create(logical, declared.kind, provider, inputs)
        except RunFailed:
            if not diff.delete_before_replace:
                self.state[logical] = self.pending.pop()
            raise
        return "replace"

    def _checked(self, provider: KindProvider, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        found = provider.check(wire(olds), wire(news))
        if found.failures:
            raise RunFailed("; ".join(failure.reason for failure in found.failures))
        return wire(found.inputs)

    def _create(self, logical: str, kind: str, provider: KindProvider, inputs: dict[str, Any]) -> str:
        made = self._perform(provider.create, wire(inputs))
        self.state[logical] = Record(kind, made.id, inputs, wire(made.outs))
        return "create"

    def refresh(self) -> None:
        """Read everything again. Raises RunFailed, and keeps what was not read."""
        host = self.host()
        for logical, record in list(self.state.items()):
            found = self._perform(host[record.kind].read, record.id, wire(record.outputs))
            if found.id:
                self.state[logical] = replace(record, inputs=wire(found.inputs), outputs=wire(found.outs))
            else:
                del self.state[logical]

    def rename(self, old: str, new: str) -> None:
        """Do what an alias does: the resource is found in state under its old name."""
        self.state = {new if key == old else key: record for key, record in self.state.items()}

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return self.state[value.logical].id
        if isinstance(value, dict):
            return {key: self._resolved(item) for key, item in value.items()}
        return [self._resolved(item) for item in value] if isinstance(value, list) else value

    def _perform(self, call: Any, *args: Any) -> Any:
        try:
            return call(*args)
        except AgentRunError as error:
            raise RunFailed(str(error)) from None

    def live(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return what is on the platform, by kind and name, in the program's spelling."""
        return dict(_live(self))

    def known(self) -> set[tuple[str, str]]:
        """Return what state knows of, by kind and name."""
        return {(record.kind, record.id) for record in (*self.state.values(), *self.pending)}


def _live(engine: Engine) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    with engine.platform._store.reading() as tables:
        for kind, model in (("service", SERVICE), ("proxy", PROXY)):
            for row in tables.all(model.title, microseconds(engine.now)):
                yield (kind, row.name), model.model.model_validate(row.body).to_state()


def wire(value: Any) -> Any:
    """Return values as Pulumi carries them: every number a float, no nulls, secrets without their marks."""
    if is_rpc_secret(value):
        return wire(unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: wire(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [wire(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
