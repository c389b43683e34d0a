"""The platform as a program: its command line, its first line, its log, its end."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from alibabacloud_agentrun20250910 import models as api
from alibabacloud_agentrun20250910.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config
from pulumi_agentrun.platform import Fault, Platform, server

CREDENTIAL = "ak:the:secret-of-ak"
API_KEYS = ("sk-very-secret-key", "sk-other-secret-key")
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, **environment: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pulumi_agentrun.platform", "--data", str(tmp_path / "data"), *options]
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, text=True, env={**os.environ, **environment}, **pipes))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _client(process: subprocess.Popen[str], ca: str | None = None) -> Client:
    assert process.stdout is not None
    match = re.fullmatch(r"listening on (https?)://(127\.0\.0\.1:\d+)\n", process.stdout.readline())
    assert match is not None
    key, _, secret = CREDENTIAL.partition(":")
    config = Config(access_key_id=key, access_key_secret=secret, endpoint=match[2], protocol=match[1], ca=ca)
    return Client(config)


def _request(key: str) -> api.CreateModelServiceRequest:
    body = api.CreateModelServiceInput(model_service_name="svc", model_type="llm", provider="x")
    body.provider_settings = api.ProviderSettings(api_key=key)
    return api.CreateModelServiceRequest(body=body)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_told_to_stop_and_tells_no_secret(start: Start, tmp_path: Path, number: int) -> None:
    process = start(AGENTRUN_PLATFORM_CREDENTIAL=CREDENTIAL)
    client = _client(process)
    client.create_model_service(_request(API_KEYS[0]))
    change = api.UpdateModelServiceInput(provider_settings=api.ProviderSettings(api_key=API_KEYS[1]))
    client.update_model_service("svc", api.UpdateModelServiceRequest(body=change))
    with pytest.raises(ClientException):
        client.create_model_service(_request(API_KEYS[0]))
    platform = Platform.open(tmp_path / "data", {})
    platform.inject(Fault(drop="after"))
    platform.close()
    with pytest.raises(Exception, match="Connection aborted"):
        client.delete_model_service("svc")
    process.send_signal(number)
    output, log = process.communicate(timeout=10)
    assert (process.returncode, output) == (0, "")
    assert "Traceback" not in log
    assert not any(secret in log for secret in (*API_KEYS, "secret-of-ak", "Signature"))
    lines = re.findall(r"INFO (\S+) (\S+) (\S+) (\S+) (\S+) [0-9A-F-]{36} \d+\.\dms", log)
    path = "/2025-09-10/agents/model-services"
    assert lines == [
        ("POST", path, "CreateModelService", "200", "SUCCESS"),
        ("PUT", f"{path}/svc", "UpdateModelService", "200", "SUCCESS"),
        ("POST", path, "CreateModelService", "409", "ERR_ALREADY_EXISTS"),
        ("DELETE", f"{path}/svc", "DeleteModelService", "-", "dropped"),
    ]


def test_it_serves_https_with_switches(start: Start, certificate: Any) -> None:
    files = ("--tls-cert", certificate.certificate, "--tls-key", certificate.key)
    switches = ("--latency", "60", "--switch", "success=202", "--switch", "api_key=absent")
    process = start("--credential", CREDENTIAL, "--credential", "b:c", *switches, *files)
    client = _client(process, certificate.certificate)
    reply = client.create_model_service(_request(API_KEYS[0]))
    assert (reply.status_code, reply.body.data.status) == (202, "CREATING")
    assert reply.body.data.provider_settings.api_key is None


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ((), "no access key: give --credential-file FILE or set AGENTRUN_PLATFORM_CREDENTIAL"),
        (("--credential", "only-a-secret"), "credential 1 is not of the form ID:SECRET"),
        (("--credential", CREDENTIAL, "--switch", "colour=red"), "there is no switch 'colour'"),
        (("--credential", CREDENTIAL, "--latency", "soon"), "switch latency cannot be 'soon'"),
        (("--credential", CREDENTIAL, "--tls-cert", "x"), "--tls-cert and --tls-key go together"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(start: Start, options: tuple[str, ...], problem: str) -> None:
    process = start(*options, AGENTRUN_PLATFORM_CREDENTIAL="")
    output, log = process.communicate(timeout=20)
    assert (process.returncode, output) == (2, "")
    assert problem in log
    assert "only-a-secret" not in log


def test_the_log_has_one_line_a_request_and_no_secret(call: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        call.create_service(providerSettings={"apiKey": API_KEYS[0]})
        call("POST", "model-services", f'{{"apiKey": "{API_KEYS[0]}"'.encode())
        call("PUT", "model-services/svc", {"providerSettings": {"apiKey": [API_KEYS[0]]}})
        call("GET", "model-services?workspaceId=secret")
        call("GET", "nothing")
    assert [record.name for record in caplog.records] == ["pulumi_agentrun.platform"] * 5
    ends = [re.sub(r"[0-9A-F-]{36} \d+\.\dms", "", record.getMessage()).split()[2:] for record in caplog.records]
    assert ends == [
        ["CreateModelService", "200", "SUCCESS"],
        ["CreateModelService", "400", "ERR_BAD_REQUEST"],
        ["UpdateModelService", "400", "InvalidParameter"],
        ["ListModelServices", "200", "SUCCESS"],
        ["-", "404", "InvalidAction.NotFound"],
    ]
    assert not any(secret in caplog.text for secret in (*API_KEYS, "secret"))


def test_a_failure_of_the_platform_is_logged_without_the_request(
    call: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    call.create_service(providerSettings={"apiKey": API_KEYS[0]})
    with sqlite3.connect(tmp_path / "data" / "platform.db") as connection:
        connection.execute("UPDATE resources SET body = ?", (f'broken "{API_KEYS[0]}"',))
    connection.close()
    with caplog.at_level(logging.INFO):
        reply = call("GET", "model-services/svc")
    assert (reply.status, reply.body["code"]) == (500, "ERR_INTERNAL_SERVER_ERROR")
    assert "JSONDecodeError" in caplog.text
    assert "store.py" in caplog.text
    assert API_KEYS[0] not in caplog.text


def test_nothing_prints_a_secret(platform: Platform) -> None:
    assert "secret" not in repr(platform) + repr(vars(platform)) + repr(Fault(status=500, body=b"secret"))


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """Serve from a thread, with little patience."""
    monkeypatch.setattr(server, "LONGEST_HEAD", 0.2)
    monkeypatch.setattr(server, "LONGEST_BODY", 0.2)
    platform = Platform.open(tmp_path / "data", {"ak": "secret"}, is_served=True)
    served = uvicorn.Server(server.configuration(platform, is_local=True))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()
        served.should_exit = True
        thread.join()
    platform.close()


def said(address: tuple[str, int], *pieces: bytes) -> bytes:
    """Return all that is answered to some bytes until the other side closes."""
    with socket.create_connection(address, timeout=20) as line:
        answered = b""
        try:
            for piece in pieces:
                line.sendall(piece)
            while more := line.recv(65536):
                answered += more
        except ConnectionError:
            pass
        return answered


HEAD = b"POST /2025-09-10/agents/model-services HTTP/1.1\r\nhost: 127.0.0.1\r\n"


def test_a_body_is_bounded_whether_it_says_its_length_or_not(local: tuple[str, int]) -> None:
    for head in (b"content-length: 100000000\r\n\r\n", b"transfer-encoding: chunked\r\n\r\n"):
        chunk = b"100001\r\n" + b"x" * 0x100001 + b"\r\n" if b"chunked" in head else b"x" * 0x100001
        answered = said(local, HEAD + head, chunk)
        assert answered.startswith(b"HTTP/1.1 413 ")
        assert b"ERR_REQUEST_TOO_LARGE" in answered


@pytest.mark.parametrize("sent", [b"", b"G", b"GET / HTTP/1.1\r\n", HEAD + b"x-a: b"])
def test_a_head_without_an_end_is_not_waited_for(local: tuple[str, int], sent: bytes) -> None:
    assert said(local, sent) == b""
    first = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
    assert said(local, first, sent or b"G").count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"x-a: " + b"a" * 70_000 + b"\r\n\r\n",
        HEAD + b"x-a: a\r\n" * 10_000,
        HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\nabc",
        HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"x a: b\r\n\r\n",
        HEAD + b"x-a: b\x00c\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ],
    ids=["long", "many", "two lengths", "unequal lengths", "no chunk", "no name", "no value", "no path", "TLS"],
)
def test_what_is_no_request_is_refused_and_others_are_served(local: tuple[str, int], sent: bytes) -> None:
    answered = said(local, sent)
    assert answered.startswith(b"HTTP/1.1 400 ")
    assert answered.count(b"HTTP/1.1 ") == 1
    assert said(local, b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").startswith(b"HTTP/1.1 404 ")


LAST = b"connection: close\r\n"


@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket", b"h2c\r\nhttp2-settings: AAMAAABk"])
@pytest.mark.parametrize("connection", [b"Upgrade, HTTP2-Settings", b"keep-alive, upgrade"])
def test_a_request_for_another_protocol_is_read_as_one_that_does_not_ask(
    local: tuple[str, int], upgrade: bytes, connection: bytes
) -> None:
    plain = said(local, HEAD + LAST + b"content-length: 3\r\n\r\nabc")
    head = HEAD + b"connection: " + connection + b"\r\nupgrade: " + upgrade + b"\r\ncontent-length: 3\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nhost: localhost\r\n" + LAST + b"\r\n"
    for pieces in ((head + b"abc", last), (head[:30], head[30:-2], head[-2:] + b"a", b"bc" + last)):
        answered = said(local, *pieces)
        assert answered.count(b"HTTP/1.1 ") == 2
        assert answered[:12] == plain[:12]
    assert said(local, b"CONNECT a.example:443 HTTP/1.1\r\nhost: localhost\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_what_stands_behind_a_body_is_no_header(local: tuple[str, int]) -> None:
    chunked = HEAD + LAST + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    plain = said(local, chunked + b"\r\n")
    assert said(local, chunked + b"host: evil.example\r\n\r\n")[:12] == plain[:12]
    long = said(local, chunked + (b"x-a: " + b"a" * 1000 + b"\r\n") * 1000)
    assert long.startswith(b"HTTP/1.1 400 ")
    assert b"too large" in long


@pytest.mark.parametrize("hosts", [b"host: 127.0.0.1\r\nhost: evil.example\r\n", b""])
def test_one_host_is_to_be_said(local: tuple[str, int], hosts: bytes) -> None:
    assert said(local, b"GET / HTTP/1.1\r\n" + hosts + LAST + b"\r\n").startswith(b"HTTP/1.1 421 ")


def test_a_body_without_an_end_is_not_waited_for(local: tuple[str, int]) -> None:
    assert said(local, HEAD + b"content-length: 10\r\n\r\nabc").startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.evil.example:80", "localhost.evil.example", "10.0.0.1", "[::2]", ""]
)
def test_a_page_of_another_host_is_refused_on_loopback(local: tuple[str, int], host: str) -> None:
    asked = f"GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode()
    assert said(local, asked).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.3.3.3", "[::1]:80"])
def test_this_machine_is_served_under_all_its_names(local: tuple[str, int], host: str) -> None:
    asked = f"GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode()
    assert said(local, asked).startswith(b"HTTP/1.1 404 ")


def test_a_credential_is_made_for_its_owner_alone(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "data" / "credential"
    before = os.umask(0)
    try:
        process = start("--credential-file", str(path))
        assert process.stdout is not None
        address = process.stdout.readline().strip().removeprefix("listening on http://")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    key, _, secret = path.read_text().strip().partition(":")
    assert len(secret) >= 32
    Client(Config(access_key_id=key, access_key_secret=secret, endpoint=address, protocol="http")).create_model_service(
        _request(API_KEYS[0])
    )
    process.terminate()
    assert secret not in "".join(process.communicate(timeout=20))
    path.chmod(0o640)
    refused = start("--credential-file", str(path))
    assert "others can read it" in refused.communicate(timeout=20)[1]
    assert refused.returncode == 2


def test_no_folder_of_the_platform_is_open_to_others(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Platform.open(tmp_path / "a" / "b" / "c", {}).close()
    finally:
        os.umask(before)
    assert {stat.S_IMODE((tmp_path / path).stat().st_mode) for path in ("a", "a/b", "a/b/c")} == {0o700}
