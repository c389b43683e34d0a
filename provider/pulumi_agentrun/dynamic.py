"""The front door for Python programs: Pulumi dynamic resource providers over the lifecycle.

The import path of the provider classes is a file format: it is pickled into every stack's state, as
`pulumi_agentrun.dynamic.ModelServiceProvider`. Never move or rename them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import UNKNOWN as PULUMI_UNKNOWN
from pulumi.output import Unknown
from pulumi.runtime.rpc import wrap_rpc_secret
from typing_extensions import Self

from . import changes, host, inputs, lifecycle, naming, options
from .client.errors import AgentRunError, ConfigError, LifecycleError
from .client.flows import Flow
from .client.kinds import PROXY, SERVICE, Kind
from .holding import Holding
from .shapes import UNKNOWN, map_secrets

if TYPE_CHECKING:
    from .accounts import Accounts

T = TypeVar("T")

_PROVIDER_KEY = "__provider"


class KindProvider(ResourceProvider):
    """A dynamic provider of one kind of resource. It holds nothing until Pulumi's host configures it."""

    kind: ClassVar[Kind[Any]]
    # The pickle names a class and holds no secret; shown in plain, it never changes.
    serialize_as_secret_always = False

    _accounts: Accounts
    _holding: Holding

    def configure(self, req: ConfigureRequest) -> None:
        """Take the stack's configuration; what is wrong with it, `check` says."""
        from .accounts import Accounts  # with httpx, which a program that only declares resources can do without

        self._accounts = Accounts(req.config.get, _say)
        self._holding = Holding()
        host.widen()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the inputs and complete them with defaults and a name."""
        olds, wanted = _from_pulumi(_olds), _from_pulumi(news)
        self._holding.declare(wanted.get(naming.URN))
        checked, failures = inputs.check(self.kind, olds, wanted)
        reasons = [str(failure) for failure in failures]
        profile = checked.get(naming.PROFILE)
        if not failures and profile is not UNKNOWN:
            try:
                self._accounts.connect(profile)
            except ConfigError as error:
                reasons.append(str(error))
        # Given a property, the engine would print its value, which may be a secret in the wrong place.
        return CheckResult(self._to_pulumi(checked), [CheckFailure("", reason) for reason in reasons])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare old outputs with checked inputs."""
        olds, news = _from_pulumi(_olds), _from_pulumi(_news)
        found = changes.diff(self.kind, _id, olds, news)
        if not found.changed:
            self._hold(news, _id)
        return DiffResult(
            changes=bool(found.changed),
            replaces=list(found.replaces),
            delete_before_replace=found.delete_before_replace,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create a resource, or adopt it, and wait until it is ready."""
        wanted = _from_pulumi(props)
        self._hold(wanted, wanted[self.kind.name_field])
        adopt = inputs.may_adopt(self.kind, wanted)
        made = self._run("create", wanted, lambda place: lifecycle.create(self.kind, wanted, place, adopt=adopt))
        return CreateResult(made.id, self._to_pulumi(made.outputs))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return a resource as it is; gone only if the service says that it does not exist."""
        olds = _from_pulumi(props)
        live = self._run("read", olds, lambda place: lifecycle.read(self.kind, id_, olds, place))
        if live is None:
            if self.kind.name_field not in olds:  # a look-up by the program, not a refresh
                raise LifecycleError(
                    f"{self.kind.title.capitalize()} {id_} does not exist: check its name, the region and the account."
                )
            return ReadResult("", {})
        return ReadResult(live.id, self._to_pulumi(live.outputs), self._to_pulumi(live.inputs))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Change a resource in place and wait until it is ready."""
        olds, news = _from_pulumi(_olds), _from_pulumi(_news)
        live = self._run("update", news, lambda place: lifecycle.update(self.kind, _id, olds, news, place))
        self._hold(news, _id)
        return UpdateResult(self._to_pulumi(live.outputs))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete a resource and wait until it is gone.

        After a forced replacement (`up --replace`) that took over what it should replace, old and new are one.
        """
        olds = _from_pulumi(_props)
        if (self.kind, olds.get(naming.PROFILE), _id) in self._holding:
            _say(f"{self.kind.title} {_id} is not deleted: the program has taken it over")
            return
        self._run("delete", olds, lambda place: lifecycle.delete(self.kind, _id, olds, place))

    def _hold(self, props: dict[str, Any], name: str) -> None:
        self._holding.claim(self.kind, props.get(naming.PROFILE), name, props.get(naming.URN) or "")

    def _run(self, verb: str, props: dict[str, Any], flow: Callable[[lifecycle.Place], Flow[T]]) -> T:
        try:
            session, place = self._accounts.connect(props.get(naming.PROFILE))
            limit = options.timeout(props, verb) or place.timeout
            return session.run(flow(replace(place, timeout=limit)))
        except AgentRunError as error:
            message = str(error)
        # Raised here, without its history: newer hosts print a whole traceback, and the sentence should stand out.
        raise LifecycleError(message)

    def _to_pulumi(self, values: dict[str, Any]) -> dict[str, Any]:
        marked: dict[str, Any] = _to_pulumi(map_secrets(self.kind, values, wrap_rpc_secret))
        return marked


class ModelServiceProvider(KindProvider):
    """The dynamic provider of model services."""

    kind = SERVICE


class ModelProxyProvider(KindProvider):
    """The dynamic provider of model proxies."""

    kind = PROXY


class KindResource(Resource):
    """A Pulumi resource of one kind; its subclasses say which properties it has."""

    provider_class: ClassVar[type[KindProvider]]

    def __init__(self, resource_name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        _refuse_plain_credentials()
        kind = self.provider_class.kind
        parent = opts.parent if opts else None
        urn = pulumi.create_urn(resource_name, f"pulumi-python:{self._resource_type_name}", parent)
        unset = dict.fromkeys([*sorted(kind.inputs | kind.outputs), lifecycle.REGION])
        hidden = map_secrets(kind, props, pulumi.Output.secret, whole=pulumi.Output.secret)
        # As a bare future it makes no dependency: depending on a parent means depending on all its children.
        super().__init__(
            self.provider_class(),
            resource_name,
            {
                **unset,
                **hidden,
                **_options(opts),
                naming.URN: asyncio.ensure_future(urn.future()),
            },
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
        resource = cls.__new__(cls)
        found = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        KindResource.__init__(resource, resource_name, {naming.PROFILE: profile}, found)
        return resource


def _options(opts: pulumi.ResourceOptions | None) -> dict[str, Any]:
    limits = opts.custom_timeouts if opts else None
    durations = {verb: getattr(limits, verb, None) for verb in ("create", "update", "delete")} if limits else None
    return {options.REPLACE_ON: opts.replace_on_changes if opts else None, options.TIMEOUTS: durations}


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


def _say(text: str) -> None:
    """Show a line in the engine's log, which reads the host's standard output."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _from_pulumi(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _from_pulumi(item) for key, item in value.items() if key != _PROVIDER_KEY}
    if isinstance(value, list):
        return [_from_pulumi(item) for item in value]
    return UNKNOWN if isinstance(value, Unknown) else value


def _to_pulumi(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _to_pulumi(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_to_pulumi(item) for item in value]
    return PULUMI_UNKNOWN if value is UNKNOWN else value
