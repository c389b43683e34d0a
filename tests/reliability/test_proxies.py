"""HTTP proxies that fail, and certificates that cannot be read: what was not sent is said not to have been."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpcore
import pytest
from pulumi_agentrun.client import AgentRunError, ConfigError, TransportError, operations
from pulumi_agentrun.client.exchanges import may_have_sent
from pulumi_agentrun.client.flows import Flow
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.proxies import proxy_for
from reliability.test_peers import COLOURS, FINE, GET, HEAD, Peer, Script, calling, limited, request, saying

PASSWORD = "a-password-of-the-proxy"


def cut(connection: socket.socket) -> Iterator[bytes]:
    request(connection)
    yield from ()


def mute(connection: socket.socket) -> Iterator[bytes]:
    request(connection)
    connection.recv(1)
    yield b""


TUNNELS: dict[str, Script] = {
    "garbage": saying(b"garbage\r\n\r\n"),
    "nothing": cut,
    "silence": mute,
    "a dribble": saying(b"HTTP/1.1 200 ", [b"O"]),
    "no tunnel": saying(HEAD + b"content-length: 0\r\n\r\n"),
    "a refusal": saying(b"HTTP/1.1 407 Please\r\ncontent-length: 0\r\n\r\n"),
}


@COLOURS
@pytest.mark.parametrize("script", TUNNELS.values(), ids=TUNNELS.keys())
def test_what_never_got_through_a_proxy_was_not_sent(
    script: Script, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Peer(script, 0.02) as peer:
        monkeypatch.setenv("https_proxy", f"http://user:{PASSWORD}@{peer.address}")
        with calling(colour, "https://far.example") as call, pytest.raises(TransportError) as caught:
            call(limited(GET, 1.0))
    assert caught.value.sent is False
    assert "any HTTP proxy in between" in str(caught.value)
    assert PASSWORD not in str(caught.value)


@COLOURS
def test_what_a_proxy_has_got_may_have_been_passed_on(colour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer(cut) as peer:
        monkeypatch.setenv("http_proxy", f"http://{peer.address}")
        with calling(colour, "http://far.example") as call, pytest.raises(TransportError) as caught:
            call(limited(operations.delete(SERVICE, "a"), 5.0))
    assert caught.value.sent is True
    assert "look whether it has" in str(caught.value)


@COLOURS
def test_what_a_connection_that_has_served_cuts_may_have_been_passed_on(
    colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(connection: socket.socket) -> Iterator[bytes]:
        request(connection)
        yield HEAD + b"content-length: %d\r\n\r\n" % len(FINE) + FINE
        request(connection)

    def twice() -> Flow[object]:
        yield from limited(GET, 5.0)
        return (yield from limited(operations.delete(SERVICE, "a"), 5.0))

    with Peer(script) as peer:
        monkeypatch.setenv("http_proxy", f"http://{peer.address}")
        with calling(colour, "http://far.example") as call, pytest.raises(TransportError) as caught:
            call(twice())
    assert caught.value.sent is True


def test_only_a_new_connection_and_a_tunnel_have_surely_sent_nothing() -> None:
    """Whatever another version of httpcore tells of besides, the request may have left by then."""
    tunnel, asked = httpcore.Request("CONNECT", "http://a:1"), httpcore.Request("POST", "http://a")
    told: list[tuple[str, dict[str, object]]] = [
        ("connection.connect_tcp.started", {}),
        ("connection.connect_tcp.complete", {"return_value": None}),
        ("http11.send_request_headers.started", {"request": tunnel}),
        ("http11.send_request_headers.failed", {"exception": None}),
    ]
    states = [True]
    for event, info in told:
        states.append(may_have_sent(event, info, states[-1]))
    assert states == [True, False, False, False, False]
    assert may_have_sent("another.name", {"request": asked}, before=False)
    assert may_have_sent("http11.send_request_headers.complete", {"return_value": None}, before=True)


@COLOURS
def test_a_look_that_fails_is_said_to_change_nothing(colour: str) -> None:
    with Peer(cut) as peer, calling(colour, f"http://{peer.address}") as call, pytest.raises(TransportError) as caught:
        call(limited(GET, 5.0))
    assert "effect" not in str(caught.value)
    assert "Check endpoint" in str(caught.value)


def forms(secret: str) -> list[str]:
    basic = base64.b64encode(f"user:{secret}".encode()).decode()
    return [secret, quote(secret, safe=""), basic, f"Basic {basic}", json.dumps(secret)]


@COLOURS
@pytest.mark.parametrize("secret", [PASSWORD, "p@ss/w:rd%&in a url"])
def test_no_error_repeats_the_password_of_a_proxy(colour: str, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for form in forms(secret):
        body = json.dumps({"code": f"Proxy{form}", "message": f"no: {form}.", "requestId": form}).encode()
        refusal = b"HTTP/1.1 403 No\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        with Peer(saying(refusal)) as peer:
            monkeypatch.setenv("http_proxy", f"http://user:{quote(secret, safe='')}@{peer.address}")
            with calling(colour, "http://far.example") as call, pytest.raises(AgentRunError) as caught:
                call(limited(GET, 5.0))
        shown = f"{caught.value} {caught.value!r} {vars(caught.value)}"
        assert "[secret]" in shown
        assert not [form for form in forms(secret) if form in shown]


@COLOURS
@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_certificates_that_cannot_be_read_are_named(
    colour: str, content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "trusted.pem"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    said = r"^The certificates to trust cannot be read: .*SSL_CERT_FILE"
    with Peer(mute) as peer, calling(colour, f"https://{peer.address}") as call, pytest.raises(ConfigError, match=said):
        call(limited(GET, 5.0))


@pytest.mark.parametrize(
    ("spared", "url", "is_spared"),
    [
        ("::1", "http://[::1]:80", True),
        ("[::1]", "http://[::1]:80", True),
        ("fd00::2", "https://[fd00::2]", True),
        ("fd00::2", "https://[fd00::3]", False),
        ("far.example", "https://far.example", True),
        ("example", "https://far.example", True),
        ("far.example:8443", "https://far.example", False),
        ("*", "https://far.example", True),
    ],
)
def test_what_no_proxy_spares(spared: str, url: str, is_spared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", spared)
    assert (proxy_for(url) is None) is is_spared


@COLOURS
def test_no_message_has_a_name_that_breaks_its_line(colour: str) -> None:
    name = "a\r\nrefused\x00\x1b[2J"
    with calling(colour, "http://127.0.0.1:1") as call, pytest.raises(AgentRunError) as caught:
        call(limited(operations.get(SERVICE, name), 5.0))
    assert str(caught.value).isprintable()
