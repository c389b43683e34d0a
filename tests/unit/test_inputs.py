"""What a program asks for is checked whole, normalised and named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_agentrun.client.kinds import PROXY, SERVICE, Kind
from pulumi_agentrun.lifecycle import check, hidden_inputs, names
from pulumi_agentrun.lifecycle.diff import diff, update_of
from pulumi_agentrun.lifecycle.drift import observe, shows_keys
from pulumi_agentrun.lifecycle.paths import dotted
from pulumi_agentrun.lifecycle.places import ORIGIN, SHOWS_KEYS
from pulumi_agentrun.lifecycle.schema import Shape, shapes_of
from pulumi_agentrun.lifecycle.secret_refs import fingerprint
from pulumi_agentrun.lifecycle.unknown import UNKNOWN

URN = "urn:pulumi:dev::p::pulumi-python:dynamic/agentrun:ModelService::qwen"
SERVICE_IN: dict[str, Any] = {
    "model_type": "llm", "provider": "tongyi", "description": "d", hidden_inputs.URN: URN,
    "provider_settings": {"api_key": "sk", "base_url": "https://e", "model_names": ["a", "b"]},
}  # fmt: skip
PROXY_IN: dict[str, Any] = {
    hidden_inputs.URN: URN.replace("Service", "Proxy"),
    "proxy_config": {
        "endpoints": [{"model_service_name": "a", "weight": 9}, {"model_service_name": "b", "weight": 1}],
        "policies": {"num_retries": 2, "fallbacks": [{"model_service_name": "b"}, {"model_service_name": "a"}]},
    },
}


def checked(kind: Kind[Any], news: dict[str, Any], olds: dict[str, Any] | None = None) -> dict[str, Any]:
    result, failures = check.check(kind, olds or {}, news)
    assert failures == []
    return result


def through_protobuf(value: Any) -> Any:
    """Return a value as Pulumi's host hands it on: every number a float, no nulls."""
    if isinstance(value, dict):
        return {key: through_protobuf(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [through_protobuf(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


BAD: list[tuple[Kind[Any], dict[str, Any], str]] = [
    (SERVICE, {"provider": None}, "provider: must be set"),
    (SERVICE, {"provider": ""}, "provider: must not be empty"),
    (SERVICE, {"provider": 7}, "provider: must be a string, not a number"),
    (SERVICE, {"model_typ": "llm"}, "model_typ: there is no such property; did you mean model_type?"),
    (SERVICE, {"description": ["x"]}, "description: must be a string, not a list"),
    (SERVICE, {"provider_settings": "sk"}, "provider_settings: must be an object, not a string"),
    (SERVICE, {"provider_settings": {"apikey": "sk"}}, "provider_settings.apikey: there is no such property; did you"),
    (SERVICE, {"provider_settings": {"model_names": "m"}}, "provider_settings.model_names: must be a list, not a st"),
    (SERVICE, {"provider_settings": {"model_names": [None]}}, "provider_settings.model_names[0]: must not be null"),
    (SERVICE, {"provider_settings": {"api_key": 1}}, "provider_settings.api_key: must be a string, not a number"),
    (SERVICE, {"provider_settings": {"api_key_from": "vault:x"}}, "api_key_from: must be env:NAME or file:PATH"),
    (SERVICE, {"provider_settings": {"api_key_from": "env:NO_SUCH_VARIABLE"}}, "NO_SUCH_VARIABLE is not set"),
    (SERVICE, {"provider_settings": {"api_key_from": "file:/no/such"}}, "the file /no/such cannot be read"),
    (SERVICE, {"provider_settings": {"api_key": "k", "api_key_from": "env:X"}}, "must not be set beside api_key"),
    (SERVICE, {"provider_settings": {"api_key_fingerprint": "x"}}, "api_key_fingerprint: there is no such property"),
    (SERVICE, {"model_service_name": ".."}, "model_service_name: must not be '..'"),
    (SERVICE, {"model_service_name": ""}, "model_service_name: must not be empty"),
    (SERVICE, {"adopt": "yes"}, "adopt: must be true or false, not a string"),
    (SERVICE, {"profile": 3}, "profile: must be a string, not a number"),
    (SERVICE, {"model_info_configs": [{"model_properties": {"context_size": -1}}]}, "context_size: must be at least 0"),
    (PROXY, {"proxy_config": None}, "proxy_config: must be set"),
    (PROXY, {"memory": 4096.5}, "memory: must be a whole number, not a fraction"),
    (PROXY, {"memory": True}, "memory: must be a whole number, not a boolean"),
    (PROXY, {"cpu": "fast"}, "cpu: must be a number, not a string"),
    (PROXY, {"cpu": -1}, "cpu: must be at least 0"),
    (PROXY, {"proxy_config": {"endpoints": [{}, {"weight": -1}]}}, "proxy_config.endpoints[1].weight: must be at lea"),
    (PROXY, {"proxy_config": {"endpoints": {}}}, "proxy_config.endpoints: must be a list, not an object"),
    (PROXY, {"proxy_config": {"policies": {"cache": 2}}}, "policies.cache: must be true or false, not a number"),
]


@pytest.mark.parametrize(("kind", "change", "expected"), BAD)
def test_bad_input_is_named_by_path(kind: Kind[Any], change: dict[str, Any], expected: str) -> None:
    base = SERVICE_IN if kind is SERVICE else PROXY_IN
    _, failures = check.check(kind, {}, base | change)
    assert expected in "\n".join(str(failure) for failure in failures)


def planted(shape: Shape, value: Any) -> list[Any]:
    """Return everything that a property can be given with a value somewhere in it."""
    inner = [{key: item} for key, field in (shape.fields or {}).items() for item in planted(field, value)]
    return [value, *inner, *([item] for item in (planted(shape.item, value) if shape.item else ()))]


@pytest.mark.parametrize("kind", [SERVICE, PROXY])
@pytest.mark.parametrize("value", [482913, -482913, 482913.5, -482913e9, 482913e200, -482913e-9])
def test_a_number_is_not_shown_wherever_it_stands(kind: Kind[Any], value: float) -> None:
    wrong = 0
    for key, shape in {**shapes_of(kind), "adopt": Shape(bool), "profile": Shape(str)}.items():
        for given_there in planted(shape, value):
            _, failures = check.check(kind, {}, (SERVICE_IN if kind is SERVICE else PROXY_IN) | {key: given_there})
            wrong += len(failures)
            assert "4829" not in (told := "\n".join(map(str, failures)))
            assert "4.829" not in told
    assert wrong > 30


def test_all_failures_come_at_once() -> None:
    _, failures = check.check(SERVICE, {}, {"provider": 7, "nonsense": 1, "provider_settings": {"model_names": 2}})
    assert {dotted(failure.path) for failure in failures} == {
        "provider", "nonsense", "provider_settings.model_names", "model_type",
    }  # fmt: skip


PRIVATE = {"network_mode": "PRIVATE"}
TOGETHER: list[tuple[dict[str, Any], list[str]]] = [
    ({"proxy_config": {"endpoints": []}, "proxy_mode": "dual"}, ["proxy_config.endpoints", "proxy_mode"]),
    ({"proxy_config": {"endpoints": []}, "cpu": -1}, ["cpu", "proxy_config.endpoints"]),
    ({"proxy_config": {"endpoints": [{}, {"weight": "x"}]}, "network_configuration": PRIVATE}, [
        "network_configuration.vpc_id", "proxy_config.endpoints[0]", "proxy_config.endpoints[1].weight",
        "proxy_config.endpoints[1]",
    ]),
    ({"model_proxy_name": "..", "cpu": -1, "proxy_mode": "single"}, ["cpu", "model_proxy_name", "proxy_mode"]),
    ({"proxy_mode": "single", "proxy_config": {"endpoints": [{"base_url": "x"}, {"base_url": 7}]}}, [
        "proxy_config.endpoints[0].base_url", "proxy_config.endpoints[1].base_url", "proxy_mode",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "paths"), TOGETHER)
def test_what_makes_no_sense_is_said_beside_what_is_malformed(change: dict[str, Any], paths: list[str]) -> None:
    _, failures = check.check(PROXY, {}, PROXY_IN | change)
    assert [dotted(failure.path) for failure in failures] == paths


ALONE: list[tuple[dict[str, Any], str]] = [
    ({"proxy_config": {"endpoints": "a"}}, "proxy_config.endpoints"),
    ({"proxy_config": {"endpoint": []}}, "proxy_config.endpoint"),
    ({"proxy_config": None}, "proxy_config"),
    ({"proxy_confg": {}, "proxy_config": None}, "proxy_config proxy_confg"),
    ({"proxy_config": {"endpoints": [{"model_service_nme": "a"}]}}, "proxy_config.endpoints[0].model_service_nme"),
    ({"proxy_config": {"endpoints": [{"base_url": "no"}]}}, "proxy_config.endpoints[0].base_url"),
    ({"proxy_config": {"endpoints": [{"model_service_name": ""}]}}, "proxy_config.endpoints[0].model_service_name"),
    ({"proxy_config": {"endpoints": [7]}}, "proxy_config.endpoints[0]"),
    ({"proxy_mode": 7}, "proxy_mode"),
    ({"network_configuration": {**PRIVATE, "vpc_id": 7}}, "network_configuration.vpc_id"),
    ({"network_configuration": {**PRIVATE, "vpcid": "v"}}, "network_configuration.vpcid"),
    ({"network_configuration": {**PRIVATE, "vpc_id": UNKNOWN}, "cpu": -1}, "cpu"),
    ({"proxy_config": {"endpoints": UNKNOWN}, "cpu": -1}, "cpu"),
]


@pytest.mark.parametrize(("change", "paths"), ALONE)
def test_what_is_malformed_or_not_known_is_not_judged_for_its_sense(change: dict[str, Any], paths: str) -> None:
    _, failures = check.check(PROXY, {}, PROXY_IN | change)
    assert {dotted(failure.path) for failure in failures} == set(paths.split())


@pytest.mark.parametrize(("kind", "whole"), [(SERVICE, SERVICE_IN), (PROXY, PROXY_IN)])
def test_one_malformed_value_is_one_failure(kind: Kind[Any], whole: dict[str, Any]) -> None:
    for path in (path for path in unknowable(whole)[1:] if path != (hidden_inputs.URN,)):
        news = json.loads(json.dumps(whole))
        place = news
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = [] if isinstance(place[path[-1]], dict) else {}
        _, failures = check.check(kind, {}, news)
        assert [str(failure) for failure in failures if " must be a" not in str(failure)] == []
        assert len(failures) == 1, path


def test_failures_come_in_one_order_whatever_that_of_the_properties() -> None:
    """The engine hands properties on in another order each time."""
    wrong = {"provider": 7, "nonsense": 1, "provider_settings": {"model_names": 2}}
    first, second = (check.check(SERVICE, {}, dict(order))[1] for order in (wrong.items(), reversed(wrong.items())))
    assert first == second


@pytest.mark.parametrize(("kind", "news"), [(SERVICE, SERVICE_IN), (PROXY, PROXY_IN)])
def test_checking_what_was_checked_changes_nothing(kind: Kind[Any], news: dict[str, Any]) -> None:
    first = checked(kind, through_protobuf(news))
    assert checked(kind, through_protobuf(news), through_protobuf(first)) == first
    assert checked(kind, through_protobuf(first), through_protobuf(first)) == first
    assert diff(kind, "x", through_protobuf(first | {"status": "READY"}), first).changed == ()


def unknowable(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in items for found in unknowable(item, (*path, key)))]


@given(st.sampled_from([(SERVICE, SERVICE_IN), (PROXY, PROXY_IN)]), st.data())
@settings(max_examples=80)
def test_what_is_unknown_stays_where_it_is(case: tuple[Kind[Any], dict[str, Any]], data: st.DataObject) -> None:
    kind, whole = case
    path = data.draw(st.sampled_from(unknowable(whole)[1:]))
    news = json.loads(json.dumps(whole))
    place = news
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = UNKNOWN
    result: Any = checked(kind, news)
    for part in path:
        result = result[part]
    assert result is UNKNOWN


def test_defaults_are_written_and_multi_stays_multi() -> None:
    made = checked(PROXY, PROXY_IN)
    assert (made["cpu"], made["memory"], made["proxy_mode"]) == (2, 4096, "multi")
    one = PROXY_IN | {"proxy_config": {"endpoints": [{"model_service_name": "a"}]}}
    assert checked(PROXY, one)["proxy_mode"] == "single"
    assert checked(PROXY, one, made)["proxy_mode"] == "multi"


LATE: list[tuple[Any, Any]] = [
    (UNKNOWN, UNKNOWN),
    ({"endpoints": UNKNOWN}, UNKNOWN),
    ({"endpoints": [{"base_url": "https://a.example"}], "policies": UNKNOWN}, "single"),
    ({"endpoints": [UNKNOWN]}, "single"),
    (
        {"endpoints": [{"model_service_name": "a", "model_names": UNKNOWN}], "policies": {"num_retries": UNKNOWN}},
        "single",
    ),
    ({"endpoints": [UNKNOWN, {"base_url": "https://a.example", "weight": UNKNOWN}]}, "multi"),
]


@pytest.mark.parametrize(("config", "mode"), LATE)
def test_what_hangs_on_an_unknown_is_unknown(config: Any, mode: Any) -> None:
    news = PROXY_IN | {"proxy_config": config}
    late = checked(PROXY, news)
    assert (late["cpu"], late["memory"], late["proxy_mode"]) == (2, 4096, mode)
    assert (late["model_proxy_name"] is UNKNOWN) == (mode is UNKNOWN), "for the name hangs on the mode"
    several = checked(PROXY, PROXY_IN)
    assert checked(PROXY, news, several) == several | {"proxy_config": config}, "multi stays multi, whatever comes"
    said = checked(PROXY, news | {"proxy_mode": "single"} if mode != "multi" else news)
    assert said["proxy_mode"] == ("multi" if mode == "multi" else "single")
    assert said["model_proxy_name"] is not UNKNOWN


def test_an_unknown_plans_a_replacement_only_where_one_can_come() -> None:
    news, one = PROXY_IN | {"proxy_config": {"endpoints": UNKNOWN}}, {"endpoints": [{"base_url": "https://a.example"}]}
    for before, replaces in (
        (PROXY_IN, ()),
        (PROXY_IN | {"proxy_config": one}, ("model_proxy_name", "proxy_mode")),
    ):
        olds = checked(PROXY, before)
        found = diff(PROXY, "p", olds, checked(PROXY, news, olds))
        assert found.replaces == replaces
        assert not found.delete_before_replace
    named = {"model_proxy_name": "p"}
    olds = checked(PROXY, PROXY_IN | named | {"proxy_config": one})
    found = diff(PROXY, "p", olds, checked(PROXY, news | named, olds))
    assert (found.replaces, found.delete_before_replace) == (("proxy_mode",), True)


def test_a_reference_is_remembered_the_same_way_in_a_plan_and_in_its_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", "sk-1")

    def remembered(reference: Any, urn: str = URN, olds: dict[str, Any] | None = None) -> Any:
        news = SERVICE_IN | {hidden_inputs.URN: urn, "provider_settings": {"api_key_from": reference}}
        return checked(SERVICE, news, olds)["provider_settings"]["api_key_fingerprint"]

    assert remembered("env:MODEL_KEY") == remembered("env:MODEL_KEY")
    assert remembered("env:MODEL_KEY").partition(":")[0] != remembered("env:MODEL_KEY", URN + "2").partition(":")[0]
    assert remembered(UNKNOWN) is UNKNOWN
    older = {"provider_settings": {"api_key_from": "env:MODEL_KEY", "api_key_fingerprint": fingerprint("sk-1", "a:")}}
    assert remembered("env:MODEL_KEY", olds=older) == fingerprint("sk-1", "a:")


def test_names_are_the_same_again_and_another_for_another_identity() -> None:
    name = checked(SERVICE, SERVICE_IN)["model_service_name"]
    assert name.startswith("qwen-")
    assert checked(SERVICE, SERVICE_IN)["model_service_name"] == name
    for change in ({"provider": "openai"}, {hidden_inputs.URN: URN.replace("dev", "prod")}, {"profile": "eu"}):
        assert checked(SERVICE, SERVICE_IN | change)["model_service_name"] != name
    olds = checked(SERVICE, SERVICE_IN)
    renamed = SERVICE_IN | {hidden_inputs.URN: URN + "-renamed"}
    assert checked(SERVICE, renamed, olds)["model_service_name"] == name
    assert checked(SERVICE, renamed | {"provider": "openai"}, olds)["model_service_name"] != name
    assert checked(SERVICE, SERVICE_IN | {"provider": UNKNOWN})["model_service_name"] is UNKNOWN


@given(st.text(min_size=1))
def test_any_logical_name_gives_a_plain_one(logical: str) -> None:
    name = names.automatic_name(f"urn:pulumi:dev::p::t::{logical}", {})
    assert 0 < len(name) <= 58
    assert all(c.isascii() and (c.isalnum() or c in "-_") for c in name)


def test_automatic_names_are_pinned() -> None:
    """Another way of making them would replace everything that exists."""
    assert checked(SERVICE, SERVICE_IN)["model_service_name"] == "qwen-daa4d80"


def test_diff_replaces_by_the_wire_and_deletes_first_only_under_the_same_name() -> None:
    olds = checked(SERVICE, SERVICE_IN)
    name = olds["model_service_name"]
    updated = diff(SERVICE, name, olds, checked(SERVICE, SERVICE_IN | {"description": "e"}, olds))
    assert (updated.changed, updated.replaces) == (("description",), ())
    replaced = diff(SERVICE, name, olds, checked(SERVICE, SERVICE_IN | {"provider": "x"}, olds))
    assert replaced.replaces == ("model_service_name", "provider")
    assert not replaced.delete_before_replace
    fixed = SERVICE_IN | {"model_service_name": "fixed"}
    same = diff(SERVICE, "fixed", checked(SERVICE, fixed), checked(SERVICE, fixed | {"provider": "x"}))
    assert same.delete_before_replace


def test_order_counts_only_where_it_means_something() -> None:
    olds, config = checked(PROXY, PROXY_IN), PROXY_IN["proxy_config"]
    endpoints = PROXY_IN | {"proxy_config": config | {"endpoints": config["endpoints"][::-1]}}
    assert diff(PROXY, "p", olds, checked(PROXY, endpoints, olds)).changed == ()
    fallbacks = config["policies"] | {"fallbacks": config["policies"]["fallbacks"][::-1]}
    swapped = PROXY_IN | {"proxy_config": config | {"policies": fallbacks}}
    assert diff(PROXY, "p", olds, checked(PROXY, swapped, olds)).changed == ("proxy_config",)


def test_what_is_removed_is_sent_as_empty_inside_objects_too() -> None:
    olds = checked(SERVICE, SERVICE_IN | {"network_configuration": {"vpc_id": "v", "vswitch_ids": ["s"]}})
    news = {key: value for key, value in SERVICE_IN.items() if key != "description"}
    body = update_of(SERVICE, olds, checked(SERVICE, news | {"provider_settings": {"base_url": "https://n"}}, olds))
    assert body == {
        "description": "",
        "network_configuration": {"vpc_id": "", "vswitch_ids": []},
        "provider_settings": {"api_key": "", "base_url": "https://n", "model_names": []},
    }


@pytest.mark.parametrize(
    "shown",
    [
        {"api_key": "sk-****"}, {"api_key": "********"}, {"api_key": None}, {"model_names": ["b", "a"]},
        {"added": "by the service"}, {"api_key": "sk-...abcd"}, {"api_key": "[HIDDEN]"}, {"api_key": "<redacted>"},
        {"api_key": "sk-**"}, {"api_key": "######"}, {"api_key": ""},
    ],
)  # fmt: skip
def test_what_the_service_masks_sorts_or_adds_is_no_drift(shown: dict[str, Any]) -> None:
    olds = checked(SERVICE, SERVICE_IN)
    live = olds | {"provider_settings": SERVICE_IN["provider_settings"] | shown, "workspace_id": "filled"}
    seen = observe(SERVICE, olds, live)
    assert diff(SERVICE, "x", seen, olds).changed == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"description": "other"}, {"description": None}, {"provider": "other"},
        {"provider_settings": {"api_key": "sk-other", "base_url": "https://e", "model_names": ["a", "b"]}},
        {"provider_settings": {"api_key": "sk", "base_url": "https://e", "model_names": ["a"]}},
    ],
)  # fmt: skip
def test_a_change_outside_is_seen(changed: dict[str, Any]) -> None:
    olds = checked(SERVICE, SERVICE_IN)
    seen = observe(SERVICE, {**olds, ORIGIN: {SHOWS_KEYS: True}}, olds | changed)
    assert diff(SERVICE, "x", seen, olds).changed == tuple(changed)


@pytest.mark.parametrize("field", ["provider_settings", "model_type", "provider"])
def test_what_no_resource_is_without_is_no_drift_where_an_answer_lacks_it(field: str) -> None:
    olds = checked(SERVICE, SERVICE_IN)
    live = {key: value for key, value in olds.items() if key != field}
    assert diff(SERVICE, "x", observe(SERVICE, olds, live), olds).changed == ()


def test_a_key_is_shown_in_clear_if_it_is_the_one_that_was_set() -> None:
    olds = checked(SERVICE, SERVICE_IN)
    assert shows_keys(SERVICE, olds, olds) is True
    for shown in ("sk-...abcd", "[HIDDEN]", "", None, 7):
        settings = olds["provider_settings"] | {"api_key": shown}
        assert shows_keys(SERVICE, olds, olds | {"provider_settings": settings}) is False
    keyless = olds | {"provider_settings": {"base_url": "https://e"}}
    assert shows_keys(SERVICE, keyless, olds) is None


def test_no_answer_names_what_the_provider_is_to_read() -> None:
    settings = {"base_url": "https://e", "api_key_from": "file:/etc/passwd", "api_key_fingerprint": "a:b"}
    live = {"model_type": "llm", "provider": "p", "provider_settings": settings}
    for olds in ({}, {"model_service_name": "a"}, checked(SERVICE, SERVICE_IN)):
        seen = observe(SERVICE, olds, live)
        assert not {"api_key_from", "api_key_fingerprint"} & seen["provider_settings"].keys()
