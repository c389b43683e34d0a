"""What a creation makes of lost answers, of answers from before it, and of what somebody else creates meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulumi_agentrun.client import ModelServiceCreateInput, operations
from pulumi_agentrun.client.errors import AgentRunError, ConfigError, TransportError
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.operations import Operation
from pulumi_agentrun.lifecycle import diff, notes, steps
from pulumi_agentrun.lifecycle.live import LifecycleError
from pulumi_agentrun.platform import Fault
from unit.world import PLACE, World, create, one, wanted

MISSING = {"code": "ERR_NOT_FOUND", "message": "model service a does not exist", "requestId": "R"}
CREATE, GET, UPDATE, DELETE = (f"{verb}ModelService" for verb in ("Create", "Get", "Update", "Delete"))
Do = Callable[[], Any]
KEYLESS: dict[str, Any] = {
    "credential_name": "team",
    "provider_settings": {"base_url": "https://example.com/v1", "model_names": ["a"]},
}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    return World(tmp_path / "platform")


def lost(do: Do) -> Any:
    do()
    raise TransportError("the answer was lost", sent=True)


def answer(status: int, body: Any = None) -> httpx.Response:
    return httpx.Response(status, json=body or {"code": "ServiceUnavailable", "message": "busy", "requestId": "R"})


def dated(response: httpx.Response, created_at: str) -> httpx.Response:
    body = response.json()
    body["data"]["createdAt"] = created_at
    return httpx.Response(response.status_code, json=body)


def once(happens: Callable[[Do], Any], action: str) -> Callable[[Operation[Any], Do], Any]:
    left = [1]

    def between(step: Operation[Any], do: Do) -> Any:
        return happens(do) if step.action == action and left and left.pop() else do()

    return between


def hidden(world: World, seconds: float, *actions: str) -> Callable[[Operation[Any], Do], Any]:
    """Let what is created not be seen by some operations for so many seconds."""
    made: list[float] = []

    def between(step: Operation[Any], do: Do) -> Any:
        if step.action == CREATE:
            made.append(world.now)
        elif step.action in actions and made and world.now - made[0] < seconds:
            return answer(404, MISSING)
        return do()

    return between


def stranger(world: World, **more: Any) -> None:
    world.session.run(one(operations.create(ModelServiceCreateInput.model_validate(lifecycle_inputs(**more)))))


def lifecycle_inputs(**more: Any) -> dict[str, Any]:
    return {key: value for key, value in wanted(**more).items() if key in SERVICE.inputs}


def live(world: World) -> dict[str, Any] | None:
    found = world.run(steps.read(SERVICE, "a", {}, PLACE))
    return found.outputs if found else None


@pytest.mark.parametrize("happens", [lost, lambda do: (do(), answer(503))[1], lambda do: (do(), answer(200, [1]))[1]])
def test_an_answer_that_is_lost_after_the_effect_is_looked_for(world: World, happens: Callable[[Do], Any]) -> None:
    world.between = once(happens, CREATE)
    assert create(world).id == "a"
    assert world.calls.count(CREATE) == 1
    assert world.notices == ["model service a was created, though the answer was lost"]


def test_a_lost_creation_that_does_not_show_at_first_is_found(world: World) -> None:
    hide, lose = hidden(world, 8.0, GET), once(lost, CREATE)
    world.between = lambda step, do: lose(step, lambda: hide(step, do))
    assert create(world).id == "a"
    assert world.calls.count(CREATE) == 2, "the second was refused, which tells that the first has come about"


def test_a_creation_that_was_sent_twice_and_does_not_show_at_first_is_found(world: World) -> None:
    """The second was refused for the nonce that the first had used up, by what stands before the service."""
    twice = {"Code": "SignatureNonceUsed", "Message": "Specified signature nonce was used already.", "RequestId": "R"}
    hide, repeat = hidden(world, 4.0, GET), once(lambda do: (do(), answer(400, twice))[1], CREATE)
    world.between = lambda step, do: repeat(step, lambda: hide(step, do))
    assert create(world).id == "a"
    assert world.calls.count(CREATE) == 1


def test_a_creation_that_never_shows_is_named_and_not_denied(world: World) -> None:
    hide, lose = hidden(world, 900.0, GET), once(lost, CREATE)
    world.between = lambda step, do: lose(step, lambda: hide(step, do))
    with pytest.raises(
        LifecycleError, match=r"exists, though it does not show yet.*AGENTRUN_ADOPT=a pulumi up"
    ) as caught:
        create(world)
    assert "not created" not in str(caught.value)


def test_a_creation_whose_end_is_not_known_is_named(world: World) -> None:
    world.between = lambda step, do: answer(500) if step.action == CREATE else do()
    with pytest.raises(LifecycleError, match=r"does not show, so it may not exist.*AGENTRUN_ADOPT=a pulumi up"):
        create(world)
    assert world.calls.count(CREATE) == 3
    assert sum(world.pauses) > 3 * 5, "each time it was looked for"


def test_credentials_that_fail_after_a_creation_was_sent_name_it(world: World) -> None:
    def between(step: Operation[Any], do: Do) -> Any:
        if world.calls.count(CREATE):
            if step.action == CREATE:
                return lost(do)
            raise ConfigError("The credential chain has nothing any more.")
        return do()

    world.between = between
    with pytest.raises(LifecycleError, match=r"could not be found out: The credential chain.*AGENTRUN_ADOPT=a"):
        create(world)


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize(
    "more", [{"description": "a stranger's"}, {"provider": "other"}, {"model_info_configs": [{"model_name": "b"}]}]
)
def test_what_somebody_else_creates_meanwhile_is_not_taken_over(world: World, status: int, more: Any) -> None:
    def fails(do: Do) -> Any:
        stranger(world, **more)
        return answer(status)

    world.between = once(fails, CREATE)
    with pytest.raises(LifecycleError, match=r"nothing shows that it is what was sent.*AGENTRUN_ADOPT=a pulumi up"):
        create(world)
    found = live(world)
    assert found is not None
    assert found.items() >= more.items()


def test_a_key_that_is_not_ours_shows_that_it_is_somebody_elses(world: World) -> None:
    settings = lifecycle_inputs()["provider_settings"] | {"api_key": "sk-of-a-stranger"}

    def fails(do: Do) -> Any:
        stranger(world, provider_settings=settings)
        return answer(500)

    world.between = once(fails, CREATE)
    with pytest.raises(LifecycleError, match="nothing shows that it is what was sent"):
        create(world)


def test_somebody_who_was_faster_is_told_of(world: World) -> None:
    def faster(do: Do) -> Any:
        stranger(world, description="a stranger's")
        return do()

    world.between = once(faster, CREATE)
    with pytest.raises(LifecycleError, match=r"somebody else may have made it, or.*AGENTRUN_ADOPT=a pulumi up"):
        create(world)


@pytest.mark.parametrize("settings", [{}, KEYLESS], ids=["with a key", "without a key"])
def test_a_name_that_was_taken_meanwhile_is_taken_over_by_nobody(world: World, settings: dict[str, Any]) -> None:
    """Found by an attack: two stacks with one program and one name both had it, and one deleted it under the other."""

    def faster(do: Do) -> Any:
        do()
        return do()

    world.between = once(faster, CREATE)
    with pytest.raises(LifecycleError, match=r"somebody else may have made it, or.*twice.*AGENTRUN_ADOPT=a") as caught:
        create(world, **settings)
    assert "nothing was created" not in str(caught.value)
    assert world.calls.count(CREATE) == 1
    assert create(world, adopt=True, **settings).id == "a"


@pytest.mark.parametrize("happens", [lost, lambda do: answer(500), lambda do: answer(403)])
def test_what_was_made_before_anything_was_sent_is_somebody_elses(world: World, happens: Callable[[Do], Any]) -> None:
    """Found by an attack: the first look was old, and what the next one showed was the same and years older."""
    stranger(world, **KEYLESS)
    looks = iter([answer(404, MISSING)])

    def between(step: Operation[Any], do: Do) -> Any:
        if step.action == CREATE:
            return happens(lambda: None)
        return next(looks, None) or dated(do(), "2020-01-01T00:00:00Z")

    world.between = between
    with pytest.raises(LifecycleError, match="nothing shows that it is what was sent"):
        create(world, **KEYLESS)


@pytest.mark.parametrize("shown", ["masked", "absent"])
@pytest.mark.parametrize("answered", [lost, lambda do: answer(500)])
def test_a_key_that_is_not_shown_proves_nothing(world: World, shown: Any, answered: Callable[[Do], Any]) -> None:
    """Found by an attack: whoever was faster with the same settings and another key was taken over, and deleted."""
    world.platform.switch(api_key=shown)
    settings = lifecycle_inputs()["provider_settings"] | {"api_key": "sk-of-a-stranger"}

    def faster(do: Do) -> Any:
        stranger(world, provider_settings=settings)
        return answered(do)

    world.between = once(faster, CREATE)
    with pytest.raises(LifecycleError, match=r"nothing shows that it is what was sent.*AGENTRUN_ADOPT=a pulumi up"):
        create(world)
    assert live(world) is not None


@pytest.mark.parametrize("switch", [{"api_key": "masked"}, {"api_key": "absent"}, {"computed": "filled"}], ids=str)
@pytest.mark.parametrize("happens", [lost, lambda do: (do(), answer(500))[1]])
def test_a_creation_of_ours_that_cannot_be_told_from_others_is_not_denied(
    world: World, switch: Any, happens: Callable[[Do], Any]
) -> None:
    world.platform.switch(**switch)
    world.between = once(happens, CREATE)
    with pytest.raises(LifecycleError, match=r"nothing shows that it is what was sent.*AGENTRUN_ADOPT=a") as caught:
        create(world)
    assert "nothing was created" not in str(caught.value)
    world.between = lambda step, do: do()
    assert create(world, adopt=True).id == "a"


@pytest.mark.parametrize("shown", ["masked", "absent"])
def test_what_has_no_key_is_known_by_all_else(world: World, shown: Any) -> None:
    world.platform.switch(api_key=shown)
    world.between = once(lost, CREATE)
    settings = {key: value for key, value in lifecycle_inputs()["provider_settings"].items() if key != "api_key"}
    assert create(world, provider_settings=settings, credential_name="team").id == "a"


def test_what_does_not_show_at_first_is_adopted_all_the_same(world: World) -> None:
    stranger(world, description="a stranger's")
    looks: list[str] = []

    def between(step: Operation[Any], do: Do) -> Any:
        looks.append(step.action)
        return answer(404, MISSING) if step.action == GET and looks.count(GET) == 1 else do()

    world.between = between
    assert create(world, adopt=True, description="ours").outputs["description"] == "ours"


def test_a_refusal_after_the_effect_is_not_believed(world: World) -> None:
    """It may come from what stands behind the service."""
    world.between = once(lambda do: (do(), answer(403))[1], CREATE)
    assert create(world).id == "a"
    assert world.calls.count(CREATE) == 1


@pytest.mark.parametrize("latency", [0.0, 12.0])
def test_what_does_not_show_at_first_is_waited_for(world: World, latency: float) -> None:
    world.platform.switch(latency=latency)
    world.between = hidden(world, 6.0, GET)
    assert create(world).outputs["status"] == "READY"


def test_what_does_not_show_and_cannot_be_deleted_at_first_is_deleted_all_the_same(world: World) -> None:
    world.platform.switch(latency=1000.0)
    world.between = hidden(world, 70.0, GET, DELETE)
    with pytest.raises(LifecycleError, match=r"also for its deletion.*AGENTRUN_ADOPT=a"):
        create(world)
    world.between = lambda step, do: do()
    world.run(steps.delete(SERVICE, "a", {}, PLACE))
    world.between = hidden(world, 20.0, GET, DELETE)
    world.platform.inject(Fault(operation=CREATE, outcome="CREATE_FAILED", reason="no quota"))
    world.platform.switch(latency=2.0)
    with pytest.raises(LifecycleError, match=r"no quota.*nothing is left behind"):
        create(world)
    assert live(world) is None


def test_what_this_run_has_deleted_may_show_for_a_while(world: World) -> None:
    former = create(world)
    old = world.session.run(one(operations.get(SERVICE, "a")))
    world.run(steps.delete(SERVICE, "a", former.outputs, PLACE))
    deleted = world.now

    def between(step: Operation[Any], do: Do) -> Any:
        return old if step.action == GET and world.now - deleted < 6 else do()

    world.between = between
    world.platform.switch(latency=1.0)
    made = create(world, former=former.outputs)
    assert made.outputs["model_service_id"] != former.outputs["model_service_id"]
    assert made.outputs["status"] == "READY"


def test_a_name_that_is_not_free_at_once_after_its_deletion_is_waited_for(world: World) -> None:
    former = create(world)
    taken = {"code": "ERR_ALREADY_EXISTS", "message": "model service a already exists", "requestId": "R"}
    world.run(steps.delete(SERVICE, "a", former.outputs, PLACE))
    deleted = world.now
    world.between = lambda step, do: answer(409, taken) if step.action == CREATE and world.now - deleted < 6 else do()
    assert create(world, former=former.outputs).id == "a"


def test_what_is_on_its_way_out_is_waited_for_before_it_is_made_again(world: World) -> None:
    world.platform.switch(deletion="gradual")
    create(world)
    world.platform.switch(latency=20.0)
    world.session.run(one(operations.delete(SERVICE, "a")))
    world.platform.switch(latency=0.0)
    assert create(world).outputs["status"] == "READY"
    assert "model service a is on its way out: it is waited for" in world.notices


def older(world: World, seconds: float) -> Callable[[Operation[Any], Do], Any]:
    """Let reads show for so many seconds after an update what was there before it."""
    before = world.session.run(one(operations.get(SERVICE, "a")))
    updated: list[float] = []

    def between(step: Operation[Any], do: Do) -> Any:
        if step.action == UPDATE:
            updated.append(world.now)
        return before if step.action == GET and updated and world.now - updated[0] < seconds else do()

    return between


def test_an_older_answer_does_not_hide_that_an_update_failed(world: World) -> None:
    made = create(world)
    world.platform.switch(latency=2.0)
    world.platform.inject(Fault(operation=UPDATE, outcome="UPDATE_FAILED", reason="quota"))
    world.between = older(world, 8.0)
    with pytest.raises(steps.IncompleteError, match="UPDATE_FAILED: quota"):
        world.run(steps.update(SERVICE, "a", made.outputs, wanted(description="new"), PLACE))


def test_an_update_that_a_service_ignores_in_part_does_not_wait_for_it(world: World) -> None:
    made = create(world, description="old", model_info_configs=[{"model_name": "a"}])
    world.platform.switch(empty_string="ignored", empty_list="ignored", latency=1.0)
    before = world.now
    world.run(steps.update(SERVICE, "a", made.outputs, wanted(), PLACE))
    assert world.now - before < 5


def test_an_update_whose_answers_are_lost_is_remembered_as_open(world: World) -> None:
    made = create(world, description="old")
    news = wanted(description="new")

    def between(step: Operation[Any], do: Do) -> Any:
        if step.action == UPDATE:
            return lost(do)
        return answer(503) if world.calls.count(UPDATE) else do()

    world.between = between
    with pytest.raises(steps.IncompleteError, match="The next pulumi up tries it again") as caught:
        world.run(steps.update(SERVICE, "a", made.outputs, news, PLACE))
    assert "run pulumi refresh first" in str(caught.value.unkept)
    world.between = lambda step, do: do()
    left, back = caught.value.live.outputs, wanted(description="old")
    assert diff.diff(SERVICE, "a", left, back).changed == ("status",), "so that the old program is a change, too"
    world.run(steps.update(SERVICE, "a", left, back, PLACE))
    found = live(world)
    assert found is not None
    assert found["description"] == "old"


def test_an_update_that_was_refused_leaves_state_as_it_was(world: World) -> None:
    made = create(world)
    world.platform.inject(Fault(operation=UPDATE, status=400, code="ERR_BAD_REQUEST"))
    with pytest.raises(AgentRunError, match="ERR_BAD_REQUEST") as caught:
        world.run(steps.update(SERVICE, "a", made.outputs, wanted(description="new"), PLACE))
    assert not isinstance(caught.value, steps.IncompleteError)


def test_a_resource_that_was_made_a_moment_ago_is_not_taken_for_gone(world: World) -> None:
    made = create(world)
    began = world.now
    world.between = lambda step, do: answer(404, MISSING) if world.now - began < 3 else do()
    assert world.run(steps.read(SERVICE, "a", made.outputs, PLACE)) is not None
    began = world.now
    world.run(steps.delete(SERVICE, "a", made.outputs, PLACE))
    world.between = lambda step, do: do()
    assert live(world) is None


def test_a_deletion_that_takes_too_long_says_that_it_goes_on(world: World) -> None:
    made = create(world)
    world.platform.switch(deletion="gradual", latency=300.0)
    with pytest.raises(steps.GoingError, match=r"was not gone within 60 seconds.*run pulumi refresh there"):
        world.run(steps.delete(SERVICE, "a", made.outputs, PLACE))
    assert notes.read(notes.LEAVING, PLACE.key(SERVICE, "a")) is not None
    for seen in (
        world.run(steps.read(SERVICE, "a", made.outputs, PLACE)).outputs,
        world.run(steps.settled(SERVICE, "a", made.outputs, PLACE)),
    ):
        found = diff.diff(SERVICE, "a", seen, wanted())
        assert (found.changed, found.replaces, found.delete_before_replace) == (("status",), ("status",), True)
    world.now += 600
    world.run(steps.delete(SERVICE, "a", made.outputs, PLACE))
    assert notes.read(notes.LEAVING, PLACE.key(SERVICE, "a")) is None


def test_a_deletion_that_has_ended_otherwise_is_forgotten(world: World) -> None:
    made = create(world)
    notes.note(notes.LEAVING, PLACE.key(SERVICE, "a"))
    assert world.run(steps.settled(SERVICE, "a", made.outputs, PLACE)) == made.outputs
    assert notes.read(notes.LEAVING, PLACE.key(SERVICE, "a")) is None
