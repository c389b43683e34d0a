"""How a GatewayReference reads what another stack exports, on Pulumi's own mocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest
from pulumi.runtime import test as pulumi_test
from pulumi_agentrun import GatewayReference

STACK = "organization/platform/prod"
CONTRACT = {
    "version": 1,
    "endpoint": "https://gateway.test/v1",
    "model_proxy_name": "chat-1",
    "model_name": "qwen-max",
    "model_names": ["qwen-max", "gpt-4o"],
    "credential_name": "callers",
    "region": "cn-test",
}


class OtherStack(pulumi.runtime.Mocks):
    """Stand for the engine's answer about the other stack's outputs."""

    def __init__(self) -> None:
        self.outputs: dict[str, Any] = {}
        self.secret: list[str] = []
        self.references: list[str] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ != "pulumi:pulumi:StackReference":
            return "", {}
        self.references.append(args.name)
        return STACK, {"name": STACK, "outputs": self.outputs, "secretOutputNames": self.secret}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None


@pytest.fixture
def other() -> Iterator[OtherStack]:
    mocks = OtherStack()
    pulumi.runtime.set_mocks(mocks, project="unit", stack="dev", preview=False)
    yield mocks
    pulumi.runtime.settings.reset_options()


def read(program: Callable[[], pulumi.Output[Any]]) -> Any:
    seen: list[Any] = []

    @pulumi_test  # type: ignore[untyped-decorator]
    def run() -> Any:
        return program().apply(seen.append)

    run()
    return seen[0]


def fields(reference: GatewayReference) -> pulumi.Output[Any]:
    names = ("endpoint", "model_proxy_name", "model_name", "model_names", "credential_name", "region")
    return pulumi.Output.all(**{name: getattr(reference, name) for name in names})


def test_it_reads_every_field_of_the_contract(other: OtherStack) -> None:
    other.outputs = {"chat": CONTRACT}
    found = read(lambda: fields(GatewayReference(STACK, "chat")))
    assert found == {key: value for key, value in CONTRACT.items() if key != "version"}


def test_numbers_arrive_as_floats_and_unset_fields_not_at_all(other: OtherStack) -> None:
    other.outputs = {"gateway": {k: v for k, v in CONTRACT.items() if k not in ("credential_name", "region")}}
    other.outputs["gateway"]["version"] = 1.0
    found = read(lambda: fields(GatewayReference(STACK)))
    assert (found["credential_name"], found["region"]) == (None, None)


def test_fields_that_a_newer_release_adds_are_no_trouble(other: OtherStack) -> None:
    other.outputs = {"gateway": {**CONTRACT, "since": "tomorrow"}}
    assert read(lambda: GatewayReference(STACK).model_name) == "qwen-max"


def test_one_program_reads_several_gateways_of_a_stack(other: OtherStack) -> None:
    other.outputs = {"chat": CONTRACT, "search": {**CONTRACT, "model_name": "rerank"}}

    def program() -> pulumi.Output[Any]:
        return pulumi.Output.all(*(GatewayReference(STACK, name).model_name for name in ("chat", "search")))

    assert read(program) == ["qwen-max", "rerank"]
    assert len(set(other.references)) == 2


def test_a_secret_elsewhere_in_the_stack_does_not_hide_the_contract(other: OtherStack) -> None:
    other.outputs = {"gateway": CONTRACT, "callerKey": "sk-hidden"}
    other.secret = ["callerKey"]
    assert read(lambda: pulumi.Output.all(GatewayReference(STACK).endpoint.is_secret())) == [False]


def test_a_contract_that_was_exported_as_a_secret_stays_one(other: OtherStack) -> None:
    other.outputs = {"gateway": CONTRACT}
    other.secret = ["gateway"]
    assert read(lambda: pulumi.Output.all(GatewayReference(STACK).endpoint.is_secret())) == [True]


@pytest.mark.parametrize(
    ("outputs", "sentence"),
    [
        ({}, "There is no gateway in stack organization/platform/prod .output 'gateway'.: export"),
        ({"gateway": "https://gateway.test"}, "is no gateway: export `contract`"),
        ({"gateway": {"endpoint": "https://gateway.test"}}, "is no gateway: export `contract`"),
        ({"gateway": {**CONTRACT, "version": 0}}, "has version 0 .* reads version 1: upgrade pulumi-agentrun there"),
        ({"gateway": {**CONTRACT, "version": 2}}, "has version 2 .* reads version 1: upgrade pulumi-agentrun here"),
        ({"gateway": {"version": 1, "endpoint": "x"}}, "lacks model_name, model_names, model_proxy_name in its"),
        ({"gateway": {**CONTRACT, "model_names": "qwen"}}, "lacks model_names in its"),
    ],
)
def test_what_cannot_be_relied_on_stops_the_program_in_a_sentence(
    other: OtherStack, outputs: dict[str, Any], sentence: str
) -> None:
    other.outputs = outputs
    with pytest.raises(pulumi.RunError, match=sentence):
        read(lambda: GatewayReference(STACK).endpoint)
