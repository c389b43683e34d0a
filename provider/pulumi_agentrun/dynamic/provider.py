"""What a dynamic provider does in Pulumi's host: the lifecycle, in the host's words and values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult
from pulumi.output import UNKNOWN as PULUMI_UNKNOWN
from pulumi.output import Unknown
from pulumi.runtime.rpc import wrap_rpc_secret

from ..client.errors import AgentRunError, ConfigError, LifecycleError
from ..client.flows import Flow, discreet
from ..client.kinds import Kind
from ..engine.failures import code_of
from ..lifecycle import check, controller, diff, hidden_inputs, names, notes, sense, steps
from ..lifecycle.claims import Claims
from ..lifecycle.journal import Journal
from ..lifecycle.live import IncompleteError
from ..lifecycle.places import Place
from ..lifecycle.profiles import Accounts
from ..lifecycle.remarks import remarks
from ..lifecycle.schema import UNKNOWN, map_secrets, secrets_of
from . import host

T = TypeVar("T")


class Hosted:
    """The provider of one kind of resource in one run, with the stack's configuration."""

    def __init__(self, kind: Kind[Any], get: Callable[[str], Any]) -> None:
        self.kind = kind
        self._accounts = Accounts(get, host.say)
        engine = host.engine_address()
        self._claims = Claims(Journal(engine) if engine else None)
        host.widen()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the inputs and complete them with defaults and a name."""
        olds, wanted = _from_pulumi(_olds), _from_pulumi(news)
        self._claims.checked(wanted.get(hidden_inputs.URN))
        checked, failures = check.check(self.kind, olds, wanted)
        reasons = [str(failure) for failure in failures]
        if not failures and checked.get(names.PROFILE) is not UNKNOWN:
            reasons += self._declared(checked)
            if not reasons and not olds and wanted.get(hidden_inputs.PREVIEW):
                reasons += self._foreseen(checked)
        if not reasons:
            for warning in sense.warnings(self.kind, olds, checked):
                host.say(warning)
        # Given a property, the engine would print its value, which may be a secret in the wrong place.
        return CheckResult(self._to_pulumi(checked), [CheckFailure("", reason) for reason in reasons])

    def _declared(self, checked: dict[str, Any]) -> list[str]:
        name, urn = checked[self.kind.name_field], checked.get(hidden_inputs.URN)
        try:
            place = self._accounts.place(checked.get(names.PROFILE))
        except ConfigError as error:
            return [str(error)]
        if name is UNKNOWN or not isinstance(urn, str):
            return []
        taken = self._claims.declare(self.kind, place, name, urn)
        return [taken] if taken else []

    def _foreseen(self, checked: dict[str, Any]) -> list[str]:
        """Tell beside a new resource what its creation would meet, and return what it would fail with."""
        place = self._accounts.place(checked.get(names.PROFILE))
        if not controller.looks(self._claims, self.kind, checked, place):
            return []
        try:
            self._driven("create", checked, partial(controller.foresee, self._claims, self.kind, checked))
        except AgentRunError as error:
            return [str(error)]
        return []

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare old outputs with checked inputs."""
        olds, news = _from_pulumi(_olds), _from_pulumi(_news)
        found = diff.diff(self.kind, _id, olds, news)
        profile = olds.get(names.PROFILE)
        with suppress(ConfigError):
            self._claims.record(self.kind, self._accounts.place(profile), _id)
        if profile == news.get(names.PROFILE):  # another profile is another place, and replaces
            place = self._asked(lambda: self._accounts.place(profile))
            self._asked(lambda: self._claims.check_place(self.kind, _id, olds, place))
            if notes.read(notes.LEAVING, place.key(self.kind, _id)) is not None:
                seen = self._run("read", olds, lambda place: steps.settled(self.kind, _id, olds, place))
                found = diff.diff(self.kind, _id, seen, news)
            if self._claims.is_plan(news.get(hidden_inputs.URN)):
                for remark in remarks(self.kind, _id, found, olds, news):
                    host.say(remark)
            if not found.changed:
                self._claims.keep(self.kind, place, _id, news.get(hidden_inputs.URN), olds)
        return DiffResult(
            changes=bool(found.changed),
            replaces=list(found.replaces),
            delete_before_replace=found.delete_before_replace,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create a resource, or adopt it, and wait until it is ready."""
        wanted = _from_pulumi(props)
        made = self._run(
            "create", wanted, lambda place: controller.create(self._claims, self.kind, wanted, place), make=True
        )
        return CreateResult(made.id, self._to_pulumi(made.outputs))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return a resource as it is; gone only if the service says that it does not exist."""
        olds = _from_pulumi(props)
        live = self._run("read", olds, lambda place: steps.read(self.kind, id_, olds, place))
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
        live = self._run("update", news, lambda place: steps.update(self.kind, _id, olds, news, place), olds)
        return UpdateResult(self._to_pulumi(live.outputs))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete a resource and wait until it is gone."""
        olds = _from_pulumi(_props)
        self._run("delete", olds, partial(controller.delete, self._claims, self.kind, _id, olds))

    def _run(
        self,
        verb: str,
        props: dict[str, Any],
        flow: Callable[[Place], Flow[T]],
        olds: Mapping[str, Any] = MappingProxyType({}),
        *,
        make: bool = False,
    ) -> T:
        return self._asked(lambda: self._driven(verb, props, flow, olds, make=make))

    def _driven(
        self,
        verb: str,
        props: dict[str, Any],
        flow: Callable[[Place], Flow[T]],
        olds: Mapping[str, Any] = MappingProxyType({}),
        *,
        make: bool = False,
    ) -> T:
        session, place = self._accounts.connect(props.get(names.PROFILE), make=make)
        limit = hidden_inputs.timeout(props, verb) or place.timeout
        secrets = secrets_of(self.kind, props, olds)
        return session.run(discreet(flow(replace(place, timeout=limit)), secrets))

    def _asked(self, work: Callable[[], T]) -> T:
        """Do something, and answer the engine with the sentence of a failure, and with what exists then."""
        try:
            return work()
        except IncompleteError as error:
            host.abort_incomplete(
                str(error), error.live.id, *map(self._to_pulumi, (error.live.outputs, error.live.inputs))
            )
            message = error.unkept
        except AgentRunError as error:
            host.abort(str(error), code_of(error))
            message = str(error)
        # Raised here, without its history: newer hosts print a whole traceback, and the sentence should stand out.
        raise LifecycleError(message)

    def _to_pulumi(self, values: dict[str, Any]) -> dict[str, Any]:
        marked: dict[str, Any] = _to_pulumi(map_secrets(self.kind, values, wrap_rpc_secret))
        return marked


def _from_pulumi(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _from_pulumi(item) for key, item in value.items() if key != host.PROVIDER_KEY}
    if isinstance(value, list):
        return [_from_pulumi(item) for item in value]
    return UNKNOWN if isinstance(value, Unknown) else value


def _to_pulumi(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _to_pulumi(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_to_pulumi(item) for item in value]
    return PULUMI_UNKNOWN if value is UNKNOWN else value
