"""Several processes on one directory, and the death of one."""

from __future__ import annotations

import gc
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_agentrun20250910 import models as api
from alibabacloud_agentrun20250910.client import Client
from alibabacloud_tea_openapi.models import Config
from pulumi_agentrun.platform import Platform

UPDATES = 100
FIELDS = ("description", "credentialName", "workspaceId", "baseUrl")
# Each process owns one field of the same service. A lost update would bring back an old value of another's field.
WRITER = f"""
import json, sys
from pulumi_agentrun.platform import Platform

directory, field = sys.argv[1:]
platform = Platform.open(directory, {{"ak": "secret"}})
headers = [("x-acs-signature-type", "BEARERTOKEN"), ("x-acs-bearer-token", "secret")]
print("ready", flush=True)
sys.stdin.readline()
for number in range({UPDATES}):
    change = {{field: str(number)}}
    body = {{"providerSettings": change}} if field == "baseUrl" else change
    target = "/2025-09-10/agents/model-services/svc"
    answer = platform.handle("PUT", target, headers, json.dumps(body).encode())
    assert answer.status == 200, answer
    print(json.loads(answer.body)["data"]["lastUpdatedAt"])
platform.close()
"""


def _start(*command: str, **options: Any) -> subprocess.Popen[str]:
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, *command], text=True, **pipes, **options)


def test_a_platform_that_is_let_go_of_leaves_no_file_open(tmp_path: Path) -> None:
    platform = Platform.open(tmp_path / "data", {})
    [connection] = platform._store._idle
    del platform
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_no_update_of_four_processes_is_lost(call: Any, tmp_path: Path) -> None:
    call.create_service(**dict.fromkeys(FIELDS[:3], "start"))
    writers = [_start("-c", WRITER, str(tmp_path / "data"), field) for field in FIELDS]
    assert [writer.stdout and writer.stdout.readline() for writer in writers] == ["ready\n"] * len(writers)
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    results = [writer.communicate(timeout=60) for writer in writers]
    assert [error for _, error in results] == [""] * len(writers)
    service = call("GET", "model-services/svc").data
    values = {**service, **service["providerSettings"]}
    assert [values[field] for field in FIELDS] == [str(UPDATES - 1)] * len(FIELDS)
    times = [line for output, _ in results for line in output.splitlines()]
    assert len(set(times)) == len(times) == UPDATES * len(FIELDS)


def test_many_processes_can_open_a_new_directory_at_once(tmp_path: Path) -> None:
    script = "import sys\nfrom pulumi_agentrun.platform import Platform\nPlatform.open(sys.argv[1], {}).close()"
    openers = [_start("-c", script, str(tmp_path / "new" / "data")) for _ in range(4)]
    assert [opener.communicate(timeout=60)[1] for opener in openers] == [""] * 4


def test_threads_share_a_platform(call: Any) -> None:
    names = [f"svc-{number}" for number in range(40)]
    threads = [threading.Thread(target=call.create_service, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert call("GET", "model-services?pageSize=100").data["total"] == 40


def test_only_one_of_many_creates_wins(call: Any) -> None:
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(call.create_service().status)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 9


def test_files_are_private(call: Any, tmp_path: Path) -> None:
    call.create_service()
    directory = tmp_path / "data"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert set(modes.values()) == {0o600}
    assert "platform.db" in modes
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_data_outlives_the_platform(call: Any, platform: Platform, tmp_path: Path) -> None:
    created = call.create_service().data
    platform.switch(latency=4)
    platform.close()
    again = type(call)(Platform.open(tmp_path / "data", {"ak": "the-secret-of-ak"}))
    assert again("GET", "model-services/svc").data == created
    assert again.platform.switches.latency == 4
    again.platform.close()
    with pytest.raises(RuntimeError, match="the platform is closed"):
        call("GET", "model-services/svc")
    platform.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Client]]:
    environment = {**os.environ, "AGENTRUN_PLATFORM_CREDENTIAL": "ak:the-secret-of-ak"}
    process = _start("-m", "pulumi_agentrun.platform", "--data", str(tmp_path / "data"), env=environment)
    assert process.stdout is not None
    address = process.stdout.readline().strip().removeprefix("listening on http://")
    credentials = {"access_key_id": "ak", "access_key_secret": "the-secret-of-ak"}
    yield process, Client(Config(**credentials, endpoint=address, protocol="http"))
    process.kill()
    process.communicate()


def test_a_killed_server_loses_nothing_it_acknowledged(server: Any, tmp_path: Path) -> None:
    process, client = server
    acknowledged: list[str] = []
    enough = threading.Event()

    def write() -> None:
        while True:
            name = f"svc-{len(acknowledged)}"
            body = api.CreateModelServiceInput(model_service_name=name, model_type="llm", provider="x")
            body.provider_settings = api.ProviderSettings(api_key="sk-1")
            try:
                client.create_model_service(api.CreateModelServiceRequest(body=body))
            except Exception:  # the server died under this call
                return
            acknowledged.append(name)
            if len(acknowledged) == 100:
                enough.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert enough.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    writer.join()
    platform = Platform.open(tmp_path / "data", {"ak": "secret"})
    headers = [("x-acs-signature-type", "BEARERTOKEN"), ("x-acs-bearer-token", "secret")]
    found = [
        json.loads(platform.handle("GET", f"/2025-09-10/agents/model-services/{name}", headers, b"").body)["data"]
        for name in acknowledged
    ]
    platform.close()
    assert [service["status"] for service in found] == ["READY"] * len(acknowledged)


LOOK = """
import json, sys
from pulumi_agentrun.platform import Platform

platform = Platform.open(sys.argv[1], {"ak": "secret"})
headers = [("x-acs-signature-type", "BEARERTOKEN"), ("x-acs-bearer-token", "secret")]
answer = platform.handle("GET", "/2025-09-10/agents/model-services?pageSize=100", headers, b"")
print(json.loads(answer.body)["data"]["total"])
platform.close()
"""


def test_a_second_opening_in_a_process_leaves_its_locks_alone(call: Any, platform: Platform, tmp_path: Path) -> None:
    """Closing any descriptor of a file drops all of a process's locks on it; another process then tidies it away."""
    data = str(tmp_path / "data")

    def seen() -> str:
        output, error = _start("-c", LOOK, data).communicate(timeout=60)
        assert error == ""
        return output.strip()

    call.create_service("first")
    Platform.open(data, {}).close()
    assert seen() == "1"
    call.create_service("second")
    assert seen() == "2"
