"""A plan is true: what is not known yet is foretold as unknown, and an update can be held to its plan."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from e2e.project import DOORS, Project, Run
from pulumi_agentrun.client import ModelServiceCreateInput, ModelServiceUpdateInput, ProviderSettings
from pydantic import SecretStr

both = pytest.mark.parametrize("door", DOORS)

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
PLANS = {"PULUMI_EXPERIMENTAL": "true", "MODEL_KEY": "sk-by-reference"}
LATE = """
settings = {{"api_key_from": "env:MODEL_KEY"}}
made = ModelService("{name}", model_type="llm", provider="tongyi", provider_settings=settings)
def late(value):
    return made.created_at.apply(lambda _: value)
one, two = [{{"model_service_name": "a"}}], [{{"model_service_name": "a"}}, {{"model_service_name": "b"}}]
"""


def late(name: str) -> str:
    """Return the beginning of a program in which `late` makes a value unknown while a service is not there yet."""
    return LATE.format(name=name)


def as_planned(project: Project) -> tuple[Run, Run]:
    """Plan, and update within the plan."""
    plan = project.preview("--save-plan", "plan.json", env=PLANS)
    return plan, project.up("--plan", "plan.json", env=PLANS)


@both
def test_what_hangs_on_an_unknown_is_planned_as_unknown(project: Project) -> None:
    project.program(
        late("qwen")
        + "ModelProxy('whole', proxy_config=late({'endpoints': two}))\n"
        + "ModelProxy('one', proxy_config={'endpoints': late(one)})\n"
        + "ModelProxy('two', proxy_config={'endpoints': late(two)})\n"
        + "ModelProxy('said', proxy_config={'endpoints': late(two)}, proxy_mode='multi')\n"
    )
    plan, up = as_planned(project)
    for event in plan.events:
        meta = event.get("resourcePreEvent", {}).get("metadata", {})
        if "ModelProxy" in meta.get("type", ""):
            is_said = meta["urn"].endswith("::said")
            for key in ("proxy_mode", "model_proxy_name"):
                assert (meta["new"]["inputs"][project.spelled(key)] == UNKNOWN) is not is_said
    assert up.changed == plan.changed == dict.fromkeys(("qwen", "whole", "one", "two", "said"), "create")
    modes = {n: r["inputs"].get(project.spelled("proxy_mode")) for n, r in project.resources().items() if n != "qwen"}
    assert modes == {"whole": "multi", "one": "single", "two": "multi", "said": "multi"}
    assert project.up(env=PLANS).changed == {}


@both
def test_an_unknown_mode_plans_the_replacement_that_may_come(project: Project) -> None:
    gateway = "ModelProxy('gateway', proxy_config={{'endpoints': {}}})\n"
    project.program(late("first") + gateway.format("one"))
    project.up(env=PLANS)
    single = project.resources()["gateway"]["id"]

    project.program(late("second") + gateway.format("late([{'model_service_name': 'b'}])"))
    assert "replace" in project.preview(env=PLANS).changed["gateway"]
    assert project.up(env=PLANS).changed["gateway"] == "update", "for it has turned out to stay single"
    assert project.resources()["gateway"]["id"] == single

    project.program(late("third") + gateway.format("late(two)"))
    plan, up = as_planned(project)
    assert "replace" in plan.changed["gateway"]
    said = f"model proxy {single} is replaced only if {project.spelled('proxy_mode')} comes to be another"
    assert [line for line in plan.lines("gateway") if said in line]
    assert "replace" in up.changed["gateway"]
    multi = project.resources()["gateway"]["id"]
    assert multi != single

    project.program(late("fourth") + gateway.format("late(one)"))
    plan, up = as_planned(project)
    assert plan.changed["gateway"] == up.changed["gateway"] == "update", "multi stays multi"
    assert project.resources()["gateway"]["id"] == multi
    assert project.up(env=PLANS).changed == {}


SERVICE = """
ModelService("qwen", model_type="llm", provider="tongyi", model_service_name="qwen",
             provider_settings={{"base_url": {url!r}, {key}}})
