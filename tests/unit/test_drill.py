"""Drills of proxies: what is drilled, what names mean, what is measured, and the report in each of its forms."""

from __future__ import annotations

import json
import xml.etree.ElementTree as Xml
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.client import Config, ModelClient, ModelProxyCreateInput, ModelServiceCreateInput
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.drill import finding
from pulumi_agentrun.drill.expectations import Measure
from pulumi_agentrun.drill.page import page
from pulumi_agentrun.drill.playing import drill
from pulumi_agentrun.drill.report import Report, failures_said, percentile
from pulumi_agentrun.drill.scenario import scenario
from pulumi_agentrun.policy.view import DYNAMIC, PLUGIN
from pulumi_agentrun.routes.subjects import Found, Subject
from pydantic.alias_generators import to_camel

KEY = "sk-nobody-may-see-this"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
POLICIES = {"numRetries": 1, "fallbacks": [{"modelServiceName": "chat-backup-1111111", "modelName": "m"}]}


def service(name: str, provider: str = "tongyi", host: str = "a.example", region: str | None = None) -> Found:
    settings = {"baseUrl": f"https://{host}/v1", "modelNames": ["m"]}
    logical = name.rpartition("-")[0]
    return Found(SERVICE, name, logical, {"provider": provider, "providerSettings": settings}, region)


def subject(mode: str = "multi", **policies: Any) -> Subject:
    endpoints = [
        {"modelServiceName": "chat-stable-1111111", "weight": 95},
        {"modelServiceName": "chat-canary-1111111", "weight": 5},
    ]
    config = {"endpoints": endpoints, "policies": {**POLICIES, **policies}}
    body = {"modelProxyName": "chat-1111111", "proxyMode": mode, "proxyConfig": config}
    services = [
        service("chat-stable-1111111", region="cn-hangzhou"),
        service("chat-canary-1111111", host="oai-eastus2.example"),
        service("chat-backup-1111111", "deepseek", "api.us-east-1.example"),
    ]
    return Subject(Found(PROXY, "chat-1111111", "chat", body, None), {found.name: found for found in services})


def report(of: Subject | None = None, **given: Any) -> Report:
    return drill(of or subject(), scenario({"calls": 2000, **given}))


def test_a_failover_is_played_and_judged() -> None:
    found = report(
        events=["stable down 10m..20m"],
        expect=["success >= 99.9%", "share(stable) during 20m.. in 93..97%", "fallback during 10m..20m >= 50%"],
    )
    assert [row.name for row in found.rows] == ["chat-stable", "chat-canary", "chat-backup"]
    assert [row.declared for row in found.rows] == [pytest.approx(0.95), pytest.approx(0.05), None]
    assert sum(row.share for row in found.rows) == pytest.approx(1)
    assert found.rows[0].failures == {0: found.met[0]}
    assert [verdict.is_met for verdict in found.verdicts] == [True, True, True]
    assert found.is_good
    assert not report(events=["stable down 10m..20m"], expect=["fallback == 0%"]).is_good


def test_an_event_that_happens_to_nothing_is_no_success() -> None:
    found = report(calls=1, events=["backup down"])
    assert (found.idle, found.is_good) == (["backup down"], False)
    assert any("NOT TRIED" in line for line in found.lines())


def test_what_cannot_be_measured_is_not_as_expected() -> None:
    found = (
        report(numRetries=0)
        if False
        else report(calls=5, events=["all down"], expect=["p50 <= 1h", "share(stable) >= 0%"])
    )
    assert [verdict.said for verdict in found.verdicts] == ["nothing to measure"] * 2
    assert not found.is_good


def test_measures_add_up() -> None:
    found = report(subject(concurrencyLimit=1), events=["all 500 50%"], tokens=5)
    whole = [found.to_json()[word] for word in ("success", "failed", "refused")]
    assert sum(whole) == pytest.approx(1)
    assert all(0 < share < 1 for share in whole)
    data = found.to_json()
    assert data["attempts"] * data["calls"] == pytest.approx(sum(row["attempts"] for row in data["services"]), abs=1)
    times = [*data["latency"].values()]
    assert times == sorted(times)


