"""What the engine is answered when a call fails, through either front door."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, status_pb2

from ..lifecycle.live import GoingError


@dataclass(frozen=True)
class Status(grpc.Status):
    """What a call is answered with instead of a result."""

    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


def incomplete(id: str, outputs: Struct, inputs: Struct, reason: str) -> Status:
    """Return the answer for a resource that exists but is not ready, so that the engine keeps it in state."""
    failed = provider_pb2.ErrorResourceInitFailed(id=id, properties=outputs, inputs=inputs, reasons=[reason])
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=reason)
    status.details.add().Pack(failed)
    return Status(code, reason, (("grpc-status-details-bin", status.SerializeToString()),))


def code_of(error: Exception) -> grpc.StatusCode:
    """Return the code of a failure that leaves state as it was.

    After UNKNOWN the engine does not trust its state: it notes that the operation may go on, and says so in the next
    run. That is right for a deletion that does go on, and for nothing else.
    """
    return grpc.StatusCode.UNKNOWN if isinstance(error, GoingError) else grpc.StatusCode.FAILED_PRECONDITION