"""


@both
@pytest.mark.parametrize("how", ["api_key", "api_key_from"])
def test_a_key_that_changes_is_said_and_not_shown(project: Project, how: str) -> None:
    def rotated(key: str, url: str = "https://a.example") -> dict[str, str]:
        given = "'api_key': os.environ['MODEL_KEY']" if how == "api_key" else "'api_key_from': 'env:MODEL_KEY'"
        project.program(SERVICE.format(url=url, key=given))
        return {"MODEL_KEY": key}

    first = project.up(env=rotated("sk-rotated-1"))
    assert first.lines("qwen") == [], "a new key is no other one"
    assert project.preview(env=rotated("sk-rotated-1", "https://b.example")).lines("qwen") == []
    plan = project.preview(env=rotated("sk-rotated-2"))
    what = "the key provider_settings.api_key" + ("" if how == "api_key" else "_from leads to")
    what = what.replace("key provider", "key that provider") if how == "api_key_from" else what
    assert plan.lines("qwen") == [project.spelled(f"model service qwen: {what} changes")]
    shown = project.resources()["qwen"]["inputs"][project.spelled("provider_settings")]
    assert "sk-rotated" not in plan.console + str(shown)
    assert project.up(env=rotated("sk-rotated-2")).lines("qwen") == plan.lines("qwen")
    assert project.up(env=rotated("sk-rotated-2")).lines("qwen") == []


@both
def test_what_a_refresh_compares_is_no_plan(project: Project) -> None:
    def rotated(key: str) -> dict[str, str]:
        project.program(SERVICE.format(url="https://a.example", key="'api_key': os.environ['MODEL_KEY']"))
        return {"MODEL_KEY": key}

    project.up(env=rotated("sk-rotated-1"))
    settings = ProviderSettings(base_url="https://a.example", api_key=SecretStr("sk-rotated-2"))
    project.client.update("qwen", ModelServiceUpdateInput(provider_settings=settings))
    same = project.preview("--refresh", env=rotated("sk-rotated-2"))
    assert (same.lines("qwen"), same.changed) == ([], {})
    plan = project.preview("--refresh", env=rotated("sk-rotated-3"))
    assert plan.lines("qwen") == [project.spelled("model service qwen: the key provider_settings.api_key changes")]
    assert "sk-rotated" not in plan.console


@both
def test_what_is_waited_for_is_said_beside_its_resource_and_not_kept(project: Project) -> None:
    project.platform.switch(latency=0.5)
    project.program(SERVICE.format(url="https://a.example", key=""))
    up = project.up()
    assert up.lines("qwen", passing=True) == ["model service qwen is CREATING", "model service qwen is READY"]
    assert up.lines("qwen") == []
    assert "is READY" not in up.console.partition("Diagnostics:")[2]


@both
def test_what_was_taken_over_is_said_beside_its_resource_for_good(project: Project) -> None:
    project.client.create(
        ModelServiceCreateInput(model_service_name="qwen", model_type="llm", provider="tongyi", provider_settings={})
    )
    project.program(SERVICE.format(url="https://a.example", key=""))
    up = project.up(env={"AGENTRUN_ADOPT": "qwen"})
    assert up.lines("qwen") == ["model service qwen exists and is taken over"]
    assert "exists and is taken over" in up.console.partition("Diagnostics:")[2]
    again = project.up("--replace", project.resources()["qwen"]["urn"], env={"AGENTRUN_ADOPT": "qwen"})
    said = "model service qwen is not deleted: it belongs to another record of the program by now"
    assert again.lines("qwen") == ["model service qwen exists and is taken over", said]


def test_a_region_beside_an_endpoint_replaces_nothing(make_project: Callable[..., Project]) -> None:
    project = make_project({"agentrun:region": "cn-hangzhou"}, door="plugin")
    project.program(SERVICE.format(url="https://a.example", key=""))
    project.up()
    project.pulumi("config", "set", "agentrun:region", "cn-shanghai")
    assert project.preview().changed == {}
    assert project.up().changed == {}
    project.destroy()
