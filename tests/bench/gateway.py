"""The gateway beside LiteLLM's proxy, before models that answer at once, and what a simulated call of a drill costs."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import httpx
from pulumi_agentrun.client import ModelProxyCreateInput, ModelServiceCreateInput
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.drill.playing import drill
from pulumi_agentrun.drill.scenario import scenario
from pulumi_agentrun.routes.subjects import Found, Subject

from bench.clients import environment, ours, processor, served
from bench.report import Row

LITELLM = ("--require-hashes", "-r", str(Path(__file__).with_name("litellm.lock")))
"""`litellm[proxy]==1.81.0`, by `uv pip compile --universal --python-version 3.10 --generate-hashes`."""
AT_ONCE = 16
BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
CONFIG = """
model_list:
  - model_name: m
    litellm_params: {model: openai/m, api_key: sk, mock_response: "This is m of qwen, simulated. You said: Hello"}
litellm_settings: {num_retries: 2, request_timeout: 60}
general_settings: {master_key: sk-of-the-bench}
"""


def calls(folder: Path, count: int, rounds: int) -> tuple[list[Row], list[str]]:
    """Compare calls a second, and what a call costs the gateway's process."""
    mine: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    notes: list[str] = []
    with _gateway(folder) as (url, key, process):
        asyncio.run(_called(url, key, process, count // 4))
        with _litellm(folder, notes) as other:
            for _ in range(rounds):
                mine.append(asyncio.run(_called(url, key, process, count)))
                if other:
                    theirs.append(asyncio.run(_called(*other, count // 4)))
    rows = [
        Row(
            "gateway: its processor time a call, beside 1 ms",
            [m[1] for m in mine],
            [1.0],
            unit="ms",
            most=1,
            drawn_as="gateway: processor time a call",
        )
    ]
    if theirs:
        what = f"gateway: a call, {AT_ONCE} at a time, beside LiteLLM's proxy"
        rows.append(
            Row(
                what,
                [m[0] for m in mine],
                [t[0] for t in theirs],
                unit="ms",
                least=5,
                drawn_as="gateway beside LiteLLM's",
            )
        )
    return rows, notes


def drills(count: int, rounds: int) -> Row:
    """Measure what a simulated call costs, beside the 50 µs of 20,000 a second."""
    services = {
        name: Found(SERVICE, name, name, {"provider": name, "providerSettings": {"modelNames": ["m"]}}, None)
        for name in ("stable", "canary", "backup")
    }
    endpoints = [{"modelServiceName": "stable", "weight": 95}, {"modelServiceName": "canary", "weight": 5}]
    policies = {"numRetries": 2, "fallbacks": [{"modelServiceName": "backup", "modelName": "m"}]}
    body = {
        "modelProxyName": "chat",
        "proxyMode": "multi",
        "proxyConfig": {"endpoints": endpoints, "policies": policies},
    }
    subject = Subject(Found(PROXY, "chat", "chat", body, None), services)
    wanted = scenario({"calls": count, "events": ["stable down 10m..20m"], "expect": ["success >= 99%"]})
    took = []
    for _ in range(rounds):
        started = time.process_time()
        assert drill(subject, wanted).is_good
        took.append((time.process_time() - started) / count * 1e6)
    return Row("drill: a simulated call, beside 50 µs", took, [50.0], unit="µs", most=1, drawn_as="drill: a call")


@contextmanager
def _gateway(folder: Path) -> Iterator[tuple[str, str, int]]:
    with served(folder / "platform") as (port, process), ours(port) as client:
        settings: dict[str, Any] = {"base_url": "https://a.example/v1", "api_key": "sk", "model_names": ["m"]}
        client.create(
            ModelServiceCreateInput(
                model_service_name="qwen", model_type="llm", provider="p", provider_settings=settings
            )
        )
        config = {"endpoints": [{"model_service_name": "qwen", "model_names": ["m"], "weight": 1}]}
        client.create(ModelProxyCreateInput(model_proxy_name="gate", proxy_config=config))
        token = (folder / "platform" / "token").read_text().strip()
        yield f"http://127.0.0.1:{port}/models/gate/v1", token, process


@contextmanager
def _litellm(folder: Path, notes: list[str]) -> Iterator[tuple[str, str, int] | None]:
    """Serve LiteLLM's proxy; give none, and a note, where it cannot be had."""
    try:
        python = environment("bench-litellm", *LITELLM)
    except (subprocess.SubprocessError, OSError) as error:
        notes.append(f"LiteLLM's proxy was not measured: {type(error).__name__} while it was installed.\n")
        yield None
        return
    (folder / "config.yaml").write_text(CONFIG)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)]
    env = os.environ | {"LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with (folder / "litellm.log").open("wb") as log:
        process = subprocess.Popen([python.with_name("litellm"), *options], env=env, stdout=log, stderr=log, cwd=folder)
    try:
        url = f"http://127.0.0.1:{port}/v1"
        _wait(url, "sk-of-the-bench", process)
        yield url, "sk-of-the-bench", process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str, key: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert process.poll() is None, "LiteLLM's proxy has ended"
        try:
            httpx.post(f"{url}/chat/completions", json=BODY, headers=_bearer(key), timeout=5).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError("LiteLLM's proxy does not answer")


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def _called(url: str, key: str, process: int, count: int) -> tuple[float, float]:
    """Return the milliseconds a call: on the clock, and of the process that answers."""
    # Of the clients at hand the one that takes least, so that the gateways are what is measured.
    async with aiohttp.ClientSession(headers=_bearer(key), connector=aiohttp.TCPConnector(limit=AT_ONCE)) as client:

        async def some() -> None:
            for _ in range(count // AT_ONCE):
                async with client.post(f"{url}/chat/completions", json=BODY) as response:
                    response.raise_for_status()
                    await response.read()

        began, spent = time.perf_counter(), processor(process)
        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
        return (time.perf_counter() - began) / count * 1000, (processor(process) - spent) / count * 1000


if __name__ == "__main__":
    import tempfile

    from bench.report import table

    with tempfile.TemporaryDirectory() as name:
        rows, notes = calls(Path(name), 2000, 3)
        sys.stdout.write(table([*rows, drills(20_000, 3)]) + "".join(notes))