def test_percentiles_are_of_what_was_seen() -> None:
    assert [percentile([3, 1, 2, 4], share) for share in (0.01, 0.25, 0.5, 0.51, 1.0)] == [1, 1, 2, 3, 4]
    assert percentile([], 0.5) is None
    assert failures_said({0: 3, 408: 2, 429: 1}) == "3 no connection, 2 too late, 1 HTTP 429"


@pytest.mark.parametrize("name", ["stable", "chat-stable", "chat-stable-1111111"])
def test_a_service_is_known_by_its_name_and_by_what_the_program_calls_it(name: str) -> None:
    assert subject().place_named(name) == "chat-stable-1111111"
    assert report(events=[f"{name} down"]).met[0] > 0


@pytest.mark.parametrize(
    ("event", "places"),
    [
        ("provider tongyi down", {"chat-stable-1111111", "chat-canary-1111111"}),
        ("region cn-hangzhou down", {"chat-stable-1111111"}),
        ("region eastus2 down", {"chat-canary-1111111"}),
        ("region us-east-1 429", {"chat-backup-1111111"}),
        ("model m down", {"chat-stable-1111111", "chat-canary-1111111", "chat-backup-1111111"}),
        ("all down", {"chat-stable-1111111", "chat-canary-1111111", "chat-backup-1111111"}),
    ],
)
def test_events_are_about_providers_regions_and_models_too(event: str, places: set[str]) -> None:
    found = report(events=[event, "stable down"])
    assert {row.place for row in found.rows if row.failures} == places | {"chat-stable-1111111"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"events": ["stabel down"]}, "The proxy chat has no service 'stabel'; did you mean chat-stable?"),
        ({"events": ["provider openai down"]}, "can come to provider openai; there are deepseek, tongyi."),
        (
            {"events": ["region mars down"]},
            "there are a.example, api.us-east-1.example, cn-hangzhou, oai-eastus2.example",
        ),
        ({"events": ["model x down"]}, "can come to model x."),
        ({"expect": ["share(nobody-knows) >= 1%"]}, "has no service 'nobody-knows'; there are chat-stable,"),
        ({"models": ["x"]}, "routes no model 'x'; there are m, chat-1111111."),
    ],
)
def test_a_name_that_the_proxy_has_not_is_refused_in_a_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        report(**given)
    assert said in str(refused.value)


def test_a_name_that_may_mean_several_is_refused() -> None:
    of = subject()
    twice = {**of.services, "chat-stable-2222222": service("chat-stable-2222222")}
    body = deepcopy({**of.proxy.body})
    body["proxyConfig"]["endpoints"].append({"modelServiceName": "chat-stable-2222222"})
    with pytest.raises(ConfigError, match="'stable' may mean several services of the proxy chat: chat-stable-1"):
        Subject(Found(PROXY, "chat-1111111", "chat", body, None), twice).place_named("stable")


def test_calls_ask_for_what_the_official_sdk_asks_for() -> None:
    assert report().models == ("chat-1111111",)
    assert report(subject("single")).models == ("m",)
    assert report(models=["m", "chat-1111111"]).models == ("m", "chat-1111111")


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ({"modelServiceName": "elsewhere"}, "routes no model: neither its endpoints nor their services"),
        ({"modelNames": ["m"]}, "has an endpoint that names neither a model service nor a URL"),
    ],
)
def test_a_proxy_that_leads_nowhere_is_refused(endpoint: dict[str, Any], said: str) -> None:
    body = {"modelProxyName": "p", "proxyConfig": {"endpoints": [endpoint]}}
    with pytest.raises(ConfigError, match=said):
        report(Subject(Found(PROXY, "p", None, body, None)))


def test_an_endpoint_with_a_url_is_a_place_too() -> None:
    url = "https://own.eu-west-1.example/v1"
    body = {"modelProxyName": "p", "proxyConfig": {"endpoints": [{"baseUrl": url, "modelNames": ["m"]}]}}
    found = report(Subject(Found(PROXY, "p", None, body, None)), events=["region eu-west-1 500 10%", f"{url} slow 1s"])
    assert [row.name for row in found.rows] == [url]
    assert all(found.met)


