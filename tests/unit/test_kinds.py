"""What a kind says of itself is all that the lifecycle needs: one that is like no other passes through it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulumi_agentrun.client import Config, ModelClient, lenient, operations
from pulumi_agentrun.client.errors import ClientError
from pulumi_agentrun.client.flows import call
from pulumi_agentrun.client.operations import Operation
from pulumi_agentrun.client.waiters import Written, until_gone
from pulumi_agentrun.lifecycle import check, diff, steps
from pulumi_agentrun.lifecycle.hidden_inputs import URN
from pulumi_agentrun.lifecycle.live import LifecycleError
from pulumi_agentrun.policy import audit
from unit.tags import TAG, Tag, TagCreateInput, TagItem, TagListInput, tags
from unit.world import PLACE, World, one

__all__ = ["tags"]
WORD = "word-of-nobody"
pytestmark = pytest.mark.usefixtures("tags")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def create(world: World, **inputs: object) -> steps.Live:
    made: steps.Live = world.run(steps.create(TAG, {"tag_name": "t", **inputs}, PLACE))
    return made


def test_what_has_no_status_is_settled_at_once(world: World) -> None:
    world.platform.switch(latency=5.0, deletion="gradual")
    made = create(world, colour="red")
    assert "status" not in made.outputs
    changed = world.run(steps.update(TAG, "t", made.outputs, {"tag_name": "t", "colour": "blue"}, PLACE))
    assert changed.outputs["colour"] == "blue"
    world.run(steps.delete(TAG, "t", changed.outputs, PLACE))
    assert world.run(steps.read(TAG, "t", {}, PLACE)) is None
    assert world.notices == []
    assert [call for call in world.calls if call != "GetTag"] == ["CreateTag", "UpdateTag", "DeleteTag"]
    assert world.calls[: world.calls.index("DeleteTag")] == ["GetTag", "CreateTag", "UpdateTag"]


def test_an_older_answer_is_told_by_the_kinds_own_word_for_the_time() -> None:
    first, second = (Tag(tag_name="t", updated_at=f"2026-01-02T03:04:0{second}.5+00:00") for second in (5, 6))
    assert Written(second).is_older(first, TAG, age=1.0)
    assert not Written(first).is_older(second, TAG, age=1.0)


def test_what_has_no_status_is_waited_for_until_it_is_gone(world: World) -> None:
    create(world)
    seen: list[Tag] = []
    shown = world.run(one(operations.get(TAG, "t")))
    answers = iter([shown, shown])
    world.between = lambda step, do: next(answers, None) or do() if step.action == "GetTag" else do()
    world.run(until_gone(TAG, "t", seen.append, 1, 9))
    assert [tag.tag_name for tag in seen] == ["t", "t"]
    with pytest.raises(LifecycleError, match="deleted outside of Pulumi"):
        world.run(steps.update(TAG, "t", {"tag_name": "t"}, {"tag_name": "t", "colour": "red"}, PLACE))


def test_what_the_service_says_of_itself_is_read_by_its_type() -> None:
    data = {"tagId": 7, "updatedAt": {"at": 5}, "seen": "3", "seenBy": [{"name": 1, "more": 2}, None]}
    found = lenient.read(TAG, data).to_state()
    assert found == {"tag_id": "7", "updated_at": '{"at":5}', "seen": 3, "seen_by": [{"name": "1", "more": 2}]}
    assert lenient.read(TAG, {"seen": "often", "seenBy": {"name": "n"}}).to_state() == {"seen_by": [{"name": "n"}]}


def test_what_a_list_shows_is_read_by_a_type_of_its_own(world: World) -> None:
    create(world, colour="red")
    page = world.run(call(operations.list_page(TagListInput())))
    (item,) = page.items
    assert isinstance(item, TagItem)
    assert (item.tag_name, item.viewers, hasattr(item, "colour")) == ("t", 2, False)
    assert item.request_id


def test_an_audit_judges_more_than_a_list_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "KINDS", (TAG,))
    World(tmp_path)
    with ModelClient(Config(endpoint=f"file://{tmp_path}")) as client:
        session = client.session()
        for name in ("a", "b"):
            session.run(steps.create(TAG, {"tag_name": name, "colour": "red"}, PLACE))
        views = audit.resources(client)
        assert next(views).at("colour") == "red"
        session.run(steps.delete(TAG, "b", {}, PLACE))
        assert list(views) == []


def test_state_does_not_keep_what_others_decide(world: World) -> None:
    made = create(world)
    read = world.run(steps.read(TAG, "t", made.outputs, PLACE))
    assert made.outputs["seen"] == read.outputs["seen"] == 1
    assert "seen_by" not in {**made.outputs, **read.outputs}
    assert world.run(call(operations.get(TAG, "t"))).seen_by[0].name == "n"


def test_a_map_goes_to_the_service_and_back_with_its_keys_as_they_are(world: World) -> None:
    made = create(world, words={"X-Api_key": "word-of-nobody", "b": "other"})
    assert made.outputs["words"] == {"X-Api_key": "word-of-nobody", "b": "other"}
    wanted = {"tag_name": "t", "words": {"X-Api_key": "new-word-of-nobody"}}
    changed = world.run(steps.update(TAG, "t", made.outputs, wanted, PLACE))
    shown = world.run(call(operations.get(TAG, "t")))
    assert changed.outputs["words"] == shown.to_state()["words"] == {"X-Api_key": "new-word-of-nobody"}
    assert "word-of-nobody" not in repr(shown)


@pytest.mark.parametrize(
    ("words", "read"),
    [({"a": 7, "b": None}, {"a": "7"}), ({"a": {}}, None), (["a"], None), ({}, {})],
)
def test_a_map_in_an_answer_is_read_entry_by_entry(words: object, read: object) -> None:
    assert lenient.read(TAG, {"words": words}).to_state().get("words") == read


def test_no_error_repeats_what_stands_in_a_map(world: World) -> None:
    def echo(step: Operation[Any], do: Callable[[], Any]) -> httpx.Response:
        return httpx.Response(400, json={"code": "E", "message": "no word-of-nobody here"})

    world.between = echo
    with pytest.raises(ClientError, match=r"no .* here") as caught:
        world.run(call(operations.create(TagCreateInput.model_validate({"tag_name": "t", "words": {"a": WORD}}))))
    assert WORD not in str(caught.value)


def checked(olds: dict[str, Any], **news: Any) -> dict[str, Any]:
    inputs, failures = check.check(TAG, olds, {"tag_name": "t", URN: "urn:pulumi:dev::p::t::t", **news})
    assert failures == []
    return inputs


def secret_of(world: World) -> str | None:
    secret = world.run(call(operations.get(TAG, "t"))).secret
    return None if secret is None else str(secret.get_secret_value())


def test_a_secret_at_the_top_can_be_referred_to(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent, its change is an update, and it can give way to another in the program and back."""
    monkeypatch.setenv("WORD", WORD)
    wanted = checked({}, secret_from="env:WORD")
    made = world.run(steps.create(TAG, wanted, PLACE))
    assert secret_of(world) == WORD
    assert WORD not in str(made)
    read = world.run(steps.read(TAG, "t", made.outputs, PLACE))
    assert read.inputs == made.inputs == wanted
    assert diff.diff(TAG, "t", read.outputs, checked(read.inputs, secret_from="env:WORD")).changed == ()
    monkeypatch.setenv("WORD", "another-word")
    for given, held in (
        ({"secret_from": "env:WORD"}, "another-word"),
        ({"secret": "inline-word"}, "inline-word"),
        ({"secret_from": "env:WORD"}, "another-word"),
        ({}, None),
    ):
        wanted = checked(made.inputs, **given)
        compared = diff.diff(TAG, "t", made.outputs, wanted)
        assert compared.changed
        assert not compared.replaces
        made = world.run(steps.update(TAG, "t", made.outputs, wanted, PLACE))
        assert secret_of(world) == held
        assert diff.diff(TAG, "t", made.outputs, checked(made.inputs, **given)).changed == ()


def test_what_is_taken_over_gets_the_secret_that_a_reference_leads_to(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(world, secret="somebody-elses")
    monkeypatch.setenv("WORD", WORD)
    taken = world.run(steps.create(TAG, checked({}, secret_from="env:WORD"), PLACE, adopt=True))
    assert secret_of(world) == WORD
    assert WORD not in str(taken)
