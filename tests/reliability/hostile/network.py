"""The hostile network as one generator a call, with no I/O: what is passed on, when, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace

from reliability.hostile import answers, shapes
from reliability.hostile.calls import Answer, Call
from reliability.hostile.replicas import Lag, Replicas
from reliability.hostile.script import Decider, Trouble


@dataclass(frozen=True)
class Pass:
    """Pass a call on; what is sent back is the platform's answer, or None if it gave none."""

    call: Call


@dataclass(frozen=True)
class Wait:
    """Let seconds pass."""

    seconds: float


@dataclass(frozen=True)
class Later:
    """Drive some other steps in so many seconds, whatever becomes of this call meanwhile."""

    seconds: float
    steps: Effect


@dataclass(frozen=True)
class Outcome:
    """What the caller gets."""

    answer: Answer | None
    """None if the connection is cut before any of it."""
    is_cut: bool = False
    """Whether it is cut in the middle."""
    dribbles: str = ""
    pace: float = 0.0


@dataclass
class Record:
    """What became of one call, for whoever looks at it afterwards."""

    index: int
    action: str
    name: str
    trouble: Trouble
    effects: list[int] = field(default_factory=list)
    """The statuses that the platform answered with, in order."""
    is_stale: bool = False
    status: int | None = None
    """What the caller was answered."""


Step = Pass | Wait | Later
Effect = Generator[Step, Answer | None, Answer | None]
Exchange = Generator[Step, Answer | None, Outcome]


class Network:
    """Between callers and the platform."""

    def __init__(
        self, decide: Decider, lag: Lag, clock: Callable[[], float], sign: Callable[[Call], Call] | None = None
    ) -> None:
        self.records: list[Record] = []
        self._decide = decide
        self._replicas = Replicas(lag)
        self._clock = clock
        self._sign = sign

    def exchange(self, call: Call) -> Exchange:
        """Yield what is to be done about a call; return what its caller gets."""
        trouble = self._decide(call)
        record = Record(len(self.records), call.action, call.name, trouble)
        self.records.append(record)
        if trouble.before:
            yield Wait(trouble.before)
        answer = yield from self._effects(call, trouble, record)
        if trouble.after:
            yield Wait(trouble.after)
        if trouble.answer:
            answer = answers.answer(trouble.answer, call)
        elif trouble.shape and answer is not None and answer.data:
            answer = answer.with_data(shapes.changed(trouble.shape, answer.data))
        if answer is None or trouble.cut == "whole":
            return Outcome(None)
        record.status = answer.status
        return Outcome(answer, trouble.cut == "middle", trouble.dribble, trouble.pace)

    def _effects(self, call: Call, trouble: Trouble, record: Record) -> Effect:
        if trouble.effect == "none":
            return None
        if trouble.effect == "late":
            yield Later(trouble.delay, self._effect(call, record))
            return None
        stale = self._replicas.stale(call, self._clock())
        if stale is not None:
            record.is_stale = True
            return stale
        answer = yield from self._effect(call, record)
        if trouble.effect in ("replayed", "anew"):
            again = self._sign(call) if trouble.effect == "anew" and self._sign else call
            answer = yield from self._effect(again, record)
        return answer

    def _effect(self, call: Call, record: Record) -> Effect:
        answer = yield Pass(call)
        if answer is not None:
            record.effects.append(answer.status)
            self._replicas.saw(call, answer, self._clock())
            answer = self._replicas.listed(call, answer, self._clock())
        return answer


def without_length(answer: Answer) -> Answer:
    """Return an answer without the headers that say how long it is or how it is sent."""
    hop = ("content-length", "connection", "transfer-encoding", "date", "server")
    return replace(answer, headers=tuple((name, value) for name, value in answer.headers if name.lower() not in hop))
