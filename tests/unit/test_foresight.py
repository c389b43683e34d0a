"""What a preview foretells of a creation: in words, by paths, and without a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.client import operations
from pulumi_agentrun.client.errors import AgentRunError, ConfigError, TransportError
from pulumi_agentrun.client.kinds import PROXY, SERVICE, Kind
from pulumi_agentrun.lifecycle import check, controller, steps
from pulumi_agentrun.lifecycle.claims import Claims
from pulumi_agentrun.lifecycle.foresight import foresee
from pulumi_agentrun.lifecycle.live import LifecycleError
from pulumi_agentrun.lifecycle.profiles import Accounts
from pulumi_agentrun.lifecycle.schema import shapes_of
from pulumi_agentrun.lifecycle.sending import TakenError
from pulumi_agentrun.lifecycle.unknown import UNKNOWN
from pulumi_agentrun.platform import Fault
from unit.world import PLACE, World, create, wanted

AT = replace(PLACE, location="embedded:1")
CHECKING = replace(AT, checks_names=True)
SETTINGS = {"api_key": "sk-hidden", "base_url": "https://e", "model_names": ["b", "a"]}
GET = "GetModelService"
SAME = "nothing that it shows would change, but an update would be sent"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    return World(tmp_path / "platform")


def told(world: World, ours: Mapping[str, Any], *, adopt: bool = True) -> str:
    """Return what is told after a service was made, having seen that it takes one look."""
    world.calls.clear()
    world.notices.clear()
    world.run(foresee(SERVICE, ours, AT if adopt else CHECKING, adopt=adopt))
    assert world.calls == [GET]
    return "".join(world.notices)


def would(text: str) -> str:
    return f"Model service a exists and would be taken over; {text}."


def test_what_is_the_same_would_not_change(world: World) -> None:
    create(world, description="one")
    assert told(world, wanted(description="one")) == would(SAME)
    create(world, adopt=True, description="one")
    assert "UpdateModelService" in world.calls


def test_what_differs_is_told_by_its_path_and_without_its_value(world: World) -> None:
    create(world, description="one", model_info_configs=[{"model_name": "m"}])
    settings = {**SETTINGS, "base_url": "https://other", "api_key": "sk-other"}
    text = told(world, wanted(description="two", provider_settings=settings))
    assert text == would(
        "it would change in description, provider_settings.base_url; set anew, whatever it is now: "
        "provider_settings.api_key"
    )


@pytest.mark.parametrize("shown", ["clear", "masked", "absent"])
def test_a_key_is_only_known_to_stay_where_it_is_shown(world: World, shown: str) -> None:
    world.platform.switch(api_key=shown)
    create(world)
    ours = SAME
    hidden = f"{ours}; set anew, whatever it is now: provider_settings.api_key"
    assert told(world, wanted()) == would(ours if shown == "clear" else hidden)


def test_a_reference_to_a_key_is_told_of_as_it_is_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    create(world)
    settings = {key: value for key, value in SETTINGS.items() if key != "api_key"} | {"api_key_from": "env:KEY_OF_A"}
    monkeypatch.setenv("KEY_OF_A", "sk-hidden")
    assert told(world, wanted(provider_settings=settings)) == would(SAME)
    monkeypatch.setenv("KEY_OF_A", "sk-other")
    text = told(world, wanted(provider_settings=settings))
    assert text == would(f"{SAME}; set anew, whatever it is now: provider_settings.api_key_from")


def test_what_the_program_leaves_out_of_an_object_may_be_cleared(world: World) -> None:
    create(world, description="unmanaged")
    settings = {"api_key": "sk-hidden", "base_url": "https://e"}
    assert told(world, wanted(provider_settings=settings)) == would(
        f"{SAME}; perhaps cleared, for the program leaves it out: provider_settings.model_names"
    )


def test_what_is_not_known_yet_is_told_as_that(world: World) -> None:
    create(world)
    ours = wanted(description=UNKNOWN, provider_settings={**SETTINGS, "api_key": UNKNOWN})
    assert told(world, ours) == would(
        "it would change in description (not known yet); set anew, whatever it is now: "
        "provider_settings.api_key (not known yet)"
    )
    text = f"{SAME}; not known yet, and if another than now, it cannot be adopted: provider"
    assert told(world, {**wanted(), "provider": UNKNOWN}) == would(text)


def test_a_list_is_told_of_by_index_where_its_order_has_a_meaning(world: World) -> None:
    def gateway(weight: int, model: str, **more: Any) -> dict[str, Any]:
        endpoints = [{"model_service_name": "a", "weight": 10}, {"model_service_name": "b", "weight": weight}]
        fallbacks = [{"model_service_name": "a", **more}, {"model_service_name": "b", "model_name": model}]
        config = {"endpoints": endpoints, "policies": {"fallbacks": fallbacks}}
        found, failures = check.check(PROXY, {}, {"model_proxy_name": "g", "proxy_config": config})
        assert failures == []
        return found

    world.run(steps.create(PROXY, gateway(80, "one", model_name="left-out"), PLACE))
    world.run(foresee(PROXY, gateway(90, "two"), AT, adopt=True))
    (notice,) = world.notices
    assert notice == (
        "Model proxy g exists and would be taken over; it would change in proxy_config.endpoints, "
        "proxy_config.policies.fallbacks[1].model_name; perhaps cleared, for the program leaves it out: "
        "proxy_config.policies.fallbacks[0].model_name."
    )


def test_an_unfit_one_is_refused_in_the_words_of_the_creation(world: World) -> None:
    create(world)
    ours = wanted(provider="other")
    with pytest.raises(ConfigError) as foretold:
        told(world, ours)
    with pytest.raises(ConfigError) as met:
        create(world, adopt=True, provider="other")
    assert str(foretold.value) == str(met.value)


def test_an_unfit_one_is_told_by_all_that_differs_and_without_the_programs_values(world: World) -> None:
    create(world)
    with pytest.raises(ConfigError) as refused:
        create(world, adopt=True, provider="sk-TOPSECRET-987", model_type="sk-TOPSECRET-988")
    assert str(refused.value) == (
        "Model service a cannot be adopted: its model_type is 'llm' and its provider is 'p', which cannot be changed, "
        "and the program says otherwise. Set model_type='llm' and provider='p', or choose another name."
    )
    assert world.calls.count("UpdateModelService") == 0


def test_a_live_number_of_an_unfit_one_is_told_as_it_is(world: World) -> None:
    config = {"endpoints": [{"base_url": "https://a.example"}]}

    def gateway(**more: Any) -> Any:
        found, failures = check.check(PROXY, {}, {"model_proxy_name": "g", "proxy_config": config, **more})
        assert failures == []
        return steps.create(PROXY, found, PLACE, adopt=True)

    world.run(gateway(cpu=0.5, memory=2048))
    with pytest.raises(
        ConfigError, match=r"its cpu is 0\.5 and its memory is 2048, which .* Set cpu=0\.5 and memory=2048"
    ):
        world.run(gateway(cpu=48291, memory=48291))


@pytest.mark.parametrize("kind", [SERVICE, PROXY])
def test_what_an_adoption_shows_of_a_live_one_is_never_a_secret(kind: Kind[Any]) -> None:
    shapes = shapes_of(kind)
    assert [key for key in kind.immutable if shapes[key].holds_secret()] == []


def test_a_taken_name_is_refused_in_the_words_of_the_creation(world: World) -> None:
    create(world)
    with pytest.raises(TakenError) as foretold:
        told(world, wanted(), adopt=False)
    with pytest.raises(TakenError) as met:
        create(world)
    assert str(foretold.value) == str(met.value)


def test_a_free_name_is_told_of_only_where_something_was_to_be_adopted(world: World) -> None:
    assert told(world, wanted(), adopt=False) == ""
    names = "AGENTRUN_ADOPT names a, but no model service of that name exists: it would be created."
    assert told(world, wanted()).startswith(names)
    assert told(world, wanted(adopt=True)).startswith(
        "adopt=True is set on a, but no model service of that name exists"
    )


def test_what_was_never_ready_would_be_made_anew(world: World) -> None:
    world.platform.inject(Fault(operation="CreateModelService", outcome="CREATE_FAILED"))
    with pytest.raises(AgentRunError):
        world.run(steps.create(SERVICE, wanted(), PLACE, keep=True))
    assert told(world, wanted()).endswith("exists but was never ready: it would be deleted and created anew.")


@pytest.mark.parametrize("adopt", [True, False])
def test_what_is_on_its_way_out_would_be_waited_for(world: World, adopt: bool) -> None:
    create(world)
    world.platform.switch(latency=10.0, deletion="gradual")
    world.exchange(operations.delete(SERVICE, "a"))
    assert "is on its way out: it would be waited for" in told(world, wanted(), adopt=adopt)


def test_a_look_that_fails_says_so_within_its_time(world: World) -> None:
    def between(step: Any, do: Any) -> Any:
        raise TransportError("the network is down", sent=False)

    world.between = between
    began = world.now
    with pytest.raises(LifecycleError, match=r"^Whether model service a exists could not be found out, as adopt=True "):
        world.run(foresee(SERVICE, wanted(adopt=True), AT, adopt=True))
    with pytest.raises(LifecycleError, match=r"as agentrun:checkNames has a preview do: .*the network is down"):
        world.run(foresee(SERVICE, wanted(), CHECKING, adopt=False))
    assert world.now - began < 60


def test_an_embedded_platform_that_is_not_made_yet_has_no_names(world: World) -> None:
    world.run(foresee(SERVICE, wanted(), replace(PLACE, checks_names=True), adopt=False))
    assert world.calls == []


@pytest.mark.parametrize("kind", [SERVICE, PROXY])
def test_nobody_is_asked_without_a_reason(kind: Kind[Any], world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def looks(at: Any = AT, claims: Claims | None = None, name: Any = "a", **more: Any) -> bool:
        return controller.looks(claims or Claims(), kind, {kind.name_field: name, **more}, at)

    assert not looks()
    assert looks(CHECKING)
    assert looks(adopt=True)
    assert not looks(adopt=UNKNOWN)
    assert not looks(CHECKING, name=UNKNOWN)
    recorded = Claims()
    recorded.record(kind, CHECKING, "a")
    assert not looks(CHECKING, recorded), "this run may free the name"
    monkeypatch.setenv("AGENTRUN_ADOPT", "b, a")
    assert looks()
    assert not looks(name="c")


def test_a_name_that_is_nearly_the_one_in_the_variable_is_told_without_a_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_of(name: str) -> str:
        ours = wanted(model_service_name=name)
        world.notices.clear()
        world.drive(controller.Controller(Claims(), keep=True).foresee(SERVICE, ours), AT)
        return "".join(world.notices)

    monkeypatch.setenv("AGENTRUN_ADOPT", "qwen-prd,other")
    text = "AGENTRUN_ADOPT names qwen-prd and not qwen-prod, so this model service would be created. Did you mean"
    assert told_of("qwen-prod") == f"{text} qwen-prod?"
    assert told_of("gateway") == ""
    monkeypatch.setenv("AGENTRUN_ADOPT", "other,QWEN-X")
    assert told_of("qwen-x").startswith("AGENTRUN_ADOPT names QWEN-X and not qwen-x, so")
    for several in ("qwen;second-one", "second-one qwen", "second-one|qwen", "second-one; QWEN", "qwen;"):
        monkeypatch.setenv("AGENTRUN_ADOPT", several)
        assert told_of("qwen") == (
            f"AGENTRUN_ADOPT names {several} and not qwen, so this model service would be created. Did you mean qwen? "
            "Names are separated by commas."
        )
        assert told_of("gateway") == ""
    assert world.calls == []


@pytest.mark.parametrize(("given", "checks"), [(None, False), ("true", True), (True, True), ("False", False)])
def test_the_setting_is_one_of_the_stack_and_of_each_profile(given: object, checks: bool) -> None:
    settings = {"endpoint": "https://one.example", "accessKeyId": "i", "accessKeySecret": "s", "checkNames": given}
    stack = {f"agentrun:{key}": value for key, value in settings.items()}
    assert Accounts(stack.get, lambda notice: None).place(None).checks_names is checks
    profiles = {"agentrun:profiles": {"eu": settings}}
    assert Accounts(profiles.get, lambda notice: None).place("eu").checks_names is checks
    with pytest.raises(ConfigError, match=r"^agentrun:checkNames must be true or false\.$"):
        Accounts({**stack, "agentrun:checkNames": "yes"}.get, lambda notice: None).place(None)
