"""Answers of every shape: each is read, or stands for an error of this package; nothing else comes of it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_agentrun.client import answers, errors, lenient, operations
from pulumi_agentrun.client.kinds import PROXY, SERVICE, Kind
from pulumi_agentrun.client.models import (
    ModelProxyListInput,
    ModelService,
    ModelServiceCreateInput,
    ModelServiceListInput,
    ModelServiceUpdateInput,
)

SECRET = "sk-in-an-odd-place"
CREATE = ModelServiceCreateInput.model_validate(
    {"model_service_name": "a", "model_type": "llm", "provider": "p", "provider_settings": {"api_key": SECRET}}
)
OPERATIONS: list[operations.Operation[Any]] = [
    operations.create(CREATE),
    operations.get(SERVICE, "a"),
    operations.get(PROXY, "a"),
    operations.update("a", ModelServiceUpdateInput()),
    operations.delete(SERVICE, "a"),
    operations.list_page(ModelServiceListInput()),
    operations.list_page(ModelProxyListInput()),
]
GET = operations.get(SERVICE, "a")


def answer(data: object, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, content=json.dumps({"code": "SUCCESS", "data": data}), headers=headers)


def read(**data: Any) -> ModelService:
    return answers.read(GET, answer(data))


@pytest.mark.parametrize("told", [7, 1.5, True, {"a": [1]}, ["x"], "text", "", 1767225600000])
def test_what_the_service_says_of_itself_passes_as_text(told: object) -> None:
    data = dict.fromkeys(("statusReason", "createdAt", "lastUpdatedAt", "modelServiceId"), told)
    found = read(**data)
    expected = told if isinstance(told, str) else json.dumps(told, separators=(",", ":"))
    assert {found.status_reason, found.created_at, found.last_updated_at, found.model_service_id} == {expected}
    proxy = answers.read(operations.get(PROXY, "a"), answer({"endpoint": told, "functionName": told}))
    assert (proxy.endpoint, proxy.function_name) == (expected, expected)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("READY", "READY"), ("ready", "READY"), (" Ready ", "READY"), ("CreateFailed", "CREATE_FAILED"),
        ("update-failed", "UPDATE_FAILED"), ("Hibernating", "HIBERNATING"), (3, "3"), (None, None), ("", None),
        ({"phase": "x"}, '{"PHASE":"X"}'), (True, "TRUE"),
    ],
)  # fmt: skip
def test_a_status_has_one_spelling(told: object, expected: str | None) -> None:
    assert read(status=told).status == expected


PLAIN: dict[str, tuple[Kind[Any], dict[str, Any], dict[str, Any]]] = {
    "a number for a text": (SERVICE, {"workspaceId": 7}, {"workspace_id": "7"}),
    "a whole float for a text": (SERVICE, {"workspaceId": 7.0}, {"workspace_id": "7"}),
    "true for a text": (SERVICE, {"description": True}, {"description": "true"}),
    "a word that is new": (SERVICE, {"provider": "new", "modelType": 4}, {"provider": "new", "model_type": "4"}),
    "texts for numbers": (PROXY, {"cpu": "0.5", "memory": "4096"}, {"cpu": 0.5, "memory": 4096}),
    "a whole float for a whole number": (PROXY, {"memory": 4096.0}, {"memory": 4096}),
    "a text for a weight": (
        PROXY, {"proxyConfig": {"endpoints": [{"weight": "80"}]}}, {"proxy_config": {"endpoints": [{"weight": 80}]}},
    ),
    "one object for a list": (
        PROXY, {"proxyConfig": {"endpoints": {"weight": 1}}}, {"proxy_config": {"endpoints": [{"weight": 1}]}},
    ),
    "one text for a list": (
        SERVICE, {"providerSettings": {"modelNames": "m"}}, {"provider_settings": {"model_names": ["m"]}},
    ),
    "nulls in lists": (
        SERVICE, {"providerSettings": {"modelNames": [None, "m", 5]}, "modelInfoConfigs": [None]},
        {"provider_settings": {"model_names": ["m", "5"]}, "model_info_configs": []},
    ),
    "null objects": (SERVICE, {"providerSettings": None, "networkConfiguration": {"vpcId": None}},
                     {"network_configuration": {}}),
    "words for true": (
        PROXY, {"proxyConfig": {"policies": {"cache": "True"}}}, {"proxy_config": {"policies": {"cache": True}}},
    ),
    "one for true": (
        PROXY, {"proxyConfig": {"policies": {"cache": 1}}}, {"proxy_config": {"policies": {"cache": True}}},
    ),
    "a key that is a number": (
        SERVICE, {"providerSettings": {"apiKey": 12}}, {"provider_settings": {"api_key": "12"}},
    ),
    "snake case": (SERVICE, {"workspace_id": 7, "provider_settings": {"base_url": "u"}},
                   {"workspace_id": "7", "provider_settings": {"base_url": "u"}}),
    "a name in another case": (SERVICE, {"modelServiceName": "A"}, {"model_service_name": "A"}),
}  # fmt: skip
NOT_SHOWN: dict[str, tuple[Kind[Any], dict[str, Any]]] = {
    "settings that are the key": (SERVICE, {"providerSettings": SECRET}),
    "settings in a list": (SERVICE, {"providerSettings": [{"apiKey": SECRET}]}),
    "an object for a text": (SERVICE, {"workspaceId": {"id": 7}}),
    "a list for a text": (SERVICE, {"description": ["x"]}),
    "a text among objects": (SERVICE, {"modelInfoConfigs": [{"modelName": "m"}, "x"]}),
    "an infinite number": (PROXY, {"cpu": "inf"}),
    "a number without an end": (PROXY, {"memory": 10**30}),
    "half a core in memory": (PROXY, {"memory": 0.5}),
    "a unit": (PROXY, {"memory": "4Gi"}),
    "true for a number": (PROXY, {"memory": True}),
    "digits that are none": (PROXY, {"memory": "²"}),
}


@pytest.mark.parametrize(("kind", "data", "expected"), PLAIN.values(), ids=PLAIN.keys())
def test_what_is_meant_plainly_passes(kind: Kind[Any], data: dict[str, Any], expected: dict[str, Any]) -> None:
    assert answers.read(operations.get(kind, "a"), answer(data)).to_state() == expected


@pytest.mark.parametrize(("kind", "data"), NOT_SHOWN.values(), ids=NOT_SHOWN.keys())
def test_what_cannot_be_understood_counts_as_not_shown(kind: Kind[Any], data: dict[str, Any]) -> None:
    found = answers.read(operations.get(kind, "a"), answer({"credentialName": "c", **data}))
    assert found.to_state() == {"credential_name": "c"}
    assert SECRET not in repr(found)


def test_a_key_of_an_odd_type_is_not_kept_where_it_would_be_shown() -> None:
    found = read(providerSettings={"apiKey": {"value": SECRET}, "baseUrl": "u"})
    assert found.to_state() == {"provider_settings": {"base_url": "u"}}


def test_the_data_of_another_resource_is_refused() -> None:
    with pytest.raises(errors.UnexpectedAnswerError, match="model_service_name: it is another one's"):
        read(modelServiceName="b")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.action)
def test_what_was_done_may_be_acknowledged_without_data(operation: operations.Operation[Any]) -> None:
    bare = [answer(None), httpx.Response(200, json={"code": "SUCCESS"})]
    if operation.method == "DELETE":
        bare.append(httpx.Response(204))
    for response in bare:
        if operation.method == "GET":
            with pytest.raises(errors.UnexpectedAnswerError):
                answers.read(operation, response)
        else:
            assert answers.read(operation, response).to_state() == {}


DEEP = "[" * answers.DEEPEST + "]" * answers.DEEPEST
BODIES = {
    "nothing": b"",
    "half": b'{"code": "SUCCESS", "data": {',
    "no JSON": b"<html>",
    "no text": b"\xff\xfe\x00\xd8",
    "a list": b"[]",
    "a number": b"7",
    "far too deep": b"[" * 1_000_000,
    "too deep": f'{{"code": "SUCCESS", "data": {{"x": {DEEP}}}}}'.encode(),
    "too long a number": b'{"code": "SUCCESS", "data": {"x": 1' + b"0" * 5_000 + b"}",
    "too much": b'{"code": "SUCCESS", "data": {"x": [' + b"[]," * 1_000_001 + b"1]}}",
    "data that is a list": b'{"code": "SUCCESS", "data": []}',
    "a code of failure": b'{"code": "ERR", "data": {}}',
    "a code that is a number": b'{"code": 500, "data": {}}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.action)
def test_no_envelope_is_an_error_of_the_answer(operation: operations.Operation[Any], body: bytes) -> None:
    for status in (200, 201, 202, 204, 301, 304, 101):
        if (operation.method, status, body) != ("DELETE", 204, b""):
            with pytest.raises(errors.UnexpectedAnswerError):
                answers.read(operation, httpx.Response(status, content=body))


@pytest.mark.parametrize("code", ["SUCCESS", "success", "OK", 200, 0, None, ""])
def test_codes_of_a_success(code: object) -> None:
    body = {"code": code, "data": {"modelServiceName": "a"}}
    assert answers.read(GET, httpx.Response(200, json=body)).model_service_name == "a"


def test_numbers_and_texts_that_json_has_and_others_cannot_carry() -> None:
    text = r'{"code": "SUCCESS", "data": {"x": [NaN, -Infinity, 1e999, %s], "description": "\ud800 a", "y\udfff": 1}}'
    found = answers.read(GET, httpx.Response(200, content=text % ("9" * 400)))
    assert found.to_wire()["x"] == [None] * 4
    assert found.description == "? a"
    json.dumps(found.to_state(), allow_nan=False, ensure_ascii=False).encode()


@given(st.text(alphabet=st.characters(codec=None), max_size=8), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
@pytest.mark.parametrize("is_escaped", [True, False])
def test_whole_texts_stay_and_halves_of_pairs_go_however_they_are_written(
    is_escaped: bool, text: str, encoding: str
) -> None:
    body = json.dumps({"code": "SUCCESS", "data": {"description": f"{text}."}}, ensure_ascii=is_escaped)
    found = answers.read(GET, httpx.Response(200, content=body.encode(encoding, "surrogatepass"))).description
    is_whole = not any("\ud800" <= letter <= "\udfff" for letter in text)
    assert found is not None
    assert found.encode(), "whole Unicode"
    assert found == f"{text}." or not is_whole


def test_an_answer_may_be_so_deep_and_no_deeper() -> None:
    envelope = '{"code": "SUCCESS", "data": {"x": %s}}'  # two deep by itself
    lists = [f"{'[' * depth}{']' * depth}" for depth in (answers.DEEPEST - 2, answers.DEEPEST - 1)]
    assert "x" in answers.read(GET, httpx.Response(200, text=envelope % lists[0])).to_wire()
    with pytest.raises(errors.UnexpectedAnswerError):
        answers.read(GET, httpx.Response(200, text=envelope % lists[1]))


@pytest.mark.parametrize(
    "items", [7, "x", {"a": {}}, [None], [1], ["a"], [{"modelServiceName": "a"}, []], True, {}, 0, ""]
)
def test_items_that_are_none_are_refused(items: object) -> None:
    with pytest.raises(errors.UnexpectedAnswerError, match="items: they are no list of objects"):
        answers.read(OPERATIONS[-2], answer({"items": items}))


@pytest.mark.parametrize(
    ("total", "expected"),
    [(3, 3), ("3", 3), (3.0, 3), ("many", None), (-1, None), (True, None), (None, None), ([], None), ("²", None)],
)
def test_a_total_counts_if_it_is_a_number(total: object, expected: int | None) -> None:
    assert answers.read(OPERATIONS[-2], answer({"items": None, "total": total})) == operations.Page([], expected)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-acs-retry-after": "1500"}, 1.5), ({"x-acs-retry-after": " 1500 "}, 1.5),
        ({"x-acs-retry-after": "0"}, None),
        ({"x-acs-retry-after": "soon"}, None), ({"x-acs-retry-after": "²"}, None), ({"x-acs-retry-after": "٣"}, None),
        ({"x-acs-retry-after": "-5"}, None), ({"x-acs-retry-after": "9" * 5_000}, None),
        ({"x-acs-retry-after": "9" * 12}, 86_400.0), ({"x-acs-retry-after": "1.5"}, None),
        ({"retry-after": "3"}, 3.0), ({"retry-after": "9" * 9}, 86_400.0), ({"retry-after": "9" * 10}, None),
        ({"x-acs-retry-after": "x", "retry-after": "3"}, 3.0), ({"x-acs-retry-after": "10", "retry-after": "3"}, 0.01),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:10 GMT", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 10.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:00 GMT", "date": "Thu, 01 Jan 2026 00:00:10 GMT"}, None),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:10 GMT", "date": "Thu, 01 Jan 2026 00:00:00"}, None),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:10 GMT"}, None), ({"retry-after": "Thu, 01 Jan 99999 00:00:10"}, None),
        ({"retry-after": "tomorrow"}, None), ({"retry-after": ""}, None),
    ],
)  # fmt: skip
def test_how_long_the_service_asks_to_wait(headers: dict[str, str], expected: float | None) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    with pytest.raises(errors.ThrottledError) as caught:
        answers.read(GET, httpx.Response(429, headers=raw))
    assert caught.value.retry_after == expected


def test_what_a_service_says_is_one_line_of_bounded_length() -> None:
    body = {"code": f"E\n{SECRET}", "message": f"a\x1b[31m\nb\u2028{SECRET}" + "c" * 10_000, "requestId": "R\r\n"}
    with pytest.raises(errors.ClientError) as caught:
        answers.read(operations.create(CREATE), httpx.Response(400, json=body))
    text = str(caught.value)
    assert text.startswith("CreateModelService of model service a was refused: a [31m b [secret]ccc")
    assert len(text) < 1_200
    assert text.endswith("… (HTTP 400, E [secret], request id R).")


def test_the_request_id_of_a_bare_answer_is_in_its_headers() -> None:
    with pytest.raises(errors.ServerError, match="request id H"):
        answers.read(GET, httpx.Response(502, content=b"<html>", headers={"x-acs-request-id": "H"}))


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("SUCCESS")
json_like = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
fields = st.sampled_from(
    ["modelServiceName", "model_service_name", "modelProxyName", "modelServiceId", "status", "statusReason",
     "createdAt", "lastUpdatedAt", "providerSettings", "apiKey", "baseUrl", "modelNames", "modelInfoConfigs",
     "modelParameterRules", "default", "min", "proxyConfig", "endpoints", "weight", "policies", "cache", "fallbacks",
     "memory", "cpu", "networkConfiguration", "vswitchIds", "armsConfiguration", "items", "total", "_request_id",
     "model_fields", "copy"]
)  # fmt: skip
data = st.recursive(
    json_like, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=6), max_leaves=12
)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "code": json_like | st.just("SUCCESS"), "message": json_like | st.just("model service a already exists"),
        "Code": json_like, "requestId": json_like, "data": data | st.dictionaries(fields, data, max_size=8),
    },
)  # fmt: skip


@given(st.sampled_from(OPERATIONS), st.sampled_from([200, 204, 302, 400, 404, 409, 429, 500, 503]), envelopes | data)
@settings(max_examples=400)
def test_any_json_is_read_or_is_an_error(operation: operations.Operation[Any], status: int, body: object) -> None:
    found, said = None, ""
    try:
        found = answers.read(operation, httpx.Response(status, content=json.dumps(body)))
    except errors.AgentRunError as error:
        said = str(error)
    assert SECRET not in said
    assert said.isprintable()
    for item in found.items if isinstance(found, operations.Page) else [found] if found else []:
        json.dumps([item.to_state(), item.to_wire()], allow_nan=False)
        assert item.status is None or item.status == item.status.upper()
        assert isinstance(repr(item), str)


@given(data)
def test_leniency_comes_to_rest(value: Any) -> None:
    """What has been read and written again is read as the same."""
    if isinstance(value, dict):
        plain = json.loads(json.dumps(value), parse_constant=lambda name: None)
        once = lenient.read(PROXY, plain)
        assert lenient.read(PROXY, once.to_wire()).to_wire() == once.to_wire()
