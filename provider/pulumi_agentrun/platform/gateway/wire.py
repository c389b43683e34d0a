"""OpenAI's shapes: what a request may hold, and what a completion, its stream, embeddings and models look like."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .refusals import Refused, invalid

DONE = b"data: [DONE]\n\n"
_NUMBERS = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
}
_COUNTS = {"n": (1, 128), "max_tokens": (1, 2**31), "max_completion_tokens": (1, 2**31), "top_logprobs": (0, 20)}
_KINDS: Mapping[str, tuple[type, str]] = {
    "user": (str, "a text"),
    "seed": (int, "a whole number"),
    "logprobs": (bool, "true or false"),
    "parallel_tool_calls": (bool, "true or false"),
    "logit_bias": (dict, "an object"),
    "metadata": (dict, "an object"),
    "store": (bool, "true or false"),
    "service_tier": (str, "a text"),
    "reasoning_effort": (str, "a text"),
    "stream": (bool, "true or false"),
}
"""Other fields that OpenAI's API has, where no more than their type can be told; those that it has not pass."""
_MOST_STOPS = 4
_MOST_INPUTS = 2048
_MOST_DIMENSIONS = 4096
_MOST_NUMBERS = 1_000_000


def parse(body: bytes) -> dict[str, Any]:
    """Return a body as an object that can be written again."""
    try:
        parsed = json.loads(body, parse_constant=_refuse_constant)
        json.dumps(parsed, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not valid JSON.", "invalid_json") from None
    if not isinstance(parsed, dict):
        raise Refused(400, "The body is not a JSON object.", "invalid_json")
    return parsed


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def check_chat(body: Mapping[str, Any]) -> None:
    """Refuse what is no request for a chat completion; the error names the field."""
    _check_model(body)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("messages", "a list of at least one message is needed")
    for index, message in enumerate(messages):
        _check_message(f"messages[{index}]", message)
    _check_kinds(body)
    _check_options(body.get("stream_options"))
    _check_stop(body.get("stop"))
    _check_tools(body)
    for name, (least, most) in _NUMBERS.items():
        value = body.get(name)
        if value is not None and not (_is_number(value) and least <= value <= most):
            raise invalid(name, f"must be a number from {least} to {most}")
    for name, (least, most) in _COUNTS.items():
        value = body.get(name)
        if value is not None and not (_is_whole(value) and least <= value <= most):
            raise invalid(name, f"must be a whole number from {least} to {most}")


def check_embeddings(body: Mapping[str, Any]) -> None:
    """Refuse what is no request for embeddings; the error names the field."""
    _check_model(body)
    _check_kinds(body)
    given = body.get("input")
    if not (isinstance(given, str | list) and given):
        raise invalid("input", "a text, or a list of at least one, is needed")
    if isinstance(given, list) and not _is_tokens(given):
        if len(given) > _MOST_INPUTS:
            raise invalid("input", f"must have at most {_MOST_INPUTS} items")
        for index, item in enumerate(given):
            if not (item and isinstance(item, str)) and not _is_tokens(item):
                raise invalid(f"input[{index}]", "must be a text, or a list of tokens")
    if body.get("encoding_format", "float") not in ("float", "base64", None):
        raise invalid("encoding_format", "must be float or base64")
    size = body.get("dimensions")
    if size is not None and not (_is_whole(size) and 1 <= size <= _MOST_DIMENSIONS):
        raise invalid("dimensions", f"must be a whole number from 1 to {_MOST_DIMENSIONS}")
    if size is not None and isinstance(given, list) and size * len(given) > _MOST_NUMBERS:
        raise invalid("dimensions", f"times the number of texts must be at most {_MOST_NUMBERS}")


def _check_model(body: Mapping[str, Any]) -> None:
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise invalid("model", "the name of a model is needed")


def _check_message(path: str, message: Any) -> None:
    if not isinstance(message, dict):
        raise invalid(path, "must be an object")
    if not isinstance(message.get("role"), str) or not message["role"]:
        raise invalid(f"{path}.role", "a role such as user is needed")
    content = message.get("content")
    if isinstance(content, list):
        for index, part in enumerate(content):
            where = f"{path}.content[{index}]"
            if not isinstance(part, dict) or not isinstance(part.get("type"), str):
                raise invalid(where, "must be an object with a type")
            if part["type"] == "text" and not isinstance(part.get("text"), str):
                raise invalid(f"{where}.text", "must be a text")
    elif not isinstance(content, str | None):
        raise invalid(f"{path}.content", "must be a text or a list of parts")


def _check_kinds(body: Mapping[str, Any]) -> None:
    for name, (kind, text) in _KINDS.items():
        value = body.get(name)
        if value is not None and not (_is_whole(value) if kind is int else isinstance(value, kind)):
            raise invalid(name, f"must be {text}")


def _check_stop(stop: Any) -> None:
    stops = [stop] if isinstance(stop, str | None) else stop
    if not (isinstance(stops, list) and len(stops) <= _MOST_STOPS and all(isinstance(s, str | None) for s in stops)):
        raise invalid("stop", f"must be a text, or a list of at most {_MOST_STOPS}")


def _check_tools(body: Mapping[str, Any]) -> None:
    tools = body.get("tools")
    if not isinstance(tools, list | None):
        raise invalid("tools", "must be a list")
    for index, tool in enumerate(tools or ()):
        if not isinstance(tool, dict) or not isinstance(tool.get("type"), str):
            raise invalid(f"tools[{index}]", "must be an object with a type")
        function = tool.get("function")
        if tool["type"] == "function" and not (isinstance(function, dict) and isinstance(function.get("name"), str)):
            raise invalid(f"tools[{index}].function", "must be an object with a name")
    if not isinstance(body.get("tool_choice"), str | dict | None):
        raise invalid("tool_choice", "must be a text or an object")
    wanted = body.get("response_format")
    if wanted is not None and not (isinstance(wanted, dict) and isinstance(wanted.get("type"), str)):
        raise invalid("response_format", "must be an object with a type")


def _check_options(options: Any) -> None:
    # The official SDK sends them with calls that do not stream, too.
    if options is None:
        return
    if not isinstance(options, dict):
        raise invalid("stream_options", "must be an object")
    if not isinstance(options.get("include_usage"), bool | None):
        raise invalid("stream_options.include_usage", "must be true or false")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_tokens(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_whole, value))


