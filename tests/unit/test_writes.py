"""What updates and deletions make of what comes right after them: failures, older answers, and somebody else's."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulumi_agentrun.client import ModelServiceCreateInput, operations
from pulumi_agentrun.client.errors import AgentRunError, TransportError
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.operations import Operation
from pulumi_agentrun.lifecycle import notes, steps
from pulumi_agentrun.lifecycle.claims import Claims
from pulumi_agentrun.lifecycle.controller import Controller
from pulumi_agentrun.lifecycle.live import LifecycleError
from pulumi_agentrun.lifecycle.places import SHOWS_KEYS, origin_of
from pulumi_agentrun.platform import Fault
from unit.world import PLACE, World, create, one, wanted

GET, UPDATE, DELETE = (f"{verb}ModelService" for verb in ("Get", "Update", "Delete"))
SERVICE_URN = "urn:pulumi:dev::p::agentrun:index:ModelService::s"
Do = Callable[[], Any]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    return World(tmp_path / "platform")


def altered(response: httpx.Response, **changes: Any) -> httpx.Response:
    body = response.json()
    body["data"] |= changes
    return httpx.Response(response.status_code, json=body)


def keyed(**changes: Any) -> dict[str, Any]:
    return wanted(provider_settings={"api_key": "sk-hidden", "base_url": "https://e", "model_names": ["a"]} | changes)


@pytest.mark.parametrize("change", [{"api_key": "sk-new"}, {"model_names": ["c"]}])
@pytest.mark.parametrize("more", [{}, {"lastUpdatedAt": None}])
def test_an_update_that_fails_after_its_answer_is_seen_where_a_read_follows(
    world: World, more: Any, change: Any
) -> None:
    """Found by an attack: what the provider itself read was UPDATE_FAILED, and it said that all was well."""
    made = create(world)

    def between(step: Operation[Any], do: Do) -> Any:
        if step.action == GET and UPDATE in world.calls:
            return altered(do(), status="UPDATE_FAILED", statusReason="quota", **more)
        return altered(do(), **more) if step.action == UPDATE else do()

    world.between = between
    with pytest.raises(steps.IncompleteError, match="UPDATE_FAILED: quota"):
        world.run(steps.update(SERVICE, "a", made.outputs, keyed(**change), PLACE))


@pytest.mark.parametrize("change", [{"api_key": "sk-new"}, {"model_names": ["c"]}])
def test_a_failure_of_before_an_update_is_not_taken_for_its_own(world: World, change: Any) -> None:
    made = create(world)
    before = world.exchange(operations.get(SERVICE, "a"))
    world.now += 5
    old = altered(before, status="UPDATE_FAILED", statusReason="quota")
    world.between = lambda step, do: old if step.action == GET and UPDATE in world.calls else do()
    assert world.run(steps.update(SERVICE, "a", made.outputs, keyed(**change), PLACE)).outputs["status"] == "READY"


@pytest.mark.parametrize("has_times", [True, False])
def test_one_older_answer_does_not_tell_that_keys_are_not_shown(world: World, has_times: bool) -> None:
    """Found by an attack: what somebody did to a key afterwards was seen no more."""
    made = create(world)
    assert origin_of(made.outputs)[SHOWS_KEYS] is True
    more = {} if has_times else {"lastUpdatedAt": None, "createdAt": None}
    before = altered(world.exchange(operations.get(SERVICE, "a")), **more)
    world.now += 5

    def between(step: Operation[Any], do: Do) -> Any:
        return before if step.action == GET and UPDATE in world.calls else altered(do(), **more)

    world.between = between
    new = world.run(steps.update(SERVICE, "a", made.outputs, keyed(api_key="sk-new"), PLACE))
    assert origin_of(new.outputs)[SHOWS_KEYS] is True


def test_keys_that_are_shown_no_more_are_told_from_an_older_answer(world: World) -> None:
    made = create(world)
    world.now += 5
    world.platform.switch(api_key="masked")
    new = world.run(steps.update(SERVICE, "a", made.outputs, keyed(api_key="sk-new"), PLACE))
    assert origin_of(new.outputs)[SHOWS_KEYS] is False


@pytest.mark.parametrize("failure", ["lost", "refused", "UPDATE_FAILED"])
def test_a_take_over_that_fails_says_how_to_go_on(world: World, failure: str) -> None:
    """State does not have the resource, so another run alone would say that it exists already."""
    create(world)

    def between(step: Operation[Any], do: Do) -> Any:
        if step.action == UPDATE and failure == "lost":
            do()
            raise TransportError("the answer was lost", sent=True)
        return do()

    world.between = between
    if failure == "UPDATE_FAILED":
        world.platform.inject(Fault(operation=UPDATE, outcome="UPDATE_FAILED", reason="quota"))
    elif failure == "refused":
        world.platform.inject(Fault(operation=UPDATE, status=400, code="ERR_BAD_REQUEST"))
    with pytest.raises(AgentRunError, match=r"is not in state.*AGENTRUN_ADOPT=a pulumi up"):
        create(world, adopt=True, description="ours")


@pytest.mark.parametrize("has_ids", [True, False])
@pytest.mark.parametrize("answered", ["lost", 503, 500])
def test_a_deletion_is_not_sent_again_for_what_somebody_made_since(world: World, answered: Any, has_ids: bool) -> None:
    """Found by an attack: the first deletion had come about, and the second deleted a stranger's resource."""
    made = create(world)

    def between(step: Operation[Any], do: Do) -> Any:
        response = do()
        if step.action == DELETE and world.calls.count(DELETE) == 1:
            world.now += 5
            inputs = {"model_service_name": "a", "model_type": "llm", "provider": "theirs", "provider_settings": {}}
            world.session.run(one(operations.create(ModelServiceCreateInput.model_validate(inputs))))
            if answered == "lost":
                raise TransportError("the answer was lost", sent=True)
            return httpx.Response(answered, json={"code": "ServiceUnavailable", "message": "busy", "requestId": "R"})
        return response if has_ids or step.action != GET else altered(response, modelServiceId=None)

    world.between = between
    world.run(steps.delete(SERVICE, "a", made.outputs, PLACE))
    assert world.calls.count(DELETE) == 1
    assert world.session.run(one(operations.get(SERVICE, "a"))).json()["data"]["provider"] == "theirs"


