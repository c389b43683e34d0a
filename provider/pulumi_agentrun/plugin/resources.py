"""What a plugin answers about resources, components and functions: the lifecycle, in the engine's protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as messages

from ..client.errors import AgentRunError
from ..client.flows import Notice, drive_async
from ..engine.failures import code_of, incomplete
from ..engine.log import Engine
from ..lifecycle import hidden_inputs
from ..lifecycle.claims import Claims
from ..lifecycle.controller import Controller, Locate, Step
from ..lifecycle.journal import Journal
from ..lifecycle.live import IncompleteError
from ..lifecycle.readers import SCHEMA
from . import components, functions, values
from .properties import diff_response, kind_of, plain, struct, wanted
from .protocol import Context
from .settings import Settings
from .values import Properties
from .verdicts import failures


class Resources:
    """The resources of one provider."""

    def __init__(self, engine: Engine, settings: Callable[[], Settings], stop: asyncio.Event) -> None:
        """Know of no resource yet.

        :param settings: What the provider is configured with by now.
        :param stop: Set once everything that waits is to end.
        """
        self._engine = engine
        self._settings = settings
        self._stop = stop
        self._controller = Controller(Claims(Journal(engine.address)), keep=True)

    def close(self) -> None:
        """Leave the run: what it has claimed is nobody's by then."""
        self._controller.claims.close()

    async def check(self, request: messages.CheckRequest, context: Context) -> messages.CheckResponse:
        """Validate the inputs and complete them with defaults and a name."""
        kind, given = kind_of(request.urn), values.read(request.news)
        olds = plain(kind, request.olds)
        news, faults = wanted(kind, given, olds, request)
        async with self._answering(request.urn, context):
            verb = self._controller.check(kind, request.urn, olds, news, is_wrong=bool(faults))
            checked, wrong = await drive_async(verb, self._perform)
        del checked[hidden_inputs.URN]
        reasons = sorted([*map(str, faults), *(failure.told(SCHEMA) for failure in wrong)])
        # What is malformed is not known, and without a preview the engine would complain of that instead.
        inputs = None if reasons else struct(kind, checked, given)
        return messages.CheckResponse(inputs=inputs, failures=failures(reasons))

    async def diff(self, request: messages.DiffRequest, context: Context) -> messages.DiffResponse:
        """Compare old outputs with checked inputs, down to the properties that differ."""
        kind, news = kind_of(request.urn), plain(kind_of(request.urn), request.news)
        olds, before = plain(kind, request.olds), plain(kind, request.old_inputs)
        async with self._answering(request.urn, context):
            verb = self._controller.diff(kind, request.id, request.urn, olds, news, before)
            compared = await drive_async(verb, self._perform)
        return diff_response(kind, compared, news)

    async def create(self, request: messages.CreateRequest, context: Context) -> messages.CreateResponse:
        """Create a resource, or adopt it, and wait until it is ready; in a preview, foretell what that would meet."""
        kind, given = kind_of(request.urn), values.read(request.properties)
        news = plain(kind, given)
        async with self._answering(request.urn, context, given):
            if request.preview:
                await drive_async(self._controller.foresee(kind, news), self._perform)
                outputs = await drive_async(self._controller.plan(kind, {}, news), self._perform)
                return messages.CreateResponse(properties=struct(kind, outputs, given))
            live = await drive_async(self._controller.create(kind, news, request.timeout), self._perform)
        return messages.CreateResponse(id=live.id, properties=struct(kind, live.outputs, given))

    async def read(self, request: messages.ReadRequest, context: Context) -> messages.ReadResponse:
        """Return a resource as it is, for a refresh, an import or a look-up; gone if the service says so."""
        kind, given = kind_of(request.urn), values.read(request.properties)
        before = plain(kind, request.inputs)
        async with self._answering(request.urn, context, given):
            verb = self._controller.read(kind, request.id, plain(kind, given), before, request.timeout)
            live = await drive_async(verb, self._perform)
        if live is None:
            return messages.ReadResponse()
        outputs, managed = (struct(kind, props, given) for props in (live.outputs, live.inputs))
        return messages.ReadResponse(id=live.id, properties=outputs, inputs=managed)

    async def update(self, request: messages.UpdateRequest, context: Context) -> messages.UpdateResponse:
        """Change a resource in place and wait until it is ready; in a preview, foretell its outputs."""
        kind, given = kind_of(request.urn), values.read(request.news)
        news, olds, before = plain(kind, given), plain(kind, request.olds), plain(kind, request.old_inputs)
        async with self._answering(request.urn, context, given):
            if request.preview:
                outputs: Mapping[str, Any] = await drive_async(self._controller.plan(kind, olds, news), self._perform)
            else:
                verb = self._controller.update(kind, request.id, olds, news, before, request.timeout)
                outputs = (await drive_async(verb, self._perform)).outputs
        return messages.UpdateResponse(properties=struct(kind, outputs, given))

    async def delete(self, request: messages.DeleteRequest, context: Context) -> Empty:
        """Delete a resource and wait until it is gone."""
        kind = kind_of(request.urn)
        async with self._answering(request.urn, context):
            verb = self._controller.delete(kind, request.id, plain(kind, request.properties), request.timeout)
            await drive_async(verb, self._perform)
        return Empty()

    async def construct(self, request: messages.ConstructRequest, context: Context) -> messages.ConstructResponse:
        """Register a component of the schema and what is in it, as its program declares it."""
        async with self._answering("", context):
            try:
                return await components.construct(request)
            except grpc.aio.AioRpcError as error:  # of the engine, which has said why beside the resource
                await context.abort(error.code(), error.details() or "")

    async def invoke(self, request: messages.InvokeRequest, context: Context) -> messages.InvokeResponse:
        """Answer a function of the schema: look up one resource, or list some."""
        given = values.read(request.args).values
        async with self._answering("", context):
            found = await functions.invoke(request.tok, given, self._settings())
        answer = messages.InvokeResponse()
        getattr(answer, "return").CopyFrom(values.write(found))  # a keyword in Python
        return answer

    async def _perform(self, step: Step) -> Any:
        if isinstance(step, Notice):
            return self._engine.say(step)
        if isinstance(step, Locate):
            return await self._settings().place()
        session, place = await self._settings().connect(make=step.make)
        return await session.run_async(step.at(place), self._stop)

    @asynccontextmanager
    async def _answering(self, urn: str, context: Context, given: Properties | None = None) -> AsyncIterator[None]:
        """Show what is said beside its resource, and answer with the sentence of a failure and what exists then."""
        try:
            async with self._engine.about(urn):
                yield
        except IncompleteError as error:
            kind, message = kind_of(urn), error.told(SCHEMA)
            outputs, inputs = (struct(kind, props, given) for props in (error.live.outputs, error.live.inputs))
            await context.abort_with_status(incomplete(error.live.id, outputs, inputs, message))
        except AgentRunError as error:
            await context.abort(code_of(error), error.told(SCHEMA))
