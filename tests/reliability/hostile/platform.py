"""The hostile network in process: around a platform's `handle`, on whatever clock the platform has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pulumi_agentrun.platform import ConnectionDropped, Platform
from pulumi_agentrun.platform.answers import Answer as PlatformAnswer
from reliability.hostile.calls import Answer, Call
from reliability.hostile.network import Effect, Exchange, Later, Network, Outcome, Pass, Step, Wait, without_length
from reliability.hostile.replicas import Lag
from reliability.hostile.script import Decider
from reliability.hostile.signing import signer

EMBEDDED = ("embedded", "embedded")
"""The access key of a platform that runs inside the client."""


class HostilePlatform:
    """A platform whose calls come and go by way of a hostile network."""

    def __init__(
        self,
        platform: Platform,
        decide: Decider,
        lag: Lag,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        key: tuple[str, str] = EMBEDDED,
    ) -> None:
        self.network = Network(decide, lag, clock, signer(*key))
        self._platform = platform
        self._clock = clock
        self._sleep = sleep
        self._late: list[tuple[float, Effect]] = []

    def handle(self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes) -> PlatformAnswer:
        """Answer a request as the platform does, with the trouble that comes to it.

        Raises ConnectionDropped where a connection would end early.
        """
        self._catch_up()
        outcome = self._exchange(self.network.exchange(Call(method, target, tuple(headers), body)))
        answer = outcome.answer
        if answer is None or outcome.is_cut:
            raise ConnectionDropped
        if outcome.dribbles:
            self._sleep(outcome.pace * len(answer.body))
        return PlatformAnswer(answer.status, list(answer.headers), answer.body)

    def settle(self) -> None:
        """Let everything happen that is still on its way."""
        while self._late:
            self._sleep(max(0.0, min(due for due, _ in self._late) - self._clock()))
            self._catch_up()

    def close(self) -> None:
        """Close the platform."""
        self._platform.close()

    def _catch_up(self) -> None:
        now = self._clock()
        due = [item for item in self._late if item[0] <= now]
        self._late = [item for item in self._late if item[0] > now]
        for _, steps in sorted(due, key=lambda item: item[0]):
            self._effect(steps)

    def _exchange(self, steps: Exchange) -> Outcome:
        found = None
        try:
            while True:
                found = self._perform(steps.send(found))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _effect(self, steps: Effect) -> None:
        found = None
        try:
            while True:
                found = self._perform(steps.send(found))
        except StopIteration:
            return

    def _perform(self, step: Step) -> Answer | None:
        if isinstance(step, Wait):
            self._sleep(step.seconds)
        elif isinstance(step, Later):
            self._late.append((self._clock() + step.seconds, step.steps))
        elif isinstance(step, Pass):
            call = step.call
            try:
                found = self._platform.handle(call.method, call.target, call.headers, call.body)
            except ConnectionDropped:
                return None
            return without_length(Answer(found.status, found.body, tuple(found.headers)))
        return None
