"""Create, update, read and delete against the embedded platform in every kind of trouble, on a clock of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.client import waiters
from pulumi_agentrun.client.errors import AgentRunError
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.lifecycle import steps
from pulumi_agentrun.lifecycle.diff import diff, update_of
from pulumi_agentrun.lifecycle.live import LifecycleError
from pulumi_agentrun.lifecycle.steps import Place
from pulumi_agentrun.platform import Fault
from unit.world import PLACE, World, create, wanted


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


TROUBLES = {
    "lost before": Fault(operation="CreateModelService", drop="before"),
    "lost after": Fault(operation="CreateModelService", drop="after"),
    "500": Fault(operation="CreateModelService", status=500, code="ERR_INTERNAL_SERVER_ERROR"),
    "502 of a gateway": Fault(operation="CreateModelService", status=502, body=b"<html>"),
    "half an answer": Fault(operation="CreateModelService", status=200, body=b'{"code": "SUCC'),
    "throttled": Fault(operation="CreateModelService", status=429, code="Throttling.User", times=3),
    "throttled for a while": Fault(
        operation="CreateModelService", status=429, code="Throttling.Api", retry_after_ms=700
    ),
    "burst": Fault(operation="*", status=503, code="ServiceUnavailable", times=4),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_a_creation_passes_through_trouble(world: World, trouble: Fault) -> None:
    world.platform.inject(trouble)
    made = create(world)
    assert made.id == "a"
    assert made.outputs["status"] == "READY"
    again = world.run(steps.read(SERVICE, "a", made.outputs, PLACE))
    assert diff(SERVICE, "a", again.outputs, wanted()).changed == ()


def test_a_creation_that_fails_is_deleted_and_says_why(world: World) -> None:
    world.platform.inject(Fault(operation="CreateModelService", outcome="CREATE_FAILED", reason="no quota"))
    with pytest.raises(LifecycleError, match=r"CREATE_FAILED: no quota .*request id .*nothing is left behind"):
        create(world)
    assert world.run(steps.read(SERVICE, "a", {}, PLACE)) is None


def test_a_creation_that_takes_too_long_is_deleted(world: World) -> None:
    world.platform.switch(latency=1000.0)
    with pytest.raises(LifecycleError, match="was not ready within 60 seconds"):
        create(world)
    assert world.run(steps.read(SERVICE, "a", {}, PLACE)) is None
    waits = [pause for pause in world.pauses if pause]
    assert waits[:3] == pytest.approx([0.2, 0.3, 0.45])
    assert max(waits) == waiters.LONGEST_POLL


def test_a_cleanup_that_fails_says_what_to_do(world: World) -> None:
    world.platform.inject(Fault(operation="CreateModelService", outcome="CREATE_FAILED", reason="no quota"))
    world.platform.inject(Fault(operation="DeleteModelService", status=403, code="NoPermission", times=9))
    with pytest.raises(steps.IncompleteError, match=r"could not be deleted again.*It stays in state") as caught:
        create(world)
    assert "AGENTRUN_ADOPT=a pulumi up" in str(caught.value.unkept)
    assert caught.value.live.outputs["status"] == "CREATE_FAILED"


def test_what_exists_is_taken_over_only_when_asked(world: World) -> None:
    create(world)
    with pytest.raises(LifecycleError, match="exists already, so nothing was created"):
        create(world)
    assert create(world, adopt=True).id == "a"


def test_transient_errors_while_waiting_are_waited_out(world: World) -> None:
    world.platform.switch(latency=8.0)
    world.platform.inject(Fault(operation="GetModelService", status=500, code="E", skip=2, times=7))
    assert create(world).outputs["status"] == "READY"
    assert world.notices == ["model service a is CREATING", "model service a is READY"]


def test_a_failed_update_says_why(world: World) -> None:
    made = create(world)
    world.platform.inject(Fault(operation="UpdateModelService", outcome="UPDATE_FAILED", reason="busy"))
    with pytest.raises(steps.IncompleteError, match="UPDATE_FAILED: busy"):
        world.run(steps.update(SERVICE, "a", made.outputs, wanted(description="new"), PLACE))


def test_an_update_that_failed_is_sent_again_whole(world: World) -> None:
    made = create(world)
    world.platform.inject(Fault(operation="UpdateModelService", outcome="UPDATE_FAILED", reason="busy"))
    news = wanted(description="new")
    with pytest.raises(steps.IncompleteError, match=r"UPDATE_FAILED: busy.*The next pulumi up") as caught:
        world.run(steps.update(SERVICE, "a", made.outputs, news, PLACE))
    left = caught.value.live.outputs
    assert (left["description"], left["status"]) == ("new", "UPDATE_FAILED")
    found = diff(SERVICE, "a", left, news)
    assert (found.changed, found.replaces) == (("status",), ())
    assert update_of(SERVICE, left, news).keys() >= {"description", "provider_settings"}
    assert world.run(steps.update(SERVICE, "a", left, news, PLACE)).outputs["status"] == "READY"


def test_a_failed_update_of_what_cannot_be_read_is_just_that(world: World) -> None:
    made = create(world)
    world.platform.inject(Fault(operation="UpdateModelService", outcome="UPDATE_FAILED", reason="busy"))
    world.platform.inject(Fault(operation="GetModelService", status=403, code="Forbidden", times=9))
    with pytest.raises(steps.IncompleteError, match="UPDATE_FAILED: busy"):
        world.run(steps.update(SERVICE, "a", made.outputs, wanted(description="new"), PLACE))


def test_an_update_of_what_has_gone_says_what_to_do(world: World) -> None:
    with pytest.raises(LifecycleError, match="run pulumi refresh"):
        world.run(steps.update(SERVICE, "a", wanted(), wanted(description="new"), PLACE))


@pytest.mark.parametrize("deletion", ["immediate", "gradual"])
def test_a_deletion_waits_until_it_is_gone(world: World, deletion: str) -> None:
    world.platform.switch(latency=3.0, deletion=deletion)
    made = create(world)
    world.run(steps.delete(SERVICE, "a", made.outputs, PLACE))
    assert world.run(steps.read(SERVICE, "a", made.outputs, PLACE)) is None
    world.run(steps.delete(SERVICE, "a", made.outputs, PLACE))


def test_a_deletion_that_is_refused_for_now_is_tried_again(world: World) -> None:
    made = create(world)
    world.platform.inject(Fault(operation="DeleteModelService", status=409, code="ERR_RESOURCE_IN_USE", times=3))
    world.run(steps.delete(SERVICE, "a", made.outputs, PLACE))
    world.platform.inject(Fault(operation="DeleteModelService", status=400, code="ERR_BAD_REQUEST"))
    with pytest.raises(AgentRunError, match="ERR_BAD_REQUEST"):
        world.run(steps.delete(SERVICE, "a", made.outputs, PLACE))


@pytest.mark.parametrize(
    "trouble",
    [
        Fault(operation="GetModelService", status=404, code="InvalidAccessKeyId.NotFound", message="not found"),
        Fault(operation="GetModelService", status=404, body=b"<html>404 not found</html>"),
        Fault(
            operation="GetModelService", status=404, body=b'{"detail": "Not Found"}', content_type="application/json"
        ),
        Fault(operation="GetModelService", status=403, code="NoPermission"),
    ],
)
def test_only_the_service_can_say_that_a_resource_is_gone(world: World, trouble: Fault) -> None:
    made = create(world)
    world.platform.inject(trouble)
    with pytest.raises(AgentRunError):
        world.run(steps.read(SERVICE, "a", made.outputs, PLACE))


def test_no_other_region_is_searched(world: World) -> None:
    made = create(world)
    acts: list[Callable[[Place], Any]] = [
        lambda place: steps.read(SERVICE, "a", made.outputs, place),
        lambda place: steps.update(SERVICE, "a", made.outputs, wanted(), place),
        lambda place: steps.delete(SERVICE, "a", made.outputs, place),
    ]
    for act in acts:
        with pytest.raises(AgentRunError, match="is in embedded, but the settings lead to cn-shanghai"):
            world.run(act(Place("cn-shanghai")))


@pytest.mark.parametrize("nested", ["merge", "replace"])
@pytest.mark.parametrize("api_key", ["clear", "masked", "absent"])
@pytest.mark.parametrize("computed", ["absent", "filled"])
@pytest.mark.parametrize("list_order", ["kept", "sorted"])
def test_nothing_drifts_under_any_behaviour_of_the_service(
    world: World, nested: str, api_key: str, computed: str, list_order: str
) -> None:
    world.platform.switch(nested=nested, api_key=api_key, computed=computed, list_order=list_order)
    live = create(world)
    for news in (wanted(description="one"), wanted(network_configuration={"vpc_id": "v"}), wanted()):
        live = world.run(steps.update(SERVICE, "a", live.outputs, news, PLACE))
        seen = world.run(steps.read(SERVICE, "a", live.outputs, PLACE))
        assert diff(SERVICE, "a", seen.outputs, news).changed == ()
