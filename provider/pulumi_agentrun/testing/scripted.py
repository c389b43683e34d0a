"""Models that answer what a test says, and remember what they were asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from ..platform.gateway.simulated import Trouble, worded
from ..platform.gateway.upstreams import Asked, Reply, Simulated, replied
from ..platform.gateway.wire import texts

GOOD = 200


@dataclass(frozen=True)
class Answer:
    """What a model service answers to one call; ValueError when it makes no sense."""

    text: str | None = None
    """What it says; None is the text of a simulated model."""
    status: int = GOOD
    """The HTTP status: 200, or 400 to 599; 0 is no connection."""
    latency: float = 0.0
    """Seconds that it takes, on the gateway's own clock."""
    retry_after: float | None = None
    """What `retry-after` says of a failure, in seconds."""

    def __post_init__(self) -> None:
        if self.text is not None and self.status != GOOD:
            raise ValueError("a failure says no text")
        _ = self.trouble

    @property
    def trouble(self) -> Trouble:
        """The answer as what a simulated service does."""
        status = None if self.status == GOOD else self.status
        return Trouble(status, latency=self.latency, retry_after=self.retry_after)


@dataclass(frozen=True)
class Call:
    """A call that came to a model service, and how it ended."""

    service: str
    """The name of the service in the API, or the URL of an endpoint."""
    model: str
    status: int
    """What it answered: an HTTP status, 0 for no connection, 408 where it took longer than `request_timeout`."""
    operation: str
    """`chat/completions` or `embeddings`."""
    body: Mapping[str, Any] = field(repr=False)
    """The request, with the model that was asked for here."""
    key: SecretStr | None = field(repr=False)
    """The key of the service, which a real model would have got."""

    @property
    def texts(self) -> list[str]:
        """What its messages say, in order."""
        return [text for _, text in texts(self.body)]


class Scripted:
    """Calls models as the scripts of a test have it, and as simulated ones where there is no script."""

    def __init__(self, simulated: Simulated) -> None:
        self.calls: list[Call] = []
        """The calls that came, in the order in which they were answered."""
        self._simulated = simulated
        self._scripts: dict[str, list[Answer]] = {}
        self._turn: defaultdict[str, int] = defaultdict(int)

    def script(self, place: str, answers: Sequence[Answer]) -> None:
        """Say what a service answers from now on: one after the other, and then the last again and again."""
        self._scripts[place], self._turn[place] = list(answers), 0

    async def ask(self, asked: Asked) -> Reply:
        """Return what the script says, or else what a simulated model does."""
        place, model = asked.attempt.target.place, asked.attempt.model
        answer = self._next(place)
        if answer is not None:
            asked = asked._replace(troubles=({place: answer.trouble},))
        reply = await self._simulated.ask(asked)
        if answer is not None and answer.text is not None and reply.outcome.is_good and "messages" in asked.body:
            reply = replied(asked, worded(answer.text, model, asked.body, reply.body["created"]))
        key = SecretStr(asked.key) if asked.key else None
        self.calls.append(Call(place, model, reply.outcome.status, asked.operation, asked.body, key))
        return reply

    async def aclose(self) -> None:
        """Do nothing, for nothing is open."""

    def _next(self, place: str) -> Answer | None:
        script = self._scripts.get(place)
        if script is None:
            return None
        turn = self._turn[place]
        self._turn[place] += 1
        return script[min(turn, len(script) - 1)]


class Upstream:
    """A model service behind a gateway, as a test has it."""

    def __init__(self, place: str, scripted: Scripted) -> None:
        self.place = place
        """The name of the service in the API, or the URL of an endpoint."""
        self._scripted = scripted

    def answers(self, *answers: Answer | str | int) -> None:
        """Say what it answers from now on: one after the other, and then the last again and again.

        A text is a good answer that says so, a number is a status: `answers(503, 503, "Hello")`.
        """
        if not answers:
            raise ValueError("answers: give one at least; the last is given again and again")
        self._scripted.script(self.place, [_answer(given) for given in answers])

    @property
    def calls(self) -> list[Call]:
        """The calls that came to it, in order."""
        return [call for call in self._scripted.calls if call.service == self.place]

    def __repr__(self) -> str:
        return f"Upstream({self.place!r})"


def _answer(given: Answer | str | int) -> Answer:
    if isinstance(given, Answer):
        return given
    return Answer(given) if isinstance(given, str) else Answer(status=given)
