"""Requests are signed as the official client signs them, bit by bit."""

from __future__ import annotations

from datetime import datetime, timezone

import httpx
import pytest
from pulumi_agentrun.client.credentials import Credentials
from pulumi_agentrun.client.signature import Signature

HOST = "https://agentrun.cn-hangzhou.aliyuncs.com"
PLAIN = Credentials("testAccessKeyId", "testAccessKeySecret")
AGENT = {"user-agent": "wire-vector/1.0"}
JSON = {"content-type": "application/json; charset=utf-8"}
NONCE = "0123456789abcdef0123456789abcdef"
V1_BODY = (
    '{"description":"café","modelInfoConfigs":[],"modelServiceName":"svc-1","modelType":"llm","provider":"custom",'
    '"providerSettings":{"apiKey":"sk-test","baseUrl":"https://example.com/v1","modelNames":["m1"]}}'
)
QUERY = "pageNumber=1&pageSize=50&status=READY&workspaceId=ws+%2Fa~b%2Ac%2Bd"
ROOT = "/2025-09-10/agents"


def signed(
    method: str,
    target: str,
    action: str,
    headers: dict[str, str],
    body: str | None,
    credentials: Credentials,
    nonce: str,
) -> httpx.Request:
    given = {"accept": "application/json", "x-acs-version": "2025-09-10", "x-acs-action": action} | headers
    request = httpx.Request(method, HOST + target, headers=given, content=body.encode() if body else None)
    for name in ("accept-encoding", "connection", "user-agent"):
        if name not in given:
            request.headers.pop(name, None)
    clock = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    Signature(credentials, now=lambda: clock, nonce=lambda: nonce).sign(request, credentials)
    return request


@pytest.mark.parametrize(
    ("method", "target", "action", "headers", "body", "credentials", "signature"),
    [
        pytest.param(
            "POST", f"{ROOT}/model-services", "CreateModelService", AGENT | JSON, V1_BODY, PLAIN,
            "4b094fa3ff6c26d194c81a6eaf7501312e7bcdff632602250e8d6053574450d8", id="V1",
        ),
        pytest.param(
            "GET", f"{ROOT}/model-proxies?{QUERY}", "ListModelProxies", AGENT, None,
            Credentials("STS.testId", "testStsSecret", "testToken=="),
            "30af8784a3d7df0a82d2fb99488e7e4c1f8d975626ec1005f12e2ef95ba229ba", id="V2",
        ),
        pytest.param(
            "DELETE", f"{ROOT}/model-services/a%20b%2F%C3%BC~%2A%2B", "DeleteModelService", AGENT, None, PLAIN,
            "99babd3db207ce273b72a0fa1224bd6a2668c1820f1d6b443f05a3510136967e", id="V3",
        ),
    ],
)  # fmt: skip
def test_vectors_of_the_official_client(
    method: str, target: str, action: str, headers: dict[str, str], body: str | None, credentials: Credentials,
    signature: str,
) -> None:  # fmt: skip
    request = signed(method, target, action, headers, body, credentials, NONCE)
    assert request.headers["authorization"].endswith(f",Signature={signature}")
    assert request.headers["authorization"].startswith(
        f"ACS3-HMAC-SHA256 Credential={credentials.access_key_id},SignedHeaders=accept;"
    )


@pytest.mark.parametrize(
    ("method", "target", "action", "headers", "body", "credentials", "nonce", "signed_names", "signature"),
    [
        pytest.param(
            "POST", f"{ROOT}/model-services", "CreateModelService", JSON,
            '{"modelServiceName": "qwen-prod", "modelType": "llm", "provider": "tongyi"}', PLAIN, NONCE,
            "accept;content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version",
            "5d70b251f7d8d7e62642a2f676168638c167292a05d4a89371ccc227fe93a097", id="A",
        ),
        pytest.param(
            "GET", f"{ROOT}/model-proxies?{QUERY}", "ListModelProxies", {}, None,
            Credentials("STS.testId", "testSecret", "testToken=="), "fedcba9876543210fedcba9876543210",
            "accept;host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;"
            "x-acs-signature-nonce;x-acs-version",
            "672c514fbd6c6e39a46ab265bee6db8a997d647ca592350ed5681916be3a7dac", id="B",
        ),
    ],
)  # fmt: skip
def test_vectors_with_other_header_sets(
    method: str, target: str, action: str, headers: dict[str, str], body: str | None, credentials: Credentials,
    nonce: str, signed_names: str, signature: str, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    # These vectors were made without the header that says where credentials come from, which we always send.
    from pulumi_agentrun.client import signature as module

    monkeypatch.setattr(module, "_UNSIGNED", module._UNSIGNED | {"x-acs-credentials-provider"})
    request = signed(method, target, action, headers, body, credentials, nonce)
    expected = f"Credential={credentials.access_key_id},SignedHeaders={signed_names},Signature={signature}"
    assert request.headers["authorization"] == f"ACS3-HMAC-SHA256 {expected}"


def test_a_bearer_token_takes_the_place_of_a_signature() -> None:
    request = signed("GET", f"{ROOT}/model-proxies", "ListModelProxies", {}, None, Credentials(bearer_token="t"), NONCE)
    assert "authorization" not in request.headers
    assert request.headers["x-acs-bearer-token"] == "t"
    assert request.headers["x-acs-signature-type"] == "BEARERTOKEN"


def test_each_request_is_signed_anew_by_whatever_credentials_hold_then() -> None:
    sources = iter([Credentials("first", "1"), Credentials("second", "2")])
    auth = Signature(lambda: next(sources))
    requests = [auth.prove(httpx.Request("GET", HOST)) for _ in range(2)]
    assert "Credential=first," in requests[0].headers["authorization"]
    assert "Credential=second," in requests[1].headers["authorization"]
    assert len({request.headers["x-acs-signature-nonce"] for request in requests}) == 2


def test_a_request_that_was_signed_is_signed_as_if_it_had_not_been() -> None:
    request = signed("GET", f"{ROOT}/model-proxies", "ListModelProxies", AGENT, None, Credentials("old", "1"), "o")
    fresh = signed("GET", f"{ROOT}/model-proxies", "ListModelProxies", AGENT, None, PLAIN, NONCE)
    clock = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    Signature(PLAIN, now=lambda: clock, nonce=lambda: NONCE).sign(request, PLAIN)
    assert request.headers == fresh.headers


def test_credentials_do_not_print() -> None:
    shown = repr(Credentials("id", "top-secret", "top-token", "top-bearer"))
    assert "top-" not in shown
