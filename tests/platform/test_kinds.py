"""What a kind's table says of itself is what the platform does, whatever the kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.platform import Switches, handlers
from pulumi_agentrun.platform.errors import AlreadyExists, InvalidParameter, NotFound, ResourceInUse
from pulumi_agentrun.platform.kinds import PROXY, SERVICE, Kind
from pulumi_agentrun.platform.shapes import BOOLEAN, STRING, Fields, Map
from pulumi_agentrun.platform.store import Store
from unit.tags import TABLE

TAG = replace(TABLE, listed=lambda shown: shown, own=lambda id, name, users: {})
"""Tags, with all there is in a list, and that all there is."""


class Desk:
    """Does what is asked of a kind, in a store of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.switches = Switches()
        self.now = 1_000_000

    def __call__(self, handler: handlers.Handler, kind: Kind, name: str = "t", **body: Any) -> Mapping[str, Any]:
        return self.ask(handler, kind, name, body, {})

    def ask(
        self, handler: handlers.Handler, kind: Kind, name: str, body: Mapping[str, Any], query: Mapping[str, str]
    ) -> Mapping[str, Any]:
        with self._store.writing() as tables:
            return handler(handlers.Call(kind, name, query, body, tables, self.switches, self.now))[1]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = Store(tmp_path)
    yield Desk(store)
    store.close()


def test_what_has_no_status_changes_at_once(desk: Desk) -> None:
    desk.switches = Switches(latency=60, deletion="gradual")
    made = desk(handlers.create, TAG, tagName="t", colour="red")
    assert made.keys() == {"tagName", "tagId", "colour", "createdAt", "updatedAt"}
    changed = desk(handlers.update, TAG, colour="blue")
    assert changed.keys() == made.keys()
    assert (changed["colour"], changed["createdAt"]) == ("blue", made["createdAt"])
    assert changed["updatedAt"] > made["updatedAt"]
    assert desk(handlers.delete, TAG) == changed
    with pytest.raises(NotFound):
        desk(handlers.get, TAG)


def test_a_map_holds_any_keys_and_values_of_one_shape(desk: Desk) -> None:
    kind = replace(TAG, create={"tagName": STRING, "words": Map(STRING)}, update={"words": Map(STRING)})
    assert desk(handlers.create, kind, tagName="t", words={"a": "1", "b": "2", "c": None})["words"] == {
        "a": "1",
        "b": "2",
    }
    assert desk(handlers.update, kind, words={"a": "", "d": "4"})["words"] == {"b": "2", "d": "4"}
    for wrong, problem in (("text", "words must be an object"), ({"x y": 1}, "words.x y must be a string")):
        with pytest.raises(InvalidParameter, match=problem):
            desk(handlers.update, kind, words=wrong)


def test_what_has_a_status_takes_its_time(desk: Desk) -> None:
    desk.switches = Switches(latency=60, deletion="gradual")
    kind = replace(TAG, has_status=True)
    assert desk(handlers.create, kind, tagName="t")["status"] == "CREATING"
    assert desk(handlers.delete, kind)["status"] == "DELETING"
    assert desk(handlers.get, kind)["status"] == "DELETING"


@pytest.mark.parametrize(
    ("how", "secret", "people"),
    [
        ("clear", "a-very-long-secret", [{"name": "n", "key": "k"}, {"name": "m"}]),
        ("masked", "a-v******cret", [{"name": "n", "key": "******"}, {"name": "m"}]),
        ("absent", None, [{"name": "n"}, {"name": "m"}]),
    ],
)
def test_keys_come_back_as_the_switch_says_wherever_they_are(
    desk: Desk, how: Any, secret: str | None, people: list[Any]
) -> None:
    desk.switches = Switches(api_key=how)
    person: Fields = {"name": STRING, "key": STRING}
    shapes: Fields = {"tagName": STRING, "secret": STRING, "people": [person]}
    kind = replace(TAG, create=shapes, keys=(("secret",), ("people", "key"), ("nothing", "key")))
    given = [{"name": "n", "key": "k"}, {"name": "m"}]
    made = desk(handlers.create, kind, tagName="t", secret="a-very-long-secret", people=given)
    assert (made.get("secret"), made["people"]) == (secret, people)
    desk.switches = Switches()
    assert desk(handlers.get, kind)["people"] == given


def test_only_services_and_proxies_ever_share_names(desk: Desk) -> None:
    desk.switches = Switches(names="shared")
    desk(handlers.create, TAG, tagName="one")
    service: dict[str, Any] = {"modelType": "llm", "provider": "p", "providerSettings": {"baseUrl": "u"}}
    desk(handlers.create, SERVICE, **service, modelServiceName="one")
    desk(handlers.create, TAG, tagName="two")
    desk(handlers.create, SERVICE, **service, modelServiceName="two")
    with pytest.raises(AlreadyExists):
        desk(handlers.create, TAG, tagName="two")


def test_a_kind_can_say_what_names_it(desk: Desk) -> None:
    kind = replace(
        SERVICE, own=lambda id, name, around: {"users": [f"{user.kind.title} {user.name}" for user in around.users()]}
    )
    service: dict[str, Any] = {
        "modelServiceName": "svc",
        "modelType": "llm",
        "provider": "p",
        "providerSettings": {"baseUrl": "u"},
    }
    assert desk(handlers.create, kind, **service)["users"] == []
    proxy: dict[str, Any] = {"modelProxyName": "gate", "cpu": 1, "memory": 1, "proxyMode": "single"}
    desk(handlers.create, PROXY, **proxy, proxyConfig={"endpoints": [{"modelServiceName": "svc"}]})
    fallback = {"endpoints": [{"baseUrl": "u"}], "policies": {"fallbacks": [{"modelServiceName": "svc"}]}}
    desk(handlers.create, PROXY, **proxy | {"modelProxyName": "other"}, proxyConfig=fallback)
    assert desk(handlers.get, kind, "svc")["users"] == ["model proxy gate", "model proxy other"]
    desk.switches = Switches(delete_in_use="refused")
    with pytest.raises(ResourceInUse, match="model service svc is in use by model proxy gate"):
        desk(handlers.delete, kind, "svc")


def test_a_kind_can_say_what_a_list_shows_and_goes_by(desk: Desk) -> None:
    shapes: Fields = {"tagName": STRING, "on": BOOLEAN, "about": {"colour": STRING}}
    kind = replace(
        TAG,
        create=shapes,
        filters=("on", "about.colour"),
        listed=lambda shown: {key: shown[key] for key in ("tagName", "updatedAt")},
    )
    desk(handlers.create, kind, tagName="one", on=True, about={"colour": "red"})
    desk(handlers.create, kind, tagName="two", on=False, about={"colour": "blue"})
    desk(handlers.create, kind, tagName="three")
    for query, names in (
        ({}, ["one", "two", "three"]),
        ({"on": "true"}, ["one"]),
        ({"colour": "blue"}, ["two"]),
        ({"colour": "blue", "on": "true"}, []),
        ({"about.colour": "blue"}, ["one", "two", "three"]),
    ):
        items = desk.ask(handlers.list_resources, kind, "", {}, query)["items"]
        assert [item["tagName"] for item in items] == names
        assert all(item.keys() == {"tagName", "updatedAt"} for item in items)
