"""The platform as a program: its command line, its first line, its log, its end."""

from __future__ import annotations

import logging
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_agentrun20250910 import models as api
from alibabacloud_agentrun20250910.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config
from pulumi_agentrun.platform import Fault, Platform

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
        ((), "no access key: give --credential ID:SECRET or set AGENTRUN_PLATFORM_CREDENTIAL"),
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
