"""Request bodies: what is required, what is refused, and what is quietly ignored."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest

SERVICE, PROXY = "model-services/svc", "model-proxies/gate"
FULL_SERVICE = {
    "credentialName": "cred",
    "description": "café 茶",
    "workspaceId": "w",
    "providerSettings": {"apiKey": "k", "baseUrl": "u", "modelNames": ["m"]},
    "modelInfoConfigs": [
        {
            "modelName": "m",
            "modelFeatures": {"agentThought": True, "vision": False, "toolCall": True},
            "modelProperties": {"contextSize": 4096},
            "modelParameterRules": [
                {"name": "t", "type": "float", "required": False, "default": 0.7, "min": 0, "max": 1.5},
                {"name": "stop", "default": ["a", None, {"b": ""}]},
            ],
        }
    ],
    "networkConfiguration": {
        "networkMode": "PRIVATE",
        "securityGroupId": "sg",
        "vpcId": "v",
        "vswitchIds": ["a", "b"],
    },
}
FULL_PROXY = {
    "cpu": 0.5,
    "memory": 1024,
    "proxyMode": "multi",
    "modelType": "llm",
    "litellmVersion": "v1",
    "serviceRegionId": "cn-beijing",
    "executionRoleArn": "acs:ram::1:role/r",
    "logConfiguration": {"project": "p", "logstore": "l"},
    "proxyConfig": {
        "endpoints": [{"baseUrl": "u", "modelNames": ["m"], "modelServiceName": "s", "weight": 0}],
        "policies": {
            "cache": False,
            "concurrencyLimit": 0,
            "numRetries": 1,
            "requestTimeout": 60,
            "fallbacks": [{"modelName": "m", "modelServiceName": "s"}],
            "tokenRateLimiter": {"tps": 1, "tpm": 2, "tph": 3, "tpd": 4},
            "aiGuardrailConfig": {"checkRequest": True, "level": "high", "maxTextLength": 9},
        },
    },
}


def test_every_field_comes_back(call: Any) -> None:
    service = call.create_service(**FULL_SERVICE).data
    assert {**service, **FULL_SERVICE} == service
    proxy = call.create_proxy(**FULL_PROXY).data
    assert {**proxy, **FULL_PROXY} == proxy
    assert call("GET", PROXY).data == proxy


def test_system_fields(call: Any) -> None:
    times = {"createdAt", "lastUpdatedAt", "status"}
    sent = {"modelServiceName", "modelType", "provider", "providerSettings"}
    assert set(call.create_service().data) == sent | times | {"modelServiceId"}
    sent = {"modelProxyName", "cpu", "memory", "proxyMode", "proxyConfig"}
    proxy = call.create_proxy("a b/c").data
    assert set(proxy) == sent | times | {"modelProxyId", "endpoint", "functionName"}
    assert proxy["endpoint"] == "http://127.0.0.1:8080/models/a%20b%2Fc"
    assert "a%20b%2Fc" in proxy["endpoint"]


def test_envelope(call: Any) -> None:
    reply = call.create_service()
    assert set(reply.body) == {"code", "requestId", "data"}
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", reply.body["requestId"])
    assert reply.headers["x-acs-request-id"] == reply.body["requestId"]
    missing = call("GET", "model-services/none").body
    assert (set(missing), missing["code"]) == ({"code", "message", "requestId"}, "ERR_NOT_FOUND")


def test_arms_settings_are_never_shown(call: Any) -> None:
    call.create_proxy(armsConfiguration={"armsLicenseKey": "licence-1", "enableArms": True})
    replies = [call("GET", PROXY), call("PUT", PROXY, {"armsConfiguration": {"armsLicenseKey": "licence-2"}})]
    replies += [call("GET", "model-proxies"), call("DELETE", PROXY)]
    assert not any("licence" in str(reply.body) for reply in replies)


@pytest.mark.parametrize("field", ["modelServiceName", "modelType", "provider", "providerSettings"])
@pytest.mark.parametrize("empty", [None, ""])
def test_required_fields_of_a_service(call: Any, field: str, empty: Any) -> None:
    if field == "providerSettings" and empty == "":
        empty = None
    reply = call.create_service(**{field: empty}) if field != "modelServiceName" else call.create_service(empty)
    assert (reply.status, reply.body["Code"]) == (400, "MissingParameter")
    assert f" {field} " in reply.body["Message"]


@pytest.mark.parametrize("field", ["cpu", "memory", "proxyConfig", "proxyMode"])
def test_required_fields_of_a_proxy(call: Any, field: str) -> None:
    reply = call.create_proxy(**{field: None})
    assert (reply.status, reply.body["Code"]) == (400, "MissingParameter")
    assert f" {field} " in reply.body["Message"]


@pytest.mark.parametrize(
    ("fields", "path", "expected"),
    [
        ({"memory": "4096"}, "memory", "an integer"),
        ({"memory": 4096.0}, "memory", "an integer"),
        ({"memory": True}, "memory", "an integer"),
        ({"cpu": "2"}, "cpu", "a number"),
        ({"description": 1}, "description", "a string"),
        ({"networkConfiguration": []}, "networkConfiguration", "an object"),
        ({"networkConfiguration": {"vswitchIds": "v"}}, "networkConfiguration.vswitchIds", "a list"),
        (
            {"proxyConfig": {"endpoints": [{}, {"modelNames": ["m", 2]}]}},
            "proxyConfig.endpoints[1].modelNames[1]",
            "a string",
        ),
        ({"proxyConfig": {"endpoints": [None]}}, "proxyConfig.endpoints[0]", "an object"),
        ({"proxyConfig": {"policies": {"cache": 1}}}, "proxyConfig.policies.cache", "a boolean"),
        (
            {"proxyConfig": {"policies": {"tokenRateLimiter": {"tpm": "1"}}}},
            "proxyConfig.policies.tokenRateLimiter.tpm",
            "an integer",
        ),
    ],
)
def test_wrong_types_are_refused_with_their_path(call: Any, fields: Any, path: str, expected: str) -> None:
    call.create_proxy()
    for reply in (call.create_proxy("other", **fields), call("PUT", PROXY, fields)):
        if reply.status == 200:
            # Immutable, so an update does not look at it.
            assert set(fields) <= {"cpu", "memory"}
            continue
        assert (reply.status, reply.body["Code"]) == (400, "InvalidParameter")
        assert reply.body["Message"] == f"The parameter {path} must be {expected}."
    assert call("GET", "model-proxies").data["total"] == 1


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"x"', b"\xff", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\ud800"}', b"[" * 100_000],
)
def test_what_is_no_json_object_is_refused(call: Any, body: bytes) -> None:
    reply = call("POST", "model-services", body)
    assert (reply.status, reply.body["code"]) == (400, "ERR_BAD_REQUEST")


def test_an_empty_body_misses_everything(call: Any) -> None:
    assert call("POST", "model-services").body["Code"] == "MissingParameter"
    call.create_service()
    assert call("PUT", SERVICE).status == 200


def test_unknown_fields_and_nulls_are_ignored(call: Any) -> None:
    settings = {"apiKey": "k", "baseUrl": None, "colour": "red"}
    service = call.create_service(colour="red", description=None, modelServiceId="mine", providerSettings=settings).data
    assert not {"colour", "description"} & set(service)
    assert service["providerSettings"] == {"apiKey": "k"}
    assert service["modelServiceId"] != "mine"
    call("PUT", SERVICE, {"description": "d"})
    assert call("PUT", SERVICE, {"description": None, "colour": 1}).data["description"] == "d"


def test_immutable_fields_of_an_update_are_ignored(call: Any) -> None:
    service, proxy = call.create_service().data, call.create_proxy().data
    change: Any = {"modelServiceName": "x", "modelType": "tts", "provider": "x", "createdAt": "x"}
    changed = call("PUT", SERVICE, change).data
    assert {**changed, "lastUpdatedAt": service["lastUpdatedAt"]} == service
    change = {"modelProxyName": "x", "cpu": 9, "memory": 9, "litellmVersion": "x", "proxyMode": "x", "status": "x"}
    changed = call("PUT", PROXY, {**change, "modelType": "x", "serviceRegionId": "x"}).data
    assert {**changed, "lastUpdatedAt": proxy["lastUpdatedAt"]} == proxy


@pytest.mark.parametrize("name", ["a b", "a/b", "ü~*+", "%2F", "x" * 300, "../../etc", "'; DROP TABLE resources; --"])
def test_any_name_is_a_name(call: Any, name: str) -> None:
    call.create_service(name)
    path = f"model-services/{quote(name, safe='')}"
    assert call("GET", path).data["modelServiceName"] == name
    assert call("DELETE", path).status == 200
    assert call("GET", path).body["message"] == f"model service {name} does not exist"


NO_ENDPOINT = "proxyConfig.endpoints must not be empty"
NOWHERE = "proxyConfig.endpoints[1] must have a modelServiceName or a baseUrl"
PRIVATE = {"networkConfiguration": {"networkMode": "PRIVATE", "vswitchIds": ["v"]}}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"proxyConfig": {}}, NO_ENDPOINT),
        ({"proxyConfig": {"endpoints": []}}, NO_ENDPOINT),
        ({"proxyConfig": {"endpoints": None}}, NO_ENDPOINT),
        ({"proxyConfig": {"endpoints": [{"baseUrl": "u"}, {"weight": 1}]}}, NOWHERE),
        ({"proxyMode": "bogus"}, "proxyMode must be one of single, multi"),
        (PRIVATE, "networkConfiguration.vpcId must be set for PRIVATE"),
    ],
)
def test_a_proxy_that_makes_no_sense_is_refused(call: Any, fields: Any, message: str) -> None:
    reply = call.create_proxy(**fields)
    assert (reply.status, reply.body["code"], reply.body["message"]) == (400, "ERR_VALIDATION_FAILED", message)
    assert call("GET", PROXY).status == 404


def test_an_update_is_refused_for_what_it_would_make(call: Any) -> None:
    call.create_service(networkConfiguration={"networkMode": "PUBLIC", "vpcId": "v"})
    private = {"networkConfiguration": {"networkMode": "PRIVATE"}}
    assert call("PUT", SERVICE, private).status == 200
    gone = call("PUT", SERVICE, {"networkConfiguration": {"vpcId": ""}})
    assert (gone.status, gone.body["message"]) == (400, "networkConfiguration.vpcId must be set for PRIVATE")
    assert call("GET", SERVICE).data["networkConfiguration"] == {"networkMode": "PRIVATE", "vpcId": "v"}
    call.create_proxy()
    nowhere = call("PUT", PROXY, {"proxyConfig": {"endpoints": [{"baseUrl": "u"}, {"weight": 1}]}})
    assert (nowhere.status, nowhere.body["message"]) == (400, NOWHERE)
    assert call("PUT", PROXY, {"proxyConfig": {"policies": {"cache": True}, "endpoints": []}}).status == 200
