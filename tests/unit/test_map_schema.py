"""A map is a map in the plugin's schema and protocol, in the generated classes and on the reference page."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.client.kinds import KINDS
from pulumi_agentrun.lifecycle.controller import Compared
from pulumi_agentrun.lifecycle.diff import diff
from pulumi_agentrun.plugin import values
from pulumi_agentrun.plugin.properties import diff_response, plain, struct
from unit.routes import ROUTE

TOOLS = Path(__file__).parents[2] / "tools"
STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}
PROPS = {
    "route_name": "r",
    "headers": {"x-a": "1", "route_name": "2"},
    "cookies": {"c_d": "sk-1"},
    "targets": {"t": {"token": "sk-2", "model_names": ["m"]}},
}


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what imports one of the tools, as they are run, with routes among the kinds."""
    monkeypatch.syspath_prepend(str(TOOLS))

    def load(name: str) -> Any:
        module: Any = importlib.import_module(name)
        monkeypatch.setattr(module, "KINDS", (*KINDS, ROUTE))
        return module

    return load


def test_the_schema_has_maps_and_says_which_are_secret(tool: Any) -> None:
    schema = tool("schema")
    types = schema.Types({})
    spec = schema.resource(ROUTE, types)["inputProperties"]
    assert spec["headers"] == {**STRINGS, "description": "What each request is given."}
    assert spec["tags"]["willReplaceOnChanges"] is True
    assert spec["cookies"] == {
        **STRINGS,
        "secret": True,
        "description": "What each request is given that nobody may see.",
    }
    target = "agentrun:index:Target"
    assert spec["targets"]["additionalProperties"] == {"$ref": f"#/types/{target}"}
    assert "secret" not in spec["targets"], "what is secret in it, its type says"
    assert types.found[target]["properties"]["token"]["secret"] is True
    assert types.found["agentrun:index:Gate"]["properties"]["labels"] == {
        **STRINGS, "description": "What it says of itself.",
    }  # fmt: skip


def test_no_function_answers_with_a_secret_of_a_map(tool: Any) -> None:
    schema = tool("schema")
    types = schema.Types({})
    shown = schema.functions(ROUTE, types)["agentrun:index:getRoute"]["outputs"]["properties"]
    assert {"headers", "targets", "gate"} <= shown.keys()
    assert "cookies" not in shown
    assert types.found["agentrun:index:TargetDetails"]["properties"].keys() == {"weight", "modelNames"}


def test_programs_give_mappings(tool: Any) -> None:
    generate = tool("generate")
    namespace: dict[str, Any] = {}
    exec(generate.args_module(), namespace)
    assert namespace["GateArgs"].__annotations__["labels"].__forward_arg__ == (
        "pulumi.Input[Mapping[str, pulumi.Input[str]]]"
    )
    text = generate.resources_module()
    assert "from collections.abc import Mapping, Sequence\n" in text
    assert "targets: pulumi.Input[Mapping[str, pulumi.Input[TargetArgs]]] | None = None," in text
    assert "    TargetArgs,\n" in text, "which is imported"
    assert "headers: pulumi.Output[dict[str, str] | None]" in text
    assert "_secrets = (('cookies',), ('targets',))" in text, "all of a map, for Pulumi hides no single entry"


def test_the_reference_page_has_maps(tool: Any) -> None:
    page = tool("reference").page(tool("generate").nested_models(), "")
    for row in (
        "| `headers` | map of string | What each request is given. |",
        "| `cookies` | map of string, secret |",
        "| `targets` | map of [Target](#target) | Where it leads, by name. |",
    ):
        assert row in page


def test_the_plugin_hides_entries_and_keeps_their_keys() -> None:
    sent = struct(ROUTE, PROPS, None)
    found = values.read(sent)
    assert found.secrets == {("cookies", "c_d"), ("targets", "t", "token")}
    assert found.values == {
        "routeName": "r",
        "headers": {"x-a": "1", "route_name": "2"},
        "cookies": {"c_d": "sk-1"},
        "targets": {"t": {"token": "sk-2", "modelNames": ["m"]}},
    }
    assert plain(ROUTE, sent) == PROPS


def test_the_plugin_names_the_entries_that_differ() -> None:
    news: dict[str, Any] = {**PROPS, "headers": {"x-a": "2"}, "targets": {"a.b": {"model_names": ["m"]}}}
    found = diff_response(ROUTE, Compared(diff(ROUTE, "r", PROPS, news), PROPS), news)
    assert set(found.detailedDiff) == {'headers["x-a"]', "headers.route_name", "targets.t", 'targets["a.b"]'}
