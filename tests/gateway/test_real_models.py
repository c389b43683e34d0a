"""Real upstreams: a second gateway plays the model's API, and a socket plays one that misbehaves."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway.local import API_KEY, CHAT, TOKEN, Local, served
from pulumi_agentrun.platform.gateway.upstreams import Real

Pair = tuple[Local, Local]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """A gateway that calls real models, and the one that is such for it."""
    with served(tmp_path / "far") as far, served(tmp_path / "near", upstream=Real()) as near:
        far.proxy("qwen")
        yield near, far


def connect(near: Local, base_url: str, key: str = TOKEN, **policies: Any) -> None:
    settings = {"apiKey": key, "baseUrl": base_url, "modelNames": ["m"]}
    near.service("far", base_url=base_url, providerSettings=settings)
    near.before("far", **policies)


@pytest.fixture
def joined(pair: Pair) -> Pair:
    near, far = pair
    connect(near, f"{far.endpoint}/v1", tokenRateLimiter={"tpd": 1000})
    return pair


def test_a_real_model_is_asked_with_the_key_of_its_service(joined: Pair) -> None:
    near, _ = joined
    with near.client() as client:
        assert client.chat.completions.create(**CHAT).choices[0].message.content == (
            "This is m of qwen, simulated. You said: hi"
        )
        assert len(client.embeddings.create(model="m", input="hi").data[0].embedding) == 256


def test_a_stream_passes_through(joined: Pair) -> None:
    near, far = joined
    plain, with_usage = near.chat(stream=True), near.chat(stream=True, stream_options={"include_usage": True})
    assert plain.headers["content-type"].startswith("text/event-stream")
    assert plain.text.endswith("data: [DONE]\n\n")
    assert '"usage"' not in plain.text
    assert with_usage.text == far.chat(stream=True, stream_options={"include_usage": True}).text


def test_real_tokens_are_counted(pair: Pair) -> None:
    near, far = pair
    connect(near, f"{far.endpoint}/v1", tokenRateLimiter={"tpd": 13})
    assert near.chat(stream=True).status_code == 200
    assert near.chat().status_code == 200
    assert near.chat().status_code == 429


def test_a_wrong_key_is_not_repeated(pair: Pair) -> None:
    near, far = pair
    connect(near, f"{far.endpoint}/v1", key="sk-wrong-key")
    answer = near.chat()
    assert (answer.status_code, answer.json()["error"]["tried"][0]["reason"]) == (502, "HTTP 401")
    assert "sk-wrong-key" not in answer.text


def test_a_fault_of_the_request_is_told_in_the_models_words(joined: Pair) -> None:
    near, far = joined
    far.proxy("deep", name="strict", aiGuardrailConfig={"checkRequest": True, "maxTextLength": 1})
    near.control("PUT", "model-services/far", {"providerSettings": {"baseUrl": f"{far.address}/models/strict/v1"}})
    answer = near.chat()
    assert answer.status_code == 400
    assert "HTTP 400: messages[0].content: 2 characters are more than max_text_length" in answer.text


@pytest.mark.parametrize(
    ("base_url", "reason"),
    [
        ("http://192.0.2.1/v1", "its base_url is http:// on another machine, where a key would go in clear"),
        ("http://127.evil.example/v1", "its base_url is http:// on another machine, where a key would go in clear"),
        ("ftp://127.0.0.1/v1", "its service has no base_url that is an http(s) URL"),
        ("http://[::1/v1", "its service has no base_url that is an http(s) URL"),
        ("http://127.0.0.1:1/v1", "no connection (ConnectError)"),
        ("http://127.0.0.1:99999/v1", "its service has no base_url that is an http(s) URL"),
    ],
)
def test_a_place_where_no_key_may_go_gets_none(pair: Pair, base_url: str, reason: str) -> None:
    near, _ = pair
    connect(near, base_url, key=API_KEY)
    assert near.chat().json()["error"]["tried"][0]["reason"] == reason


@contextmanager
def saying(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """Serve one connection after the other with raw bytes; give the base URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                with line:
                    line.sendall(answer(_request(line)))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def _request(line: socket.socket) -> bytes:
    read = b""
    while True:
        head, end, body = read.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if end and length and len(body) >= int(length[1]):
            return read
        read += line.recv(65536)


