"""The front door for Python programs: Pulumi dynamic resources and their providers.

The import path of the provider classes is a file format: it is pickled into every stack's state, as
`pulumi_agentrun.dynamic.ModelServiceProvider`. Never move or rename them.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from typing_extensions import Self

from ..lifecycle import hidden_inputs

if TYPE_CHECKING:
    from .provider import Hosted


class KindProvider(ResourceProvider):
    """A dynamic provider of one kind of resource. It holds nothing until Pulumi's host configures it."""

    token: ClassVar[str]
    """Which kind, as `client.kinds` has it."""
    # The pickle names a class and holds no secret; shown in plain, it never changes.
    serialize_as_secret_always = False

    _hosted: Hosted

    def configure(self, req: ConfigureRequest) -> None:
        """Take the stack's configuration; what is wrong with it, `check` says."""
        # Imported where they run: a program only declares resources, and should not wait for models and lifecycle.
        from ..client.kinds import kind_called
        from .provider import Hosted

        self._hosted = Hosted(kind_called(self.token), req.config.get)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the inputs and complete them with defaults and a name."""
        return self._hosted.check(_olds, news)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare old outputs with checked inputs."""
        return self._hosted.diff(_id, _olds, _news)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create a resource, or adopt it, and wait until it is ready."""
        return self._hosted.create(props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return a resource as it is; gone only if the service says that it does not exist."""
        return self._hosted.read(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Change a resource in place and wait until it is ready."""
        return self._hosted.update(_id, _olds, _news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete a resource and wait until it is gone."""
        self._hosted.delete(_id, _props)


class CredentialProvider(KindProvider):
    """The dynamic provider of credentials."""

    token = "Credential"


class ModelServiceProvider(KindProvider):
    """The dynamic provider of model services."""

    token = "ModelService"


class ModelProxyProvider(KindProvider):
    """The dynamic provider of model proxies."""

    token = "ModelProxy"


PROVIDERS: dict[str, type[KindProvider]] = {
    provider.token: provider for provider in (CredentialProvider, ModelServiceProvider, ModelProxyProvider)
}
"""The provider classes by kind."""
PREFIX = "pulumi-python:dynamic/agentrun:"
"""What the types of the resources begin with, in state and in URNs."""


class KindResource(Resource):
    """A Pulumi resource of one kind; its subclasses say which properties it has."""

    provider_class: ClassVar[type[KindProvider]]
    _properties: ClassVar[tuple[str, ...]]
    """Everything that it shows."""
    _secrets: ClassVar[tuple[tuple[str, ...], ...]]
    """Where its inputs hold secrets."""

    def __init__(self, resource_name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        _refuse_plain_credentials()
        check_declaration(type(self).__name__, resource_name, opts)
        _tell_mocks()
        given = {key: value for key, value in props.items() if value is not None}
        for path in self._secrets:
            given = _hide(given, path)
        urn = _urn(resource_name, f"pulumi-python:{self._resource_type_name}", opts.parent if opts else None)
        unset = dict.fromkeys(self._properties)
        super().__init__(
            self.provider_class(),
            resource_name,
            {**unset, **given, **_options(opts), **_preview(given, opts), hidden_inputs.URN: urn},
            opts,
        )

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],
        *,
        profile: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> Self:
        """Look up a resource that exists, by its name as `id`; Pulumi reads it and never changes it."""
        check_declaration(cls.__name__, resource_name, opts)
        is_later = isinstance(id, pulumi.Output) or inspect.isawaitable(id)
        if not is_later and not (isinstance(id, str) and id):
            raise pulumi.RunError(f"The id of {resource_name} must be the name of what to look up, a string.")
        resource = cls.__new__(cls)
        found = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        KindResource.__init__(resource, resource_name, {"profile": profile}, found)
        return resource


def _tell_mocks() -> None:
    """Let mocks that want it look at the program's run from within: older SDKs call mocks outside of its context."""
    monitor: Any = pulumi.runtime.settings.get_monitor()
    declared = getattr(getattr(monitor, "mocks", None), "declared", None)
    if declared is not None:
        declared(monitor)


def _hide(value: Any, path: tuple[str, ...]) -> Any:
    """Return a value with what is at a path made a secret, or all of it where it cannot be looked into."""
    if value is None:
        return None
    if not path or not isinstance(value, Mapping):
        return pulumi.Output.secret(value)
    return {key: _hide(item, path[1:]) if key == path[0] else item for key, item in value.items()}


def _urn(name: str, type_: str, parent: pulumi.Resource | None) -> str | asyncio.Future[str | None]:
    """Return the URN that the engine will give a resource."""
    if parent is None:
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{type_}::{name}"
    # As a bare future it makes no dependency: depending on a parent means depending on all its children.
    return asyncio.ensure_future(pulumi.create_urn(name, type_, parent).future())


def _options(opts: pulumi.ResourceOptions | None) -> dict[str, Any]:
    if opts is None:
        return {}
    limits = opts.custom_timeouts
    durations = limits and {verb: getattr(limits, verb, None) for verb in ("create", "update", "delete")}
    given = {hidden_inputs.REPLACE_ON: opts.replace_on_changes, hidden_inputs.TIMEOUTS: durations}
    return {key: value for key, value in given.items() if value is not None}


def _preview(props: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> dict[str, Any]:
    """Return the sign of a preview that may have to look for what has a name: the host gives its provider none."""
    if not pulumi.runtime.is_dry_run() or (opts is not None and (opts.id is not None or opts.import_ is not None)):
        return {}
    if "profile" in props:
        checks_names = hidden_inputs.CHECK_NAMES in (pulumi.runtime.get_config("agentrun:profiles") or "")
    else:
        checks_names = bool(pulumi.runtime.get_config(f"agentrun:{hidden_inputs.CHECK_NAMES}"))
    may_look = checks_names or "adopt" in props or hidden_inputs.ADOPT_VARIABLE in os.environ
    return {hidden_inputs.PREVIEW: True} if may_look else {}


def check_declaration(token: str, name: object, opts: object) -> None:
    """Stop a program that declares a resource without a name, with options that are none, or to import it.

    Pulumi finds dynamic providers in state, where what is to be imported is not yet.
    """
    if not isinstance(name, str) or not name:
        raise pulumi.RunError(f"A {token} needs a name of its own in the program, a string, as its first argument.")
    if opts is not None and not isinstance(opts, pulumi.ResourceOptions):
        raise pulumi.RunError(f"opts of {name} must be pulumi.ResourceOptions(...).")
    if opts is not None and opts.import_ is not None:
        raise pulumi.RunError(
            f"{name} cannot be imported: Pulumi imports no dynamic resources. Take import_ out of its ResourceOptions "
            f"and set adopt=True instead, which takes over what exists; or use the plugin's SDK, which imports."
        )


def _refuse_plain_credentials() -> None:
    """Stop a program whose stack settings hold a credential in plain text: the engine copies them into state."""
    for key in ("accessKeySecret", "securityToken", "profiles"):
        name = f"agentrun:{key}"
        value = pulumi.runtime.get_config(name)
        plain = value and not pulumi.runtime.is_config_secret(name)
        if plain and (key != "profiles" or "accessKeySecret" in value or "securityToken" in value):
            path = "--path 'agentrun:profiles.NAME.accessKeySecret'" if key == "profiles" else name
            raise pulumi.RunError(
                f"{name} holds a credential in plain text. Encrypt it: pulumi config set --secret {path}"
            )
