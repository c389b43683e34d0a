"""Plays cases with LiteLLM's own Router, in its own environment: cases as JSON come in, what happened goes out."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys
import time
import warnings
from collections import Counter
from typing import Any

import httpx
import litellm
from litellm import Router

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
litellm.suppress_debug_info = True
random.random = lambda: 0.0  # no jitter; `random.choices` draws elsewhere
_real, _passed = time.time, [0.0]
time.time = lambda: _real() + _passed[0]
GOOD = {
    "id": "x", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}  # fmt: skip


def deployment(group: str, service: str, weight: int | None) -> dict[str, Any]:
    params: dict[str, Any] = {"model": "openai/m", "api_base": f"http://{service}", "api_key": "k"}
    return {"model_name": group, "litellm_params": params if weight is None else {**params, "weight": weight}}


async def play(case: dict[str, Any]) -> Any:
    backups = {f"backup-{service}": service for service in case["fallbacks"]}
    models = [deployment("gate", service, weight) for service, weight in case["endpoints"]]
    models += [deployment(group, service, None) for group, service in backups.items()]
    fallbacks = [{"gate": list(backups)}] if backups else []
    # Each router adds its own, up to 30 in all; without them, none is told of failures.
    litellm.logging_callback_manager._reset_all_callbacks()
    router = Router(model_list=models, num_retries=case["retries"], fallbacks=fallbacks, timeout=60)
    if case["draws"]:
        return await draw(router, case["draws"])
    answered: Counter[str] = Counter()
    tried: list[tuple[str, int]] = []
    pauses: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        script = case["script"].get(request.url.host, [200])
        status = script[min(answered[request.url.host], len(script) - 1)]
        answered[request.url.host] += 1
        tried.append((request.url.host, status))
        if status == 200:
            return httpx.Response(200, json=GOOD)
        headers = {} if case["retry_after"] is None else {"retry-after": str(case["retry_after"])}
        return httpx.Response(status, json={"error": {"message": "no", "type": "t", "code": "c"}}, headers=headers)

    wait = router._time_to_sleep_before_retry

    def record(**given: Any) -> float:
        seconds = wait(**given)
        if seconds:
            pauses.append(seconds)
        return 0.0

    router._time_to_sleep_before_retry = record
    litellm.in_memory_llm_clients_cache.flush_cache()
    litellm.aclient_session = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    played = []
    for _ in range(case["calls"]):
        tried.clear()
        pauses.clear()
        try:
            await router.acompletion(model="gate", messages=[{"role": "user", "content": "hi"}])
            is_good = True
        except Exception:
            is_good = False
        played.append({"tried": list(tried), "pauses": list(pauses), "good": is_good})
        await asyncio.sleep(0.05)  # its successes are counted in the background
        _passed[0] += case["advance"]
    return played


async def draw(router: Router, number: int) -> Any:
    drawn: Counter[str] = Counter()
    for _ in range(number):
        try:
            found = await router.async_get_available_deployment(model="gate", request_kwargs={}, messages=[])
        except Exception as error:
            return {"error": type(error).__name__}
        drawn[found["litellm_params"]["api_base"].removeprefix("http://")] += 1
    return drawn


async def main() -> None:
    print("RESULT", json.dumps([await play(case) for case in json.load(sys.stdin)]))


asyncio.run(main())
