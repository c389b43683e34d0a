"""Lists: pages, filters, and what they count."""

from __future__ import annotations

from typing import Any

import pytest


def _names(page: Any) -> list[str]:
    return [item["modelServiceName"] for item in page["items"]]


@pytest.fixture
def _services(call: Any) -> None:
    for number in range(25):
        call.create_service(f"svc-{number:02}", workspaceId=f"w{number % 3}", provider=("custom", "tongyi")[number % 2])


@pytest.mark.usefixtures("_services")
def test_pages(call: Any) -> None:
    first = call("GET", "model-services").data
    assert (first["pageNumber"], first["pageSize"], first["total"], len(first["items"])) == (1, 20, 25, 20)
    pages = [call("GET", f"model-services?pageSize=10&pageNumber={number}").data for number in (1, 2, 3, 4)]
    assert [len(page["items"]) for page in pages] == [10, 10, 5, 0]
    assert [name for page in pages for name in _names(page)] == [f"svc-{number:02}" for number in range(25)]
    assert {page["total"] for page in pages} == {25}


@pytest.mark.usefixtures("_services")
@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("workspaceId=w0", 9),
        ("workspaceIds=w0,w2", 17),
        ("workspaceIds=w0%2C%20w2,", 17),
        ("workspaceIds=w0,w1&workspaceId=w1", 8),
        ("workspaceIds=none", 0),
        ("provider=tongyi", 12),
        ("provider=tongyi&workspaceId=w1", 4),
        ("modelType=llm", 25),
        ("modelType=tts", 0),
        ("modelType=&provider=&workspaceIds=", 25),
        ("providerType=any&unknown=1", 25),
    ],
)
def test_filters(call: Any, query: str, total: int) -> None:
    page = call("GET", f"model-services?{query}&pageSize=100").data
    assert (page["total"], len(page["items"])) == (total, total)


def test_proxies_have_filters_of_their_own(call: Any) -> None:
    call.create_proxy("one")
    call.create_proxy("two", proxyMode="multi", workspaceId="w")
    totals = {
        query: call("GET", f"model-proxies?{query}").data["total"]
        for query in ("proxyMode=multi", "status=READY", "status=CREATING", "workspaceIds=w", "workspaceId=x")
    }
    assert list(totals.values()) == [1, 2, 0, 1, 0]


def test_kinds_are_listed_apart(call: Any) -> None:
    call.create_service("same")
    call.create_proxy("same")
    assert call("GET", "model-services").data["total"] == 1
    assert call("GET", "model-proxies").data["total"] == 1
    assert "modelServiceName" not in call("GET", "model-proxies").data["items"][0]


@pytest.mark.parametrize("value", ["x", "1.0", "²", "9" * 30])
def test_a_page_is_a_whole_number(call: Any, value: str) -> None:
    reply = call("GET", f"model-services?pageSize={value}")
    assert (reply.status, reply.body["Code"]) == (400, "InvalidParameter")
    assert reply.body["Message"] == "The parameter pageSize must be an integer."


@pytest.mark.parametrize("query", ["pageNumber=0", "pageNumber=-1", "pageSize=0"])
def test_the_first_page_is_one(call: Any, query: str) -> None:
    reply = call("GET", f"model-proxies?{query}")
    assert (reply.status, reply.body["code"]) == (400, "ERR_VALIDATION_FAILED")


def test_the_catalogue_can_be_searched(call: Any) -> None:
    everything = call("GET", "model-providers").data
    assert everything["total"] == len(everything["items"]) > 1
    totals = [
        call("GET", f"model-providers?{query}").data["total"]
        for query in ("provider=openai", "provider=none", "modelName=deepseek-chat", "modelType=tts")
    ]
    assert totals == [1, 0, 1, 0]
