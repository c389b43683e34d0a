"""Answers what the engine asks of a provider: checks, plans and changes resources by way of the lifecycle."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from typing import Any, TypeAlias, TypeVar

import grpc.aio
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto.plugin_pb2 import PluginInfo
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from ..client.errors import AgentRunError
from ..client.flows import Flow, discreet
from ..client.kinds import KINDS, Kind
from ..engine.failures import code_of, incomplete
from ..engine.log import Engine
from ..lifecycle import check, controller, diff, drift, hidden_inputs, notes, sense, steps
from ..lifecycle.casing import camel, from_schema, properties, to_schema, worded
from ..lifecycle.claims import Claims
from ..lifecycle.journal import Journal
from ..lifecycle.remarks import remarks
from ..lifecycle.schema import UNKNOWN, map_secrets, secrets_of
from . import functions, values
from .configuration import Settings
from .values import Hidden, Properties, hide

T = TypeVar("T")

TYPES: dict[str, Kind[Any]] = {f"agentrun:index:{kind.token}": kind for kind in KINDS}
"""The kinds by type token, which is part of every URN in state."""

_VERSION = version("pulumi-agentrun")
_VERBS = {
    ("add", False): messages.PropertyDiff.ADD,
    ("add", True): messages.PropertyDiff.ADD_REPLACE,
    ("delete", False): messages.PropertyDiff.DELETE,
    ("delete", True): messages.PropertyDiff.DELETE_REPLACE,
    ("update", False): messages.PropertyDiff.UPDATE,
    ("update", True): messages.PropertyDiff.UPDATE_REPLACE,
}
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class Provider(ResourceProviderServicer):
    """One configured provider of one program."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._settings = Settings({}, engine.say)
        self._stop = asyncio.Event()
        self._claims = Claims(Journal(engine.address))

    async def GetPluginInfo(self, request: Empty, context: Context) -> PluginInfo:
        """Say which version this is."""
        return PluginInfo(version=_VERSION)

    async def GetSchema(self, request: messages.GetSchemaRequest, context: Context) -> messages.GetSchemaResponse:
        """Return the package's schema, as tools/schema.py has derived it from the models."""
        schema = json.loads((files(__package__) / "schema.json").read_text("utf-8"))
        return messages.GetSchemaResponse(schema=json.dumps({"version": _VERSION, **schema}))

    async def CheckConfig(self, request: messages.CheckRequest, context: Context) -> messages.CheckResponse:
        """Say what is wrong with the provider's configuration, and mark what is secret in it.

        The engine does not tell here what was set as a secret, so a credential in plain text cannot be refused: it is
        made a secret, and state never holds it in clear.
        """
        given = values.read(request.news)
        reasons = await Settings(given.values, self._engine.say).faults()
        return messages.CheckResponse(inputs=values.write(Settings.hidden(given)), failures=_failures(reasons))

    async def DiffConfig(self, request: messages.DiffRequest, context: Context) -> messages.DiffResponse:
        """Compare configurations; none replaces, for the engine would then replace resources without asking about them.

        Where old settings led, state alone remembers, by resource: the environment may have had its part in it.
        """
        olds, news = values.read(request.olds).values, values.read(request.news).values
        changed = sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key))
        return messages.DiffResponse(
            changes=_some(changed), diffs=changed, replaces=[], deleteBeforeReplace=False, hasDetailedDiff=False
        )

    async def Configure(self, request: messages.ConfigureRequest, context: Context) -> messages.ConfigureResponse:
        """Take the configuration that was checked, once: another one would lead what is under way elsewhere."""
        given = values.read(request.args).values
        reason = self._settings.refusal(given)
        if reason:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, reason)
        if not self._settings.is_configured:
            self._settings = Settings(given, self._engine.say, is_configured=True)
        return messages.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    async def Check(self, request: messages.CheckRequest, context: Context) -> messages.CheckResponse:
        """Validate the inputs and complete them with defaults and a name."""
        kind, given, failures = _kind(request.urn), values.read(request.news), list[check.Failure]()
        self._claims.checked(request.urn)
        olds = _plain(kind, values.read(request.olds))
        news = from_schema(properties(kind), given.values, failures)
        news |= _autonamed(request, kind, olds, news, failures)
        news, wrong = check.check(kind, olds, {**news, hidden_inputs.URN: request.urn})
        news.pop(hidden_inputs.URN)
        reasons = sorted([*map(str, failures), *(worded(str(failure)) for failure in wrong)])
        if not reasons:
            reasons = await self._settings.faults() or self._declared(kind, news[kind.name_field], request.urn)
        if not reasons:
            async with self._engine.about(request.urn):
                for warning in sense.warnings(kind, olds, news):
                    self._engine.say(warning)
        # Given a property, the engine would print its value, which may be a secret in the wrong place.
        return messages.CheckResponse(inputs=_struct(kind, news, given), failures=_failures(reasons))

    def _declared(self, kind: Kind[Any], name: Any, urn: str) -> list[str]:
        place = self._settings.place
        taken = None if place is None or name is UNKNOWN else self._claims.declare(kind, place, name, urn)
        return [worded(taken)] if taken else []

    async def Diff(self, request: messages.DiffRequest, context: Context) -> messages.DiffResponse:
        """Compare old outputs with checked inputs, down to the properties that differ."""
        kind = _kind(request.urn)
        news = _plain(kind, values.read(request.news))
        olds = _managed(kind, values.read(request.olds), request.old_inputs, news)
        found = diff.diff(kind, request.id, olds, news)
        place = self._settings.place
        if place is not None:
            self._claims.record(kind, place, request.id)
            async with self._answering(request.urn, context):
                self._claims.check_place(kind, request.id, olds, place)
                if notes.read(notes.LEAVING, place.key(kind, request.id)) is not None:
                    flow = partial(steps.settled, kind, request.id, olds)
                    olds = dict(await self._run(request.urn, 0, flow, olds))
                    found = diff.diff(kind, request.id, olds, news)
            if self._claims.is_plan(request.urn):
                async with self._engine.about(request.urn):
                    for remark in remarks(kind, request.id, found, olds, news):
                        self._engine.say(remark)
            if not found.changed:
                self._claims.keep(kind, place, request.id, request.urn, olds)
        details = {
            _path(edit.path): messages.PropertyDiff(
                kind=_VERBS[edit.verb, edit.path[0] in found.replaces], inputDiff=edit.path[0] in kind.inputs
            )
            for edit in diff.edits(kind, found, olds, news)
        }
        return messages.DiffResponse(
            changes=_some(found.changed),
            diffs=[camel(key) for key in found.changed],
            replaces=[camel(key) for key in found.replaces],
            stables=[] if found.replaces else [camel(key) for key in sorted(kind.immutable | {kind.id_field})],
            deleteBeforeReplace=found.delete_before_replace,
            detailedDiff=details,
            hasDetailedDiff=True,
        )

    async def Create(self, request: messages.CreateRequest, context: Context) -> messages.CreateResponse:
        """Create a resource, or adopt it, and wait until it is ready."""
        kind, given = _kind(request.urn), values.read(request.properties)
        wanted = _plain(kind, given)
        if request.preview:
            async with self._answering(request.urn, context):
                await self._foreseen(kind, request, wanted)
            return messages.CreateResponse(properties=self._planned(kind, {}, wanted, given))
        async with self._answering(request.urn, context, given):
            flow = partial(controller.create, self._claims, kind, wanted, keep=True)
            live = await self._run(request.urn, request.timeout, flow, wanted, make=True)
        return messages.CreateResponse(id=live.id, properties=_struct(kind, live.outputs, given))

    async def _foreseen(self, kind: Kind[Any], request: messages.CreateRequest, wanted: dict[str, Any]) -> None:
        """Tell beside a new resource what its creation would meet. Raises what it would fail with."""
        place = self._settings.place
        if place is not None and controller.looks(self._claims, kind, wanted, place):
            flow = partial(controller.foresee, self._claims, kind, wanted)
            await self._run(request.urn, request.timeout, flow, wanted)

    async def Read(self, request: messages.ReadRequest, context: Context) -> messages.ReadResponse:
        """Return a resource as it is, for a refresh, an import or a look-up; gone if the service says so."""
        kind, given = _kind(request.urn), values.read(request.properties)
        olds = _managed(kind, given, request.inputs, {})
        async with self._answering(request.urn, context, given):
            live = await self._run(
                request.urn, request.timeout, lambda at: steps.read(kind, request.id, olds, at), olds
            )
        if live is None:
            return messages.ReadResponse()
        outputs, managed = _struct(kind, live.outputs, given), _struct(kind, live.inputs, given)
        return messages.ReadResponse(id=live.id, properties=outputs, inputs=managed)

    async def Update(self, request: messages.UpdateRequest, context: Context) -> messages.UpdateResponse:
        """Change a resource in place and wait until it is ready."""
        kind, given = _kind(request.urn), values.read(request.news)
        news = _plain(kind, given)
        olds = _managed(kind, values.read(request.olds), request.old_inputs, news)
        if request.preview:
            return messages.UpdateResponse(properties=self._planned(kind, olds, news, given))
        async with self._answering(request.urn, context, given):
            live = await self._run(
                request.urn, request.timeout, lambda at: steps.update(kind, request.id, olds, news, at), olds, news
            )
        return messages.UpdateResponse(properties=_struct(kind, live.outputs, given))

    async def Delete(self, request: messages.DeleteRequest, context: Context) -> Empty:
        """Delete a resource and wait until it is gone."""
        kind = _kind(request.urn)
        olds = _plain(kind, values.read(request.properties))
        async with self._answering(request.urn, context):
            flow = partial(controller.delete, self._claims, kind, request.id, olds)
            await self._run(request.urn, request.timeout, flow, olds)
        return Empty()

    async def Invoke(self, request: messages.InvokeRequest, context: Context) -> messages.InvokeResponse:
        """Answer a function of the schema: look up one resource, or list some."""
        given = values.read(request.args).values
        async with self._answering("", context):
            found = await functions.invoke(request.tok, given, self._settings)
        answer = messages.InvokeResponse()
        getattr(answer, "return").CopyFrom(values.write(found))  # a keyword in Python
        return answer

    async def Cancel(self, request: Empty, context: Context) -> Empty:
        """Let everything that waits end, each with what it has come to."""
        self._stop.set()
        return Empty()

    async def _run(
        self,
        urn: str,
        timeout: float,
        flow: Callable[[steps.Place], Flow[T]],
        *props: Mapping[str, Any],
        make: bool = False,
    ) -> T:
        session, place = await self._settings.connect(make=make)
        work = discreet(flow(replace(place, timeout=timeout or place.timeout)), secrets_of(_kind(urn), *props))
        async with self._engine.about(urn):
            return await session.run_async(work, self._stop)

    @asynccontextmanager
    async def _answering(self, urn: str, context: Context, given: Properties | None = None) -> AsyncIterator[None]:
        """Answer with the sentence of a failure, and with what exists if a creation or update is incomplete."""
        try:
            yield
        except steps.IncompleteError as error:
            kind, message = _kind(urn), worded(str(error))
            outputs, wanted = _struct(kind, error.live.outputs, given), _struct(kind, error.live.inputs, given)
            await context.abort_with_status(incomplete(error.live.id, outputs, wanted, message))
        except AgentRunError as error:
            await context.abort(code_of(error), worded(str(error)))

    def _planned(self, kind: Kind[Any], olds: dict[str, Any], news: dict[str, Any], given: Properties) -> Struct:
        region = self._settings.region
        outputs = {**diff.planned(kind, olds, news), steps.REGION: region}
        return _struct(kind, outputs, given)


