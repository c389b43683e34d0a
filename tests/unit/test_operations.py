"""What an operation sends, and what its answers are taken for."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.client import answers, errors, operations
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.client.models import (
    ModelProxyCreateInput,
    ModelProxyListInput,
    ModelServiceCreateInput,
    ModelServiceListInput,
    ModelServiceUpdateInput,
)
from pulumi_agentrun.client.models.shared import ProxyConfig

KEY = 'sk-"top\\secret'
CREATE = ModelServiceCreateInput.model_validate(
    {"model_service_name": "a", "model_type": "llm", "provider": "new", "provider_settings": {"api_key": KEY}}
)


def answer(status: int, body: object, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, content=content, headers=headers)


@pytest.mark.parametrize(
    ("operation", "action", "method", "target"),
    [
        (operations.create(CREATE), "CreateModelService", "POST", "/model-services"),
        (operations.get(SERVICE, "a/b"), "GetModelService", "GET", "/model-services/a%2Fb"),
        (operations.update("a", ModelServiceUpdateInput()), "UpdateModelService", "PUT", "/model-services/a"),
        (operations.delete(PROXY, "a b*"), "DeleteModelProxy", "DELETE", "/model-proxies/a%20b%2A"),
        (
            operations.list_page(ModelProxyListInput(page_number=2, workspace_ids="a,b")),
            "ListModelProxies", "GET", "/model-proxies?pageNumber=2&workspaceIds=a%2Cb",
        ),
        (operations.list_page(ModelServiceListInput()), "ListModelServices", "GET", "/model-services"),
    ],
)  # fmt: skip
def test_each_operation_goes_where_the_api_has_it(
    operation: operations.Operation[object], action: str, method: str, target: str
) -> None:
    assert (operation.action, operation.method) == (action, method)
    assert operation.target == f"/2025-09-10/agents{target}"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda name: name not in (".", "..")))
def test_any_name_survives_its_path(name: str) -> None:
    path = operations.get(SERVICE, name).path
    assert unquote(path.removeprefix("/2025-09-10/agents/model-services/")) == name
    assert path.count("/") == 4


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(errors.InvalidArgumentError, match="model_service_name"):
        operations.delete(SERVICE, name)


@pytest.mark.parametrize(
    "make",
    [
        lambda: operations.get(SERVICE, "a\ud800"),
        lambda: operations.update("a", ModelServiceUpdateInput.model_construct(description="\udfff")),
        lambda: operations.create(
            ModelProxyCreateInput(model_proxy_name="a", cpu=math.nan, proxy_config=ProxyConfig())
        ),
        lambda: operations.list_page(ModelServiceListInput.model_construct(workspace_id="\ud800")).target,
    ],
)
def test_what_no_request_can_carry_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(errors.InvalidArgumentError, match=r"surrogate pair|no NaN"):
        make()


def test_bodies_have_no_nulls_but_keep_empty_values() -> None:
    body = {"description": "", "network_configuration": {"vpc_id": None}, "provider_settings": {"model_names": []}}
    sent = operations.update("a", ModelServiceUpdateInput.model_validate(body)).body
    assert json.loads(sent or b"") == {
        "description": "", "networkConfiguration": {}, "providerSettings": {"modelNames": []},
    }  # fmt: skip


def test_a_proxy_is_created_with_the_official_defaults() -> None:
    single = ModelProxyCreateInput.model_validate({"model_proxy_name": "p", "proxy_config": {"endpoints": [{}]}})
    assert single.to_wire() == {
        "modelProxyName": "p", "cpu": 2, "memory": 4096, "proxyMode": "single", "proxyConfig": {"endpoints": [{}]},
    }  # fmt: skip
    several = ModelProxyCreateInput.model_validate({"model_proxy_name": "p", "proxy_config": {"endpoints": [{}, {}]}})
    assert several.proxy_mode == "multi"


def test_what_a_newer_service_adds_passes_through() -> None:
    data = {"modelServiceName": "a", "status": "HIBERNATING", "provider": "tongyi", "brandNew": {"x": 1}}
    response = answer(200, {"code": "SUCCESS", "requestId": "R", "data": data})
    found = answers.read(operations.get(SERVICE, "a"), response)
    assert (found.status, found.provider, found.request_id) == ("HIBERNATING", "tongyi", "R")
    assert found.to_wire() == data


GONE = "model service a does not exist"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (404, {"code": "ERR_NOT_FOUND", "message": GONE, "requestId": "R"}, errors.ResourceNotExistError),
        (404, {"Code": "InvalidAccessKeyId.NotFound", "Message": "Specified access key is not found."},
         errors.AuthenticationError),
        (404, {"Code": "InvalidAction.NotFound", "Message": "Specified api is not found"}, errors.ClientError),
        (404, b"<html>not found</html>", errors.UnexpectedAnswerError),
        (404, {"detail": "Not Found"}, errors.UnexpectedAnswerError),
        (404, {"message": "no route: not found"}, errors.ClientError),
        (400, {"Code": "SignatureDoesNotMatch", "Message": "m"}, errors.AuthenticationError),
        (400, {"Code": "SignatureNonceUsed", "Message": "m"}, errors.RepeatedError),
        (400, {"Code": "InvalidTimeStamp.Expired", "Message": "m"}, errors.AuthenticationError),
        (403, {"code": "NoPermission", "message": "m"}, errors.AuthenticationError),
        (400, {"Code": "Throttling.User", "Message": "m"}, errors.ThrottledError),
        (429, b"", errors.ThrottledError),
        (409, {"code": "ERR_CONFLICT", "message": "it is in use"}, errors.ClientError),
        (500, {"code": "ERR_INTERNAL_SERVER_ERROR", "message": "m"}, errors.ServerError),
        (502, b"<html>", errors.ServerError),
        (200, b'{"code": "SUCCESS", "da', errors.UnexpectedAnswerError),
        (200, {"code": "SUCCESS"}, errors.UnexpectedAnswerError),
        (200, {"code": "ERR", "data": {}}, errors.UnexpectedAnswerError),
        (204, b"", errors.UnexpectedAnswerError),
    ],
)  # fmt: skip
def test_refusals_are_told_apart(status: int, body: object, expected: type[errors.HTTPError]) -> None:
    with pytest.raises(errors.HTTPError) as caught:
        answers.read(operations.get(SERVICE, "a"), answer(status, body))
    assert type(caught.value) is expected
    assert caught.value.status_code == status


@pytest.mark.parametrize("status", [400, 409, 500])
def test_a_taken_name_is_known_by_its_text_on_creation_only(status: int) -> None:
    taken = answer(status, {"code": "E", "message": "model service a already exists", "requestId": "R"})
    with pytest.raises(errors.ResourceAlreadyExistError, match="request id R"):
        answers.read(operations.create(CREATE), taken)
    with pytest.raises(errors.HTTPError) as caught:
        answers.read(operations.get(SERVICE, "a"), taken)
    assert not isinstance(caught.value, errors.ResourceAlreadyExistError)


def test_retry_after_is_read_in_milliseconds() -> None:
    slow = answer(429, {"code": "Throttling", "message": "m"}, **{"x-acs-retry-after": "1500"})
    with pytest.raises(errors.ThrottledError) as caught:
        answers.read(operations.get(SERVICE, "a"), slow)
    assert caught.value.retry_after == 1.5


def test_a_key_that_the_service_echoes_is_not_repeated() -> None:
    operation = operations.create(CREATE)
    echo = answer(400, {"code": "ERR_BAD_REQUEST", "message": f"bad key {KEY} or {json.dumps(KEY)}"})
    with pytest.raises(errors.ClientError) as caught:
        answers.read(operation, echo)
    for shown in (str(caught.value), repr(caught.value), repr(operation), repr(CREATE), str(CREATE)):
        assert "top" not in shown
    assert KEY in json.loads(operation.body or b"")["providerSettings"]["apiKey"]
