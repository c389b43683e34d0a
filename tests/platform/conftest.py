"""Platforms in process and served, and the official client to talk to them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_agentrun20250910 import models as api
from alibabacloud_agentrun20250910.client import Client
from alibabacloud_tea_openapi.models import Config
from certificates import signed_by_itself
from pulumi_agentrun.platform import Answer, Platform
from pulumi_agentrun.platform.opening import Certificate
from pulumi_agentrun.testing.threads import serving

SECRET = "the-secret-of-ak"
CREDENTIALS = {"ak": SECRET, "STS.ak": "the-secret-of-sts"}
PREFIX = "/2025-09-10/agents/"
BEARER = [("host", "localhost"), ("x-acs-signature-type", "BEARERTOKEN"), ("x-acs-bearer-token", SECRET)]


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = float(int(time.time()))

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def data(self) -> Any:
        assert self.body.get("code") == "SUCCESS", self.body
        return self.body["data"]


class Caller:
    """Calls a platform in process, with short paths and decoded bodies."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def __call__(self, method: str, path: str, body: Any = None) -> Reply:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        answer: Answer = self.platform.handle(method, PREFIX + path, BEARER, raw)
        return Reply(answer.status, json.loads(answer.body), dict(answer.headers))

    def create_service(self, name: str = "svc", **fields: Any) -> Reply:
        settings = {"apiKey": "sk-0123456789abcdef", "baseUrl": "https://up/v1", "modelNames": ["b", "a"]}
        body = {"modelServiceName": name, "modelType": "llm", "provider": "custom", "providerSettings": settings}
        return self("POST", "model-services", {**body, **fields})

    def create_proxy(self, name: str = "gate", **fields: Any) -> Reply:
        config = {"endpoints": [{"modelServiceName": "svc", "modelNames": ["b", "a"], "weight": 1}]}
        body = {"modelProxyName": name, "cpu": 2, "memory": 4096, "proxyMode": "single", "proxyConfig": config}
        return self("POST", "model-proxies", {**body, **fields})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def naps() -> list[float]:
    """How long the platform was asked to sleep."""
    return []


@pytest.fixture
def platform(tmp_path: Path, clock: Clock, naps: list[float]) -> Iterator[Platform]:
    platform = Platform.open(tmp_path / "data", CREDENTIALS, clock=clock, sleep=naps.append)
    yield platform
    platform.close()


@pytest.fixture
def call(platform: Platform) -> Caller:
    return Caller(platform)


class Relay:
    """Stands in a server for the platform of the running test."""

    platform: Platform

    def handle(self, *request: Any, is_patient: bool = True) -> Answer:
        return self.platform.handle(*request, is_patient=is_patient)


@dataclass(frozen=True)
class Served:
    """The address of a server, and how the official client reaches it."""

    relay: Relay
    protocol: str
    address: str
    certificate: Certificate | None

    def client(self, key: str = "ak", secret: str | None = None, token: str | None = None) -> Client:
        return Client(
            Config(
                access_key_id=key,
                access_key_secret=secret or CREDENTIALS.get(key, "none"),
                security_token=token,
                endpoint=self.address,
                protocol=self.protocol,
                ca=self.certificate.certificate if self.certificate else None,
            )
        )


def _serve(protocol: str, certificate: Certificate | None) -> Iterator[Served]:
    relay = Relay()
    with serving(relay, certificate=certificate) as address:  # type: ignore[arg-type]
        yield Served(relay, protocol, address.partition("://")[2], certificate)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for 127.0.0.1 that signs itself."""
    return signed_by_itself(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def http_server() -> Iterator[Served]:
    yield from _serve("http", None)


@pytest.fixture(scope="session")
def https_server(certificate: Certificate) -> Iterator[Served]:
    yield from _serve("https", certificate)


@pytest.fixture
def served(http_server: Served, platform: Platform) -> Served:
    """The platform of this test over HTTP."""
    http_server.relay.platform = platform
    return http_server


class Driver:
    """The official client, its sync or its async half behind one awaitable call."""

    def __init__(self, client: Client, is_async: bool) -> None:
        self.client = client
        self.is_async = is_async

    async def __call__(self, method: str, *arguments: Any) -> Any:
        if self.is_async:
            return await getattr(self.client, f"{method}_async")(*arguments)
        return await asyncio.to_thread(getattr(self.client, method), *arguments)


@pytest.fixture(params=["http-sync", "http-async", "https-sync", "https-async", "http-sync-sts", "http-async-sts"])
def drive(request: pytest.FixtureRequest, platform: Platform) -> Driver:
    """The official client in each way it can talk."""
    protocol, half, *sts = request.param.split("-")
    served: Served = request.getfixturevalue(f"{protocol}_server")
    served.relay.platform = platform
    client = served.client("STS.ak", token="token==") if sts else served.client()
    return Driver(client, half == "async")


@pytest.fixture
def service_input() -> api.CreateModelServiceInput:
    return api.CreateModelServiceInput(
        model_service_name="a b/ü~*+",
        model_type="llm",
        provider="custom",
        description="café",
        provider_settings=api.ProviderSettings(
            api_key="sk-0123456789abcdef", base_url="https://up/v1", model_names=["m"]
        ),
    )


@pytest.fixture
def proxy_input() -> api.CreateModelProxyInput:
    endpoint = api.ProxyConfigEndpoints(model_service_name="svc", model_names=["m"], weight=1)
    return api.CreateModelProxyInput(
        model_proxy_name="gate",
        cpu=2.0,
        memory=4096,
        proxy_mode="single",
        proxy_config=api.ProxyConfig(endpoints=[endpoint], policies=api.ProxyConfigPolicies(num_retries=1)),
        arms_configuration=api.ArmsConfiguration(arms_license_key="licence", enable_arms=True),
        log_configuration=api.LogConfiguration(project="p", logstore="l"),
        network_configuration=api.NetworkConfiguration(network_mode="PUBLIC"),
    )
