"""The gateway as its command runs it: a token for its owner alone, models by option, a log without keys."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from gateway.local import ACCESS_KEYS, API_KEY, CHAT, under_way
from pulumi_agentrun.client import Config, ModelClient, ModelProxyCreateInput, ModelServiceCreateInput

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pulumi_agentrun.platform", "--data", str(tmp_path / "data"), *options]
        environment = os.environ | {"AGENTRUN_PLATFORM_CREDENTIAL": f"ak:{ACCESS_KEYS['ak']}"}
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, text=True, env=environment, stdout=pipe, stderr=pipe))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def deploy(folder: Path) -> str:
    """Deploy in process, as `file://` does; return the endpoint."""
    with ModelClient(Config(endpoint=f"file://{folder}")) as client:
        settings = {"api_key": API_KEY, "base_url": "http://127.0.0.1:1/v1", "model_names": ["m"]}
        for name in ("qwen", "deep"):
            client.create(
                ModelServiceCreateInput(
                    model_service_name=name, model_type="llm", provider="p", provider_settings=settings
                )
            )
        endpoints = [{"model_service_name": "qwen"}, {"model_service_name": "deep", "model_names": ["other"]}]
        config = {"endpoints": endpoints, "policies": {"num_retries": 0}}
        proxy = ModelProxyCreateInput(model_proxy_name="gate", cpu=1, memory=1, proxy_mode="multi", proxy_config=config)
        return str(client.create(proxy).endpoint)


def test_it_serves_what_was_deployed_in_process_and_tells_no_key(start: Start, tmp_path: Path) -> None:
    process = start("--upstream", "deep=real", "--simulate", "qwen:status=500,share=0")
    assert process.stdout is not None
    address = process.stdout.readline().strip().removeprefix("listening on ")
    path = tmp_path / "data" / "token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    token = path.read_text().strip()
    endpoint = deploy(tmp_path / "data")
    assert endpoint == f"{address}/models/gate"
    headers = {"authorization": f"Bearer {token}"}
    assert httpx.post(f"{endpoint}/v1/chat/completions", json=CHAT, headers=headers).status_code == 200
    failing = headers | {"x-agentrun-simulate": "qwen:status=500"}
    assert httpx.post(f"{endpoint}/v1/chat/completions", json=CHAT, headers=failing).status_code == 502
    real = httpx.post(f"{endpoint}/v1/chat/completions", json={**CHAT, "model": "other"}, headers=headers)
    assert real.json()["error"]["tried"][0]["reason"] == "no connection (ConnectError)"
    process.send_signal(signal.SIGTERM)
    output, log = process.communicate(timeout=20)
    assert (process.returncode, output) == (0, "")
    assert "POST /models/gate/v1/chat/completions - 502 no_upstream" in log
    assert "Traceback" not in log
    assert not [secret for secret in (token, API_KEY, ACCESS_KEYS["ak"]) if secret in log]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--upstreams", "none"), "invalid choice: 'none'"),
        (("--upstream", "qwen"), "--upstream qwen: write SERVICE=simulated or SERVICE=real"),
        (("--upstream", "=real"), "--upstream =real: write"),
        (("--simulate", "qwen:status=1"), "--simulate: status is 0, or 400-599"),
    ],
)
def test_a_wrong_option_says_what_is_wrong(start: Start, options: tuple[str, ...], problem: str) -> None:
    process = start(*options)
    output, log = process.communicate(timeout=20)
    assert (process.returncode, output) == (2, "")
    assert problem in log


@pytest.mark.parametrize(("text", "mode"), [("", 0o600), ("two words", 0o600), ("word", 0o644)])
def test_a_token_that_is_none_or_open_to_others_stops_it(start: Start, tmp_path: Path, text: str, mode: int) -> None:
    path = tmp_path / "data" / "token"
    path.parent.mkdir(mode=0o700)
    path.write_text(text)
    path.chmod(mode)
    output, log = start().communicate(timeout=20)
    assert output == ""
    assert f"error: {path}, the gateway's token, " in log
    assert "Delete it for a new one." in log


def test_who_is_told_to_end_says_so_to_those_who_still_wait(start: Start, tmp_path: Path) -> None:
    process = start("--simulate", "qwen:latency=300")
    assert process.stdout is not None
    process.stdout.readline()
    endpoint, token = deploy(tmp_path / "data"), (tmp_path / "data" / "token").read_text().strip()
    headers = {"authorization": f"Bearer {token}"}
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(httpx.post, f"{endpoint}/v1/chat/completions", json=CHAT, headers=headers, timeout=60)
        while not under_way(tmp_path / "data"):
            assert not waiting.done()
        process.send_signal(signal.SIGTERM)
        answer = waiting.result(60)
    assert (answer.status_code, answer.json()["error"]["code"], answer.headers["retry-after"]) == (503, "stopping", "1")
    _, log = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in log) == (0, False)
    assert under_way(tmp_path / "data") == 0
