"""Who may call a served proxy, and that no key is told to anybody."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import Any

import httpx
import openai
import pytest
from gateway.local import ACCESS_KEYS, API_KEY, CHAT, SECRETS, TOKEN, Local
from pulumi_agentrun.platform.gateway.access import ALGORITHM, signature_of

CALLER_KEY = "ck-the-key-of-callers"


def credential(local: Local, method: str = "POST", name: str = "", **fields: Any) -> None:
    path = f"credentials/{name}" if name else "credentials"
    local.control(method, path, fields)


INBOUND: dict[str, Any] = {
    "credentialName": "callers",
    "credentialAuthType": "api_key",
    "credentialSourceType": "internal",
    "credentialPublicConfig": {"headerKey": "X-Own", "prefix": "Key "},
    "credentialSecret": CALLER_KEY,
}


def statuses(local: Local, *headers: dict[str, str]) -> list[int]:
    return [httpx.post(f"{local.endpoint}/chat/completions", json=CHAT, headers=sent).status_code for sent in headers]


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def signed(local: Local, host: str | None = None) -> dict[str, str]:
    """Return the headers that agentrun-sdk 0.0.54 signs a call of the data plane with."""
    moment = datetime.fromtimestamp(local.clock(), timezone.utc)
    values = {
        "host": "",
        "x-acs-date": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-content-sha256": "UNSIGNED-PAYLOAD",
    }
    day = moment.strftime("%Y%m%d")
    signature = signature_of(ACCESS_KEYS["ak"], day, "cn-hangzhou", values)
    scope = f"{day}/cn-hangzhou/agentrun/aliyun_v4_request"
    said = f"{ALGORITHM} Credential=ak/{scope},SignedHeaders={';'.join(sorted(values))},Signature={signature}"
    shown = {name: value for name, value in values.items() if name != "host"} | {"Agentrun-Authorization": said}
    return shown if host is None else {**shown, "host": host}


def test_a_proxy_is_called_with_the_token_or_a_signature(local: Local) -> None:
    local.proxy("qwen")
    good = [bearer(TOKEN), signed(local), signed(local, host="")]
    bad: list[dict[str, str]] = [{}, bearer("x"), bearer(API_KEY), bearer(ACCESS_KEYS["ak"])]
    assert statuses(local, *good, *bad) == [200] * 3 + [401] * 4
    local.clock.now += 15 * 60 + 1
    before = signed(local)
    local.clock.now -= 15 * 60 + 1
    assert statuses(local, before) == [401]


def test_a_proxy_with_a_credential_is_called_with_its_secret(local: Local) -> None:
    local.proxy("qwen")
    credential(local, **INBOUND)
    local.update(credentialName="callers")
    good = [bearer(CALLER_KEY), {"X-Own": f"Key {CALLER_KEY}"}]
    bad: list[dict[str, str]] = [{}, bearer(TOKEN), signed(local), {"X-Own": CALLER_KEY}, {"x-api-key": CALLER_KEY}]
    assert statuses(local, *good, *bad) == [200] * 2 + [401] * 5
    with local.client(api_key=CALLER_KEY) as client:
        assert client.chat.completions.create(**CHAT).model == "m"
    credential(local, "PUT", "callers", credentialSecret="ck-another")
    assert statuses(local, bearer(CALLER_KEY), bearer("ck-another")) == [401, 200]
    credential(local, "PUT", "callers", enabled=False)
    assert statuses(local, bearer("ck-another")) == [401]
    local.control("DELETE", "credentials/callers")
    assert statuses(local, bearer("ck-another"), bearer(TOKEN)) == [401, 401], "never anybody"


def test_nobody_learns_which_proxies_there_are(local: Local) -> None:
    local.proxy("qwen")
    with local.client(api_key="wrong") as client:
        for name in ("gate", "none"):
            with pytest.raises(openai.AuthenticationError):
                client.with_options(base_url=f"{local.address}/models/{name}").models.list()


@pytest.mark.parametrize("host", ["evil.example", "127.evil.example", "localhost.evil.example:80", "10.0.0.1"])
def test_a_page_of_another_host_is_refused(local: Local, host: str) -> None:
    local.proxy("qwen")
    answer = local.post(host=host)
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "ERR_MISDIRECTED")


def test_a_body_is_bounded(local: Local) -> None:
    local.proxy("qwen")
    answer = local.post(body=b"x" * (10 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "invalid_request_error")
    large = local.chat(messages=[{"role": "user", "content": "x" * 2_000_000}])
    assert large.status_code == 200, "more than the control plane takes"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"model": "m"}'])
def test_a_bad_body_is_refused_in_openais_envelope(local: Local, body: bytes) -> None:
    local.proxy("qwen")
    answer = local.post(body=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_no_key_is_told_to_anybody(local: Local, caplog: pytest.LogCaptureFixture) -> None:
    local.proxy("qwen", aiGuardrailConfig={"checkRequest": True, "blockOnSensitiveData": True})
    credential(local, **INBOUND)
    said: list[str] = []
    with caplog.at_level(logging.DEBUG, "pulumi_agentrun.platform"):
        for status in (0, 400, 401, 429, 500):
            said.append(local.post(x_agentrun_simulate=f"qwen:status={status}").text)
        for headers in ({}, bearer("wrong"), signed(local), bearer(TOKEN)):
            said.append(
                httpx.post(f"{local.endpoint}/v1/chat/completions?key={TOKEN}", json=CHAT, headers=headers).text
            )
        said.append(local.chat(messages=[{"role": "user", "content": API_KEY}]).text)
        said.append(local.chat(model=TOKEN).text)
        for rest in (f"v1/models/{TOKEN}", f"v1/{TOKEN}", TOKEN):
            said.append(httpx.get(f"{local.endpoint}/{rest}", headers=bearer(TOKEN)).text)
            said.append(httpx.get(f"{local.address}/models/{TOKEN}/{rest}", headers=bearer(TOKEN)).text)
        said.append(httpx.post(f"{local.address}/models/{API_KEY}/v1/embeddings", headers=bearer(TOKEN)).text)
        said.append(local.post(x_agentrun_simulate=f"{API_KEY}=500").text)
        local.update(credentialName="callers")
        said.append(local.chat().text)
        assert "callers" not in said[-1]
        said.append(httpx.post(f"{local.endpoint}/chat/completions", json=CHAT, headers=bearer(CALLER_KEY)).text)
    told = "\n".join(
        (
            *said,
            caplog.text,
            repr(vars(local.gateway)["_journal"]),
            repr(local.gateway.book.entry("gate", local.clock())),
            repr(vars(local.gateway)),
        )
    )
    assert "content_filter" in told
    assert not [secret for secret in (*SECRETS, CALLER_KEY) if secret in told]


def test_a_failure_of_the_gateway_is_logged_without_the_request(
    local: Local, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any) -> None:
        raise RuntimeError(str(given))

    local.proxy("qwen")
    monkeypatch.setattr("pulumi_agentrun.platform.gateway.simulated.completion", fail)
    answer = local.chat(messages=[{"role": "user", "content": "a private question"}])
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "RuntimeError" in caplog.text
    assert "private" not in caplog.text + answer.text
