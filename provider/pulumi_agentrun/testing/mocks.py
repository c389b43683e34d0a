"""Mocks for unit tests of programs: `pulumi.runtime.set_mocks(AgentRunMocks(), preview=False)`.

Little is pretended: behind them is the provider itself, on an embedded platform of their own. So inputs are checked,
names made, resources linked and outputs given as by `pulumi up`, and errors are the sentences of `pulumi preview`.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context, copy_context
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pulumi
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.runtime import MockCallArgs, MockResourceArgs, rpc
from pulumi.runtime.mocks import MockMonitor

from ..client import ModelClient
from ..client.config import Config as ClientConfig
from ..client.local import open_platform
from ..dynamic import PREFIX, PROVIDERS, KindProvider
from ..lifecycle import notes
from ..lifecycle.hidden_inputs import URN
from ..lifecycle.paths import rebuilt
from ..resources.contract import CONTRACT_VERSION

__all__ = ["AgentRunMocks", "gateway_contract"]

_STACK = "pulumi:pulumi:Stack"
_STACK_REFERENCE = "pulumi:pulumi:StackReference"

T = TypeVar("T")


class AgentRunMocks(pulumi.runtime.Mocks):
    """Stands for the engine, with the providers of this package's resources; other resources are what they are given.

    For those, write a subclass whose `new_resource` and `call` know them and leave the rest to `super()`.
    """

    client: ModelClient
    """A client of the platform that the resources are made on: to look at them, and to make what was there before."""

    def __init__(self, *, stacks: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Start without any resource.

        :param stacks: The outputs of other stacks by the name that the program refers to them by,
            `organization/project/stack`.
        """
        folder = Path(tempfile.mkdtemp(prefix="agentrun-mocks-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._stacks = stacks or {}
        self._folder = folder
        self._program = _Program()
        self._settings = _Settings(folder, self._program)
        self._providers = {f"{PREFIX}{token}": _configured(each(), self._settings) for token, each in PROVIDERS.items()}
        self._made: dict[str, tuple[str, dict[str, Any]]] = {}
        open_platform(folder, make=True).close()
        self.client = ModelClient(ClientConfig(endpoint=f"file://{folder}"))

    def declared(self, monitor: MockMonitor) -> None:
        """Take note of the run of a program that declares a resource."""
        self._program.take(copy_context())
        monitor.make_urn = self._program.urn  # type: ignore[method-assign]

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Return a resource's id and outputs. Raises RunError with the provider's sentences if its inputs are wrong."""
        if args.typ == _STACK_REFERENCE:
            return self._stack(args.inputs["name"])
        provider = self._providers.get(args.typ)
        if provider is None:
            return args.resource_id or f"{args.name}-id", args.inputs
        if args.resource_id:
            return args.resource_id, provider.read(args.resource_id, _plain(args.inputs)).outs or {}
        with notes.kept_in(self._folder / ".pulumi"):
            id, outputs = self._up(provider, args)
        return id, {key: _like(args.inputs.get(key), value) for key, value in outputs.items()}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Return nothing for any function."""
        return {}, []

    def deployment(self) -> dict[str, Any]:
        """Return what the program has made, in the form of `pulumi stack export`, but with its keys in clear."""
        made = [
            {"urn": urn, "type": urn.split("::")[2].split("$")[-1], "custom": True, "id": id, "outputs": outputs}
            for urn, (id, outputs) in self._made.items()
        ]
        return {"deployment": {"resources": made}}

    def _up(self, provider: KindProvider, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Do what `pulumi up` does to a new resource, or `pulumi preview`, where the program is run for that."""
        urn = self._program.here(args.inputs[URN])
        checked = provider.check({}, {**_plain(args.inputs), URN: urn})
        if checked.failures:
            about = f"{args.typ} resource '{args.name}' has a problem"
            raise pulumi.RunError("\n".join(f"{about}: {failure.reason}" for failure in checked.failures))
        if self._program.ask(pulumi.runtime.is_dry_run):
            return "", checked.inputs
        inputs = _plain(checked.inputs)
        before = self._made.pop(urn, None)
        if before is not None:  # the same program once more, from its beginning
            provider.delete(*before)
        made = provider.create(inputs)
        outputs = made.outs or {}
        self._made[urn] = made.id, _plain(outputs)
        return made.id, outputs

    def _stack(self, name: str) -> tuple[str, dict[str, Any]]:
        if name not in self._stacks:
            raise pulumi.RunError(
                f"The mocks have no stack {name!r}: give its outputs, AgentRunMocks(stacks={{{name!r}: {{…}}}})."
            )
        return name, {"name": name, "outputs": dict(self._stacks[name]), "secretOutputNames": []}


def gateway_contract(model_names: Sequence[str] = ("qwen-max",), **fields: Any) -> dict[str, Any]:
    """Return what another stack exports of its ModelGateway, as an output for `AgentRunMocks(stacks=…)`.

    :param model_names: The models that applications can ask for, the default first.
    :param fields: Fields of the contract that should be otherwise, such as `endpoint` or `credential_name`.
    """
    return {
        "version": CONTRACT_VERSION,
        "endpoint": "http://127.0.0.1:8080/models/gateway",
        "model_proxy_name": "gateway",
        "model_name": model_names[0],
        "model_names": list(model_names),
        "region": "embedded",
        **fields,
    }


class _Program:
    """The run of the program under test, as whoever is called outside of it can see it."""

    def __init__(self) -> None:
        self.take(copy_context())

    def take(self, context: Context) -> None:
        """Look at the run as it is at some point of it."""
        self._context = context

    def ask(self, question: Callable[[], T]) -> T:
        """Return what Pulumi's runtime tells the program."""
        return self._context.copy().run(question)  # a copy, for a context cannot be entered twice at a time

    def here(self, urn: str) -> str:
        """Return a URN with the program's stack and project: that of the root may be of an earlier test."""
        stack, project = self.ask(pulumi.get_stack), self.ask(pulumi.get_project)
        return f"urn:pulumi:{stack}::{project}::{urn.split('::', 2)[2]}"

    def urn(self, parent: str, type_: str, name: str) -> str:
        """Return a URN as the engine makes it: with all the types above a resource, but for the stack's."""
        above = parent.split("::")[2].split("$") if parent else []
        types = [*(above[1:] if above[:1] == [_STACK] else above), type_]
        return self.here(f"::::{'$'.join(types)}::{name}")


class _Settings(Config):
    """The stack configuration of a test, with every account on a platform in a folder."""

    def __init__(self, folder: Path, program: _Program) -> None:
        super().__init__({}, "")
        self._folder = folder
        self._program = program

    def get(self, key: str) -> Any:
        """Return what the provider is to know of a setting."""
        if key == "agentrun:endpoint":
            return f"file://{self._folder}"
        if key == "agentrun:profiles":
            return self._profiles(self._program.ask(partial(pulumi.runtime.get_config, key)))
        return None

    def _profiles(self, text: str | None) -> Any:
        try:
            found = json.loads(text or "null")
        except ValueError:
            return text
        if not isinstance(found, dict):
            return found
        return {name: {"endpoint": f"file://{self._folder / name}"} for name in found}


def _configured(provider: KindProvider, settings: Config) -> KindProvider:
    provider.configure(ConfigureRequest(settings))
    return provider


def _plain(value: Any) -> Any:
    """Return values without the marks of secrets."""
    return rebuilt(rpc.unwrap_rpc_secret(value), _plain)


def _like(given: Any, value: Any) -> Any:
    """Return an output as a secret if the program has given it as one, as the engine does."""
    return rpc.wrap_rpc_secret(_plain(value)) if rpc.is_rpc_secret(given) else value
