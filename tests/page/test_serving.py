"""Who gets the page and what it shows: this machine, with the token, and no other site; under a strict policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gateway.local import TOKEN, Local, served
from page.visitor import Visitor
from pulumi_agentrun.platform.page import serving

FILES = ["/", "/page/page.js", "/page/page.css", "/page/icon.svg"]
CONTENTS = [("GET", "/page/events"), ("POST", "/page/switches"), ("POST", "/page/faults"), ("DELETE", "/page/faults"),
            ("POST", "/page/troubles"), ("DELETE", "/page/session")]  # fmt: skip
NAME = "gate-that-a-stranger-must-not-see"


@pytest.mark.parametrize(("method", "path"), CONTENTS)
def test_what_it_shows_and_changes_needs_the_token(stranger: Visitor, method: str, path: str) -> None:
    answer = stranger.ask(method, path)
    assert (answer.status_code, answer.json()) == (401, {"error": "Sign in first."})
    forged = stranger.ask(method, path, cookie="agentrun-page-80=x; agentrun-page=y; odd")
    assert forged.status_code == 401


@pytest.mark.parametrize("path", FILES)
def test_its_files_are_the_same_for_everybody_and_hold_nothing(local: Local, stranger: Visitor, path: str) -> None:
    local.proxy("qwen", name=NAME)
    before = stranger.ask("GET", path)
    stranger.sign_in()
    assert before.status_code == 200
    assert before.content == stranger.ask("GET", path).content
    assert NAME not in before.text
    assert "http:" not in before.text.replace("http://www.w3.org/2000/svg", ""), "nothing comes from elsewhere"
    assert "https:" not in before.text


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "\u1234", None, 1, [TOKEN]])
def test_another_token_lets_nobody_in(stranger: Visitor, token: Any) -> None:
    answer = stranger.ask("POST", "/page/session", {"token": token})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert answer.json()["error"].startswith("That is not the token.")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"token"'])
def test_a_bad_body_is_refused_in_a_sentence(stranger: Visitor, body: bytes) -> None:
    answer = stranger.ask("POST", "/page/session", body)
    assert (answer.status_code, answer.json()["error"][:8]) == (400, "The body")


def test_the_token_becomes_a_cookie_that_scripts_and_other_sites_cannot_use(local: Local, stranger: Visitor) -> None:
    assert stranger.ask("GET", "/page/session").json() == {"is_open": False}
    answer = stranger.sign_in(f" {TOKEN}\n")
    name, *said = answer.headers["set-cookie"].split("; ")
    assert name.startswith(f"agentrun-page-{local.address.rpartition(':')[2]}=")
    assert said == ["Path=/page", "HttpOnly", "SameSite=Strict", "Max-Age=43200"]
    assert stranger.ask("GET", "/page/session").json() == {"is_open": True}
    assert TOKEN not in "".join(stranger.seen)
    assert stranger.ask("GET", f"/page/session?token={TOKEN}", cookie="x=y").json() == {"is_open": False}, (
        "never by URL"
    )


def test_signing_out_ends_the_session_and_what_it_listens_to(visitor: Visitor) -> None:
    cookie = next(iter(visitor.client.cookies.jar))
    with visitor.events() as events:
        assert next(events)["is_all"]
        assert "Max-Age=0" in visitor.ask("DELETE", "/page/session").headers["set-cookie"]
        assert list(events) == []
    answer = visitor.ask("GET", "/page/events", cookie=f"{cookie.name}={cookie.value}")
    assert answer.status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.evil.example", "localhost.evil.example:80", "10.0.0.1"])
def test_another_host_is_refused(visitor: Visitor, host: str) -> None:
    for path in (*FILES, "/page/events", "/page/session"):
        answer = visitor.ask("GET", path, host=host)
        assert (answer.status_code, answer.json()["code"]) == (421, "ERR_MISDIRECTED")


@pytest.mark.parametrize(
    "origin", ["", "null", "http://evil.example", "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost", "https"]
)
def test_no_other_origin_can_change_anything(local: Local, visitor: Visitor, origin: str) -> None:
    if origin == "https":
        origin = local.address.replace("http:", "https:")
    for method, path in [*CONTENTS[1:], ("POST", "/page/session")]:
        answer = visitor.ask(method, path, {"service": "qwen", "status": 500}, origin=origin)
        assert (answer.status_code, answer.json()) == (403, {"error": "Only the page itself can ask for that."})
    assert local.gateway.book.troubles == {}
    assert visitor.ask("GET", "/page/session").json() == {"is_open": True}


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_of_another_site_could_send_is_refused(visitor: Visitor, kind: str) -> None:
    assert (
        visitor.ask("POST", "/page/troubles", {"service": "qwen", "status": 500}, content_type=kind).status_code == 415
    )


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_no_other_page_can_listen_or_load_its_files(visitor: Visitor, site: str) -> None:
    for path in ("/page/events", "/page/session", "/page/page.js"):
        assert visitor.ask("GET", path, sec_fetch_site=site).status_code == 403
    assert visitor.ask("GET", "/", sec_fetch_site=site).status_code == 200, "where links and people come in"


def test_every_answer_has_the_policy(visitor: Visitor) -> None:
    answers = [visitor.ask("GET", path) for path in (*FILES, "/page/none", "/page/session")]
    answers += [visitor.ask("POST", "/page/troubles", b"{"), visitor.ask("PUT", "/page/troubles"), visitor.sign_in("x")]
    answers.append(visitor.ask("POST", "/", origin="http://evil.example"))
    for answer in answers:
        assert {name: answer.headers[name] for name in serving.HEADERS} == serving.HEADERS
    policy = serving.HEADERS["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "*" not in policy


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/page/none", 404),
        ("GET", "/page/", 404),
        ("GET", "/page/../token", 404),
        ("GET", "/page/%2e%2e/serving.py", 404),
        ("GET", "/page/index.html", 404),
        ("GET", "/page/troubles", 405),
        ("DELETE", "/page/troubles", 405),
        ("POST", "/page/events", 405),
        ("PUT", "/page/session", 405),
        ("POST", "/page/page.js", 405),
    ],
)
def test_there_are_no_other_ways(visitor: Visitor, method: str, path: str, status: int) -> None:
    answer = visitor.ask(method, path)
    assert answer.status_code == status
    assert "error" in answer.json() or answer.json()["Code"] == "InvalidAction.NotFound"


def test_a_platform_for_a_network_has_no_page(tmp_path: Path) -> None:
    with served(tmp_path / "data", is_local=False) as local:
        visitor = Visitor(local)
        answers = [visitor.sign_in(), *(visitor.ask("GET", path) for path in (*FILES, "/page/events", "/page/session"))]
        visitor.client.close()
    for answer in answers:
        assert answer.status_code == 403
        assert answer.json()["error"].startswith("The page is for this machine alone")


def test_a_failure_of_its_own_is_a_sentence_and_logged_without_the_request(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = "-".join(("a", "secret"))  # a traceback shows this line

    def broken(*given: Any) -> None:
        raise RuntimeError(told)

    monkeypatch.setattr(serving, "change", broken)
    answer = visitor.ask("POST", "/page/switches", {"name": "a-private-name"})
    assert (answer.status_code, answer.json()["error"][:22]) == (500, "The page itself failed")
    assert "RuntimeError" in caplog.text
    assert told not in caplog.text
    assert "a-private-name" not in caplog.text


def test_more_readers_than_it_can_bear_are_told_so(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_READERS", 1)
    with visitor.events() as events:
        next(events)
        assert visitor.ask("GET", "/page/events").status_code == 503


def test_who_watches_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with served(tmp_path / "data") as local:
        visitor = Visitor(local)
        visitor.sign_in()
        listening = visitor.events()
        events = listening.__enter__()
        next(events)
    assert list(events) == [], "the stream was ended, not torn"
    listening.__exit__(None, None, None)
    visitor.client.close()
