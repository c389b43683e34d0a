"""What a ModelGateway may be given: the same names through both doors, and bad arguments told by their paths."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pulumi_agentrun import GatewayServiceArgs, ModelGateway
from pulumi_agentrun.lifecycle import gateway_inputs
from pulumi_agentrun.lifecycle.gateway import DEFAULT_GUARDRAILS, DEFAULTS, Gateway
from pulumi_agentrun.lifecycle.gateway_inputs import SHAPES, faults, heaviest_first
from pulumi_agentrun.lifecycle.schema import shape_of_model
from pulumi_agentrun.lifecycle.unknown import UNKNOWN

ONE: dict[str, Any] = {"provider": "tongyi", "model_names": ["m"]}
TWO = {"a": ONE, "b": ONE}


def test_both_doors_take_the_same_arguments() -> None:
    declared = inspect.signature(ModelGateway.__init__).parameters
    assert declared.keys() - {"self", "resource_name", "profile", "opts"} == SHAPES.keys()
    of_service = shape_of_model(gateway_inputs.GatewayService)
    assert GatewayServiceArgs.__annotations__.keys() == of_service.keys() - {"api_key_fingerprint"}
    assert {name: declared[name].default for name in DEFAULTS} == DEFAULTS


def test_what_holds_unless_given_is_said_where_it_is_described() -> None:
    for name, value in DEFAULTS.items():
        assert f"{value}` unless given" in (text := SHAPES[name].description) or f"{value} unless given" in text


def test_a_gateway_has_its_defaults_whoever_makes_it() -> None:
    policies = Gateway({"services": {"a": ONE}}).proxy({"a": "name"})["proxy_config"]["policies"]
    assert policies == {
        "num_retries": 2,
        "request_timeout": 60,
        "concurrency_limit": 100,
        "fallbacks": [],
        "ai_guardrail_config": DEFAULT_GUARDRAILS,
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"services": TWO, "weights": {"a": 1}}, []),
        ({"services": {"a": {**ONE, "description": UNKNOWN}}, "cpu": UNKNOWN}, []),
        ({"services": {"a": {**ONE, "model_names": ["m", UNKNOWN]}}, "weights": {"a": UNKNOWN}}, []),
        ({}, ["services: must be set"]),
        ({"services": {}}, ["services: a gateway needs at least one service"]),
        ({"services": {"a": ONE}, "weights": {}}, ["weights: a gateway needs at least one service with a weight"]),
        ({"services": {"a": {}}}, ["services.a.model_names: must be set", "services.a.provider: must be set"]),
        ({"services": {"a": {**ONE, "model_names": []}}}, ["services.a.model_names: must not be empty"]),
        ({"services": {"a": {**ONE, "model_names": "m"}}}, ["services.a.model_names: must be a list, not a string"]),
        ({"services": [ONE]}, ["services: must be a map, not a list"]),
        ({"services": {"a": ONE}, "token_rate_limiter": {"tpm": -1}}, ["token_rate_limiter.tpm: must be at least 0"]),
        (
            {"services": {"a": {**ONE, "api_key": "k", "api_key_from": "env:K"}}},
            ["services.a.api_key_from: must not be set beside api_key"],
        ),
        (
            {"services": TWO, "weights": {"a": 1}, "fallbacks": ["c"]},
            ["fallbacks[0]: there is no service 'c'; there are a, b"],
        ),
        ({"services": TWO, "weights": {"c": 1}}, ["weights.c: there is no service 'c'; there are a, b"]),
        (
            {"services": TWO},
            ["weights: must say which of several services take requests, for a map has no order"],
        ),
        (
            {"services": {**TWO, "c": ONE}, "weights": {"a": 1}},
            ["fallbacks: must say which of several services without a weight are tried first, for a map has no order"],
        ),
    ],
)
def test_what_cannot_be_meant_is_told_by_its_path(given: dict[str, Any], told: list[str]) -> None:
    assert list(map(str, faults(given))) == told


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"services": UNKNOWN}, "services"),
        ({"services": {"a": UNKNOWN}}, "services.a"),
        ({"services": {"a": {**ONE, "model_names": UNKNOWN}}}, "services.a.model_names"),
        ({"services": TWO, "weights": UNKNOWN}, "weights"),
        ({"services": TWO, "weights": {"a": 1}, "fallbacks": UNKNOWN}, "fallbacks"),
        ({"services": TWO, "weights": {"a": 1}, "fallbacks": ["b", UNKNOWN]}, "fallbacks[1]"),
        ({"services": {"a": ONE}, "ai_guardrail_config": UNKNOWN}, "ai_guardrail_config"),
    ],
)
def test_a_preview_has_to_know_which_resources_there_are(given: dict[str, Any], path: str) -> None:
    assert list(map(str, faults(given))) == [f"{path}: must be known in a preview; only values in it need not be"]


def test_weights_give_maps_an_order() -> None:
    assert heaviest_first({"b": 5, "a": 5, "c": 95, "d": UNKNOWN}) == ["c", "a", "b", "d"]
