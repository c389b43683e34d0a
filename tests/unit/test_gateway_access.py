"""Who may call a proxy; the signatures are agentrun-sdk 0.0.54's, made with a fixed time."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from pulumi_agentrun.platform.gateway.access import Access
from pulumi_agentrun.platform.gateway.refusals import Refused
from pulumi_agentrun.platform.verification import Headers

SECRET = "the-secret-of-ak"
TOKEN = "local-token"
ACCESS = Access({"ak": SECRET, "STS.ak": "the-secret-of-sts"}, TOKEN)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc).timestamp()
SIGNED = {
    "host": "",
    "x-acs-date": "2026-01-02T03:04:05Z",
    "x-acs-content-sha256": "UNSIGNED-PAYLOAD",
    "Agentrun-Authorization": (
        "AGENTRUN4-HMAC-SHA256 Credential=ak/20260102/cn-hangzhou/agentrun/aliyun_v4_request,"
        "SignedHeaders=host;x-acs-content-sha256;x-acs-date,"
        "Signature=03a8675c88d64082f16626b25353b01d03cbb957a5638ad151182d023ac190de"
    ),
}
TEMPORARY = {
    "host": "",
    "x-acs-date": "2026-01-02T03:04:05Z",
    "x-acs-content-sha256": "UNSIGNED-PAYLOAD",
    "x-acs-security-token": "tok==",
    "Agentrun-Authorization": (
        "AGENTRUN4-HMAC-SHA256 Credential=STS.ak/20260102/ap-southeast-1/agentrun/aliyun_v4_request,"
        "SignedHeaders=host;x-acs-content-sha256;x-acs-date;x-acs-security-token,"
        "Signature=004c528171e347b8ef6a599d5a6e55cc2ab55dcdc55952f7967ffb4af23ba747"
    ),
}
CREDENTIAL = {"credentialSecret": "sk-inbound", "credentialPublicConfig": {"headerKey": "X-Own", "prefix": "Key "}}


def passes(headers: dict[str, str], name: str = "", credential: dict[str, Any] | None = None, now: float = NOW) -> bool:
    try:
        ACCESS.check(Headers(list(headers.items())), name, credential, now)
    except Refused as error:
        refused = error
    else:
        return True
    assert (refused.status, refused.code) == (401, "invalid_api_key")
    assert not any(secret in str(refused) for secret in (SECRET, TOKEN, "sk-inbound", "the-secret-of-sts"))
    return False


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_without_a_credential_the_token_or_a_signature_is_wanted() -> None:
    assert passes(bearer(TOKEN))
    assert passes({"Authorization": f"bearer {TOKEN}"})
    assert passes(SIGNED)
    assert passes(TEMPORARY)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer(""),
        bearer("local-toke"),
        bearer("lokal-tökén"),
        bearer(SECRET),
        {"authorization": TOKEN},
        {"authorization": f"Basic {TOKEN}"},
        {"x-api-key": TOKEN},
    ],
)
def test_nothing_else_is_taken(headers: dict[str, str]) -> None:
    assert not passes(headers)


@pytest.mark.parametrize(
    "change",
    [
        {"x-acs-date": "2026-01-02T03:04:06Z"},
        {"x-acs-date": "2026-01-02 03:04:05"},
        {"x-acs-date": "2026-01-03T03:04:05Z"},
        {"x-acs-content-sha256": "0" * 64},
        {"Agentrun-Authorization": SIGNED["Agentrun-Authorization"].replace("Signature=", "Signature=0")[:-1]},
        {"Agentrun-Authorization": SIGNED["Agentrun-Authorization"].replace("Credential=ak/", "Credential=other/")},
        {"Agentrun-Authorization": SIGNED["Agentrun-Authorization"].replace("cn-hangzhou", "cn-beijing")},
        {"Agentrun-Authorization": SIGNED["Agentrun-Authorization"].replace("x-acs-date", "x-acs-else")},
        {"Agentrun-Authorization": "AGENTRUN4-HMAC-SHA256 Credential=ak"},
    ],
)
def test_a_signature_of_something_else_is_refused(change: dict[str, str]) -> None:
    assert not passes({**SIGNED, **change})
    assert not passes({**SIGNED, **change, **bearer(TOKEN)}), "what is signed wrongly is not looked at further"


def test_a_signature_does_not_last() -> None:
    assert passes(SIGNED, now=NOW + 15 * 60)
    assert not passes(SIGNED, now=NOW + 15 * 60 + 1)
    assert not passes(SIGNED, now=NOW - 15 * 60 - 1)


def test_a_temporary_key_needs_its_token() -> None:
    assert not passes({**TEMPORARY, "x-acs-security-token": "other"})
    assert not passes({name: value for name, value in TEMPORARY.items() if name != "x-acs-security-token"})


def test_with_a_credential_its_secret_is_wanted_and_nothing_else() -> None:
    assert passes(bearer("sk-inbound"), "own", CREDENTIAL)
    assert passes({"X-Own": "Key sk-inbound"}, "own", CREDENTIAL)
    for headers in ({"X-Own": "sk-inbound"}, {"x-api-key": "sk-inbound"}, bearer(TOKEN), SIGNED, {}):
        assert not passes(headers, "own", CREDENTIAL)


def test_a_credential_names_its_header_or_the_usual_one_is_taken() -> None:
    assert passes({"X-API-Key": "sk-inbound"}, "own", {"credentialSecret": "sk-inbound"})
    raw = {"credentialSecret": "sk-inbound", "credentialPublicConfig": {"headerKey": "Authorization"}}
    assert passes({"authorization": "sk-inbound"}, "own", raw)


@pytest.mark.parametrize("credential", [None, {**CREDENTIAL, "enabled": False}, {"credentialSecret": ""}, {}])
def test_a_credential_that_is_none_lets_nobody_in(credential: dict[str, Any] | None) -> None:
    for headers in (bearer("sk-inbound"), bearer(""), bearer(TOKEN), {"X-Own": "Key "}, {"x-api-key": ""}, SIGNED):
        assert not passes(headers, "own", credential)
