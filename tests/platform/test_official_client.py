"""The official client, unmodified, drives every operation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from alibabacloud_agentrun20250910 import models as api
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException, ThrottlingException
from darabonba.exceptions import UnretryableException
from pulumi_agentrun.platform import Fault

NAME = "a b/ü~*+"


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


async def test_service_lives_and_dies(drive: Any, service_input: api.CreateModelServiceInput) -> None:
    created = await drive("create_model_service", api.CreateModelServiceRequest(body=service_input))
    assert (created.status_code, created.body.code) == (200, "SUCCESS")
    first = (await drive("get_model_service", NAME)).body.data
    assert first.to_map() == created.body.data.to_map()
    assert {**first.to_map(), **service_input.to_map()} == first.to_map()
    assert (first.status, first.model_service_id[:3]) == ("READY", "ms-")

    change = api.UpdateModelServiceInput(description="tea")
    await drive("update_model_service", NAME, api.UpdateModelServiceRequest(body=change))
    second = (await drive("get_model_service", NAME)).body.data
    assert second.description == "tea"
    assert second.provider_settings.to_map() == service_input.provider_settings.to_map()
    assert _time(second.created_at) == _time(first.created_at)
    assert _time(second.last_updated_at) > _time(first.last_updated_at)

    listed = (await drive("list_model_services", api.ListModelServicesRequest(page_number=1, page_size=5))).body.data
    assert [item.to_map() for item in listed.items] == [second.to_map()]
    assert (await drive("delete_model_service", NAME)).body.data.model_service_name == NAME
    with pytest.raises(ClientException, match=f"model service {'a b/ü~'}.* does not exist") as failure:
        await drive("delete_model_service", NAME)
    assert failure.value.status_code == 404


async def test_proxy_lives_and_dies(drive: Any, proxy_input: api.CreateModelProxyInput) -> None:
    await drive("create_model_proxy", api.CreateModelProxyRequest(body=proxy_input))
    proxy = (await drive("get_model_proxy", "gate")).body.data
    sent = proxy_input.to_map()
    del sent["armsConfiguration"]
    assert {**proxy.to_map(), **sent} == proxy.to_map()
    assert "armsConfiguration" not in proxy.to_map()
    assert (proxy.cpu, proxy.memory) == (2, 4096)
    assert proxy.endpoint == "http://127.0.0.1:8080/models/gate"
    assert proxy.model_proxy_id
    assert proxy.function_name

    change = api.UpdateModelProxyInput(description="tea", execution_role_arn="acs:ram::1:role/r")
    updated = (await drive("update_model_proxy", "gate", api.UpdateModelProxyRequest(body=change))).body.data
    assert (updated.description, updated.execution_role_arn) == ("tea", "acs:ram::1:role/r")
    assert updated.proxy_config.to_map() == proxy_input.proxy_config.to_map()
    wanted = api.ListModelProxiesRequest(proxy_mode="single", status="READY")
    assert (await drive("list_model_proxies", wanted)).body.data.total == 1
    await drive("delete_model_proxy", "gate")
    with pytest.raises(ClientException, match="model proxy gate does not exist"):
        await drive("get_model_proxy", "gate")


async def test_providers_are_listed(drive: Any) -> None:
    page = (await drive("list_model_providers", api.ListModelProvidersRequest(page_size="2"))).body.data
    assert (page.page_number, page.page_size, len(page.items)) == (1, 2, 2)
    assert page.total > 2
    wanted = api.ListModelProvidersRequest(model_name="qwen-plus", provider="tongyi", model_type="llm")
    (item,) = (await drive("list_model_providers", wanted)).body.data.items
    assert item.model_info_config.model_properties.context_size > 0


async def test_queries_are_signed_as_they_are_sent(drive: Any, service_input: api.CreateModelServiceInput) -> None:
    service_input.workspace_id = "ws /a~b*c+d"
    await drive("create_model_service", api.CreateModelServiceRequest(body=service_input))
    wanted = api.ListModelServicesRequest(workspace_id="ws /a~b*c+d", provider="custom", provider_type="")
    assert (await drive("list_model_services", wanted)).body.data.total == 1


async def test_duplicate_is_refused(drive: Any, service_input: api.CreateModelServiceInput) -> None:
    request = api.CreateModelServiceRequest(body=service_input)
    await drive("create_model_service", request)
    with pytest.raises(ClientException, match="already exists") as failure:
        await drive("create_model_service", request)
    assert (failure.value.status_code, failure.value.code) == (409, "ERR_ALREADY_EXISTS")


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault(status=403, code="NoPermission", message="no"), ClientException, "NoPermission"),
        (Fault(status=503, code="ERR_BUSY", message="no"), ServerException, "ERR_BUSY"),
        (Fault(status=429, code="Throttling.User", retry_after_ms=7), ThrottlingException, "Throttling.User"),
        (Fault(status=502, body=b"<html>bad gateway</html>"), UnretryableException, None),
        (Fault(drop="before"), UnretryableException, None),
    ],
)
async def test_troubles_have_their_official_errors(
    drive: Any,
    platform: Any,
    service_input: api.CreateModelServiceInput,
    fault: Fault,
    error: type[Exception],
    code: str | None,
) -> None:
    platform.inject(fault)
    # A create, for the async client's HTTP library quietly sends a dropped GET again, with a nonce that is used.
    with pytest.raises(error) as failure:
        await drive("create_model_service", api.CreateModelServiceRequest(body=service_input))
    if code is not None:
        assert getattr(failure.value, "code", None) == code
    if fault.retry_after_ms is not None:
        assert failure.value.retry_after == 7  # type: ignore[attr-defined]


async def test_gateway_errors_are_read(served: Any) -> None:
    with pytest.raises(ClientException, match=r"Specified access key is not found\. request id: [0-9A-F-]{36}") as who:
        served.client("nobody").get_model_proxy("gate")
    assert (who.value.status_code, who.value.code) == (404, "InvalidAccessKeyId.NotFound")
    with pytest.raises(ClientException, match="not matched") as how:
        served.client("ak", "wrong").get_model_proxy("gate")
    assert (how.value.status_code, how.value.code) == (400, "SignatureDoesNotMatch")
    with pytest.raises(ClientException) as token:
        served.client("STS.ak").get_model_proxy("gate")
    assert token.value.code == "MissingSecurityToken"
