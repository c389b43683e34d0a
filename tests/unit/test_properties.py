"""A kind's properties as the engine sends and gets them: names by its own rules, and diffs down to the property."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi_agentrun.client.kinds import KINDS, PROXY, SERVICE
from pulumi_agentrun.lifecycle.controller import Compared
from pulumi_agentrun.lifecycle.diff import diff
from pulumi_agentrun.plugin import values
from pulumi_agentrun.plugin.properties import diff_response, kind_of, struct, wanted
from pulumi_agentrun.plugin.values import Hidden
from pulumi_agentrun.plugin.verdicts import failures

Autonaming = messages.CheckRequest.AutonamingOptions
Verb = messages.PropertyDiff


def named(mode: Autonaming.Mode.ValueType | None, *, given: str = "", old: str = "", proposed: str = "") -> Any:
    """Return the name that a program's resource gets before the lifecycle has its say, and what is wrong with it."""
    request = messages.CheckRequest()
    if mode is not None:
        request.autonaming.CopyFrom(Autonaming(mode=mode, proposed_name=proposed))
    news = values.read(values.write({"modelServiceName": given} if given else {}))
    found, faults = wanted(SERVICE, news, {"model_service_name": old} if old else {}, request)
    return found.get("model_service_name"), [str(fault) for fault in faults]


def test_without_autonaming_the_name_is_left_to_the_lifecycle() -> None:
    assert named(None) == (None, [])
    assert named(Autonaming.PROPOSE, proposed="proposed") == (None, [])


def test_an_enforced_name_is_taken_where_there_is_none() -> None:
    assert named(Autonaming.ENFORCE, proposed="stack-svc") == ("stack-svc", [])
    assert named(Autonaming.ENFORCE, proposed="other", old="stack-svc") == ("stack-svc", [])
    assert named(Autonaming.ENFORCE, proposed="stack-svc", given="mine") == ("mine", [])


def test_where_autonaming_is_disabled_a_name_must_be_set() -> None:
    assert named(Autonaming.DISABLE) == (None, ["modelServiceName: must be set, for pulumi:autonaming is disabled"])
    assert named(Autonaming.DISABLE, given="mine") == ("mine", [])
    assert named(Autonaming.DISABLE, old="mine") == ("mine", [])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.token)
def test_a_kind_is_known_by_its_urn_below_any_parents(kind: Any) -> None:
    for parents in ("", "my:component:Type$", "a:b:C$d:e:F$"):
        assert kind_of(f"urn:pulumi:dev::p::{parents}agentrun:index:{kind.token}::name") is kind


def compared(olds: dict[str, Any], news: dict[str, Any]) -> messages.DiffResponse:
    return diff_response(PROXY, Compared(diff(PROXY, "p", olds, news), olds), news)


def test_a_diff_names_the_very_property_and_what_becomes_of_it() -> None:
    policies = {"num_retries": 1, "request_timeout": 5}
    olds = {"model_proxy_name": "p", "proxy_config": {"policies": policies}}
    news = {"model_proxy_name": "p", "proxy_config": {"policies": {"num_retries": 2, "concurrency_limit": 3}}}
    found = compared(olds, news)
    assert {path: (item.kind, item.inputDiff) for path, item in found.detailedDiff.items()} == {
        "proxyConfig.policies.numRetries": (Verb.UPDATE, True),
        "proxyConfig.policies.concurrencyLimit": (Verb.ADD, True),
        "proxyConfig.policies.requestTimeout": (Verb.DELETE, True),
    }
    assert (found.changes, list(found.diffs), list(found.replaces)) == (found.DIFF_SOME, ["proxyConfig"], [])
    assert {"modelProxyName", "modelProxyId"} <= {*found.stables}


def test_a_replacement_says_so_of_its_property_and_knows_no_output_before() -> None:
    found = compared({"model_proxy_name": "p"}, {"model_proxy_name": "q"})
    assert {path: item.kind for path, item in found.detailedDiff.items()} == {"modelProxyName": Verb.UPDATE_REPLACE}
    assert list(found.replaces) == ["modelProxyName"]
    assert list(found.stables) == []


def test_nothing_that_differs_is_no_change() -> None:
    found = compared({"model_proxy_name": "p", "cpu": 2}, {"model_proxy_name": "p", "cpu": 2.0})
    assert (found.changes, dict(found.detailedDiff)) == (found.DIFF_NONE, {})


def test_a_key_goes_back_as_a_secret_and_so_does_what_came_as_one() -> None:
    given = values.read(values.write({"description": Hidden("hush")}))
    props = {"description": "hush", "provider_settings": {"api_key": "sk-1", "base_url": "https://e"}}
    assert values.read(struct(SERVICE, props, given)).secrets == {("description",), ("providerSettings", "apiKey")}
    assert values.read(struct(SERVICE, props, None)).secrets == {("providerSettings", "apiKey")}


def test_a_sentence_about_inputs_names_no_property_to_the_engine() -> None:
    """The engine prints the value of a property that is named."""
    assert [(found.property, found.reason) for found in failures(["apiKey: must be a string"])] == [
        ("", "apiKey: must be a string")
    ]
