"""Sessions of the page: they end in time, are not too many, and their cookie is found among those of others."""

from __future__ import annotations

import pytest
from pulumi_agentrun.platform.page.sessions import LASTS, Sessions, cookie, secret_in


def test_a_session_ends_in_time() -> None:
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    secret = sessions.begin()
    now[0] = LASTS - 1
    assert sessions.is_open(secret)
    now[0] = LASTS
    assert not sessions.is_open(secret)


def test_of_too_many_the_oldest_ends_and_no_secret_is_kept() -> None:
    sessions = Sessions(lambda: 0.0)
    secrets = [sessions.begin() for _ in range(101)]
    assert [sessions.is_open(secret) for secret in (secrets[0], secrets[1], secrets[100])] == [False, True, True]
    assert not any(secret in repr(vars(sessions)) for secret in secrets)
    assert not sessions.is_open("")
    sessions.end(secrets[1])
    sessions.end("none")
    assert not sessions.is_open(secrets[1])


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ("agentrun-page-8080=s", "s"),
        ('odd; {"a":1}=2; agentrun-page-8080=s; x=y', "s"),
        ("agentrun-page-8081=s", ""),
        ("xagentrun-page-8080=s", ""),
        ("", ""),
    ],
)
def test_a_cookie_is_that_of_its_port(header: str, secret: str) -> None:
    assert secret_in(header, "127.0.0.1:8080") == secret


def test_over_https_the_cookie_goes_nowhere_else() -> None:
    assert cookie("s", "localhost", True) == (
        "agentrun-page=s; Path=/page; HttpOnly; SameSite=Strict; Max-Age=43200; Secure"
    )
