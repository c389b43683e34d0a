"""A path is a tuple until somebody reads it, and its text is the one that Pulumi writes and reads."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.client.kinds import PROXY
from pulumi_agentrun.lifecycle.casing import path_in_schema, properties
from pulumi_agentrun.lifecycle.diff import diff
from pulumi_agentrun.lifecycle.hidden_inputs import REPLACE_ON
from pulumi_agentrun.lifecycle.paths import Path, at, dotted, parsed

# As PropertyPath.String of Pulumi's sdk/go/common/resource/property_path.go writes them.
WRITTEN: list[tuple[Path, str]] = [
    (("proxy_config", "endpoints", 1, "weight"), "proxy_config.endpoints[1].weight"),
    (("headers", "x-a"), 'headers["x-a"]'),
    (("headers", "Accept", 0), "headers.Accept[0]"),
    (("a", 'say "no".'), r'a["say \"no\"."]'),
    (("x-a", "b"), '["x-a"].b'),
    (("ä",), '["ä"]'),
    ((), ""),
]


@pytest.mark.parametrize(("path", "text"), WRITTEN)
def test_a_path_is_written_as_pulumi_does_and_read_again(path: Path, text: str) -> None:
    assert dotted(path) == text
    assert parsed(text) == path


def test_other_spellings_of_a_path_are_read_too() -> None:
    assert parsed('a["b"].c') == parsed("a.b.c") == ("a", "b", "c")
    assert parsed("endpoints[*].weight") == ("endpoints", "*", "weight")
    assert parsed("*") == ("*",)


# A backslash before a quote has no spelling of its own in Pulumi.
keys = st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"]), max_size=6)
paths = st.lists(keys | st.integers(0, 12), max_size=5).map(tuple)


@given(paths)
def test_what_is_written_is_read_as_it_was(path: Path) -> None:
    assert parsed(dotted(path)) == path


@given(paths.filter(bool), st.integers())
def test_what_stands_at_a_path_is_found(path: Path, leaf: int) -> None:
    value: Any = leaf
    for part in reversed(path):
        value = {part: value} if isinstance(part, str) else [None] * part + [value]
    assert at(value, path) == leaf
    assert at(value, (*path, "x")) is at(value, (*path, 0)) is None


def test_properties_are_spelled_and_nothing_else_is() -> None:
    def spelled(*path: str | int) -> str:
        return dotted(path_in_schema(properties(PROXY), path))

    assert spelled("proxy_config", "endpoints", 0, "model_names", 1) == "proxyConfig.endpoints[0].modelNames[1]"
    assert spelled("proxy_config", "no_such", "model_names") == "proxyConfig.no_such.model_names"
    assert spelled("no_such", "proxy_config") == "no_such.proxy_config"


@pytest.mark.parametrize(
    ("path", "replaces"),
    [
        ("proxy_config.endpoints[1].weight", True),
        ('proxy_config["endpoints"][*].weight', True),
        ("proxy_config.endpoints[0].weight", False),
        ("proxy_config.policies", False),
        ("*", True),
        ("description", False),
    ],
)
def test_a_path_of_replace_on_changes_reaches_what_it_names(path: str, replaces: bool) -> None:
    def config(weight: int) -> dict[str, Any]:
        return {"proxy_config": {"endpoints": [{"base_url": "a", "weight": 1}, {"base_url": "b", "weight": weight}]}}

    found = diff(PROXY, "p", config(1), {**config(2), REPLACE_ON: [path]})
    assert found.changed == ("proxy_config",)
    assert bool(found.replaces) == replaces
