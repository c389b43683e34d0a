"""A platform with its data plane, really served, and what its tests call it with."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx
from openai import AsyncOpenAI, OpenAI
from pulumi_agentrun.platform import Platform
from pulumi_agentrun.platform.gateway.access import Access
from pulumi_agentrun.platform.gateway.calls import Gateway, Upstreams
from pulumi_agentrun.platform.gateway.upstreams import Simulated, Upstream
from pulumi_agentrun.platform.store import Store
from pulumi_agentrun.testing.threads import serving

TOKEN = "local-the-token"
ACCESS_KEYS = {"ak": "the-secret-of-ak"}
API_KEY = "sk-the-key-of-a-service"
SECRETS = (TOKEN, API_KEY, ACCESS_KEYS["ak"])
BEARER = [("host", "localhost"), ("x-acs-signature-type", "BEARERTOKEN"), ("x-acs-bearer-token", ACCESS_KEYS["ak"])]
CHAT: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = float(int(time.time()))

    def __call__(self) -> float:
        return self.now


class Local:
    """A served platform: `create` and `update` are its control plane, the rest calls its data plane."""

    def __init__(
        self, platform: Platform, store: Store, gateway: Gateway, address: str, clock: Clock, naps: list[float]
    ) -> None:
        self.platform = platform
        self.store = store
        self.gateway = gateway
        self.address = address
        self.clock = clock
        self.naps = naps
        """The pauses that the gateway made, or a simulated service."""

    def control(self, method: str, path: str, body: Any = None) -> Any:
        raw = b"" if body is None else json.dumps(body).encode()
        answer = self.platform.handle(method, f"/2025-09-10/agents/{path}", BEARER, raw)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)["data"]

    def service(self, name: str, *models: str, base_url: str = "https://up.example/v1", **fields: Any) -> None:
        settings = {"apiKey": API_KEY, "baseUrl": base_url, "modelNames": list(models or ("m",))}
        body = {"modelServiceName": name, "modelType": "llm", "provider": "custom", "providerSettings": settings}
        self.control("POST", "model-services", {**body, **fields})

    def proxy(self, *services: str, name: str = "gate", **policies: Any) -> Any:
        """Make services, and a proxy before them."""
        for service in services:
            self.service(service)
        return self.before(*services, name=name, **policies)

    def before(self, *services: str, name: str = "gate", **policies: Any) -> Any:
        """Make a proxy that retries nothing and limits nothing unless it is told to."""
        config = {"endpoints": self.endpoints(*services), "policies": {**PLAIN, **policies}}
        return self.control("POST", "model-proxies", {**PROXY, "modelProxyName": name, "proxyConfig": config})

    @staticmethod
    def endpoints(*services: str) -> list[dict[str, Any]]:
        """Return endpoints of which the first gets everything."""
        return [{"modelServiceName": name, "weight": 0 if index else 100} for index, name in enumerate(services)]

    def update(self, **changes: Any) -> None:
        self.control("PUT", "model-proxies/gate", changes)

    @property
    def endpoint(self) -> str:
        return f"{self.address}/models/gate"

    def client(self, **options: Any) -> OpenAI:
        return OpenAI(**{"base_url": f"{self.endpoint}/v1", "api_key": TOKEN, "max_retries": 0, **options})

    def async_client(self, **options: Any) -> AsyncOpenAI:
        return AsyncOpenAI(**{"base_url": f"{self.endpoint}/v1", "api_key": TOKEN, "max_retries": 0, **options})

    def post(self, path: str = "chat/completions", body: Any = None, **headers: str) -> httpx.Response:
        """Send a call as it is."""
        sent = {
            "authorization": f"Bearer {TOKEN}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        content = body if isinstance(body, bytes) else json.dumps(CHAT if body is None else body).encode()
        return httpx.post(f"{self.endpoint}/v1/{path}", content=content, headers=sent, timeout=30)

    def chat(self, **more: Any) -> httpx.Response:
        return self.post(body={**CHAT, **more})


PROXY = {"cpu": 2, "memory": 4096, "proxyMode": "multi"}
PLAIN = {"numRetries": 0, "concurrencyLimit": 0, "requestTimeout": 60}


@contextmanager
def served(
    directory: Path,
    *,
    upstream: Upstream | None = None,
    pause: Callable[[float], Awaitable[None]] | None = None,
    clock: Clock | None = None,
    real_clock: bool = False,
    is_local: bool = True,
    port: int = 0,
) -> Iterator[Local]:
    """Serve a platform from a thread, on a clock of its own and without real pauses."""
    naps: list[float] = []
    clock = clock or Clock()
    now: Callable[[], float] = time.time if real_clock else clock

    async def nap(seconds: float) -> None:
        naps.append(seconds)
        if pause is not None:
            await pause(seconds)

    platform = Platform.open(directory, ACCESS_KEYS, clock=now)
    store, chance = Store(directory), Random(7).random
    upstreams = Upstreams(upstream or Simulated(chance, now, nap))
    gateway = Gateway(store, Access(ACCESS_KEYS, TOKEN), upstreams, clock=now, chance=chance, pause=nap)
    with serving(platform, gateway, is_local=is_local, port=port) as address:
        platform.served_at(address)
        yield Local(platform, store, gateway, address, clock, naps)
    store.close()
    platform.close()


def under_way(directory: Path) -> int:
    """Return how many calls hold a place, in whichever process."""
    store = Store(directory)
    try:
        with store.reading() as tables:
            return int(tables.connection.execute("SELECT COUNT(*) FROM calls").fetchone()[0])
    finally:
        store.close()