def wants_usage(body: Mapping[str, Any]) -> bool:
    """Say whether a stream is to end with the tokens that were used."""
    return bool((body.get("stream_options") or {}).get("include_usage"))


def texts(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each text of a request with its path."""
    for index, message in enumerate(body.get("messages", ())):
        path, content = f"messages[{index}].content", message.get("content")
        if isinstance(content, str):
            yield path, content
        for place, part in enumerate(content if isinstance(content, list) else ()):
            if part["type"] == "text":
                yield f"{path}[{place}].text", part["text"]
    given = body.get("input", ())
    if isinstance(given, str):
        yield "input", given
    else:
        yield from ((f"input[{index}]", item) for index, item in enumerate(given) if isinstance(item, str))


def said(answer: Mapping[str, Any]) -> list[str]:
    """Return the texts of a completion, or of a chunk of its stream, a text a choice."""
    found = []
    for choice in _objects(answer.get("choices")):
        for name in ("message", "delta"):
            message = choice.get(name)
            content = message.get("content") if isinstance(message, dict) else None
            if isinstance(content, str):
                found.append(content)
    return found


def tokens(answer: Mapping[str, Any]) -> int:
    """Return how many tokens an answer, or a chunk of its stream, says were used."""
    usage = answer.get("usage")
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if isinstance(total, int) and _is_whole(total) and total > 0 else 0


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def event(data: Mapping[str, Any]) -> bytes:
    """Return a server-sent event."""
    return b"data: " + dumped(data) + b"\n\n"


def dumped(data: Mapping[str, Any]) -> bytes:
    """Return an object as JSON."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def events(completion: Mapping[str, Any], with_usage: bool) -> Iterator[bytes]:
    """Yield a completion as the events of a stream, without the last one, `DONE`."""
    head = {
        name: completion[name] for name in ("id", "created", "model", "system_fingerprint") if name in completion
    } | {"object": "chat.completion.chunk"}
    for choice in _objects(completion.get("choices")):
        index, message = choice.get("index", 0), choice.get("message") or {}
        yield event({**head, "choices": [_chunk(index, {"role": "assistant", "content": ""}, None)]})
        for piece in _pieces(message.get("content") or ""):
            yield event({**head, "choices": [_chunk(index, {"content": piece}, None)]})
        for place, used in enumerate(_objects(message.get("tool_calls"))):
            yield event({**head, "choices": [_chunk(index, {"tool_calls": [{"index": place, **used}]}, None)]})
        yield event({**head, "choices": [_chunk(index, {}, choice.get("finish_reason"))]})
    if with_usage:
        yield event({**head, "choices": [], "usage": completion.get("usage")})


def _chunk(index: int, delta: Mapping[str, Any], finish: str | None) -> dict[str, Any]:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}


def _pieces(text: str) -> Iterator[str]:
    """Yield a text word by word; together they are the text."""
    start = 0
    while start < len(text):
        end = text.find(" ", start + 1)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end


def vector(numbers: Sequence[float], encoding: str | None) -> list[float] | str:
    """Return an embedding as it was asked for: numbers, or the bytes of such as 32-bit fractions."""
    if encoding == "base64":
        return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    return list(numbers)


def model_list(models: Sequence[str], created: int) -> dict[str, Any]:
    """Return the models that a proxy routes."""
    return {"object": "list", "data": [model(name, created) for name in models]}


def model(name: str, created: int) -> dict[str, Any]:
    """Return one of them."""
    return {"id": name, "object": "model", "created": created, "owned_by": "agentrun"}
