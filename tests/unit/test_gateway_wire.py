"""OpenAI's shapes: requests that make sense, and answers of simulated models."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.platform.gateway import simulated, wire
from pulumi_agentrun.platform.gateway.paths import Route, route
from pulumi_agentrun.platform.gateway.refusals import Refused
from pulumi_agentrun.platform.gateway.simulated import Trouble, parse_troubles, trouble_of

CHAT: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
EMBED: dict[str, Any] = {"model": "m", "input": "hi"}


def refused(check: Callable[[Mapping[str, Any]], None], body: Mapping[str, Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        check(body)
    return caught.value


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"stream": True, "stream_options": {"include_usage": True}},
        {"stream_options": {"include_usage": True}},
        {"temperature": 0, "top_p": 1, "n": 2, "max_tokens": 1, "stop": ["a"], "tools": [], "user": "u"},
        {"stop": "a", "seed": 1, "logprobs": True, "top_logprobs": 0, "tool_choice": "auto", "a_new_field": [1]},
        {
            "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "custom"}],
            "response_format": {"type": "text"},
        },
        {"temperature": None, "stream": None, "n": None, "stream_options": None},
        {"messages": [{"role": "assistant", "content": None, "tool_calls": []}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}]},
    ],
)
def test_a_chat_that_openai_takes_is_taken(more: dict[str, Any]) -> None:
    wire.check_chat({**CHAT, **more})


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"model": 3}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [3]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": True}, "stream_options"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": "1"}, "top_p"),
        ({"n": 0}, "n"),
        ({"n": 129}, "n"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_completion_tokens": -1}, "max_completion_tokens"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"stop": 3}, "stop"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": ["a", None, 3]}, "stop"),
        ({"tools": {}}, "tools"),
        ({"tools": ["f"]}, "tools[0]"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {"name": 3}}]}, "tools[0].function"),
        ({"tool_choice": 3}, "tool_choice"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {}}, "response_format"),
        ({"user": ["u"]}, "user"),
        ({"seed": True}, "seed"),
        ({"logprobs": 1}, "logprobs"),
        ({"logit_bias": [1]}, "logit_bias"),
        ({"metadata": "m"}, "metadata"),
        ({"reasoning_effort": 1}, "reasoning_effort"),
    ],
)
def test_a_wrong_field_of_a_chat_is_named(change: dict[str, Any], param: str) -> None:
    error = refused(wire.check_chat, {**CHAT, **change})
    assert (error.status, error.param) == (400, param)
    assert str(error).startswith(f"{param}: ")
    assert error.envelope()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("given_input", ["a", ["a", "b"], [1, 2], [[1, 2], [3]]])
def test_embeddings_take_texts_and_tokens(given_input: Any) -> None:
    wire.check_embeddings({**EMBED, "input": given_input})
    answer = simulated.embeddings("svc", "m", {**EMBED, "input": given_input, "dimensions": 4})
    assert len(answer["data"]) == (2 if isinstance(given_input[0], list) or given_input == ["a", "b"] else 1)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"input": "a"}, None),
        ({"input": ""}, "input"),
        ({"input": ["a", ""]}, "input[1]"),
        ({"user": 3}, "user"),
        ({"input": []}, "input"),
        ({"input": None}, "input"),
        ({"input": ["a", 3]}, "input[1]"),
        ({"input": [3, "a"]}, "input[0]"),
        ({"input": [[]]}, "input[0]"),
        ({"input": ["a"] * 2049}, "input"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": 4097}, "dimensions"),
        ({"input": ["a"] * 2000, "dimensions": 4000}, "dimensions"),
    ],
)
def test_a_wrong_field_of_embeddings_is_named(change: dict[str, Any], param: str | None) -> None:
    if param is None:
        wire.check_embeddings({**EMBED, **change})
    else:
        assert refused(wire.check_embeddings, {**EMBED, **change}).param == param


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b'{"a": NaN}', b"\xff", b"[" * 100_000, b'{"a": "\\ud800"}'])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Refused, match="JSON"):
        wire.parse(body)


@given(st.text(), st.integers(1, 3), st.booleans())
def test_the_events_of_a_stream_are_the_completion(text: str, number: int, with_usage: bool) -> None:
    body = {**CHAT, "messages": [{"role": "user", "content": text}], "n": number}
    answer = simulated.completion("svc", "m", body, 1)
    chunks = [json.loads(event.removeprefix(b"data: ")) for event in wire.events(answer, with_usage)]
    assert {chunk["id"] for chunk in chunks} == {answer["id"]}
    said: dict[int, str] = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            said[choice["index"]] = said.get(choice["index"], "") + choice["delta"].get("content", "")
    assert [said[choice["index"]] for choice in answer["choices"]] == wire.said(answer)
    assert [chunk["usage"] for chunk in chunks if "usage" in chunk] == [answer["usage"]] * with_usage


def test_the_events_of_a_kept_answer_have_its_tool_calls() -> None:
    used = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    kept = {
        "id": "x",
        "choices": [{"index": 0, "message": {"content": None, "tool_calls": [used]}, "finish_reason": "t"}],
    }
    deltas = [json.loads(event.removeprefix(b"data: "))["choices"][0]["delta"] for event in wire.events(kept, False)]
    assert deltas == [{"role": "assistant", "content": ""}, {"tool_calls": [{"index": 0, **used}]}, {}]


def test_a_simulated_answer_names_who_made_it_and_is_the_same_again() -> None:
    answer = simulated.completion("svc", "qwen", CHAT, 1)
    assert answer == simulated.completion("svc", "qwen", CHAT, 1)
    assert answer["choices"][0]["message"]["content"] == "This is qwen of svc, simulated. You said: hi"
    assert answer["usage"] == {"prompt_tokens": 1, "completion_tokens": 11, "total_tokens": 12}
    assert simulated.completion("svc", "other", CHAT, 1)["id"] != answer["id"]


def test_a_simulated_answer_is_no_longer_than_it_may_be() -> None:
    answer = simulated.completion("svc", "qwen", {**CHAT, "max_tokens": 2}, 1)
    assert (wire.said(answer), answer["choices"][0]["finish_reason"]) == (["This is "], "length")
    assert answer["usage"]["completion_tokens"] == 2


@given(st.text(min_size=1), st.integers(2, 300))
def test_an_embedding_has_its_size_and_the_length_of_one(text: str, size: int) -> None:
    answer = simulated.embeddings("svc", "m", {"model": "m", "input": [text, text + "!"], "dimensions": size})
    first, second = (item["embedding"] for item in answer["data"])
    assert len(first) == size
    assert math.hypot(*first) == pytest.approx(1)
    assert first != second
    assert (
        first
        == simulated.embeddings("other", "m", {"model": "m", "input": text, "dimensions": size})["data"][0]["embedding"]
    )


def test_an_embedding_comes_as_bytes_where_that_is_asked_for() -> None:
    numbers = simulated.embeddings("svc", "m", EMBED)["data"][0]["embedding"]
    text = simulated.embeddings("svc", "m", {**EMBED, "encoding_format": "base64"})["data"][0]["embedding"]
    assert struct.unpack(f"<{simulated.DIMENSIONS}f", base64.b64decode(text)) == pytest.approx(numbers)


def test_troubles_are_read_from_a_text() -> None:
    found = parse_troubles(" qwen:status=500,share=0.5 ; http://up:80/v1:latency=2; *:status=0 ")
    assert found == {
        "qwen": Trouble(500, 0.5),
        "http://up:80/v1": Trouble(latency=2),
        "*": Trouble(0),
    }
    assert parse_troubles("") == {}
    assert trouble_of("qwen", {}, found) == Trouble(500, 0.5)
    assert trouble_of("else", {"x": Trouble()}, found) == Trouble(0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("qwen", "not of the form"),
        (":status=500", "not of the form"),
        ("a:colour=red", "there is no 'colour'; there are status, share, latency, retry_after"),
        ("a:status=bad", "status cannot be 'bad'"),
        ("a:status=200", "status is 0, or 400-599"),
        ("a:status=500,share=2", "share is from 0 to 1"),
        ("a:status=500,share=nan", "share is from 0 to 1"),
        ("a:latency=inf", "latency is 0 or more seconds"),
        ("a:latency=-1", "latency is 0 or more seconds"),
        ("a:status=429,retry_after=-1", "retry_after is 0 to"),
    ],
)
def test_troubles_that_make_no_sense_are_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_troubles(text)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("gate/v1/chat/completions", Route("gate", "chat/completions")),
        ("gate/chat/completions", Route("gate", "chat/completions")),
        ("a%2Fb%20c/v1/embeddings", Route("a/b c", "embeddings")),
        ("v1/v1/models", Route("v1", "models")),
        ("gate/models", Route("gate", "models")),
        ("gate/v1/models/a%2Fb", Route("gate", "models", "a/b")),
        ("gate/v1/models/org/model", Route("gate", "models", "org/model")),
    ],
)
def test_a_path_leads_with_and_without_v1(path: str, expected: Route) -> None:
    assert route("GET" if expected.operation == "models" else "POST", f"/models/{path}") == expected


@pytest.mark.parametrize(
    "path", ["", "gate", "gate/", "gate/v1", "gate/v1/v1/models", "/v1/models", "gate/v1/models/", "gate/x"]
)
def test_no_other_path_leads_anywhere(path: str) -> None:
    with pytest.raises(
        Refused, match="There is no such path; there are: POST /models/PROXY/v1/chat/completions"
    ) as caught:
        route("GET", f"/models/{path}")
    assert caught.value.status == 404


def test_another_method_is_refused() -> None:
    with pytest.raises(Refused, match="chat/completions wants POST") as caught:
        route("GET", "/models/gate/v1/chat/completions")
    assert caught.value.status == 405