TOOL = {"type": "function", "function": {"name": "f"}}
HEAD = b"HTTP/1.1 200 OK\r\nconnection: close\r\n"
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\r\n\r\n'
STREAM = HEAD + b"content-type: text/event-stream\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "stream", "reason"),
    [
        (b"", False, "no connection (RemoteProtocolError)"),
        (b"nonsense\r\n\r\n", False, "no connection (RemoteProtocolError)"),
        (HEAD + b"\r\n<html>", False, "its answer is not a JSON object"),
        (HEAD + b"\r\n[]", False, "its answer is not a JSON object"),
        (HEAD + b"content-length: 9\r\n\r\n{", False, "no connection (RemoteProtocolError)"),
        (HEAD + b"\r\n" + b"[" * 100_000, False, "its answer is not a JSON object"),
        (STREAM, True, "it ended without [DONE]"),
        (STREAM + b"data: [DONE]\n\n", True, "its stream ended before it began"),
        (b"HTTP/1.1 302 Found\r\nlocation: http://192.0.2.1/\r\n\r\n", False, "HTTP 302"),
    ],
)
def test_an_answer_that_is_none_is_a_failed_attempt(pair: Pair, raw: bytes, stream: bool, reason: str) -> None:
    near, _ = pair
    with saying(lambda asked: raw) as base_url:
        connect(near, base_url)
        answer = near.chat(stream=stream)
    assert answer.status_code == 502
    assert answer.json()["error"]["tried"][0]["reason"] == reason


def test_a_stream_that_breaks_off_ends_with_the_reason(pair: Pair) -> None:
    near, _ = pair
    with saying(lambda asked: STREAM + EVENT * 2) as base_url:
        connect(near, base_url)
        answer = near.chat(stream=True)
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line]
    assert len(events) == 3
    assert events[-1]["error"]["message"] == "The answer broke off: it ended without [DONE]."


def test_an_answer_that_is_too_large_is_not_read_to_its_end(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_agentrun.platform.gateway.upstreams.LARGEST_ANSWER", 1000)
    near, _ = pair
    with saying(lambda asked: HEAD + b"\r\n{" + b" " * 10_000) as base_url:
        connect(near, base_url)
        assert "no connection (ReadError)" in near.chat().text


def test_what_is_sent_is_the_request_with_the_targets_model_and_key(pair: Pair) -> None:
    near, _ = pair
    seen: list[bytes] = []

    def answer(asked: bytes) -> bytes:
        seen.append(asked)
        return HEAD + b'\r\n{"choices": [], "own": 1}'

    with saying(answer) as base_url:
        connect(near, base_url, key=API_KEY)
        got = near.chat(model="gate", tools=[TOOL], stream_options={"include_usage": True})
    assert got.json() == {"choices": [], "own": 1}
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert f"authorization: Bearer {API_KEY}".encode() in head.lower().replace(b"bearer", b"Bearer")
    assert TOKEN.encode() not in head
    assert json.loads(body) == {**CHAT, "tools": [TOOL]}


def test_a_model_that_says_nothing_is_given_up(pair: Pair) -> None:
    near, _ = pair
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connect(near, f"http://127.0.0.1:{listener.getsockname()[1]}/v1", requestTimeout=1)
        answer = near.chat()
    assert answer.json()["error"]["tried"][0]["reason"] == "no answer within 1 s"


def test_keys_stay_here_by_default(tmp_path: Path) -> None:
    with served(tmp_path) as local, saying(lambda asked: pytest.fail("it was called")) as base_url:
        connect(local, base_url, key=API_KEY)
        assert httpx.post(f"{local.endpoint}/chat/completions", json=CHAT, headers={"authorization": f"Bearer {TOKEN}"})
        assert "simulated" in local.chat().text
