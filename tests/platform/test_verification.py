"""Signatures that the official client made are accepted, and nothing that differs from them."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.platform import Fault, Platform, handlers, routes
from pulumi_agentrun.platform.errors import NotFound
from pulumi_agentrun.platform.store import Busy
from pulumi_agentrun.platform.verification import SKEW, Headers, Nonces, canonical_request, string_to_sign

DATE = "2026-01-02T03:04:05Z"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc).timestamp()
EMPTY = hashlib.sha256(b"").hexdigest()
KEYS = {"testAccessKeyId": "testAccessKeySecret", "STS.testId": "testStsSecret"}
SERVICES, PROXIES = "/2025-09-10/agents/model-services", "/2025-09-10/agents/model-proxies"
QUERY = "pageNumber=1&pageSize=50&status=READY&workspaceId=ws+%2Fa~b%2Ac%2Bd"


@dataclass(frozen=True)
class Vector:
    """A request with the signature that belongs to it."""

    method: str
    target: str
    key: str
    headers: dict[str, str]
    signature: str
    canonical: str = ""
    body: bytes = b""
    secret: str = ""

    @property
    def signed(self) -> list[str]:
        return sorted(self.headers)

    def wire(self) -> list[tuple[str, str]]:
        names = ";".join(self.signed)
        text = f"ACS3-HMAC-SHA256 Credential={self.key},SignedHeaders={names},Signature={self.signature}"
        return [*self.headers.items(), ("Authorization", text), ("accept-encoding", "identity")]

    def send(self, platform: Platform) -> tuple[int, Any]:
        answer = platform.handle(self.method, self.target, self.wire(), self.body)
        return answer.status, json.loads(answer.body)

    def signed_anew(self, secret: str, **headers: str) -> Vector:
        """Return the request with other headers, rightly signed."""
        changed = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        kept = {name: value for name, value in changed.items() if value}
        text = string_to_sign(
            canonical_request(
                self.method,
                self.target,
                Headers([*kept.items()]),
                sorted(kept),
                hashlib.sha256(self.body).hexdigest(),
            )
        )
        signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return replace(self, headers=kept, signature=signature)


def _headers(action: str, body: bytes = b"", /, **more: str) -> dict[str, str]:
    headers = {
        "host": "agentrun.cn-hangzhou.aliyuncs.com",
        "accept": "application/json",
        "x-acs-version": "2025-09-10",
        "x-acs-action": action,
        "x-acs-date": DATE,
        "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        **({"content-type": "application/json; charset=utf-8"} if body else {}),
    }
    return {**headers, **{name.replace("_", "-"): value for name, value in more.items()}}


_V1_BODY = (
    '{"description":"café","modelInfoConfigs":[],"modelServiceName":"svc-1","modelType":"llm","provider":"custom",'
    '"providerSettings":{"apiKey":"sk-test","baseUrl":"https://example.com/v1","modelNames":["m1"]}}'
).encode()
_A_BODY = b'{"modelServiceName": "qwen-prod", "modelType": "llm", "provider": "tongyi"}'
_OFFICIAL = {"user_agent": "wire-vector/1.0", "x_acs_credentials_provider": "static_ak"}
_STS = {"x_acs_accesskey_id": "STS.testId", "x_acs_security_token": "testToken=="}

V1 = Vector(
    "POST",
    SERVICES,
    "testAccessKeyId",
    _headers("CreateModelService", _V1_BODY, **_OFFICIAL),
    "4b094fa3ff6c26d194c81a6eaf7501312e7bcdff632602250e8d6053574450d8",
    "8c8428412af992ac67888509ce1db54069b4ed0d56c543162629b5fe878713fa",
    _V1_BODY,
)
V2 = Vector(
    "GET",
    f"{PROXIES}?{QUERY}",
    "STS.testId",
    _headers("ListModelProxies", **{**_OFFICIAL, **_STS, "x_acs_credentials_provider": "static_sts"}),
    "30af8784a3d7df0a82d2fb99488e7e4c1f8d975626ec1005f12e2ef95ba229ba",
    "7575a54b47112b6673d5f11aadf29a2b30e8ff217a39bff4c699e48c60401ca4",
)
V3 = Vector(
    "DELETE",
    f"{SERVICES}/a%20b%2F%C3%BC~%2A%2B",
    "testAccessKeyId",
    _headers("DeleteModelService", **_OFFICIAL),
    "99babd3db207ce273b72a0fa1224bd6a2668c1820f1d6b443f05a3510136967e",
    "133e6cd787b3be85c737e617148ce489d1759682f3e2a09704ea2459ce2d8c66",
)
A = Vector(
    "POST",
    SERVICES,
    "testAccessKeyId",
    _headers("CreateModelService", _A_BODY),
    "5d70b251f7d8d7e62642a2f676168638c167292a05d4a89371ccc227fe93a097",
    body=_A_BODY,
)
B = Vector(
    "GET",
    f"{PROXIES}?{QUERY}",
    "STS.testId",
    {**_headers("ListModelProxies", **_STS), "x-acs-signature-nonce": "fedcba9876543210fedcba9876543210"},
    "672c514fbd6c6e39a46ab265bee6db8a997d647ca592350ed5681916be3a7dac",
    secret="testSecret",
)


@pytest.fixture
def now() -> list[float]:
    return [NOW]


@pytest.fixture
def platform(tmp_path: Path, now: list[float]) -> Iterator[Platform]:
    platform = Platform.open(tmp_path, KEYS, clock=lambda: now[0])
    yield platform
    platform.close()


def _refused(vector: Vector, platform: Platform) -> tuple[int, str]:
    status, body = vector.send(platform)
    assert set(body) == {"Code", "Message", "RequestId", "HostId", "Recommend"}
    assert not any(secret in json.dumps(body) for secret in (*KEYS.values(), "testToken=="))
    return status, body["Code"]


def test_vectors_of_the_official_client_are_accepted(platform: Platform) -> None:
    assert V1.send(platform)[0] == 200
    status, body = V2.send(platform)
    assert (status, body["data"]["total"]) == (200, 0)
    status, body = V3.send(_forgetful(platform))
    assert (status, body["message"]) == (404, "model service a b/ü~*+ does not exist")


def test_vectors_with_other_header_sets_are_accepted(platform: Platform, tmp_path: Path) -> None:
    # Complete but for the settings, which the platform requires once it believes the signature.
    assert A.send(platform)[1]["Message"] == "The parameter providerSettings is mandatory for this action."
    other = Platform.open(tmp_path / "b", {"STS.testId": B.secret}, clock=lambda: NOW)
    assert B.send(other)[0] == 200
    other.close()


@pytest.mark.parametrize("vector", [V1, V2, V3])
def test_canonical_requests_are_the_official_ones(vector: Vector) -> None:
    payload = hashlib.sha256(vector.body).hexdigest()
    text = canonical_request(vector.method, vector.target, Headers(vector.wire()), vector.signed, payload)
    assert hashlib.sha256(text.encode("latin-1")).hexdigest() == vector.canonical


def test_what_the_async_client_encodes_less_is_accepted(platform: Platform) -> None:
    assert replace(V2, target=V2.target.replace("%2A", "*")).send(platform)[0] == 200
    assert replace(V3, target=V3.target.replace("%2A", "*")).send(_forgetful(platform))[0] == 404


@pytest.mark.parametrize("header", sorted({*V2.headers} - {"x-acs-date"}))
def test_every_signed_header_is_protected(platform: Platform, header: str) -> None:
    changed = {**V2.headers, header: V2.headers[header] + "x"}
    expected = {"x-acs-version": (404, "InvalidAction.NotFound"), "x-acs-action": (404, "InvalidAction.NotFound")}
    assert _refused(replace(V2, headers=changed), platform) == expected.get(header, (400, "SignatureDoesNotMatch"))


@pytest.mark.parametrize(
    "changes",
    [
        {"target": V2.target.replace("50", "51")},
        {"target": V2.target + "&x="},
        {"target": f"{SERVICES}?{QUERY}", "headers": {**V2.headers, "x-acs-action": "ListModelServices"}},
        {"target": PROXIES},
        {"body": b"{}"},
        {"signature": V1.signature},
        {"headers": {**V2.headers, "x-acs-date": "2026-01-02T03:04:06Z"}},
        {"headers": {**V2.headers, "x-acs-content-sha256": EMPTY.upper()}},
        {"headers": {**V2.headers, "x-new": "signed by nobody"}},
        {"headers": {name: value for name, value in V2.headers.items() if name != "user-agent"}},
    ],
)
def test_a_tampered_request_is_refused(platform: Platform, changes: dict[str, Any]) -> None:
    assert _refused(replace(V2, **changes), platform) == (400, "SignatureDoesNotMatch")


def test_a_method_is_protected(platform: Platform) -> None:
    headers = {**V3.headers, "x-acs-action": "GetModelService"}
    assert _refused(replace(V3, method="GET", headers=headers), platform) == (400, "SignatureDoesNotMatch")


def test_a_body_is_protected(platform: Platform) -> None:
    body = _V1_BODY.replace(b"sk-test", b"sk-evil")
    assert _refused(replace(V1, body=body), platform) == (400, "SignatureDoesNotMatch")
    headers = {**V1.headers, "x-acs-content-sha256": hashlib.sha256(body).hexdigest()}
    assert _refused(replace(V1, body=body, headers=headers), platform) == (400, "SignatureDoesNotMatch")


def test_keys_are_told_apart(platform: Platform) -> None:
    assert _refused(replace(V1, key="nobody"), platform) == (404, "InvalidAccessKeyId.NotFound")
    assert _refused(replace(V2, key="testAccessKeyId"), platform) == (400, "SignatureDoesNotMatch")


def test_a_temporary_key_needs_its_token(platform: Platform) -> None:
    without = V2.signed_anew(KEYS["STS.testId"], x_acs_security_token="")
    assert _refused(without, platform) == (400, "MissingSecurityToken")
    unsigned = replace(V1.signed_anew(KEYS["STS.testId"]), key="STS.testId")
    assert _refused(unsigned, platform) == (400, "MissingSecurityToken")


def test_a_nonce_is_used_once_for_each_key(platform: Platform, now: list[float]) -> None:
    assert V1.send(platform)[0] == 200
    assert V2.send(platform)[0] == 200
    assert _refused(V1, platform) == (400, "SignatureNonceUsed")
    now[0] += 14 * 60
    assert _refused(V1, platform) == (400, "SignatureNonceUsed")
    another = V1.signed_anew("testAccessKeySecret", x_acs_signature_nonce="another")
    assert another.send(platform)[1]["code"] == "ERR_ALREADY_EXISTS"


def test_used_nonces_outlive_a_platform_that_is_served(tmp_path: Path, now: list[float]) -> None:
    def served() -> Any:
        return closing(Platform.open(tmp_path / "served", KEYS, clock=lambda: now[0], is_served=True))

    with served() as first:
        assert V1.send(first)[0] == 200
    with served() as second, closing(sqlite3.connect(tmp_path / "served" / "platform.db")) as connection:
        assert _refused(V1, second) == (400, "SignatureNonceUsed")
        now[0] += 2 * SKEW + 1
        later = datetime.fromtimestamp(now[0], timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        another = V1.signed_anew("testAccessKeySecret", x_acs_signature_nonce="another", x_acs_date=later)
        assert another.send(second)[1]["code"] == "ERR_ALREADY_EXISTS"
        assert connection.execute("SELECT nonce FROM nonces").fetchall() == [("another",)], (
            "what is too old is forgotten"
        )


def test_what_a_served_platform_refuses_is_undone_and_its_nonce_is_used(
    tmp_path: Path, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    create = handlers.create

    def failing(call: handlers.Call) -> handlers.Result:
        create(call)
        raise NotFound("ModelService", "the other")

    with closing(Platform.open(tmp_path / "served", KEYS, clock=lambda: now[0], is_served=True)) as served:
        with monkeypatch.context() as within:
            operation = next(item for item in routes.OPERATIONS if item.action == "CreateModelService")
            within.setitem(routes._TABLE, ("POST", "model-services", False), replace(operation, handler=failing))
            assert V1.send(served)[0] == 404
        assert _refused(V1, served) == (400, "SignatureNonceUsed")
        another = V1.signed_anew("testAccessKeySecret", x_acs_signature_nonce="another")
        assert another.send(served)[0] == 200, "nothing was there"


def test_a_list_holds_up_nobody_who_writes(tmp_path: Path, now: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    def listing(call: handlers.Call) -> handlers.Result:
        with served._store.writing(is_patient=False):
            return handlers.list_resources(call)

    with closing(Platform.open(tmp_path / "served", KEYS, clock=lambda: now[0], is_served=True)) as served:
        operation = next(item for item in routes.OPERATIONS if item.action == "ListModelProxies")
        monkeypatch.setitem(routes._TABLE, ("GET", "model-proxies", False), replace(operation, handler=listing))
        assert V2.send(served)[0] == 200
        assert _refused(V2, served) == (400, "SignatureNonceUsed")


def test_who_does_not_wait_leaves_nothing_behind_where_another_writes(tmp_path: Path, now: list[float]) -> None:
    def handle(vector: Vector, *, is_patient: bool = False) -> int:
        return served.handle(vector.method, vector.target, vector.wire(), vector.body, is_patient=is_patient).status

    with closing(Platform.open(tmp_path / "served", KEYS, clock=lambda: now[0], is_served=True)) as served:
        with served._store.writing(), pytest.raises(Busy):
            handle(V1)
        assert handle(V1) == 200, "its nonce is new"
        with pytest.raises(Busy):
            handle(V2)  # what goes through all there is
        served.inject(Fault("*", status=500, code="ERR_X"))
        with pytest.raises(Busy):
            handle(V3)  # a fault may take its time
        assert V3.signed_anew("testAccessKeySecret", x_acs_signature_nonce="new").send(served)[0] == 500


def test_a_request_that_was_refused_uses_no_nonce(platform: Platform) -> None:
    assert _refused(replace(V1, signature=V3.signature), platform) == (400, "SignatureDoesNotMatch")
    assert V1.send(platform)[0] == 200


@pytest.mark.parametrize("seconds", [-901, 901])
def test_a_date_far_from_now_is_refused(platform: Platform, now: list[float], seconds: int) -> None:
    now[0] += seconds
    assert _refused(V1, platform) == (400, "InvalidTimeStamp.Expired")


@pytest.mark.parametrize("seconds", [-900, 900])
def test_a_date_near_now_is_accepted(platform: Platform, now: list[float], seconds: int) -> None:
    now[0] += seconds
    assert V1.send(platform)[0] == 200


def test_a_replay_from_the_future_is_refused_to_the_end(platform: Platform, now: list[float]) -> None:
    now[0] -= 900
    assert V1.send(platform)[0] == 200
    now[0] += 1800
    assert _refused(V1, platform) == (400, "SignatureNonceUsed")


def test_a_malformed_date_is_refused(platform: Platform) -> None:
    date = V1.signed_anew("testAccessKeySecret", x_acs_date="yesterday")
    assert _refused(date, platform) == (400, "InvalidTimeStamp.Format")


@pytest.mark.parametrize("header", ["host", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"])
def test_what_a_signature_lives_on_is_mandatory(platform: Platform, header: str) -> None:
    missing = V1.signed_anew("testAccessKeySecret", **{header: ""})
    status, body = missing.send(platform)
    assert (status, body["Code"]) == (400, "MissingParameter")
    assert header in body["Message"]
    unsigned = [*missing.wire(), (header, V1.headers[header])]
    answer = platform.handle("POST", SERVICES, unsigned, V1.body)
    assert (answer.status, json.loads(answer.body)["Code"]) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "MissingParameter"),
        ("Bearer x", "InvalidParameter"),
        ("ACS3-HMAC-SHA256 Credential=testAccessKeyId", "InvalidParameter"),
        ("ACS3-HMAC-SM3 Credential=testAccessKeyId,SignedHeaders=host,Signature=00", "InvalidParameter"),
    ],
)
def test_an_authorization_has_its_form(platform: Platform, authorization: str, code: str) -> None:
    headers = [*V1.headers.items(), ("Authorization", authorization)]
    assert json.loads(platform.handle("POST", SERVICES, headers, V1.body).body)["Code"] == code


def test_bearer_tokens(platform: Platform) -> None:
    def send(token: str) -> tuple[int, Any]:
        headers = [("host", "h"), ("x-acs-signature-type", "BEARERTOKEN"), ("x-acs-bearer-token", token)]
        answer = platform.handle("GET", PROXIES, headers, b"")
        return answer.status, json.loads(answer.body)

    assert send("testAccessKeySecret")[0] == 200
    assert send("wrong")[0] == 401
    assert send("")[1]["Code"] == "MissingParameter"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/"),
        ("GET", "/2025-09-10/agents/models"),
        ("GET", "/2024-01-01/agents/model-services"),
        ("PATCH", f"{SERVICES}/a"),
        ("GET", f"{SERVICES}/"),
        ("DELETE", f"{SERVICES}/"),
        ("GET", f"{SERVICES}/a/b"),
        ("DELETE", SERVICES),
    ],
)
def test_unknown_actions_are_the_gateways_to_refuse(platform: Platform, method: str, target: str) -> None:
    answer = platform.handle(method, target, [("host", "h")], b"")
    assert (answer.status, json.loads(answer.body)["Code"]) == (404, "InvalidAction.NotFound")


def _forgetful(platform: Platform) -> Platform:
    """Forget the nonces that were used, as all vectors have the same one."""
    platform._nonces = Nonces()
    return platform
