"""A map of the program's keys goes the whole way: checked, compared, sent, read, hidden, spelled and documented."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi_agentrun.client import lenient, operations
from pulumi_agentrun.client.flows import call
from pulumi_agentrun.client.models.fields import Model, Secret
from pulumi_agentrun.lifecycle import check, hidden_inputs, steps
from pulumi_agentrun.lifecycle.casing import from_schema, path_in_schema, properties, to_schema
from pulumi_agentrun.lifecycle.diff import Edit, diff, edits, update_of
from pulumi_agentrun.lifecycle.drift import observe, without_keys, without_unmanaged_keys
from pulumi_agentrun.lifecycle.paths import dotted
from pulumi_agentrun.lifecycle.remarks import remarks
from pulumi_agentrun.lifecycle.schema import map_secrets, revealed, secrets_of, shape_of, shape_of_model
from pulumi_agentrun.lifecycle.unknown import UNKNOWN
from pulumi_agentrun.platform.errors import InvalidParameter
from pulumi_agentrun.platform.shapes import accept
from pulumi_agentrun.policy import View
from pulumi_agentrun.policy.rules.security import references
from unit.routes import ON_THE_PLATFORM, ROUTE, Route, RouteCreateInput, serve
from unit.world import PLACE, World

HIDDEN = "sk-not-to-be-seen"
URN = "urn:pulumi:dev::p::agentrun:index:Route::r"


def checked(olds: dict[str, Any] | None = None, **news: Any) -> dict[str, Any]:
    result, failures = check.check(ROUTE, olds or {}, {"route_name": "r", hidden_inputs.URN: URN, **news})
    assert failures == []
    return result


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"headers": "x"}, "headers: must be a map, not a string"),
    ({"headers": {"x-a": 1}}, 'headers["x-a"]: must be a string, not a number'),
    ({"headers": {"a": "x\ny"}}, "headers.a: must not have line breaks or other control characters (a file's last "),
    ({"headers": {"": "x"}}, 'headers[""]: its key must not be empty'),
    ({"headers": {"a\nb": "x"}}, 'headers["a\nb"]: its key must not have line breaks'),
    ({"cookies": {"c": 1}}, "cookies.c: must be a string, not a number"),
    ({"targets": {}}, "targets: must not be empty"),
    ({"targets": {"a.b": {"weight": -1}}}, 'targets["a.b"].weight: must be at least 0'),
    ({"targets": {"a": {"weigth": 1}}}, "targets.a.weigth: there is no such property; did you mean weight?"),
    ({"targets": {"a": []}}, "targets.a: must be an object, not a list"),
    ({"targets": {"a": {"token_from": "env:NO_SUCH"}}}, "targets.a.token_from: the environment variable NO_SUCH"),
    ({"gate": {"labels": [1]}}, "gate.labels: must be a map, not a list"),
]


@pytest.mark.parametrize(("news", "expected"), WRONG)
def test_what_is_wrong_in_a_map_is_named_by_its_key(news: dict[str, Any], expected: str) -> None:
    _, failures = check.check(ROUTE, {}, {"route_name": "r", **news})
    (failure,) = failures
    assert str(failure).startswith(expected)


def test_a_null_in_a_map_is_no_entry_and_an_unknown_stays_one() -> None:
    found = checked(headers={"a": "1", "b": None, "c": UNKNOWN}, cookies=UNKNOWN, targets={"t": {"weight": 3.0}})
    assert found["headers"] == {"a": "1", "c": UNKNOWN}
    assert found["cookies"] is UNKNOWN
    assert found["targets"] == {"t": {"weight": 3}}
    before = checked(headers={"a": "1", "c": "2"}, targets={"t": {"weight": 3}})
    assert changes(before, found) == {Edit(("headers", "c"), "update"), Edit(("cookies",), "add")}


def changes(olds: dict[str, Any], news: dict[str, Any]) -> set[Edit]:
    return set(edits(ROUTE, diff(ROUTE, "r", olds, news), olds, news))


# What a program may well use as a key: names of properties, in both spellings, and what has to be quoted.
keys = st.sampled_from(["x-a", "route_name", "routeName", "model_names", "token_from", "a.b", 'q"', "0"])
texts = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=3)
maps = st.dictionaries(keys, texts, max_size=4)
secret_maps = st.dictionaries(keys, texts.map(lambda text: HIDDEN + text), max_size=3)
target = st.fixed_dictionaries(
    {},
    optional={
        "weight": st.integers(1, 9),
        "token": texts.map(lambda text: HIDDEN + text),
        "model_names": st.lists(texts, min_size=1, max_size=2),
    },
)
inputs = st.fixed_dictionaries(
    {},
    optional={
        "headers": maps,
        "cookies": secret_maps,
        "targets": st.dictionaries(keys, target, min_size=1, max_size=3),
        "gate": st.fixed_dictionaries({}, optional={"labels": maps}),
    },
)


@given(inputs)
def test_checking_and_spelling_keep_every_key(news: dict[str, Any]) -> None:
    first = checked(**news)
    assert {key: value for key, value in first.items() if key in news} == news
    assert checked(first, **{key: first[key] for key in news}) == first
    assert diff(ROUTE, "r", first, first).changed == ()
    spelled = to_schema(properties(ROUTE), first)
    assert spelled.get("headers") == news.get("headers")
    assert from_schema(properties(ROUTE), spelled, []) == first


@given(maps, maps)
def test_a_map_differs_key_by_key(before: dict[str, str], after: dict[str, str]) -> None:
    expected = {
        Edit(("headers", key), "add" if key not in before else "delete" if key not in after else "update")
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }
    assert changes(checked(headers=before), checked(headers=after)) == expected


def test_only_a_replacement_changes_a_map_that_no_update_takes() -> None:
    olds, news = checked(tags={"a": "1"}), checked(tags={"a": "2"})
    assert diff(ROUTE, "r", olds, news).replaces == ("tags",)
    forced = {**checked(headers={"x-a": "2"}), hidden_inputs.REPLACE_ON: ['headers["x-a"]']}
    assert diff(ROUTE, "r", checked(headers={"x-a": "1"}), forced).replaces == ("headers",)
    assert diff(ROUTE, "r", checked(headers={"x-b": "1", "x-a": "2"}), forced).replaces == ()


def test_an_update_sends_a_map_whole_with_empty_values_for_what_is_gone() -> None:
    olds = checked(headers={"a": "1", "b": "2"}, targets={"t": {"weight": 1, "token": HIDDEN}, "u": {"weight": 2}})
    news = checked(headers={"a": "1"}, targets={"u": {"model_names": ["m"]}})
    assert update_of(ROUTE, olds, news) == {
        "headers": {"a": "1", "b": ""},
        "targets": {"t": {"weight": 0, "token": ""}, "u": {"weight": 0, "model_names": ["m"]}},
    }
    assert update_of(ROUTE, olds, checked(targets=olds["targets"])) == {"headers": {"a": "", "b": ""}}


SWITCHES = [{"nested": nested, "empty_string": "clears"} for nested in ("merge", "replace")]


@pytest.mark.parametrize("switches", [*SWITCHES, {"nested": "replace", "empty_string": "ignored"}], ids=str)
@given(before=inputs, after=inputs)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_update_comes_about_whatever_the_service_makes_of_maps(
    switches: dict[str, Any], before: dict[str, Any], after: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        serve(monkeypatch)
        world = World(tmp_path_factory.mktemp("world"))
        world.platform.switch(**switches)
        made = world.run(steps.create(ROUTE, checked(**before), PLACE, adopt=False))
        news = checked(made.inputs, **after)
        changed = world.run(steps.update(ROUTE, "r", made.outputs, news, PLACE))
        seen = world.run(steps.read(ROUTE, "r", changed.outputs, PLACE))
        live = world.run(call(operations.get(ROUTE, "r"))).to_state()
    assert diff(ROUTE, "r", seen.outputs, news).changed == (), "what was wanted is there, and nothing looks like drift"
    for key, text in (before.get("headers") or {}).items():
        if key not in (after.get("headers") or {}):
            assert live.get("headers", {}).get(key) != text, "what was taken out is there no more"
    assert HIDDEN not in json.dumps(without_keys(ROUTE, live))


def test_drift_is_what_happens_to_the_keys_of_the_program() -> None:
    ours = checked(headers={"a": "1", "b": "2"}, cookies={"c": HIDDEN}, targets={"t": {"token": HIDDEN, "weight": 1}})
    live = {**ours, "headers": {"a": "other", "x": "the service's"}, "cookies": {"c": "sk-*"}, "gate": {"labels": {}}}
    seen = observe(ROUTE, ours, live)
    assert seen["headers"] == {"a": "other"}
    assert seen["cookies"] == {"c": HIDDEN}, "what is shown of a secret need not be it"
    assert "gate" not in seen
    assert observe(ROUTE, ours, {**live, "targets": {"t": {"weight": 2}}})["targets"]["t"]["weight"] == 2
    assert observe(ROUTE, ours, {"route_name": "r"})["cookies"] == {"c": HIDDEN}, "a map that is not shown keeps them"
    taken = observe(ROUTE, {}, {"route_name": "r", "headers": {"a": "1"}, "targets": {"t": {"token_from": "env:A"}}})
    assert taken == {"route_name": "r", "headers": {"a": "1"}, "targets": {"t": {}}}
    imported = {**ours, "cookies": {"c": HIDDEN, "d": HIDDEN}}
    assert without_unmanaged_keys(ROUTE, imported, {"cookies": {"c": HIDDEN}}, {})["cookies"] == {"c": HIDDEN}


@given(inputs)
def test_no_secret_of_a_map_is_shown(news: dict[str, Any]) -> None:
    values = checked(**news)
    shown = map_secrets(ROUTE, values, lambda secret: "[secret]")
    assert HIDDEN not in repr(shown)
    assert secrets_of(ROUTE, values) == secrets_of(ROUTE, news)
    for secret in secrets_of(ROUTE, values):
        assert isinstance(secret, str)
        assert secret.startswith(HIDDEN)
    model = RouteCreateInput.model_validate(revealed(ROUTE, news) | {"route_name": "r"})
    assert set(operations.secrets_in(model)) == set(secrets_of(ROUTE, values))
    assert HIDDEN not in repr(model) + str(model)
    assert (HIDDEN in json.dumps(model.to_wire())) == (HIDDEN in repr(values))


def test_a_key_in_a_map_stays_out_of_state_by_its_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TARGET_TOKEN", HIDDEN)
    given_so = {"targets": {"a b": {"token_from": "env:TARGET_TOKEN"}}}
    olds = checked(**given_so)
    assert HIDDEN not in repr(olds)
    assert revealed(ROUTE, olds)["targets"] == {"a b": {"token": HIDDEN}}
    assert HIDDEN in secrets_of(ROUTE, olds)
    assert checked(olds, **given_so) == olds
    monkeypatch.setenv("TARGET_TOKEN", HIDDEN + "2")
    news = checked(olds, **given_so)
    (told,) = remarks(ROUTE, "r", diff(ROUTE, "r", olds, news), olds, news)
    assert str(told.text) == 'route r: the key that targets["a b"].token_from leads to changes'


def test_a_container_cannot_be_secret_as_a_whole() -> None:
    class Wrong(Model):
        texts: Annotated[dict[str, str], Secret()] | None = None

    with pytest.raises(TypeError, match="what stands in it can be secret"):
        shape_of_model(Wrong)


def test_an_answer_is_read_entry_by_entry() -> None:
    data: dict[str, Any] = {
        "headers": {"a": 1, "b": None, "c": {}},
        "targets": {"t": {"weight": "3", "model_names": "m"}},
    }
    found = lenient.read_as(Route, data)
    assert found.to_state() == {"targets": {"t": {"weight": 3, "model_names": ["m"]}}}, (
        "one that makes no sense hides all"
    )
    del data["headers"]["c"]
    assert lenient.read_as(Route, data).headers == {"a": "1"}


def test_rules_see_what_stands_in_a_map() -> None:
    view = View(ROUTE, "r", {"targets": {"x-a": {"token_from": "env:A"}, "b": UNKNOWN}}, spells_camel=True)
    paths = [path for path in references(view, shape_of(ROUTE)) if isinstance(path, tuple)]
    assert paths == [("targets", "x-a", "token_from"), ("targets", "b", "token_from")]
    assert view.text(*paths[0]) == "env:A"
    assert view.shown(paths[0]) == 'targets["x-a"].tokenFrom'
    malformed = View(ROUTE, "r", {"targets": []})
    assert list(map(str, references(malformed, shape_of(ROUTE)))) == ["targets is no map, so it was not judged"]


def test_the_keys_of_a_map_are_spelled_as_they_are() -> None:
    def spelled(*path: str | int) -> str:
        return dotted(path_in_schema(properties(ROUTE), path))

    assert spelled("headers", "model_names") == "headers.model_names"
    assert spelled("targets", "route_name", "model_names", 0) == "targets.route_name.modelNames[0]"


def test_the_platform_takes_a_map_as_it_is_typed() -> None:
    body = {"headers": {"x-a": "1", "b": None}, "targets": {"t": {"weight": 1, "more": 1}}}
    assert accept(ON_THE_PLATFORM.create, body) == {"headers": {"x-a": "1"}, "targets": {"t": {"weight": 1}}}
    for wrong, path in (({"headers": []}, "headers"), ({"targets": {"t": {"weight": "1"}}}, "targets.t.weight")):
        with pytest.raises(InvalidParameter, match=path):
            accept(ON_THE_PLATFORM.create, wrong)
