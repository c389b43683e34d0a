"""Each switch does what it says, for other processes on the directory too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pulumi_agentrun.platform import Platform, Switches
from pulumi_agentrun.platform.switches import parse

SERVICE, PROXY = "model-services/svc", "model-proxies/gate"


def test_switches_are_kept_in_the_directory(platform: Platform, tmp_path: Path) -> None:
    assert platform.switches == Switches()
    other = Platform.open(tmp_path / "data", {})
    other.switch(latency=2.0, api_key="masked")
    other.switch(page_cap=7)
    other.close()
    assert platform.switches == Switches(latency=2.0, api_key="masked", page_cap=7)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"colour": "red"}, "there is no switch 'colour'; there are latency, api_key, deletion"),
        ({"api_key": "hidden"}, "switch api_key cannot be 'hidden'; allowed: clear, masked, absent"),
        ({"duplicate": 418}, "allowed: 409, 400, 500"),
        ({"duplicate": "409"}, "allowed: 409, 400, 500"),
        ({"latency": -1}, "0 or more"),
        ({"latency": float("nan")}, "0 or more"),
        ({"latency": "2"}, "0 or more"),
        ({"page_cap": 0}, "1 or more"),
        ({"page_cap": True}, "1 or more"),
    ],
)
def test_what_is_not_allowed_says_what_is(platform: Platform, values: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        platform.switch(**{"success": 201, **values})
    assert platform.switches == Switches()


def test_switches_can_be_typed() -> None:
    typed = ["latency=1.5", "duplicate=500", "api_key=absent", "page_cap=3"]
    assert [parse(text) for text in typed] == [
        {"latency": 1.5},
        {"duplicate": 500},
        {"api_key": "absent"},
        {"page_cap": 3},
    ]
    for text in ("latency=soon", "duplicate=1", "page_cap=0", "api_key", "=", "latency=inf"):
        with pytest.raises(ValueError, match=r"allowed|there is no switch"):
            parse(text)


@pytest.mark.parametrize(
    ("mode", "key", "shown"),
    [
        ("clear", "sk-0123456789abcdef", "sk-0123456789abcdef"),
        ("masked", "sk-0123456789abcdef", "sk-******cdef"),
        ("masked", "sk-short", "******"),
        ("absent", "sk-0123456789abcdef", None),
    ],
)
def test_api_key(call: Any, platform: Platform, mode: str, key: str, shown: str | None) -> None:
    platform.switch(api_key=mode)
    settings = {"apiKey": key, "baseUrl": "u"}
    replies = [call.create_service(providerSettings=settings), call("GET", SERVICE), call("PUT", SERVICE, {})]
    datas = [*(reply.data for reply in replies), call("GET", "model-services").data["items"][0]]
    datas.append(call("DELETE", SERVICE).data)
    assert [data["providerSettings"].get("apiKey") for data in datas] == [shown] * 5


def test_deletion_is_immediate_unless_told_otherwise(call: Any, platform: Platform) -> None:
    platform.switch(latency=60)
    call.create_service()
    call("DELETE", SERVICE)
    assert call("GET", SERVICE).status == 404
    platform.switch(deletion="gradual", latency=0)
    call.create_service()
    call("DELETE", SERVICE)
    assert call("GET", SERVICE).status == 404


def test_empty_list(call: Any, platform: Platform) -> None:
    configs = [{"modelName": "m"}]
    call.create_service(modelInfoConfigs=configs)
    assert call("PUT", SERVICE, {"modelInfoConfigs": []}).data["modelInfoConfigs"] == configs
    platform.switch(empty_list="clears")
    assert call("PUT", SERVICE, {"modelInfoConfigs": []}).data["modelInfoConfigs"] == []


def test_empty_string(call: Any, platform: Platform) -> None:
    call.create_service(description="d", credentialName="c")
    platform.switch(empty_string="ignored")
    assert call("PUT", SERVICE, {"description": ""}).data["description"] == "d"
    platform.switch(empty_string="clears")
    cleared = call("PUT", SERVICE, {"description": "", "providerSettings": {"baseUrl": ""}}).data
    assert "description" not in cleared
    assert (cleared["credentialName"], set(cleared["providerSettings"])) == ("c", {"apiKey", "modelNames"})


def test_nested(call: Any, platform: Platform) -> None:
    call.create_proxy(proxyConfig={"endpoints": [{"baseUrl": "a"}], "policies": {"cache": True, "numRetries": 2}})
    change = {"proxyConfig": {"policies": {"numRetries": 5}}}
    merged = call("PUT", PROXY, change).data["proxyConfig"]
    assert merged == {"endpoints": [{"baseUrl": "a"}], "policies": {"cache": True, "numRetries": 5}}
    listed = call("PUT", PROXY, {"proxyConfig": {"endpoints": [{"baseUrl": "b"}]}}).data["proxyConfig"]
    assert listed["endpoints"] == [{"baseUrl": "b"}]
    assert call("PUT", PROXY, {"proxyConfig": {"endpoints": []}}).data["proxyConfig"]["endpoints"] == []
    platform.switch(nested="replace")
    assert call("PUT", PROXY, change).data["proxyConfig"] == {"policies": {"numRetries": 5}}
    assert call("PUT", PROXY, {"description": "d"}).data["proxyConfig"] == {"policies": {"numRetries": 5}}


@pytest.mark.parametrize("status", [409, 400, 500])
def test_duplicate(call: Any, platform: Platform, status: int) -> None:
    platform.switch(duplicate=status)
    call.create_service()
    reply = call.create_service()
    assert (reply.status, reply.body["code"]) == (status, "ERR_ALREADY_EXISTS")
    assert reply.body["message"] == "model service svc already exists"
    call.create_proxy()
    assert call.create_proxy().body["message"] == "model proxy gate already exists"


def test_names(call: Any, platform: Platform) -> None:
    call.create_service("one")
    assert call.create_proxy("one").status == 200
    platform.switch(names="shared")
    call.create_proxy("two")
    assert call.create_service("two").body["message"] == "model service two already exists"
    call("DELETE", "model-proxies/two")
    assert call.create_service("two").status == 200


def test_service_id(call: Any, platform: Platform) -> None:
    assert call.create_service().data["modelServiceId"]
    platform.switch(service_id="absent")
    assert "modelServiceId" not in call("GET", SERVICE).data
    assert call.create_proxy().data["modelProxyId"]


def test_computed(call: Any, platform: Platform) -> None:
    call.create_service()
    call.create_proxy(networkConfiguration={"vpcId": "v"}, workspaceId="mine")
    assert "networkConfiguration" not in call("GET", SERVICE).data
    platform.switch(computed="filled")
    service, proxy = call("GET", SERVICE).data, call("GET", PROXY).data
    assert service["networkConfiguration"] == {"networkMode": "PUBLIC"}
    assert (service["workspaceId"], proxy["workspaceId"]) == ("default", "mine")
    assert proxy["networkConfiguration"] == {"networkMode": "PUBLIC", "vpcId": "v"}
    assert {"litellmVersion", "serviceRegionId"} <= set(proxy)
    assert proxy["proxyConfig"]["policies"]["cache"] is False
    assert proxy["proxyConfig"]["endpoints"][0]["weight"] == 1
    platform.switch(computed="absent")
    assert "policies" not in call("GET", PROXY).data["proxyConfig"]


def test_list_order(call: Any, platform: Platform) -> None:
    call.create_service(networkConfiguration={"vswitchIds": ["z", "y"]})
    call.create_proxy()
    assert call("GET", SERVICE).data["providerSettings"]["modelNames"] == ["b", "a"]
    platform.switch(list_order="sorted")
    service, proxy = call("GET", SERVICE).data, call("GET", PROXY).data
    assert service["providerSettings"]["modelNames"] == ["a", "b"]
    assert service["networkConfiguration"]["vswitchIds"] == ["y", "z"]
    assert proxy["proxyConfig"]["endpoints"][0]["modelNames"] == ["a", "b"]


@pytest.mark.parametrize(
    "config",
    [
        {"endpoints": [{"modelServiceName": "other"}, {"modelServiceName": "svc"}]},
        {"endpoints": [{"baseUrl": "u"}], "policies": {"fallbacks": [{"modelName": "m", "modelServiceName": "svc"}]}},
    ],
)
def test_delete_in_use(call: Any, platform: Platform, config: Any) -> None:
    call.create_service()
    call.create_proxy(proxyConfig=config)
    platform.switch(delete_in_use="refused")
    reply = call("DELETE", SERVICE)
    assert (reply.status, reply.body["code"]) == (409, "ERR_RESOURCE_IN_USE")
    assert call("GET", SERVICE).data["status"] == "READY"
    assert call("DELETE", PROXY).status == 200
    assert call("DELETE", SERVICE).status == 200
    call.create_service()
    call.create_proxy(proxyConfig=config)
    platform.switch(delete_in_use="allowed")
    assert call("DELETE", SERVICE).status == 200


def test_page_cap(call: Any, platform: Platform) -> None:
    for number in range(5):
        call.create_service(f"svc-{number}")
    platform.switch(page_cap=2)
    page = call("GET", "model-services?pageSize=50&pageNumber=3").data
    assert (page["pageSize"], page["total"], len(page["items"])) == (2, 5, 1)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_success(call: Any, platform: Platform, status: int) -> None:
    platform.switch(success=status)
    assert call.create_service().status == status
    assert (call("GET", SERVICE).status, call("PUT", SERVICE, {}).status) == (200, 200)
    assert call("DELETE", SERVICE).status == status


def test_every_switch_has_a_test_of_its_name() -> None:
    text = Path(__file__).read_text(encoding="utf-8") + Path(__file__).with_name("test_states.py").read_text("utf-8")
    missing = [name for name in Switches.__dataclass_fields__ if f"def test_{name}" not in text]
    assert missing == ["latency"]
    assert "platform.switch(latency=" in text


def test_every_switch_has_a_row_on_the_page_with_its_values() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "embedded-platform.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", page.partition("## Switches")[2], re.MULTILINE))
    assert list(rows) == list(Switches.__dataclass_fields__)
    for name, annotation in get_type_hints(Switches).items():
        default = getattr(Switches(), name)
        shown = re.findall(r"[\w.]+", rows[name])
        assert shown[0] == str(default)
        assert not get_args(annotation) or shown == [str(choice) for choice in get_args(annotation)]