def test_what_may_be_secret_in_a_url_is_in_no_report() -> None:
    url = f"https://user:{KEY}@own.example/v1?key={KEY}"
    body = {"modelProxyName": "p", "proxyConfig": {"endpoints": [{"baseUrl": url, "modelNames": ["m"]}]}}
    found = report(Subject(Found(PROXY, "p", None, body, None)))
    assert found.to_json()["services"][0]["service"] == "https://own.example/v1"
    assert KEY not in json.dumps(found.to_json()) + page(found) + "".join(found.lines())


def test_the_same_drill_gives_the_same_bytes() -> None:
    def once() -> tuple[str, str]:
        found = report(events=["stable down 10m..20m", "all 429 10%"], expect=["success >= 1%"], tokens=50)
        return json.dumps(found.to_json()), page(found)

    assert once() == once()
    assert once() != (json.dumps(report(seed=1).to_json()), page(report(seed=1)))


def test_the_page_stands_alone_and_escapes_what_others_named() -> None:
    evil = "<script>alert('x')</script>&\"-1111111"
    body = {"modelProxyName": evil, "proxyConfig": {"endpoints": [{"modelServiceName": evil, "modelNames": ["m"]}]}}
    of = Subject(Found(PROXY, evil, evil, body, None))
    text = page(report(of, events=["all 500 10% 10m..20m", "traffic x3 30m.."], expect=["success >= 99%"]))
    assert "<script" not in text
    assert "http" not in text.replace('http-equiv="Content-Security-Policy"', "")
    root = Xml.fromstring(text.partition("\n")[2])
    assert len(root.findall(".//svg")) == 2
    counted = sum(int((item.findtext("title") or "").rpartition(": ")[2]) for item in root.findall(".//rect[@fill]"))
    assert counted == 2000


def resource(kind: str, name: str, outputs: dict[str, Any], door: str = DYNAMIC, **more: Any) -> dict[str, Any]:
    return {
        "type": f"{door}{kind}",
        "custom": True,
        "urn": f"urn:pulumi:dev::p::{door}{kind}::{name}",
        **more,
        "outputs": outputs,
    }


def state(door: str = DYNAMIC) -> dict[str, Any]:
    """Return what a stack exports, as a real one does (tests/e2e/test_drill.py)."""
    names = ["model_service_name", "provider_settings", "base_url", "api_key", "model_names", "model_proxy_name"]
    names += ["proxy_config", "proxy_mode"]
    if door == PLUGIN:
        names = [to_camel(name) for name in names]
    service, settings, url, key, models, proxy, config, mode = names
    reach = {url: "https://a.example", key: SECRET, models: ["m"]}
    return {
        "deployment": {
            "resources": [
                {"type": "pulumi:pulumi:Stack", "urn": "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"},
                resource("ModelService", "old", {service: "old", "provider": "x", settings: reach}, door, delete=True),
                resource(
                    "ModelService", "s", {service: "s-1111111", "provider": "x", settings: reach, "region": "r"}, door
                ),
                resource(
                    "ModelProxy",
                    "gate",
                    {proxy: "g-1111111", mode: "multi", config: {"endpoints": [{service: "s-1111111"}]}},
                    door,
                ),
            ]
        }
    }


@pytest.mark.parametrize("door", [DYNAMIC, PLUGIN])
def test_a_stack_is_read_through_either_door(door: str) -> None:
    of = finding.of_state(state(door), None)
    assert (of.name, of.proxy.name) == ("gate", "g-1111111")
    (place,) = of.places.values()
    assert (place.name, place.provider, {*place.regions}, place.hosts) == ("s", "x", {"r"}, ("a.example",))
    assert report(of, events=["region r 500 10%", "provider x slow 1s"]).is_good


