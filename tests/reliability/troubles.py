"""What may go wrong at the service, and what nobody outside knows about it, for Hypothesis to choose from."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from pulumi_agentrun.client import ModelServiceCreateInput, ProviderSettings
from pulumi_agentrun.client.kinds import KINDS
from pydantic import SecretStr
from reliability.hostile.replicas import Lag

switches = st.fixed_dictionaries(
    {},
    optional={
        "latency": st.sampled_from([0.0, 0.5, 3.0]),
        "api_key": st.sampled_from(["clear", "masked", "absent"]),
        "deletion": st.sampled_from(["immediate", "gradual"]),
        "empty_list": st.sampled_from(["ignored", "clears"]),
        "empty_string": st.sampled_from(["clears", "ignored"]),
        "nested": st.sampled_from(["merge", "replace"]),
        "duplicate": st.sampled_from([409, 400, 500]),
        "names": st.sampled_from(["separate", "shared"]),
        "service_id": st.sampled_from(["present", "absent"]),
        "computed": st.sampled_from(["absent", "filled"]),
        "list_order": st.sampled_from(["kept", "sorted"]),
        "delete_in_use": st.sampled_from(["allowed", "refused"]),
        "success": st.sampled_from([200, 201, 202]),
    },
)
actions = st.sampled_from(
    ["*", *(f"{verb}{kind.token}" for verb in ("Create", "Update", "Get", "Delete") for kind in KINDS)]
)
TROUBLES: list[dict[str, Any]] = [
    {"drop": "before"},
    {"drop": "after"},
    {"status": 500, "code": "ERR_INTERNAL_SERVER_ERROR"},
    {"status": 500, "code": "ERR_INTERNAL_SERVER_ERROR", "message": "the resource already exists"},
    {"status": 503, "code": "ServiceUnavailable"},
    {"status": 429, "code": "Throttling.User"},
    {"status": 429, "code": "Throttling.Api", "retry_after_ms": 700},
    {"status": 403, "code": "NoPermission"},
    {"status": 404, "code": "InvalidAccessKeyId.NotFound", "message": "the access key does not exist"},
    {"status": 404, "body": b"<html>not found</html>"},
    {"status": 502, "body": b"<html>bad gateway</html>"},
    {"status": 200, "body": b'{"code": "SUCC'},
]
troubles = st.sampled_from(TROUBLES)
LAGS = [
    Lag(),
    Lag(seconds=3.0, seen_by=("Get", "List")),
    Lag(seconds=3.0, seen_by=("Get", "List"), flickers=True),
    Lag(seconds=3.0, seen_by=("Get", "List", "Create", "Update", "Delete")),
    Lag(seconds=3.0, behind=("Create",), seen_by=("Get", "List", "Update", "Delete")),
]
lags = st.sampled_from(LAGS)
"""How far reads lie behind writes; between two commands they catch up."""


def somebody_elses(name: str) -> ModelServiceCreateInput:
    """Return what somebody else creates under a name."""
    settings = ProviderSettings(base_url="https://elsewhere.example", api_key=SecretStr("sk-of-somebody"))
    return ModelServiceCreateInput(
        model_service_name=name, model_type="llm", provider="tongyi", description="not ours", provider_settings=settings
    )