def _kind(urn: str) -> Kind[Any]:
    token = urn.split("::")[2].rsplit("$", 1)[-1]
    return TYPES[token]


def _plain(kind: Kind[Any], given: Properties) -> dict[str, Any]:
    """Return properties that were checked before as the lifecycle has them."""
    return from_schema(properties(kind), given.values, [])


def _managed(kind: Kind[Any], olds: Properties, before: Struct, news: Mapping[str, Any]) -> dict[str, Any]:
    """Return old outputs as the lifecycle has them, without keys that no program has set."""
    return drift.without_unmanaged_keys(kind, _plain(kind, olds), _plain(kind, values.read(before)), news)


def _struct(kind: Kind[Any], props: dict[str, Any], given: Properties | None) -> Struct:
    """Return properties as the schema has them, what is a key or was given as a secret hidden."""
    hidden = to_schema(properties(kind), map_secrets(kind, props, Hidden))
    return values.write(hide(hidden, given.secrets if given else ()))


def _autonamed(
    request: messages.CheckRequest,
    kind: Kind[Any],
    olds: dict[str, Any],
    news: dict[str, Any],
    failures: list[check.Failure],
) -> dict[str, Any]:
    """Return the name that `pulumi:autonaming` in stack configuration wants, if it has a say."""
    mode = request.autonaming.mode if request.HasField("autonaming") else None
    if news.get(kind.name_field) is not None or mode in (None, messages.CheckRequest.AutonamingOptions.PROPOSE):
        return {}
    name = olds.get(kind.name_field) or request.autonaming.proposed_name
    if not name:
        failures.append(check.Failure(camel(kind.name_field), "must be set, for pulumi:autonaming is disabled"))
    return {kind.name_field: name or None}


def _some(changed: object) -> messages.DiffResponse.DiffChanges.ValueType:
    return messages.DiffResponse.DIFF_SOME if changed else messages.DiffResponse.DIFF_NONE


def _failures(reasons: list[str]) -> list[messages.CheckFailure]:
    return [messages.CheckFailure(reason=reason) for reason in reasons]


def _path(parts: tuple[str | int, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{camel(part)}" for part in parts)
    return text.removeprefix(".")
