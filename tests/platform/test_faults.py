"""Each kind of trouble happens to the calls it is meant for, and as often."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_agentrun20250910 import models as api
from darabonba.exceptions import UnretryableException
from pulumi_agentrun.platform import ConnectionDropped, Fault, Platform

SERVICE = "model-services/svc"


def _statuses(call: Any, times: int = 4) -> list[int]:
    return [call("GET", SERVICE).status for _ in range(times)]


@pytest.fixture(autouse=True)
def _service(call: Any) -> None:
    call.create_service()


def test_skip_and_times(call: Any, platform: Platform) -> None:
    platform.inject(Fault(operation="GetModelService", status=503, code="ERR_BUSY", skip=1, times=2))
    assert _statuses(call) == [200, 503, 503, 200]


def test_only_the_calls_meant(call: Any, platform: Platform) -> None:
    platform.inject(Fault(operation="GetModelService", name="other", status=503, code="ERR_BUSY"))
    platform.inject(Fault(operation="DeleteModelService", status=500, code="ERR_BUSY"))
    platform.inject(Fault(operation="CreateModelProxy", name="gate", status=502, code="ERR_BUSY"))
    assert _statuses(call, 2) == [200, 200]
    assert call.create_proxy("door").status == 200
    assert call.create_proxy("gate").status == 502
    assert call("DELETE", SERVICE).status == 500
    assert call("GET", "model-services/other").status == 503


def test_a_star_means_every_operation(call: Any, platform: Platform) -> None:
    platform.inject(Fault(status=500, code="ERR_BUSY", times=4))
    calls = [("GET", "model-services"), ("GET", "model-providers"), ("PUT", SERVICE), ("DELETE", "model-proxies/x")]
    assert [call(*request).status for request in calls] == [500] * 4


def test_faults_happen_in_order_and_can_be_cleared(call: Any, platform: Platform) -> None:
    for status in (501, 502, 503):
        platform.inject(Fault(status=status, code="ERR_BUSY"))
    assert _statuses(call, 2) == [501, 502]
    platform.clear_faults()
    assert _statuses(call, 1) == [200]


def test_service_and_gateway_errors(call: Any, platform: Platform) -> None:
    platform.inject(Fault(status=500, code="ERR_INTERNAL_SERVER_ERROR", message="oops"))
    reply = call("GET", SERVICE)
    assert reply.body == {
        "code": "ERR_INTERNAL_SERVER_ERROR",
        "message": "oops",
        "requestId": reply.headers["x-acs-request-id"],
    }
    platform.inject(Fault(status=429, code="Throttling.User", message="slow down", retry_after_ms=1500))
    reply = call("GET", SERVICE)
    assert (reply.status, reply.headers["x-acs-retry-after"]) == (429, "1500")
    assert (reply.body["Code"], reply.body["Message"], reply.body["HostId"]) == (
        "Throttling.User",
        "slow down",
        "localhost",
    )


def test_an_error_has_no_effect(call: Any, platform: Platform) -> None:
    platform.inject(Fault(operation="DeleteModelService", status=500, code="ERR_BUSY"))
    assert call("DELETE", SERVICE).status == 500
    assert _statuses(call, 1) == [200]


@pytest.mark.parametrize(("drop", "after"), [("before", 200), ("after", 404)])
def test_a_dropped_connection(call: Any, platform: Platform, drop: Any, after: int) -> None:
    platform.inject(Fault(operation="DeleteModelService", drop=drop))
    with pytest.raises(ConnectionDropped):
        call("DELETE", SERVICE)
    assert _statuses(call, 1) == [after]


def test_a_broken_gateway(platform: Platform, call: Any) -> None:
    page = b"<html>\xff</html>"
    platform.inject(Fault(operation="DeleteModelService", status=502, body=page, content_type="text/html"))
    answer = _raw(platform, "DELETE")
    assert (answer.status, answer.body, dict(answer.headers)["content-type"]) == (502, page, "text/html")
    assert _statuses(call, 1) == [200]


def test_a_spoiled_success_has_its_effect(platform: Platform, call: Any) -> None:
    half = b'{"code":"SUCC'
    platform.inject(Fault(operation="DeleteModelService", status=200, body=half, content_type="application/json"))
    assert _raw(platform, "DELETE").body == half
    assert _statuses(call, 1) == [404]


def _raw(platform: Platform, method: str) -> Any:
    headers = [("x-acs-signature-type", "BEARERTOKEN"), ("x-acs-bearer-token", "the-secret-of-ak")]
    return platform.handle(method, f"/2025-09-10/agents/{SERVICE}", headers, b"")


def test_a_delay_comes_between_effect_and_answer(call: Any, platform: Platform, naps: list[float]) -> None:
    platform.inject(Fault(operation="GetModelService", delay=30))
    assert _statuses(call, 2) == [200, 200]
    platform.inject(Fault(operation="DeleteModelService", delay=2, drop="after"))
    with pytest.raises(ConnectionDropped):
        call("DELETE", SERVICE)
    platform.inject(Fault(status=504, code="ERR_BUSY", delay=1))
    assert _statuses(call, 2) == [504, 404]
    assert naps == [30, 2, 1]


def test_an_outcome_leaves_other_operations_alone(call: Any, platform: Platform) -> None:
    platform.inject(Fault(outcome="UPDATE_FAILED", reason="quota"))
    assert call.create_proxy().data["status"] == "READY"
    assert call("PUT", SERVICE, {}).data["status"] == "UPDATE_FAILED"


def test_the_wrong_credential_meets_no_fault(call: Any, platform: Platform) -> None:
    platform.inject(Fault(status=500, code="ERR_BUSY"))
    answer = platform.handle("GET", f"/2025-09-10/agents/{SERVICE}", [("host", "h")], b"")
    assert answer.status == 400
    assert _statuses(call, 2) == [500, 200]


def test_a_fault_is_used_up_once_by_many(call: Any, platform: Platform, tmp_path: Path) -> None:
    other = type(call)(Platform.open(tmp_path / "data", {"ak": "the-secret-of-ak"}))
    platform.inject(Fault(operation="GetModelService", status=503, code="ERR_BUSY", times=20, skip=5))
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda number: (call, other)[number % 2]("GET", SERVICE).status, range(60)))
    other.platform.close()
    assert replies.count(503) == 20


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"status": 503},
        {"status": 200, "code": "ERR_X"},
        {"status": 99, "code": "ERR_X"},
        {"status": 500, "code": "ERR_X", "body": b""},
        {"code": "ERR_X"},
        {"body": b"x", "drop": "after"},
        {"status": 500, "code": "ERR_X", "drop": "after"},
        {"drop": "during"},
        {"outcome": "READY"},
        {"outcome": "CREATE_FAILED", "operation": "GetModelService"},
        {"reason": "r", "drop": "after"},
        {"drop": "after", "times": 0},
        {"drop": "after", "skip": -1},
        {"delay": -1.0},
    ],
)
def test_a_senseless_fault_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="fault: "):
        Fault(**fields)


def test_an_unknown_operation_is_refused(platform: Platform) -> None:
    with pytest.raises(ValueError, match="no operation 'GetModel'; there are CreateCredential, GetCredential"):
        platform.inject(Fault(operation="GetModel", drop="after"))


@pytest.mark.parametrize("server", ["http_server", "https_server"])
@pytest.mark.parametrize("drop", ["before", "after"])
async def test_a_served_connection_really_drops(
    request: pytest.FixtureRequest, platform: Platform, call: Any, server: str, drop: Any
) -> None:
    served = request.getfixturevalue(server)
    served.relay.platform = platform
    platform.inject(Fault(operation="DeleteModelService", drop=drop))
    with pytest.raises(UnretryableException, match=r"Connection aborted|EOF|closed"):
        await asyncio.to_thread(served.client().delete_model_service, "svc")
    assert _statuses(call, 1) == [200 if drop == "before" else 404]


async def test_a_dropped_create_was_made(
    served: Any, platform: Platform, proxy_input: api.CreateModelProxyInput
) -> None:
    platform.inject(Fault(operation="CreateModelProxy", drop="after"))
    client = served.client()
    with pytest.raises(UnretryableException):
        await client.create_model_proxy_async(api.CreateModelProxyRequest(body=proxy_input))
    assert client.get_model_proxy("gate").body.data.status == "READY"