@pytest.mark.parametrize("answered", ["lost", 503])
def test_a_deletion_that_did_not_come_about_is_sent_again(world: World, answered: Any) -> None:
    made = create(world)

    def between(step: Operation[Any], do: Do) -> Any:
        if step.action == DELETE and world.calls.count(DELETE) < 3:
            if answered == "lost":
                raise TransportError("the answer was lost", sent=True)
            return httpx.Response(answered, json={"code": "ServiceUnavailable", "message": "busy", "requestId": "R"})
        return do()

    world.between = between
    world.run(steps.delete(SERVICE, "a", made.outputs, PLACE))
    assert world.calls.count(DELETE) == 3
    with pytest.raises(LifecycleError):
        world.run(steps.update(SERVICE, "a", made.outputs, keyed(api_key="sk-new"), PLACE))


def test_what_somebody_made_while_a_deletion_went_on_is_not_waited_for(world: World) -> None:
    made = create(world)

    def between(step: Operation[Any], do: Do) -> Any:
        response = do()
        if step.action == DELETE:
            world.now += 5
            inputs = {"model_service_name": "a", "model_type": "llm", "provider": "theirs", "provider_settings": {}}
            world.session.run(one(operations.create(ModelServiceCreateInput.model_validate(inputs))))
        return response

    world.between = between
    before = world.now
    world.run(steps.delete(SERVICE, "a", made.outputs, PLACE))
    assert world.now - before < 20
    assert world.session.run(one(operations.get(SERVICE, "a"))).json()["data"]["provider"] == "theirs"


@pytest.mark.parametrize("outcome", ["refused", "UPDATE_FAILED"])
def test_the_key_that_a_reference_led_to_before_is_not_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    """Found by an attack: state has but its fingerprint, and it stood in the error, and in the clear in state."""
    settings = {"api_key_from": "env:KEY", "base_url": "https://e", "model_names": ["a"]}
    monkeypatch.setenv("KEY", "sk-former-0123456789")
    controller = Controller(Claims(), keep=False)
    made = world.drive(controller.create(SERVICE, wanted(provider_settings=settings)))
    monkeypatch.setenv("KEY", "sk-new-0123456789")
    said = 'the upstream refuses "sk-former-0123456789" (and sk-new-0123456789)'
    if outcome == "refused":
        world.platform.inject(Fault(operation=UPDATE, status=400, code="BAD", message=said))
    else:
        world.platform.inject(Fault(operation=UPDATE, outcome="UPDATE_FAILED", reason=said))
    news = wanted(provider_settings=settings)
    with pytest.raises(AgentRunError, match=r'the upstream refuses "\[secret\]" \(and \[secret\]\)') as caught:
        world.drive(controller.update(SERVICE, "a", made.outputs, news, {}))
    if isinstance(caught.value, steps.IncompleteError):
        assert "0123456789" not in json.dumps([caught.value.live.outputs, caught.value.live.inputs])


class Killed(BaseException):
    """What ends a process at once."""


