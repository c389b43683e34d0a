"""The client over its real transport, in both colours, against the embedded platform and broken servers."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi_agentrun.client
import pytest
from pulumi_agentrun.client import (
    BackendType,
    Config,
    ConfigError,
    InvalidArgumentError,
    ModelClient,
    ModelServiceCreateInput,
    ModelServiceListInput,
    ModelServiceUpdateInput,
    ProviderSettings,
    ResourceAlreadyExistError,
    ResourceNotExistError,
    TransportError,
)
from pulumi_agentrun.client.config import region_of, resolve
from pulumi_agentrun.client.credentials import Credentials
from pulumi_agentrun.client.flows import Flow
from pulumi_agentrun.platform import Platform
from pydantic import SecretStr

KEY = "sk-never-shown"


def service(name: str) -> ModelServiceCreateInput:
    settings = ProviderSettings(api_key=SecretStr(KEY), model_names=["m"])
    return ModelServiceCreateInput(
        model_service_name=name, model_type="llm", provider="tongyi", provider_settings=settings
    )


@pytest.fixture
def client(tmp_path: Path) -> Iterator[ModelClient]:
    with ModelClient(Config(endpoint=f"file://{tmp_path}")) as client:
        yield client


def test_a_life(client: ModelClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        made = client.create(service("a"))
        assert (made.status, made.model_service_name) == ("READY", "a")
        with pytest.raises(ResourceAlreadyExistError):
            client.create(service("a"))
        assert client.update("a", ModelServiceUpdateInput(description="new")).description == "new"
        found = client.get("a")
        assert found.request_id
        assert [item.model_service_name for item in client.list(ModelServiceListInput())] == ["a"]
        client.delete("a", BackendType.SERVICE)
        with pytest.raises(ResourceNotExistError):
            client.get("a", BackendType.SERVICE)
    assert KEY not in caplog.text + repr(made) + repr(found)


async def test_a_life_on_an_event_loop(tmp_path: Path) -> None:
    async with ModelClient(Config(endpoint=f"file://{tmp_path}")) as client:
        await client.create_async(service("a"))
        assert (await client.update_async("a", ModelServiceUpdateInput(description="new"))).description == "new"
        assert (await client.get_async("a")).description == "new"
        assert len(await client.list_async(ModelServiceListInput())) == 1
        assert [item.model_service_name async for item in client.iterate_async(ModelServiceListInput())] == ["a"]
        await client.delete_async("a")
        with pytest.raises(ResourceNotExistError):
            await client.get_async("a")


def test_one_client_serves_several_event_loops(client: ModelClient) -> None:
    for name in "ab":
        asyncio.run(client.create_async(service(name)))
    assert len(client.list(ModelServiceListInput())) == 2


def test_iteration_sees_every_page_though_the_service_caps_them(client: ModelClient, tmp_path: Path) -> None:
    Platform.open(tmp_path, {}).switch(page_cap=3)
    names = [f"s{number}" for number in range(8)]
    for name in names:
        client.create(service(name))
    assert len(client.list(ModelServiceListInput(page_size=50))) == 3
    assert [item.model_service_name for item in client.iterate(ModelServiceListInput(page_size=50))] == names


def test_a_config_for_one_call_wins_field_by_field(client: ModelClient, tmp_path: Path) -> None:
    other = Config(endpoint=f"file://{tmp_path / 'other'}")
    client.create(service("here"))
    client.create(service("there"), config=other)
    assert [item.model_service_name for item in client.list(ModelServiceListInput())] == ["here"]
    assert client.get("there", config=other).status == "READY"


def test_a_refused_connection_was_certainly_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    config = Config(endpoint=f"http://127.0.0.1:{port}", access_key_id="i", access_key_secret=SecretStr("s"))
    with ModelClient(config) as client, pytest.raises(TransportError, match="got no answer") as caught:
        client.session().run(_once())
    assert caught.value.sent is False


def _once() -> Flow[Any]:
    from pulumi_agentrun.client import operations
    from pulumi_agentrun.client.kinds import SERVICE

    response = yield operations.get(SERVICE, "a")
    return response


ENV = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "ali", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "x"}


@pytest.mark.parametrize(
    ("config", "environment", "expected"),
    [
        (Config(access_key_id="a", access_key_secret=SecretStr("b")), ENV, Credentials("a", "b")),
        (Config(), ENV, Credentials("ali", "x")),
        (Config(), ENV | {"ALIBABA_CLOUD_SECURITY_TOKEN": "t"}, Credentials("ali", "x", "t")),
        (
            Config(),
            ENV | {"AGENTRUN_ACCESS_KEY_ID": "own", "AGENTRUN_ACCESS_KEY_SECRET": "y"},
            Credentials("own", "y"),
        ),
        (Config(), {"ALIBABA_CLOUD_BEARER_TOKEN": "b"}, Credentials(bearer_token="b")),
    ],
)  # fmt: skip
def test_credentials_come_from_one_source_whole(
    config: Config, environment: dict[str, str], expected: Credentials
) -> None:
    assert resolve(config, environment).credentials == expected


def test_half_an_access_key_is_refused() -> None:
    with pytest.raises(ConfigError, match="AGENTRUN_ACCESS_KEY_ID is set but AGENTRUN_ACCESS_KEY_SECRET is not"):
        resolve(Config(), {"AGENTRUN_ACCESS_KEY_ID": "only"})


@pytest.mark.parametrize(
    ("region", "endpoint", "environment", "expected"),
    [
        (None, None, {}, "cn-hangzhou"),
        (None, None, {"FC_REGION": "cn-b"}, "cn-b"),
        (None, None, {"FC_REGION": "cn-b", "AGENTRUN_REGION": "cn-c"}, "cn-c"),
        ("cn-a", "https://e.example", {"AGENTRUN_REGION": "cn-c"}, "cn-a"),
        (None, "https://e.example", {}, None),
        (None, None, {"AGENTRUN_CONTROL_ENDPOINT": "https://e.example"}, None),
        ("cn-a", "file://x", {}, "embedded"),
        ("cn-a", None, {"AGENTRUN_CONTROL_ENDPOINT": "file:x"}, "embedded"),
    ],
)
def test_the_region_is_what_is_set_or_the_default_unless_an_endpoint_hides_it(
    region: str | None, endpoint: str | None, environment: dict[str, str], expected: str | None
) -> None:
    assert region_of(region, endpoint, environment) == expected


@pytest.mark.parametrize(
    ("endpoint", "region", "expected"),
    [
        (None, None, "https://agentrun.cn-hangzhou.aliyuncs.com"),
        (None, "ap-southeast-1", "https://agentrun.ap-southeast-1.aliyuncs.com"),
        ("agentrun.example.com", None, "https://agentrun.example.com"),
        ("http://127.0.0.1:8080/", None, "http://127.0.0.1:8080"),
        ("https://[::1]:8443", None, "https://[::1]:8443"),
    ],
)
def test_the_endpoint_follows_from_the_region_unless_given(
    endpoint: str | None, region: str | None, expected: str
) -> None:
    assert resolve(Config(endpoint=endpoint, region=region), ENV).base_url == expected


@pytest.mark.parametrize(
    "endpoint", ["ftp://x", "https://", "https://h/path", "https://u:p@h", "http://h:port", "file://", "https://h?q=1"]
)
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(ConfigError, match=r"^endpoint "):
        resolve(Config(endpoint=endpoint), ENV)


def test_nothing_secret_prints() -> None:
    config = Config(access_key_secret=SecretStr(KEY), security_token=SecretStr(KEY), access_key_id="i")
    shown = [repr(config), str(config), repr(resolve(config, {})), repr(service("a")), str(service("a"))]
    with pytest.raises(InvalidArgumentError) as caught:
        ModelServiceCreateInput.model_validate({"provider_settings": KEY, "model_type": {"k": KEY}})
    assert all(KEY not in text for text in [*shown, str(caught.value), repr(caught.value)])


def test_the_public_names_are_sorted_and_there() -> None:
    names = pulumi_agentrun.client.__all__
    assert names == sorted(names)
    assert all(getattr(pulumi_agentrun.client, name).__doc__ for name in names)


def test_the_client_needs_neither_pulumi_nor_the_platform() -> None:
    code = (
        "import sys; from pulumi_agentrun.client import ModelClient, ModelService; "
        "print([m for m in sys.modules if m == 'pulumi' or m.startswith('pulumi_agentrun.platform')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
