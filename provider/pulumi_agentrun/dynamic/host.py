"""The one place that reaches into Pulumi's dynamic provider host: for more threads, lines beside the
resources that they are about, and better answers to failures.

What it looks for is that of SDK 3.25x to 3.27x. Where the host is not what it was, everything works without it, less
well: four threads, lines beside the stack, and failures as the host words them, with state left as it was.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from types import FrameType
from typing import Any, NoReturn

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

from ..client.flows import Notice
from ..client.wording import tell
from ..engine.failures import incomplete
from ..lifecycle.readers import PYTHON

WORKERS = 256
"""How many resources may wait for the service at once; the engine's `--parallel` is the limit that users set."""
PATIENCE = 10.0
"""Seconds that the engine may take to show a line."""
PROVIDER_KEY = "__provider"
"""The property by which the host finds the provider of a resource."""

_CALLS = frozenset({"Check", "Diff", "Create", "Read", "Update", "Delete"})


def widen() -> None:
    """Let the pool that runs this thread grow.

    The host serves all dynamic resources from a pool of four threads, so that only four could
    wait to become ready at a time. A pool makes threads as work arrives, up to `_max_workers`, read at each arrival.
    """
    thread = threading.current_thread()
    for pool in (item for item in gc.get_objects() if type(item) is ThreadPoolExecutor):
        if thread in getattr(pool, "_threads", ()):
            limit = getattr(pool, "_max_workers", None)
            if isinstance(limit, int) and limit < WORKERS:
                pool._max_workers = WORKERS
            return


def abort(message: str, code: grpc.StatusCode) -> None:
    """End the call that this thread answers with a sentence; return if there is none."""
    frame = _call()
    if frame is not None:
        with _final(frame.f_locals["context"]) as context:
            context.abort(code, message)


def abort_incomplete(message: str, id: str, outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
    """End the call that this thread answers so that state keeps what exists; return if there is none.

    The host has no way to say so, but the engine takes it from any provider.
    """
    frame = _call()
    if frame is not None:
        known = (frame.f_locals.get(name) for name in ("news", "props"))
        provider = next(value[PROVIDER_KEY] for value in known if isinstance(value, Mapping) and PROVIDER_KEY in value)
        kept, wanted = (_struct({**props, PROVIDER_KEY: provider}) for props in (outputs, inputs))
        with _final(frame.f_locals["context"]) as context:
            context.abort_with_status(incomplete(id, kept, wanted, message))


@contextmanager
def _final(context: Any) -> Iterator[Any]:
    """Let what ends a call be its answer: hosts from SDK 3.27x on would answer once more, with a traceback of it."""
    try:
        yield context
    except Exception as raised:
        end = raised

        def abort(*_: object) -> NoReturn:
            raise end

        context.abort = abort
        raise


def say(notice: Notice) -> None:
    """Show a line beside the resource that this thread's call is about; on standard output outside of a host."""
    address, frame, text = engine_address(), _call(), tell(notice.text, PYTHON)
    if address is None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
        return
    urn = getattr(frame.f_locals.get("request"), "urn", "") if frame is not None else ""
    severity = engine_pb2.WARNING if notice.is_warning else engine_pb2.INFO
    line = engine_pb2.LogRequest(severity=severity, message=text, urn=urn, ephemeral=notice.is_passing)
    with suppress(grpc.RpcError):  # an engine that is gone reads no log
        _engine(address).Log(line, timeout=PATIENCE)


@cache
def _engine(address: str) -> EngineStub:
    return EngineStub(grpc.insecure_channel(address))


def engine_address() -> str | None:
    """Return the address of the engine that has started this process as a host; None in any other."""
    main = getattr(sys.modules.get("__main__"), "__spec__", None)
    is_host = main is not None and main.name == "pulumi.dynamic.__main__"
    return sys.argv[1] if is_host and len(sys.argv) > 1 else None


def _call() -> FrameType | None:
    """Return the frame of the host's method that answers a call of the engine in this thread."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name in _CALLS and isinstance(frame.f_locals.get("context"), grpc.ServicerContext):
            return frame
        frame = frame.f_back
    return None


def _struct(props: dict[str, Any]) -> Struct:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(rpc.serialize_properties(props, {}))
    finally:
        loop.close()
