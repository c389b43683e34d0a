"""What both front doors ask of the lifecycle, in which order, and what a run remembers in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.client import operations
from pulumi_agentrun.client.errors import AgentRunError, ConfigError
from pulumi_agentrun.client.flows import Notice, drive, drive_async
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.lifecycle import notes, steps
from pulumi_agentrun.lifecycle.claims import Claims
from pulumi_agentrun.lifecycle.controller import Controller, Locate, Run, Step
from pulumi_agentrun.lifecycle.unknown import UNKNOWN
from pulumi_agentrun.platform import Fault
from unit.world import PLACE, World, wanted

URN = "urn:pulumi:dev::p::t::a"
NEWS = {key: value for key, value in wanted().items() if key in SERVICE.inputs}
KEY = "sk-hidden"
AT = replace(PLACE, location="embedded:1")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    return World(tmp_path / "platform")


@pytest.fixture
def controller() -> Controller:
    return Controller(Claims(), keep=False)


def asked(verb: Any, answer: Callable[[Step], Any] = lambda step: None) -> tuple[list[Step], Any]:
    """Return what a verb yields, and what it comes to."""
    steps: list[Step] = []

    def perform(step: Step) -> Any:
        steps.append(step)
        return answer(step)

    return steps, drive(verb, perform)


def test_inputs_that_are_wrong_are_asked_of_nobody(controller: Controller) -> None:
    seen, (_, failures) = asked(controller.check(SERVICE, URN, {}, {**NEWS, "provider": 1}))
    assert [failure.path for failure in failures] == [("provider",)]
    assert not seen
    seen, (_, failures) = asked(controller.check(SERVICE, URN, {}, NEWS, is_wrong=True))
    assert not failures
    assert not seen


def test_a_name_is_claimed_before_anything_is_foretold_of_it(world: World, controller: Controller) -> None:
    wants = {**NEWS, "adopt": True}
    for urn, failing in ((URN, False), (f"{URN}-2", True)):
        seen, (_, failures) = asked(
            controller.check(SERVICE, urn, {}, wants, foresee=True),
            lambda step: PLACE if isinstance(step, Locate) else world.run(step.at(PLACE)),  # type: ignore[union-attr]
        )
        kinds = [type(step) for step in seen]
        assert kinds == ([Locate] if failing else [Locate, Locate, Run])
        assert bool(failures) is failing
    assert "cannot be a-2 too" in str(failures[0])


def test_what_a_creation_would_fail_with_fails_the_check(world: World, controller: Controller) -> None:
    world.drive(Controller(Claims(), keep=False).create(SERVICE, wanted()))
    other = wanted(provider="q", adopt=True)
    _, failures = world.drive(controller.check(SERVICE, URN, {}, other, foresee=True), AT)
    assert str(failures[0]).startswith("Model service a cannot be adopted")
    _, failures = world.drive(controller.check(SERVICE, URN, NEWS, other, foresee=True), AT)
    assert not failures, "it is in state, so nothing is to be created"


def test_a_configuration_that_leads_nowhere_is_a_failure_of_the_check(controller: Controller) -> None:
    def nowhere(step: Step) -> Any:
        raise ConfigError("Set agentrun:region.")

    _, (_, failures) = asked(controller.check(SERVICE, URN, {}, NEWS), nowhere)
    assert [str(failure) for failure in failures] == ["Set agentrun:region."]
    with pytest.raises(ConfigError):
        asked(controller.diff(SERVICE, "a", URN, NEWS, NEWS), nowhere)


def test_a_profile_that_is_gone_does_not_keep_a_resource_from_leaving_it(controller: Controller) -> None:
    def nowhere(step: Step) -> Any:
        raise ConfigError("There is no profile 'eu'.")

    _, compared = asked(controller.diff(SERVICE, "a", URN, {**NEWS, "profile": "eu"}, NEWS), nowhere)
    assert compared.diff.replaces == ("profile",)


@pytest.mark.parametrize("verb", ["check", "diff", "foresee", "plan"])
def test_a_preview_goes_on_where_the_configuration_is_not_known_yet(controller: Controller, verb: str) -> None:
    verbs: Mapping[str, Callable[[], Any]] = {
        "check": lambda: controller.check(SERVICE, URN, {}, NEWS),
        "diff": lambda: controller.diff(SERVICE, "a", URN, NEWS, NEWS),
        "foresee": lambda: controller.foresee(SERVICE, {**NEWS, "adopt": True}),
        "plan": lambda: controller.plan(SERVICE, {}, NEWS),
    }
    seen, answer = asked(verbs[verb]())
    assert [type(step) for step in seen] == [Locate]
    if verb == "plan":
        assert answer["region"] is UNKNOWN


def test_a_plan_is_remarked_on_and_a_refresh_is_not(world: World, controller: Controller) -> None:
    live = world.drive(controller.create(SERVICE, wanted()))
    news = wanted(provider_settings={**NEWS["provider_settings"], "api_key": "sk-other"})
    world.drive(controller.diff(SERVICE, "a", URN, live.outputs, news))
    assert world.notices == []
    world.drive(controller.check(SERVICE, URN, live.inputs, news))
    world.drive(controller.diff(SERVICE, "a", URN, live.outputs, news))
    assert world.notices == ["model service a: the key provider_settings.api_key changes"]


def test_what_was_going_when_it_was_last_seen_is_looked_at_before_it_is_compared(
    world: World, controller: Controller
) -> None:
    live = world.drive(controller.create(SERVICE, wanted()))
    notes.note(notes.LEAVING, PLACE.key(SERVICE, "a"))
    world.exchange(operations.delete(SERVICE, "a"))
    assert world.drive(controller.diff(SERVICE, "a", URN, live.outputs, live.inputs)).diff.replaces == ("status",)


def test_what_this_run_took_over_is_spared_from_its_older_record(world: World, controller: Controller) -> None:
    old = world.drive(Controller(Claims(), keep=False).create(SERVICE, wanted()))
    world.drive(controller.create(SERVICE, wanted(adopt=True)))
    world.drive(controller.delete(SERVICE, "a", old.outputs))
    assert world.notices[-1] == "model service a is not deleted: it belongs to another record of the program by now"
    assert world.drive(controller.read(SERVICE, "a", old.outputs)) is not None


@pytest.mark.parametrize("keep", [True, False])
def test_a_creation_that_comes_to_no_end_is_held_where_it_is_kept(world: World, keep: bool) -> None:
    world.platform.inject(Fault(operation="CreateModelService", outcome="CREATE_FAILED"))
    claims = Claims()
    with pytest.raises(steps.IncompleteError if keep else AgentRunError):
        world.drive(Controller(claims, keep=keep).create(SERVICE, wanted()))
    assert claims.spares(SERVICE, PLACE, "a", {}) is keep


def test_a_key_that_no_program_has_set_is_left_alone_by_every_verb(world: World, controller: Controller) -> None:
    """An import reads it; the program that follows has none, and does not clear it."""
    live = world.drive(controller.create(SERVICE, wanted()))
    settings = {key: value for key, value in NEWS["provider_settings"].items() if key != "api_key"}
    news = wanted(provider_settings=settings)
    before = {key: value for key, value in news.items() if key in SERVICE.inputs}
    assert not world.drive(controller.diff(SERVICE, "a", URN, live.outputs, news, before)).diff.changed
    assert world.drive(controller.diff(SERVICE, "a", URN, live.outputs, news)).diff.changed == ("provider_settings",)
    updated = world.drive(controller.update(SERVICE, "a", live.outputs, {**news, "description": "d"}, before))
    shown = world.drive(controller.read(SERVICE, "a", {"model_service_name": "a"}))
    assert updated.outputs["description"] == "d"
    assert shown.outputs["provider_settings"]["api_key"] == KEY


@pytest.mark.parametrize("shown", ["clear", "masked"])
def test_a_plan_warns_where_an_update_may_clear_a_key_that_no_program_has_set(
    world: World, controller: Controller, shown: Any
) -> None:
    """Found by an attack: after an import, another model in the list took the service its key, without a word."""
    world.platform.switch(api_key=shown)
    world.drive(controller.create(SERVICE, wanted()))
    imported = world.drive(controller.read(SERVICE, "a", {"model_service_name": "a"})).outputs
    settings = {key: value for key, value in NEWS["provider_settings"].items() if key != "api_key"}
    before = {key: value for key, value in wanted(provider_settings=settings).items() if key in SERVICE.inputs}
    for changes, is_said in (
        ({"description": "d"}, False),
        ({"provider_settings": settings | {"model_names": ["z"]}}, True),
    ):
        world.notices.clear()
        _, failures = world.drive(controller.check(SERVICE, URN, imported, wanted(provider_settings=settings)))
        assert not failures
        world.drive(controller.diff(SERVICE, "a", URN, imported, {**before, **changes}, before))
        warned = "provider_settings is sent without provider_settings.api_key, which the program does not set"
        assert any(warned in notice for notice in world.notices) is is_said


def test_the_options_of_a_resource_bound_a_step_and_its_secrets_are_known_to_it(controller: Controller) -> None:
    news = {**wanted(), "__custom_timeouts": {"create": "2m"}}
    for limit, seconds in ((None, 120.0), (7.0, 7.0)):
        (run,) = asked(controller.create(SERVICE, news, limit), lambda step: None)[0]
        assert isinstance(run, Run)
        assert (run.limit, run.secrets, run.make) == (seconds, (KEY,), True)
    (run,) = asked(controller.update(SERVICE, "a", NEWS, wanted(provider_settings={"api_key": "sk-2"})))[0]
    assert isinstance(run, Run)
    assert set(run.secrets) == {KEY, "sk-2"}
    assert not run.make
    assert KEY not in repr(run)


async def test_both_drivers_throw_what_fails_into_the_verb(controller: Controller) -> None:
    """As `check`, which makes a failure of an error of what it asks for."""

    async def nowhere(step: Step) -> Any:
        if isinstance(step, Notice):
            return None
        raise ConfigError("Nowhere.")

    _, failures = await drive_async(controller.check(SERVICE, URN, {}, NEWS), nowhere)
    assert [str(failure) for failure in failures] == ["Nowhere."]