def test_a_proxy_is_chosen_by_its_name() -> None:
    exported = state()
    resources = exported["deployment"]["resources"]
    other = {
        "model_proxy_name": "other",
        "proxy_config": {"endpoints": [{"base_url": "https://b", "model_names": ["n"]}]},
    }
    resources.append(resource("ModelProxy", "second", other))
    with pytest.raises(ConfigError, match="There are several model proxies in the stack: choose one of gate, second"):
        finding.of_state(exported, None)
    assert [finding.of_state(exported, name).name for name in ("gate", "g-1111111", "g", "second", "other")] == [
        *["gate"] * 3, *["second"] * 2,
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="There is no model proxy 'gat' in the stack; did you mean gate"):
        finding.of_state(exported, "gat")
    with pytest.raises(ConfigError, match="There is no model proxy in the stack"):
        finding.of_state({"deployment": None}, None)


@pytest.mark.parametrize("hidden", [SECRET, "[secret]", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"])
def test_what_is_hidden_of_a_proxy_is_named(hidden: Any) -> None:
    exported = state()
    exported["deployment"]["resources"][3]["outputs"]["proxy_config"]["endpoints"][0]["weight"] = hidden
    with pytest.raises(
        ConfigError, match=r"gate cannot be drilled: proxy_config\.endpoints\[0\]\.weight is (secret|not)"
    ):
        finding.of_state(exported, None)


def test_a_preview_is_what_would_be() -> None:
    resources = state()["deployment"]["resources"]
    states = [{**found, "inputs": found.get("outputs"), "outputs": None} for found in resources]
    old, new = deepcopy(states[2]), deepcopy(states[2])
    new["inputs"] |= {"provider": "y", "model_service_name": "s-1111111"}
    del new["inputs"]["region"]
    steps = [
        {"op": "same", "newState": states[0]},
        {"op": "create-replacement", "newState": new, "oldState": {"outputs": {"region": "r"}}},
        {"op": "replace", "newState": new, "oldState": {"outputs": {"region": "r"}}},
        {"op": "delete-replaced", "oldState": old, "newState": old},
        {"op": "delete", "oldState": states[1]},
        {"op": "update", "newState": states[3]},
    ]
    of = finding.of_preview({"config": {"agentrun:region": "c"}, "steps": steps}, None)
    (place,) = of.places.values()
    assert (place.provider, {*place.regions}) == ("y", {"r"})


def test_an_account_is_read_and_its_keys_are_not_kept(tmp_path: Path) -> None:
    with ModelClient(Config(endpoint=f"file://{tmp_path}")) as client:
        settings = {"api_key": KEY, "base_url": "https://a.example", "model_names": ["m"]}
        client.create(ModelServiceCreateInput(
            model_service_name="s", model_type="llm", provider="x", provider_settings=settings,
        ))  # fmt: skip
        with pytest.raises(ConfigError, match="There is no model proxy in the account"):
            finding.of_account(client, None)
        endpoints = [{"model_service_name": "s", "weight": 1}, {"model_service_name": "gone", "model_names": ["m"]}]
        client.create(ModelProxyCreateInput(model_proxy_name="p", proxy_config={"endpoints": endpoints}))
        of = finding.of_account(client, None)
        assert finding.all_of_account(client)[0].missing == {"gone"}
    assert KEY not in repr(of)
    assert {name: place.provider for name, place in of.places.items()} == {"s": "x", "gone": ""}
    found = report(of, events=["s 500 10%"])
    assert KEY not in page(found) + json.dumps(found.to_json()) + "".join(found.lines())


def test_attempts_at_a_service_that_there_is_not_fail_at_once() -> None:
    of = subject(numRetries=0)
    of.proxy.body["proxyConfig"]["endpoints"][0]["modelNames"] = ["m"]
    services = {name: found for name, found in of.services.items() if name != "chat-stable-1111111"}
    found = report(Subject(of.proxy, services, frozenset({"chat-stable-1111111"})), models=["m"], latency="0")
    gone = found.rows[0]
    assert (gone.share, {*gone.failures}, gone.attempts) == (0, {0}, gone.failures[0])
    assert 0.9 < found.rows[2].as_fallback < 1
    assert any(line.startswith("There is no model service chat-stable-1111111 ") for line in found.lines())


def beside(profile: str | None, origin: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Return a service in a place, as a stack has it."""
    reach = {"base_url": f"https://{profile}.example", "model_names": ["m"]}
    outputs = {"model_service_name": "s", "provider": str(profile), "provider_settings": reach, "profile": profile}
    found = resource("ModelService", f"s-{profile}", {**outputs, "__origin": origin, "region": "r"}, **more)
    return [{**found, "inputs": outputs}]


def gate(origin: dict[str, Any], fallback: str = "t") -> dict[str, Any]:
    config = {
        "endpoints": [{"model_service_name": "s", "model_names": ["m"]}],
        "policies": {"fallbacks": [{"model_service_name": fallback, "model_name": "m"}]},
    }
    outputs = {"model_proxy_name": "gate", "proxy_config": config, "proxy_mode": "single"}
    found = resource("ModelProxy", "gate", {**outputs, "__origin": origin})
    return {**found, "inputs": outputs}


HOME, AWAY = {"location": "embedded:1"}, {"location": "embedded:2"}
PROFILES = json.dumps({"away": {"endpoint": "file://b"}, "same": {"endpoint": "file://a"}})


def both(resources: list[dict[str, Any]]) -> list[Subject]:
    """Return the proxy of a stack and of its preview before it is there."""
    steps = [{"op": "create", "newState": {**found, "outputs": None}} for found in resources]
    config = {"agentrun:endpoint": "file://a", "agentrun:profiles": PROFILES}
    return [
        finding.of_state({"deployment": {"resources": resources}}, None),
        finding.of_preview({"config": config, "steps": steps}, None),
    ]


@pytest.mark.parametrize("in_order", [True, False])
def test_a_proxy_sees_the_services_of_its_own_place(in_order: bool) -> None:
    services = [*beside(None, HOME), *beside("away", AWAY)]
    for of in both([*(services if in_order else services[::-1]), gate(HOME)]):
        assert (of.services["s"].body["provider"], of.missing) == ("None", frozenset())


def test_a_service_of_another_place_is_none() -> None:
    for of in both([*beside("away", AWAY), gate(HOME)]):
        assert (not of.services, {*of.missing}) == (True, {"s"})  # of `t` nothing is known
        assert report(of, models=["m"]).measured(Measure("fallback")) == 1


def test_two_ways_to_one_place_lead_to_one_place() -> None:
    for of in both([*beside("same", HOME), gate(HOME)]):
        assert (of.services["s"].body["provider"], of.missing) == ("same", frozenset())


def test_providers_of_their_own_lead_elsewhere() -> None:
    def of(provider: str) -> dict[str, Any]:
        return {"provider": f"urn:pulumi:dev::p::pulumi:providers:agentrun::{provider}::id"}

    for one, other, is_missing in (("default_0_1_0", "default_0_2_0", False), ("east", "default_0_1_0", True)):
        resources = [*beside(None, {}, **of(one)), {**gate({}), **of(other)}]
        assert [bool(found.missing) for found in both(resources)] == [is_missing] * 2


@pytest.mark.parametrize(
    ("config", "region"),
    [
        ({"agentrun:endpoint": "file://a"}, "embedded"),
        ({"agentrun:endpoint": "https://agentrun.cn-beijing.aliyuncs.com", "agentrun:region": "x"}, "cn-beijing"),
        ({"agentrun:region": "cn-shanghai"}, "cn-shanghai"),
        ({"agentrun:region": "[secret]"}, None),
        ({}, "cn-hangzhou"),
    ],
)
@pytest.mark.usefixtures("nowhere")
def test_a_preview_knows_the_region_before_anything_is_there(config: dict[str, str], region: str | None) -> None:
    shown = {"config": config, "steps": [{"op": "create", "newState": {**gate({}), "outputs": None}}]}
    assert finding.of_preview(shown, None).proxy.region == region


def test_the_region_of_a_stack_is_that_of_its_endpoint() -> None:
    made = gate({"location": "https://agentrun.cn-beijing.aliyuncs.com"})
    made["outputs"]["region"] = "x"
    assert finding.of_state({"deployment": {"resources": [made]}}, None).proxy.region == "cn-beijing"
