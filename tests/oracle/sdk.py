"""Calls a served platform with the official SDK, in its own environment; prints what it was answered as JSON."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from agentrun.model import BackendType, ModelClient

CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}]}


def text(answer: Any) -> str:
    return str(answer.choices[0].message.content)


def streamed(answer: Any) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)


def main() -> None:
    client = ModelClient()
    service = client.get("qwen", backend_type=BackendType.SERVICE)
    named = client.get("named", backend_type=BackendType.PROXY)
    plain = client.get("plain", backend_type=BackendType.PROXY)
    said = {
        "service": text(service.completion(**CHAT)),
        "proxy with a credential": text(named.completion(**CHAT)),
        "proxy with a credential, asynchronous": text(asyncio.run(named.acompletion(**CHAT))),
        "proxy with a credential, streamed": streamed(named.completion(**CHAT, stream=True)),
        "proxy with a credential, embedding": str(len(named.embedding(input=["hi"]).data[0]["embedding"])),
    }
    from agentrun.model.api.data import ModelDataAPI

    # `completion()` drops the headers of a proxy without a credential; this class, which it is made of, sends them.
    data = ModelDataAPI("plain", model_name="plain")
    os.environ["OPENAI_API_KEY"] = "not-a-key"
    said["proxy without a credential, signed"] = text(data.completions(**CHAT))
    os.environ["OPENAI_API_KEY"] = os.environ["GATEWAY_TOKEN"]
    said["proxy without a credential, with the token"] = text(plain.completion(**CHAT))
    print("RESULT", json.dumps(said))


main()
