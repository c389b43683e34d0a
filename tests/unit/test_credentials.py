"""Alibaba Cloud's own credential chain behind the client: what it finds, renews, and says when it fails."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_credentials.utils import auth_util
from pulumi_agentrun.client.credentials import chain
from pulumi_agentrun.client.errors import ConfigError

SECRET = "the-secret-of-a-role"


class Giver:
    """A server that gives out temporary credentials, as containers and instances have one."""

    def __init__(self) -> None:
        self.given = 0
        self.status = 200

    def answer(self) -> dict[str, Any]:
        self.given += 1
        soon = datetime.now(timezone.utc) + timedelta(minutes=5)  # so soon that they are renewed each time
        return {
            "Code": "Success",
            "AccessKeyId": f"STS.{self.given}",
            "AccessKeySecret": SECRET,
            "SecurityToken": f"token-{self.given}",
            "Expiration": soon.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


@pytest.fixture
def giver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Giver]:
    found = Giver()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps(found.answer()).encode()
            self.send_response(found.status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in {
        # The chain reads the environment when it is imported.
        "environment_credentials_uri": f"http://127.0.0.1:{server.server_address[1]}/",
        "environment_ecs_metadata_disabled": "true",
        "environment_access_key_id": None,
        "environment_access_key_secret": None,
        "client_type": "default",
    }.items():
        monkeypatch.setattr(auth_util, name, value)
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        monkeypatch.delenv(name, raising=False)
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def test_temporary_credentials_are_renewed_by_the_chain(giver: Giver) -> None:
    source = chain()
    first, second = source(), source()
    assert (first.access_key_id, first.security_token) == ("STS.1", "token-1")
    assert (second.access_key_id, second.security_token) == ("STS.2", "token-2")
    assert first.access_key_secret == SECRET
    assert first.provider == "static_sts"
    assert SECRET not in repr(first)


def test_credentials_that_cannot_be_renewed_are_said_without_the_answer(giver: Giver) -> None:
    source = chain()
    assert source().access_key_id == "STS.1"
    giver.status = 500
    with pytest.raises(ConfigError, match=r"^The credentials could not be renewed \(\w+\): check what") as caught:
        source()
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_the_chain_prints_nothing_by_itself(giver: Giver, capsys: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("credentials")
    log.addHandler(logging.StreamHandler(sys.stderr))
    giver.status = 500
    with pytest.raises(ConfigError, match=r"The credential chain says: .*http_code=500"):
        chain()()
    assert capsys.readouterr() == ("", "")


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials.client", None)
    with pytest.raises(ConfigError, match=r"or install pulumi-agentrun\[credentials\]"):
        chain()
