"""What a dynamic provider does in Pulumi's host: the lifecycle, in the host's words and values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult
from pulumi.output import UNKNOWN as PULUMI_UNKNOWN
from pulumi.output import Unknown
from pulumi.runtime.rpc import wrap_rpc_secret

from ..client.errors import AgentRunError
from ..client.flows import Notice, drive
from ..client.kinds import Kind
from ..client.wording import tell
from ..engine.failures import code_of
from ..lifecycle import hidden_inputs
from ..lifecycle.claims import Claims
from ..lifecycle.controller import Controller, Locate, Step, Verb
from ..lifecycle.journal import Journal
from ..lifecycle.live import IncompleteError, LifecycleError
from ..lifecycle.paths import rebuilt
from ..lifecycle.profiles import Accounts
from ..lifecycle.readers import PYTHON
from ..lifecycle.schema import map_secrets
from ..lifecycle.unknown import UNKNOWN
from . import host

T = TypeVar("T")


class Hosted:
    """The provider of one kind of resource in one run, with the stack's configuration."""

    def __init__(self, kind: Kind[Any], get: Callable[[str], Any]) -> None:
        self.kind = kind
        self._accounts = Accounts(get, host.say)
        engine = host.engine_address()
        self._controller = Controller(Claims(Journal(engine) if engine else None), keep=False)
        host.widen()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the inputs and complete them with defaults and a name."""
        olds, wanted = _from_pulumi(_olds), _from_pulumi(news)
        # The host asks for no creation in a preview.
        is_preview = bool(wanted.pop(hidden_inputs.PREVIEW, False))
        verb = self._controller.check(self.kind, wanted.get(hidden_inputs.URN), olds, wanted, foresee=is_preview)
        checked, failures = drive(verb, self._perform)
        # What is malformed is not known, and without a preview the engine would complain of that instead.
        inputs = {} if failures else self._to_pulumi(checked)
        # Given a property, the engine would print its value, which may be a secret in the wrong place.
        return CheckResult(inputs, [CheckFailure("", failure.told(PYTHON)) for failure in failures])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare old outputs with checked inputs."""
        olds, news = _from_pulumi(_olds), _from_pulumi(_news)
        found = self._asked(self._controller.diff(self.kind, _id, news.get(hidden_inputs.URN), olds, news)).diff
        return DiffResult(
            changes=bool(found.changed),
            replaces=list(found.replaces),
            delete_before_replace=found.delete_before_replace,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create a resource, or adopt it, and wait until it is ready."""
        made = self._asked(self._controller.create(self.kind, _from_pulumi(props)))
        return CreateResult(made.id, self._to_pulumi(made.outputs))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return a resource as it is; gone only if the service says that it does not exist."""
        live = self._asked(self._controller.read(self.kind, id_, _from_pulumi(props)))
        if live is None:
            if self.kind.name_field not in props:  # a look-up by the program, not a refresh
                raise LifecycleError(
                    f"{self.kind.title.capitalize()} {id_} does not exist: check its name, the region and the account."
                )
            return ReadResult("", {})
        return ReadResult(live.id, self._to_pulumi(live.outputs), self._to_pulumi(live.inputs))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Change a resource in place and wait until it is ready."""
        live = self._asked(self._controller.update(self.kind, _id, _from_pulumi(_olds), _from_pulumi(_news)))
        return UpdateResult(self._to_pulumi(live.outputs))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete a resource and wait until it is gone."""
        self._asked(self._controller.delete(self.kind, _id, _from_pulumi(_props)))

    def _perform(self, step: Step) -> Any:
        if isinstance(step, Notice):
            return host.say(step)
        if isinstance(step, Locate):
            return self._accounts.place(step.profile)
        session, place = self._accounts.connect(step.profile, make=step.make)
        return session.run(step.at(place))

    def _asked(self, verb: Verb[T]) -> T:
        """Drive a verb, and answer the engine with the sentence of a failure, and with what exists then."""
        try:
            return drive(verb, self._perform)
        except IncompleteError as error:
            host.abort_incomplete(
                error.told(PYTHON), error.live.id, *map(self._to_pulumi, (error.live.outputs, error.live.inputs))
            )
            message = tell(error.unkept, PYTHON)
        except AgentRunError as error:
            message = error.told(PYTHON)
            host.abort(message, code_of(error))
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
    return PULUMI_UNKNOWN if value is UNKNOWN else rebuilt(value, _to_pulumi)
