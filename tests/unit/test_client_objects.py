"""What a client returns goes on by itself: refreshed, changed, deleted and waited for, with its client's settings."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulumi_agentrun.client import (
    Config,
    DeleteResourceError,
    InvalidArgumentError,
    ModelClient,
    ModelProviderListInput,
    ModelService,
    ModelServiceCreateInput,
    ModelServiceListInput,
    ModelServiceUpdateInput,
    ResourceNotExistError,
    WaitTimeoutError,
)
from pulumi_agentrun.client.flows import Pause
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.operations import Operation
from pulumi_agentrun.client.waiters import until_final, until_gone
from pulumi_agentrun.platform import Platform

KEY = "sk-never-shown"


def service(name: str) -> ModelServiceCreateInput:
    settings = {"api_key": KEY, "model_names": ["m"]}
    return ModelServiceCreateInput.model_validate(
        {"model_service_name": name, "model_type": "llm", "provider": "tongyi", "provider_settings": settings}
    )


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(endpoint=f"file://{tmp_path / 'account'}")


def test_what_is_returned_keeps_the_clients_settings(config: Config, tmp_path: Path) -> None:
    with ModelClient(config) as client:
        made = client.create(service("a"))
        client.update("a", ModelServiceUpdateInput(description="new"))
        listed = [*client.list(ModelServiceListInput()), *client.iterate(ModelServiceListInput()), client.get("a")]
    assert made.refresh().description == "new"  # after its client's end, too
    assert all(item.refresh().description == "new" for item in listed)
    elsewhere = Config(endpoint=f"file://{tmp_path / 'other'}")
    ModelService.create(service("b"), config=elsewhere)
    with pytest.raises(ResourceNotExistError):
        made.refresh(config=elsewhere)
    assert made.set_config(elsewhere)._config == elsewhere


def test_the_settings_of_one_call_are_kept_as_well(config: Config) -> None:
    with ModelClient(Config(timeout=60)) as client:
        made = client.create(service("a"), config=config)
    assert made._config == Config(endpoint=config.endpoint, timeout=60)
    assert made.refresh().status == "READY"


def test_what_is_on_an_event_loop_keeps_them_too(config: Config) -> None:
    async def life() -> list[ModelService]:
        async with ModelClient(config) as client:
            made = await client.create_async(service("a"))
            listed = [item async for item in client.iterate_async(ModelServiceListInput())]
        return [await item.refresh_async() for item in (made, *listed)]

    assert [item.status for item in asyncio.run(life())] == ["READY", "READY"]


def test_a_resource_can_be_copied_and_sent_and_shows_no_secret(config: Config) -> None:
    with ModelClient(config.over(Config(token=KEY, access_key_secret=KEY, headers={"X-Key": KEY}))) as client:
        made = client.create(service("a"))
    for one in (made, copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert one.refresh().status == "READY"
        assert KEY not in repr(one) + str(one) + repr(one._config) + str(one._config)
        made.delete()
        with pytest.raises(ResourceNotExistError) as caught:
            one.update(ModelServiceUpdateInput(provider_settings=one.provider_settings))
        assert KEY not in str(caught.value) + repr(caught.value)
        ModelService.create(service("a"), config=config)


def test_a_resource_without_a_name_says_so(config: Config) -> None:
    with pytest.raises(InvalidArgumentError, match="model_service_name is not known"):
        ModelService().set_config(config).refresh()


def test_all_of_a_kind_come_once_though_the_service_caps_pages(config: Config, tmp_path: Path) -> None:
    Platform.open(tmp_path / "account", {}).switch(page_cap=3)
    with ModelClient(config) as client:
        names = [client.create(service(f"s{number}")).model_service_name for number in range(8)]
    assert [item.model_service_name for item in ModelService.list_all(config=config)] == names
    assert ModelService.list_all(config=config, provider="openai") == []
    with pytest.raises(ValueError, match="there is no provder: did you mean provider"):
        ModelService.list_all(config=config, provder="openai")


def test_model_providers_are_listed(config: Config, tmp_path: Path) -> None:
    Platform.open(tmp_path / "account", {}).close()
    with ModelClient(config) as client:
        names = [provider.provider_name for provider in client.list_model_providers()]
        (one,) = client.list_model_providers(ModelProviderListInput(model_name="qwen-max"))
        page = client.list_model_providers(ModelProviderListInput(page_number=2, page_size=1))
        assert [item.provider_name for item in page] == names[1:2]
        assert asyncio.run(client.list_model_providers_async(ModelProviderListInput(provider="openai")))[0].models
    assert one.provider_name == "tongyi"
    assert one.base_url
    assert one.model_info_config
    assert one.model_info_config.model_properties


def answer(status: str | None) -> httpx.Response:
    data = {"modelServiceName": "a", "status": status, "statusReason": "because"}
    return httpx.Response(200, json={"code": "SUCCESS", "requestId": "R", "data": data})


GONE = httpx.Response(404, json={"code": "NotFound", "message": "model service a does not exist", "requestId": "R"})


def driven(flow: Callable[..., Any], *answers: httpx.Response, timeout: float = 300) -> tuple[list[Any], float]:
    """Drive a wait by hand, with a clock that only pauses move; return what it was told, and how long it took."""
    told: list[Any] = []
    left, now = list(answers), 0.0
    outcome: Any = None
    steps = flow(SERVICE, "a", lambda found: told.append(found.status), 5, timeout)
    try:
        while True:
            step = steps.send(outcome)
            if isinstance(step, Pause):
                now += step.seconds
                outcome = now
            else:
                assert isinstance(step, Operation)
                outcome = left.pop(0)
    except StopIteration:
        return told, now


def test_waiting_ends_with_whatever_status_is_final() -> None:
    creating, ready, failed = answer("CREATING"), answer("READY"), answer("CREATE_FAILED")
    assert driven(until_final, ready) == (["READY"], 0)
    assert driven(until_final, creating, creating, ready) == (["CREATING", "CREATING", "READY"], 10)
    assert driven(until_final, creating, failed) == (["CREATING", "CREATE_FAILED"], 5)
    assert driven(until_final, answer(None)) == ([None], 0)


def test_waiting_has_an_end() -> None:
    for flow, status in ((until_final, "UPDATING"), (until_gone, "DELETING")):
        with pytest.raises(TimeoutError, match=f"within 12 seconds .status {status}") as caught:
            driven(flow, *[answer(status)] * 9, timeout=12)
        assert isinstance(caught.value, WaitTimeoutError)
        assert (caught.value.status, caught.value.reason) == (status, "because")


def test_a_deletion_is_over_when_it_is_gone() -> None:
    deleting = answer("DELETING")
    assert driven(until_gone, GONE) == ([], 0)
    assert driven(until_gone, deleting, deleting, deleting, GONE) == (["DELETING", "DELETING"], 10)
    with pytest.raises(DeleteResourceError, match="is DELETE_FAILED after its deletion was accepted"):
        driven(until_gone, deleting, answer("DELETE_FAILED"))


def test_waiting_goes_over_real_connections(config: Config, tmp_path: Path) -> None:
    Platform.open(tmp_path / "account", {}).switch(latency=0.05)
    with ModelClient(config) as client:
        made = client.create(service("a"))
    seen: list[Any] = []
    made.wait_until_ready_or_failed(lambda found: seen.append(found.status), interval_seconds=0.01, timeout_seconds=9)
    assert (made.status, seen[-1]) == ("READY", "READY")
    asyncio.run(made.delete_and_wait_until_finished_async(interval_seconds=0.01, timeout_seconds=9))
    with pytest.raises(ResourceNotExistError):
        made.refresh()