@pytest.mark.parametrize("is_done", [True, False], ids=["after its effect", "before"])
@pytest.mark.parametrize("shown", ["clear", "absent"])
def test_an_update_that_a_kill_cut_off_is_open_on_this_machine(world: World, shown: Any, is_done: bool) -> None:
    """Found by an attack: with the program put back, nothing was to be done, and the service kept the new key."""
    world.platform.switch(api_key=shown)
    controller = Controller(Claims(), keep=False)
    made = world.drive(controller.create(SERVICE, wanted()))

    def killed(step: Operation[Any], do: Do) -> Any:
        if step.action == UPDATE:
            if is_done:
                do()
            raise Killed
        return do()

    world.between = killed
    with pytest.raises(Killed):
        world.drive(controller.update(SERVICE, "a", made.outputs, keyed(api_key="sk-new"), {}))
    world.between = lambda step, do: do()
    assert world.drive(controller.diff(SERVICE, "a", SERVICE_URN, made.outputs, wanted())).diff.changed == ("status",)
    back = world.drive(controller.update(SERVICE, "a", made.outputs, wanted(), {}))
    world.platform.switch(api_key="clear")
    settings = world.session.run(one(operations.get(SERVICE, "a"))).json()["data"]["providerSettings"]
    assert settings["apiKey"] == "sk-hidden"
    assert world.drive(controller.diff(SERVICE, "a", SERVICE_URN, back.outputs, wanted())).diff.changed == ()


@pytest.mark.parametrize("end", ["refused", "gone"])
def test_an_update_that_was_refused_or_whose_resource_is_gone_leaves_nothing_open(world: World, end: str) -> None:
    made = create(world)
    if end == "refused":
        world.platform.inject(Fault(operation=UPDATE, status=400, code="ERR_BAD_REQUEST"))
        with pytest.raises(AgentRunError):
            world.run(steps.update(SERVICE, "a", made.outputs, keyed(api_key="sk-new"), PLACE))
    else:
        notes.note(notes.CHANGING, PLACE.key(SERVICE, "a"))
        world.run(steps.delete(SERVICE, "a", made.outputs, PLACE))
    assert notes.read(notes.CHANGING, PLACE.key(SERVICE, "a")) is None


def cut_off(world: World, controller: Controller, outputs: dict[str, Any]) -> None:
    def killed(step: Operation[Any], do: Do) -> Any:
        response = do()
        if step.action == UPDATE:
            raise Killed
        return response

    world.between = killed
    with pytest.raises(Killed):
        world.drive(controller.update(SERVICE, "a", outputs, keyed(api_key="sk-new"), {}))
    world.between = lambda step, do: do()


def test_an_update_that_ended_without_its_engine_is_open(world: World) -> None:
    """Found by an attack: Pulumi's host of dynamic providers outlives its engine, and ends what it has begun."""
    controller = Controller(Claims(), keep=False)
    made = world.drive(controller.create(SERVICE, wanted()))
    world.drive(controller.update(SERVICE, "a", made.outputs, keyed(api_key="sk-new"), {}))  # and state never heard
    found = world.drive(controller.diff(SERVICE, "a", SERVICE_URN, made.outputs, wanted()))
    assert found.diff.changed == ("status",)
    back = world.drive(controller.update(SERVICE, "a", made.outputs, wanted(), {}))
    assert world.drive(controller.diff(SERVICE, "a", SERVICE_URN, back.outputs, wanted())).diff.changed == ()


def test_a_refusal_does_not_close_what_a_kill_has_left_open(world: World) -> None:
    """Found by an attack: credentials had run out, and after that the other key stayed for good."""
    controller = Controller(Claims(), keep=False)
    made = world.drive(controller.create(SERVICE, wanted()))
    cut_off(world, controller, made.outputs)
    world.platform.inject(Fault(operation=UPDATE, status=403, code="NoPermission"))
    with pytest.raises(AgentRunError, match="NoPermission"):
        world.drive(controller.update(SERVICE, "a", made.outputs, wanted(), {}))
    assert world.drive(controller.diff(SERVICE, "a", SERVICE_URN, made.outputs, wanted())).diff.changed == ("status",)


@pytest.mark.parametrize("how", ["made anew", "adopted"])
def test_what_a_kill_has_left_open_is_not_that_of_what_came_after(world: World, how: str) -> None:
    """Found by an attack: after an `up` that was well, the next one had something to do."""
    controller = Controller(Claims(), keep=False)
    made = world.drive(controller.create(SERVICE, wanted()))
    cut_off(world, controller, made.outputs)
    if how == "made anew":
        world.session.run(one(operations.delete(SERVICE, "a")))
    new = world.drive(Controller(Claims(), keep=False).create(SERVICE, wanted(adopt=how == "adopted")))
    news = wanted(adopt=how == "adopted")
    assert world.drive(controller.diff(SERVICE, "a", SERVICE_URN, new.outputs, news)).diff.changed == ()


@pytest.mark.parametrize("verb", ["read", "settled", "delete"])
def test_what_is_young_and_gone_is_gone_however_short_the_timeout(world: World, verb: str) -> None:
    """`readyTimeout` bounds what is waited for; not to believe a first look takes its time beside that."""
    made = create(world)
    world.session.run(one(operations.delete(SERVICE, "a")))
    place = replace(PLACE, timeout=1.0)
    if verb == "read":
        assert world.run(steps.read(SERVICE, "a", made.outputs, place)) is None
    elif verb == "settled":
        assert world.run(steps.settled(SERVICE, "a", made.outputs, place))["status"] == "DELETING"
    else:
        world.run(steps.delete(SERVICE, "a", made.outputs, place))
