"""What a session makes of steps that go wrong, whatever goes wrong in them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pulumi_agentrun.client import errors, operations
from pulumi_agentrun.client.config import Connection
from pulumi_agentrun.client.credentials import Credentials
from pulumi_agentrun.client.flows import Flow, Notice
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.transport import Session

SECRET = "sk-in-a-header"


def connection(credentials: Credentials | Callable[[], Credentials]) -> Connection:
    url = "http://127.0.0.1:9"
    return Connection(
        base_url=url, region=None, directory=None, credentials=credentials, connect_timeout=1.0, read_timeout=1.0
    )


def in_flow(step: Any) -> Flow[errors.AgentRunError | None]:
    """Take one step, and end well whatever comes of it."""
    try:
        yield step
    except errors.AgentRunError as error:
        return error
    return None


def outcomes(step: Any, credentials: Callable[[], Credentials], notify: Any = None) -> list[errors.AgentRunError]:
    """Return what a flow is told of a step, in a thread and on an event loop."""
    session = Session(connection(credentials), notify)
    found = [session.run(in_flow(step)), asyncio.run(session.run_async(in_flow(step)))]
    session.close()
    assert all(found)
    return [error for error in found if error]


@pytest.mark.parametrize(
    "raised",
    [
        httpx.DecodingError(SECRET), httpx.InvalidURL(SECRET), httpx.TooManyRedirects(SECRET), ValueError(SECRET),
        RecursionError(SECRET), UnicodeEncodeError("ascii", SECRET, 0, 1, SECRET), KeyError(SECRET),
        sqlite3.OperationalError(SECRET), OSError(5, SECRET), AssertionError(SECRET), MemoryError(SECRET),
    ],
    ids=repr,
)  # fmt: skip
def test_whatever_goes_wrong_is_told_to_the_flow_without_its_text(raised: Exception) -> None:
    def chain() -> Credentials:
        raise raised

    for error in outcomes(operations.get(SERVICE, "a"), chain):
        assert isinstance(error, errors.TransportError)
        assert error.sent
        assert f"GetModelService of model service a got no answer: {type(raised).__name__}." in str(error)
        assert SECRET not in str(error)
        assert not error.__context__, "which a traceback would show"


def test_a_credential_chain_that_fails_in_the_middle_is_told_as_it_is() -> None:
    def chain() -> Credentials:
        raise errors.ConfigError("the role is gone")

    for error in outcomes(operations.get(SERVICE, "a"), chain):
        assert isinstance(error, errors.ConfigError)


def test_a_notice_that_cannot_be_shown_is_told_to_the_flow() -> None:
    def notify(text: str) -> None:
        raise BrokenPipeError(text)

    for error in outcomes(Notice(SECRET), lambda: Credentials("i", "s"), notify):
        assert "BrokenPipeError" in str(error)
        assert SECRET not in str(error)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, asyncio.CancelledError, SystemExit])
def test_being_stopped_is_no_failure_of_a_step(raised: type[BaseException]) -> None:
    def notify(text: str) -> None:
        raise raised

    session = Session(connection(Credentials("i", "s")), notify)
    with pytest.raises(raised):
        session.run(in_flow(Notice("x")))
