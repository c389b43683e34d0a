"""Writes down every call that a provider's process gets; found on PYTHONPATH, so that no product code knows of it."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

PREFIX = "/pulumirpc.ResourceProvider/"


def _install(log: Path) -> None:
    import grpc
    import grpc.aio
    from google.protobuf.json_format import MessageToDict

    def write(**what: Any) -> None:
        with log.open("a") as file:
            file.write(json.dumps({"pid": os.getpid(), **what}) + "\n")

    def begin(verb: str, request: Any) -> None:
        given = MessageToDict(request)
        write(verb=verb, given=given)
        _kill("before", verb, given)

    def end(verb: str, request: Any, answer: Any) -> None:
        _kill("after", verb, MessageToDict(request))
        write(verb=verb, answer=MessageToDict(answer))

    class Recorder(grpc.ServerInterceptor):
        def intercept_service(self, continuation: Any, details: Any) -> Any:
            handler = continuation(details)
            if not details.method.startswith(PREFIX) or handler is None or not handler.unary_unary:
                return handler
            verb = details.method.removeprefix(PREFIX)

            def answer(request: Any, context: Any) -> Any:
                begin(verb, request)
                try:
                    found = handler.unary_unary(request, context)
                except BaseException as error:
                    write(verb=verb, failure=_word(error, context))
                    raise
                end(verb, request, found)
                return found

            return grpc.unary_unary_rpc_method_handler(
                answer, handler.request_deserializer, handler.response_serializer
            )

    class AsyncRecorder(grpc.aio.ServerInterceptor):
        async def intercept_service(self, continuation: Any, details: Any) -> Any:
            handler = await continuation(details)
            if not details.method.startswith(PREFIX) or handler is None or not handler.unary_unary:
                return handler
            verb = details.method.removeprefix(PREFIX)

            async def answer(request: Any, context: Any) -> Any:
                begin(verb, request)
                try:
                    found = await handler.unary_unary(request, context)
                except BaseException as error:
                    write(verb=verb, failure=_word(error, context))
                    raise
                end(verb, request, found)
                return found

            return grpc.unary_unary_rpc_method_handler(
                answer, handler.request_deserializer, handler.response_serializer
            )

    def recording(make: Any, recorder: Any) -> Any:
        def server(*args: Any, **options: Any) -> Any:
            options["interceptors"] = [*(options.get("interceptors") or ()), recorder()]
            return make(*args, **options)

        return server

    grpc.server = recording(grpc.server, Recorder)
    grpc.aio.server = recording(grpc.aio.server, AsyncRecorder)


def _word(error: BaseException, context: Any) -> str:
    """Return how a call has failed; with details, the engine keeps what exists."""
    if isinstance(error, NotImplementedError):
        return "unimplemented"
    told = dict(context.trailing_metadata() or ())
    return "incomplete" if "grpc-status-details-bin" in told else "failed"


def _kill(moment: str, verb: str, given: dict[str, Any]) -> None:
    """Kill this process, or the engine and it, when the call that is meant comes for the first time."""
    wanted = json.loads(os.environ.get("RECORD_KILL", "null"))
    if not wanted or given.get("preview"):
        return
    name = given.get("urn", "").rsplit("::", 1)[-1]
    if (moment, verb, name) == (wanted["moment"], wanted["verb"], wanted["logical"]):
        if wanted["who"] == "engine":
            os.kill(_engine(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


def _engine() -> int:
    pid = os.getpid()
    while Path(f"/proc/{pid}/comm").read_text().strip() != "pulumi":
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return pid


if os.environ.get("RECORD_CALLS") and (
    "pulumi.dynamic" in sys.orig_argv or "pulumi-resource-agentrun" in sys.orig_argv[1]
):
    _install(Path(os.environ["RECORD_CALLS"]))
