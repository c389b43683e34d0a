"""References to keys: which fields are ones, where they may lead, and what is read there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_agentrun import changes, creation, lifecycle
from pulumi_agentrun.client import operations
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.keys import FINGERPRINT, FROM, Fingerprint, Reference
from pulumi_agentrun.shapes import Shape, revealed, shape_of_model, shapes_of
from unit.world import PLACE, World, create, wanted

OWN = {"home_from": "env:HOME", "api_key_from": "file:/etc/passwd", "a_fingerprint": 1, "x": [{"b_from": "nowhere"}]}


def rules(default: Any) -> dict[str, Any]:
    return {"model_info_configs": [{"model_name": "b", "model_parameter_rules": [{"name": "t", "default": default}]}]}


def test_a_value_of_the_users_own_goes_on_the_wire_as_it_is(tmp_path: Path) -> None:
    world = World(tmp_path)
    made = create(world, **rules(OWN))
    sent = world.run(lifecycle.read(SERVICE, "a", made.outputs, PLACE))
    assert sent.outputs["model_info_configs"] == rules(OWN)["model_info_configs"]
    other = {**OWN, "home_from": "env:PATH"}
    news = wanted(**rules(other))
    changed = world.run(lifecycle.update(SERVICE, "a", made.outputs, news, PLACE))
    shown = world.run(lifecycle.read(SERVICE, "a", changed.outputs, PLACE))
    assert shown.outputs["model_info_configs"] == rules(other)["model_info_configs"]


def test_an_update_sends_a_value_of_the_users_own_as_it_is() -> None:
    olds, news = wanted(), wanted(**rules(OWN))
    sent = operations.update("a", creation.update_input(SERVICE, changes.update_of(SERVICE, olds, news))).body
    assert sent is not None
    (config,) = json.loads(sent)["modelInfoConfigs"]
    assert config["modelParameterRules"][0]["default"] == OWN


trees = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a_from", "api_key_from", "api_key_fingerprint", "_from", "b"]), inner)
    ),
)


@settings(deadline=None)
@given(trees)
def test_no_key_of_a_value_is_taken_for_a_reference(tree: Any) -> None:
    values = rules(tree)
    assert revealed(shapes_of(SERVICE), values) == values


@pytest.mark.parametrize("kind", [SERVICE, PROXY])
def test_every_mark_leads_to_a_secret_beside_it(kind: Any) -> None:
    """Names and marks say the same, so that state and programs can be read by either."""

    def walk(shapes: dict[str, Shape]) -> None:
        for name, shape in shapes.items():
            reference, remembered = shape.mark(Reference), shape.mark(Fingerprint)
            assert (reference is None) == (not name.endswith(FROM))
            assert (remembered is None) == (not name.endswith(FINGERPRINT))
            for mark in (reference, remembered):
                assert mark is None or shapes[mark.of].is_secret
            for inner in (shape, shape.item):
                if inner and inner.fields:
                    walk(inner.fields)

    walk(shape_of_model(kind.create_input))


def test_a_reference_leads_to_its_secret_and_nothing_else_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", "sk-1")
    given = {"provider_settings": {"api_key_from": "env:MODEL_KEY", "api_key_fingerprint": "s:d", "base_url": "u"}}
    shapes = shapes_of(SERVICE)
    assert revealed(shapes, given) == {"provider_settings": {"base_url": "u", "api_key": "sk-1"}}
    cleared = {"provider_settings": {"api_key_from": "", "api_key_fingerprint": "", "api_key": "k"}}
    assert revealed(shapes, cleared) == {"provider_settings": {"api_key": "k"}}
    assert revealed(shapes, {"provider_settings": {"api_key_from": ""}}) == {"provider_settings": {"api_key": ""}}
