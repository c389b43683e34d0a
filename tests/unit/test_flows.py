"""What is sent again and how long is waited before it, driven by hand."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.client import errors, flows, operations
from pulumi_agentrun.client.flows import Pause
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.models import ModelServiceCreateInput

GET = operations.get(SERVICE, "a")
CREATE = operations.create(
    ModelServiceCreateInput.model_validate(
        {"model_service_name": "a", "model_type": "llm", "provider": "p", "provider_settings": {}}
    )
)
FINE = httpx.Response(200, json={"code": "SUCCESS", "requestId": "R", "data": {"modelServiceName": "a"}})
LOST = errors.TransportError("lost", sent=True)
UNSENT = errors.TransportError("unsent", sent=False)


def refusal(status: int, code: str = "E", **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": "m", "requestId": "R"}, headers=headers)


def drive(flow: flows.Flow[Any], *answers: httpx.Response | Exception) -> list[Pause]:
    """Answer a flow's operations in turn and return its pauses; it must end with the last answer."""
    left, pauses = list(answers), []
    try:
        step = next(flow)
        while True:
            if isinstance(step, Pause):
                pauses.append(step)
                step = flow.send(0.0)
            else:
                answer = left.pop(0)
                step = flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)
    except StopIteration:
        assert not left
        return pauses


@pytest.mark.parametrize(
    "trouble",
    [LOST, UNSENT, refusal(503), refusal(500), refusal(429), httpx.Response(502), refusal(400, "SignatureNonceUsed")],
)
def test_what_may_be_sent_twice_is_sent_again(trouble: httpx.Response | Exception) -> None:
    assert drive(flows.call(GET), trouble, trouble, FINE) == [Pause(0.5, jitter=True), Pause(1.0, jitter=True)]


@pytest.mark.parametrize("trouble", [UNSENT, refusal(429), refusal(400, "Throttling.Api")])
def test_a_creation_is_sent_again_only_if_it_surely_did_nothing(trouble: httpx.Response | Exception) -> None:
    assert len(drive(flows.call(CREATE), trouble, FINE)) == 1


@pytest.mark.parametrize("trouble", [LOST, *map(refusal, (500, 503, 400)), *map(httpx.Response, (502, 503, 200))])
def test_a_creation_with_an_unclear_end_is_not_sent_again(trouble: httpx.Response | Exception) -> None:
    with pytest.raises((errors.TransportError, errors.HTTPError)):
        drive(flows.call(CREATE), trouble)


def test_attempts_end_and_backoff_is_capped() -> None:
    flow = flows.call(GET)
    with pytest.raises(errors.TransportError):
        drive(flow, *[LOST] * flows.ATTEMPTS)
    assert max(min(flows.LONGEST_BACKOFF, flows.FIRST_BACKOFF * 2**n) for n in range(9)) == flows.LONGEST_BACKOFF


def test_retry_after_is_obeyed_up_to_a_minute() -> None:
    assert drive(flows.call(GET), refusal(429, **{"x-acs-retry-after": "2500"}), FINE) == [Pause(2.5)]
    with pytest.raises(errors.ThrottledError):
        drive(flows.call(GET), refusal(429, **{"x-acs-retry-after": "61000"}))


class Watch:
    """Drives flows by a clock of its own: requests take a second, pauses as long as they may."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timeouts: list[float | None] = []

    def run(self, flow: flows.Flow[Any], *answers: httpx.Response | Exception) -> object:
        left = list(answers)
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    self.now += step.seconds
                    step = flow.send(self.now)
                    continue
                assert isinstance(step, operations.Operation)
                self.timeouts.append(step.timeout)
                self.now += 1
                answer = left.pop(0)
                step = flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)
        except StopIteration as end:
            return end.value


def test_each_attempt_gets_the_time_that_is_left() -> None:
    watch = Watch()
    watch.run(flows.call(GET, deadline=110.0), LOST, refusal(500), FINE)
    assert watch.timeouts == [10.0, 8.5, 6.5]
    watch = Watch()
    watch.run(flows.call(GET), LOST, FINE)
    assert watch.timeouts == [None, None]


def test_no_attempt_starts_when_the_time_is_up() -> None:
    watch = Watch()
    for flow in (flows.call(GET, deadline=100.0), flows.once(GET, deadline=99.0)):
        with pytest.raises(errors.TransportError, match="GetModelService of model service a was not sent") as caught:
            watch.run(flow)
        assert not caught.value.sent


@pytest.mark.parametrize("trouble", [LOST, refusal(500), refusal(429, **{"x-acs-retry-after": "9000"})])
def test_a_backoff_beyond_the_deadline_ends_with_the_error(trouble: httpx.Response | Exception) -> None:
    watch = Watch()
    with pytest.raises((type(LOST), errors.ServerError, errors.ThrottledError), match=r"lost|refused"):
        watch.run(flows.call(GET, deadline=101.5), trouble)
    assert watch.now == 101.0


def test_one_attempt_is_one() -> None:
    with pytest.raises(errors.TransportError, match="unsent"):
        drive(flows.once(GET), UNSENT)
    assert drive(flows.once(GET), FINE) == []


@given(st.integers(0, 60), st.lists(st.sampled_from([LOST, UNSENT, refusal(503), refusal(429), FINE]), min_size=5))
def test_a_call_is_over_by_its_deadline(time: int, answers: list[httpx.Response | Exception]) -> None:
    watch = Watch()
    with suppress(errors.AgentRunError):
        watch.run(flows.call(GET, deadline=100.0 + time), *answers)
    assert watch.now <= 101.0 + time, "but for the last request, which gets no more time than there is"
    assert all(timeout is not None and 0 < timeout <= time for timeout in watch.timeouts)


def missing(what: str) -> httpx.Response:
    return httpx.Response(404, json={"code": "ERR_NOT_FOUND", "message": f"{what} a does not exist", "requestId": "R"})


def test_the_second_kind_is_tried_only_when_the_first_is_missing() -> None:
    assert drive(flows.get(None, "a"), missing("model service"), FINE) == []
    assert drive(flows.delete(None, "a"), missing("model proxy"), FINE) == []
    with pytest.raises(errors.AuthenticationError):
        drive(flows.get(None, "a"), refusal(403))
    with pytest.raises(errors.ResourceNotExistError):
        drive(flows.get(None, "a"), missing("model service"), missing("model proxy"))
