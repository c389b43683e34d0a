"""What a dynamic provider does in Pulumi's host: the lifecycle, in the host's words and values."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult
from pulumi.output import UNKNOWN as PULUMI_UNKNOWN
from pulumi.output import Unknown
from pulumi.runtime.rpc import wrap_rpc_secret

from . import changes, inputs, lifecycle, naming, options, threads
from .accounts import Accounts
from .client.errors import AgentRunError, ConfigError, LifecycleError
from .client.flows import Flow
from .client.kinds import Kind
from .holding import Holding
from .shapes import UNKNOWN, map_secrets

T = TypeVar("T")

_PROVIDER_KEY = "__provider"


class Hosted:
    """The provider of one kind of resource in one run, with the stack's configuration."""

    def __init__(self, kind: Kind[Any], get: Callable[[str], Any]) -> None:
        self.kind = kind
        self._accounts = Accounts(get, _say)
        self._holding = Holding()
        threads.widen()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the inputs and complete them with defaults and a name."""
        olds, wanted = _from_pulumi(_olds), _from_pulumi(news)
        self._holding.declare(wanted.get(options.URN))
        checked, failures = inputs.check(self.kind, olds, wanted)
        reasons = [str(failure) for failure in failures]
        profile = checked.get(naming.PROFILE)
        if not failures and profile is not UNKNOWN:
            try:
                self._accounts.place(profile)
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
        """Delete a resource and wait until it is gone."""
        olds = _from_pulumi(_props)
        spared = self._holding.spares(self.kind, olds.get(naming.PROFILE), _id)
        if spared:
            _say(spared)
        else:
            self._run("delete", olds, lambda place: lifecycle.delete(self.kind, _id, olds, place))

    def _hold(self, props: dict[str, Any], name: str) -> None:
        self._holding.claim(self.kind, props.get(naming.PROFILE), name, props.get(options.URN) or "")

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
