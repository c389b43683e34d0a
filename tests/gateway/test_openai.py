"""The official OpenAI client calls a proxy, unmodified."""

from __future__ import annotations

import math
from typing import Any

import openai
import pytest
from gateway.local import CHAT, TOKEN, Local
from openai import OpenAI
from pulumi_agentrun.platform.gateway.simulated import parse_troubles


@pytest.mark.parametrize("suffix", ["", "/v1", "/v1/"])
def test_a_proxy_answers_at_its_endpoint(local: Local, suffix: str) -> None:
    endpoint = local.proxy("qwen")["endpoint"]
    assert endpoint == local.endpoint
    with OpenAI(base_url=endpoint + suffix, api_key=TOKEN) as client:
        answer = client.chat.completions.create(**CHAT)
        assert answer.choices[0].message.content == "This is m of qwen, simulated. You said: hi"
        assert answer.usage is not None
        assert answer.usage.total_tokens == 12
        assert [model.id for model in client.models.list()] == ["m", "gate"]
        assert client.models.retrieve("m").owned_by == "agentrun"


def test_a_stream_says_the_same_and_ends_with_its_usage_if_it_is_asked_for(local: Local) -> None:
    local.proxy("qwen")
    with local.client() as client:
        whole = client.chat.completions.create(**CHAT)
        asked: list[Any] = [{}, {"stream_options": {"include_usage": True}}]
        for extra in asked:
            chunks = list(client.chat.completions.create(**CHAT, stream=True, **extra))
            pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
            assert "".join(pieces) == whole.choices[0].message.content
            assert len(pieces) > 5
            assert [chunk.usage for chunk in chunks if chunk.usage] == ([whole.usage] if extra else [])


async def test_the_asynchronous_client_is_answered_alike(local: Local) -> None:
    local.proxy("qwen")
    async with local.async_client() as client:
        answer = await client.chat.completions.create(**CHAT)
        stream = await client.chat.completions.create(**CHAT, stream=True)
        pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
        assert "".join(pieces) == answer.choices[0].message.content


def test_embeddings_come_in_either_encoding(local: Local) -> None:
    local.proxy("qwen")
    with local.client() as client:
        by_bytes = client.embeddings.create(model="m", input=["a", "b"])
        by_numbers = client.embeddings.create(model="m", input=["a", "b"], encoding_format="float")
    for one, other in zip(by_bytes.data, by_numbers.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding)
        assert math.hypot(*one.embedding) == pytest.approx(1)
    assert by_bytes.usage.total_tokens == 2


def test_the_proxys_own_name_is_a_model_in_mode_multi(local: Local) -> None:
    local.proxy("qwen")
    with local.client() as client:
        assert client.chat.completions.create(**{**CHAT, "model": "gate"}).model == "m"


def test_errors_are_those_that_openai_has(local: Local) -> None:
    local.proxy("qwen")
    with local.client() as client:
        with pytest.raises(openai.NotFoundError, match="That model is not routed by model proxy gate; there is: m"):
            client.chat.completions.create(**{**CHAT, "model": "none"})
        with pytest.raises(openai.BadRequestError, match="temperature: must be a number from 0 to 2") as bad:
            client.chat.completions.create(**CHAT, temperature=3)
        assert (bad.value.param, bad.value.type, bad.value.code) == (
            "temperature",
            "invalid_request_error",
            "invalid_value",
        )
        with pytest.raises(openai.AuthenticationError, match="token"):
            client.with_options(api_key="other").chat.completions.create(**CHAT)
        with pytest.raises(openai.NotFoundError, match="There is no model proxy of that name"):
            client.with_options(base_url=f"{local.address}/models/none/v1").chat.completions.create(**CHAT)
        with pytest.raises(openai.NotFoundError, match="That model is not routed"):
            client.models.retrieve("none")


