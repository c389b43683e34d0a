"""What a session makes of steps that go wrong, whatever goes wrong in them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulumi_agentrun.client import Config, ModelClient, ModelServiceCreateInput, ProviderSettings, errors, operations
from pulumi_agentrun.client.config import Connection
from pulumi_agentrun.client.credentials import Credentials
from pulumi_agentrun.client.flows import Flow, Notice
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.proxies import proxy_for
from pulumi_agentrun.client.session import Session

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
        assert error.sent is not isinstance(raised, httpx.InvalidURL), "which keeps a request from being made"
        assert f"GetModelService of model service a got no answer: {type(raised).__name__}" in str(error)
        assert SECRET not in str(error)
        assert not error.__context__, "which a traceback would show"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "https://a.example", "https://[::1]:8443/under", "http://bücher.example"]
)
@pytest.mark.parametrize(
    "operation",
    [
        operations.get(SERVICE, "é/b c"),
        operations.create(
            ModelServiceCreateInput(
                model_service_name="ü", model_type="llm", provider="p", provider_settings=ProviderSettings()
            )
        ),
        operations.delete(SERVICE, "a"),
    ],
    ids=lambda operation: operation.action,
)
def test_a_request_says_what_httpx_would_have_it_say(url: str, operation: operations.Operation[Any]) -> None:
    there = connection(Credentials("id", "key")).model_copy(update={"base_url": url})
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(404)

    Session(there, transport=httpx.MockTransport(answer)).run(in_flow(operation))
    [request] = asked
    said = dict(request.headers)
    left = {name: value for name, value in said.items() if name not in ("host", "content-length")}
    whole = httpx.Request(operation.method, request.url, content=operation.body, headers=left)
    assert said == dict(whole.headers)
    assert request.content == whole.content == (operation.body or b"")


def test_a_platform_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    service = ModelServiceCreateInput(
        model_service_name="a", model_type="llm", provider="p", provider_settings=ProviderSettings()
    )
    failing = pytest.raises(errors.ConfigError, match=r"cannot be opened: Not a directory\. Check the path")
    with ModelClient(Config(endpoint=f"file://{tmp_path}/file/data")) as client, failing:
        client.create(service)


@pytest.mark.parametrize(
    ("environment", "address", "expected"),
    [
        ({}, "https://a.example", None),
        ({"http_proxy": "http://p:3128"}, "https://a.example", None),
        ({"https_proxy": "http://p:3128"}, "https://a.example", "http://p:3128"),
        ({"https_proxy": "p:3128"}, "https://a.example:8443", "http://p:3128"),
        ({"all_proxy": "http://p:3128"}, "http://a.example", "http://p:3128"),
        ({"http_proxy": "http://p:1", "all_proxy": "http://p:2"}, "http://a.example", "http://p:1"),
        ({"all_proxy": "http://p:2", "no_proxy": "a.example"}, "http://a.example", None),
        ({"all_proxy": "http://p:2", "no_proxy": "b.example, .example"}, "http://a.example:81", None),
        ({"all_proxy": "http://p:2", "no_proxy": "127.0.0.1"}, "http://127.0.0.1:81", None),
        ({"all_proxy": "http://p:2", "no_proxy": "*"}, "http://a.example", None),
        ({"all_proxy": "http://p:2", "no_proxy": "b.example"}, "http://a.example", "http://p:2"),
    ],
)  # fmt: skip
def test_the_proxy_is_the_one_that_httpx_would_take(
    environment: dict[str, str], address: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(address)
    assert (found and str(found.url)) == expected
    with httpx.Client() as theirs:
        chosen: Any = theirs._transport_for_url(httpx.URL(address))
        pool = getattr(chosen._pool, "_proxy_url", None)
    assert (pool and f"{pool.scheme.decode()}://{pool.host.decode()}:{pool.port}") == expected


@pytest.mark.parametrize(
    "url", ["ftp://p", "http://user:hunter2@p:port", "http://user:hunter2@p:99999", "socks5://p:1", "x://hunter2"]
)
def test_a_proxy_that_is_none_is_told_without_its_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", url)
    for error in outcomes(operations.get(SERVICE, "a"), lambda: Credentials("i", "s")):
        assert isinstance(error, errors.ConfigError)
        assert "environment names" in str(error)
        assert "hunter2" not in str(error)


def test_a_credential_chain_that_fails_in_the_middle_is_told_as_it_is() -> None:
    def chain() -> Credentials:
        raise errors.ConfigError("the role is gone")

    for error in outcomes(operations.get(SERVICE, "a"), chain):
        assert isinstance(error, errors.ConfigError)


def test_a_notice_that_cannot_be_shown_is_told_to_the_flow() -> None:
    def notify(notice: Notice) -> None:
        raise BrokenPipeError(notice.text)

    for error in outcomes(Notice(SECRET), lambda: Credentials("i", "s"), notify):
        assert "BrokenPipeError" in str(error)
        assert SECRET not in str(error)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, asyncio.CancelledError, SystemExit])
def test_being_stopped_is_no_failure_of_a_step(raised: type[BaseException]) -> None:
    def notify(notice: Notice) -> None:
        raise raised

    session = Session(connection(Credentials("i", "s")), notify)
    with pytest.raises(raised):
        session.run(in_flow(Notice("x")))
