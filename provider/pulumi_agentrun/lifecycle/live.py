"""Resources as they are: what a step of the lifecycle answers, and the errors of what did not come about."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..client.errors import AgentRunError
from ..client.kinds import Kind
from ..client.models import SystemProps
from ..client.wording import Text
from .places import ORIGIN, REGION, UNSETTLED, Place, origin_of


@dataclass(frozen=True)
class Live:
    """A resource as it is: its id and outputs, and the inputs that would give it."""

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any]

    @property
    def unsettled(self) -> Live:
        """The same, remembered as not known to be what was wanted last, so that the next update sends all of it."""
        origin = origin_of(self.outputs) | {UNSETTLED: True}
        return replace(self, outputs=self.outputs | {ORIGIN: origin})


class LifecycleError(AgentRunError):
    """What was wanted of a resource did not come about; the text says what became of it."""


class IncompleteError(LifecycleError):
    """A resource exists and is not what was wanted; state should keep it as it says.

    Where state cannot keep it, `unkept` is what to say instead.
    """

    def __init__(self, message: Text, live: Live, unkept: Text | None = None) -> None:
        super().__init__(message)
        self.live = live
        self.unkept = unkept or message


class GoingError(LifecycleError):
    """A deletion was accepted and takes longer than there was time for; state should note that it goes on."""


def live_of(
    kind: Kind[Any], id: str, inputs: Mapping[str, Any], found: SystemProps, place: Place, origin: Mapping[str, Any]
) -> Live:
    """Return outputs that repeat the managed inputs, for a diff gets nothing else, and add the service's own."""
    own = {key: value for key, value in found.to_state().items() if key in kind.outputs}
    if place.region:
        own[REGION] = place.region
    remembered = {**origin, **place.origin}
    if remembered:
        own[ORIGIN] = remembered
    return Live(id, {**inputs, **own}, dict(inputs))


def adopting(name: str) -> str:
    """Return how to take over what has a name."""
    return f"set adopt=True on the resource, or run AGENTRUN_ADOPT={shlex.quote(name)} pulumi up once"