def test_where_none_answers_the_error_says_who_was_tried(local: Local) -> None:
    local.proxy("qwen", fallbacks=[{"modelServiceName": "gone", "modelName": "x"}])
    failing = local.client(default_headers={"x-agentrun-simulate": "qwen:status=500"})
    with failing, pytest.raises(openai.APIStatusError) as caught:
        failing.chat.completions.create(**CHAT)
    assert caught.value.status_code == 502
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["tried"] == [
        {"service": "qwen", "model": "m", "status": 500, "reason": "simulated 500"},
        {"service": "gone", "model": "x", "status": None, "reason": "there is no such model service"},
    ]


def test_a_call_goes_to_the_fallback_and_says_so(local: Local) -> None:
    local.proxy("qwen", "spare", numRetries=1, fallbacks=[{"modelServiceName": "spare", "modelName": "m"}])
    local.update(proxyConfig={"endpoints": local.endpoints("qwen")})
    with local.client(default_headers={"x-agentrun-simulate": "qwen:status=500"}) as client:
        raw = client.chat.completions.with_raw_response.create(**CHAT)
    assert raw.parse().choices[0].message.content == "This is m of spare, simulated. You said: hi"
    assert (raw.headers["x-agentrun-service"], raw.headers["x-agentrun-attempts"]) == ("spare", "3")
    assert len(local.naps) == 2, "one before the second attempt, one before the fallback"


def test_a_busy_model_says_when_to_ask_again(local: Local) -> None:
    local.proxy("qwen")
    answer = local.post(x_agentrun_simulate="qwen:status=429,retry_after=7")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


def test_a_target_that_is_left_alone_is_not_called(local: Local) -> None:
    local.proxy("qwen")
    assert local.post(x_agentrun_simulate="qwen:status=401").status_code == 502
    answer = local.chat()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "left alone for a while" in answer.json()["error"]["message"]
    local.clock.now += 5
    assert local.chat().status_code == 200


def test_a_proxy_answers_only_once_it_is_there(local: Local) -> None:
    local.platform.switch(latency=30.0)
    local.proxy("qwen")
    answer = local.chat()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "proxy_not_ready")
    assert "gate is CREATING" in answer.json()["error"]["message"]
    local.clock.now += 30
    assert local.chat().status_code == 200


def test_a_change_of_the_proxy_holds_from_the_next_call(local: Local) -> None:
    local.proxy("qwen", "deep")
    assert local.chat().headers["x-agentrun-service"] == "qwen"
    local.update(proxyConfig={"endpoints": local.endpoints("deep")})
    assert local.chat().headers["x-agentrun-service"] == "deep"
    local.control("DELETE", "model-proxies/gate")
    assert local.chat().status_code == 404


def test_troubles_of_simulated_services_are_kept_until_they_are_changed(local: Local) -> None:
    local.proxy("qwen")
    local.gateway.book.set_troubles(parse_troubles("*:status=403,latency=2"))
    answer = local.chat()
    assert (answer.status_code, answer.json()["error"]["tried"][0]["status"]) == (502, 403)
    assert local.naps == [2]
    assert local.post(x_agentrun_simulate="qwen:latency=1").status_code == 200
    local.gateway.book.set_troubles({})
    assert local.chat().status_code == 200


def test_a_model_that_takes_longer_than_it_may_is_given_up(local: Local) -> None:
    local.proxy("qwen", requestTimeout=3)
    answer = local.post(x_agentrun_simulate="qwen:latency=9")
    assert answer.json()["error"]["tried"][0] == {
        "service": "qwen",
        "model": "m",
        "status": 408,
        "reason": "no answer within 3 s",
    }
    assert local.naps == [3]


def test_what_a_proxy_declares_and_the_gateway_does_not_do_is_said(local: Local) -> None:
    local.proxy("qwen", aiGuardrailConfig={"level": "high", "blockOnModelHallucination": True})
    local.update(logConfiguration={"project": "p", "logstore": "l"})
    header = local.chat().headers["x-agentrun-not-emulated"]
    assert header == "aiGuardrailConfig.level, aiGuardrailConfig.blockOnModelHallucination, logConfiguration"


def test_a_trouble_that_makes_no_sense_is_refused(local: Local) -> None:
    local.proxy("qwen")
    answer = local.post(x_agentrun_simulate="qwen:status=soon")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "x-agentrun-simulate")
