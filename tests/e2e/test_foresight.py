"""What a preview says of names that exist already: what would be taken over, what would be refused, what is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from e2e.project import DOORS, Project, Run
from e2e.served import ServedPlatform, Stage
from pulumi_agentrun.client import ModelServiceCreateInput, ModelServiceListInput, ProviderSettings
from pydantic import SecretStr

KEY, OTHER_KEY = "sk-of-the-program-4711", "sk-on-the-platform-0815"
SERVICE = """
ModelService(
    "{logical}", model_service_name="{name}", model_type="llm", provider="{provider}", {more}
    description="a secret of the program",
    provider_settings={{"base_url": "https://example.com/v1", "api_key": "{key}"}},
)
"""


def service(name: str = "taken", more: str = "", provider: str = "tongyi", logical: str = "a") -> str:
    return SERVICE.format(logical=logical, name=name, provider=provider, more=more, key=KEY)


def exists(project: Project, name: str = "taken") -> None:
    settings = ProviderSettings(
        base_url="https://example.com/v1", api_key=SecretStr(OTHER_KEY), model_names=["left-out"]
    )
    project.client.create(
        ModelServiceCreateInput(
            model_service_name=name, model_type="llm", provider="tongyi", description="live", provider_settings=settings
        )
    )


def said(run: Run, severity: str) -> dict[str, str]:
    """Return what was said beside resources, by their logical names."""
    found: dict[str, str] = {}
    for event in run.events:
        line: dict[str, Any] = event.get("diagnosticEvent", {})
        if line.get("severity") == severity and line.get("urn"):
            name = line["urn"].rsplit("::", 1)[1]
            found[name] = found.get(name, "") + line["message"]
    return found


def no_key(project: Project, run: Run) -> None:
    shown = run.console + json.dumps([event.get("diagnosticEvent") for event in run.events])
    assert KEY not in shown
    assert OTHER_KEY not in shown
    assert "a secret of the program" not in json.dumps([event.get("diagnosticEvent") for event in run.events])


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("more", "env"), [("adopt=True,", {}), ("", {"AGENTRUN_ADOPT": "other, taken"})])
def test_a_preview_says_what_an_adoption_would_change(project: Project, more: str, env: dict[str, str]) -> None:
    exists(project)
    project.program(service(more=more))
    run = project.preview(env=env)
    assert (
        project.spelled(
            "Model service taken exists and would be taken over; it would change in description; "
            "set anew, whatever it is now: provider_settings.api_key; "
            "perhaps cleared, for the program leaves it out: provider_settings.model_names."
        )
        in said(run, "info")["a"]
    )
    no_key(project, run)
    assert project.up(env=env).code == 0
    assert "__preview" not in project.state()
    assert project.preview(env=env).changed == {}


@pytest.mark.parametrize("door", DOORS)
def test_a_name_that_is_wrong_is_a_warning(project: Project) -> None:
    exists(project)
    project.program(service("takn") + service("b", logical="b", more="adopt=True,") + service(logical="c"))
    run = project.preview(env={"AGENTRUN_ADOPT": "takn"})
    lines = said(run, "warning")
    assert "AGENTRUN_ADOPT names takn and not taken, so this model service would be created." in said(run, "info")["c"]
    assert "AGENTRUN_ADOPT names takn, but no model service of that name exists: it would be created." in lines["a"]
    assert "adopt=True is set on b, but no model service of that name exists: it would be created." in lines["b"]


@pytest.mark.parametrize("door", DOORS)
def test_what_cannot_be_adopted_is_refused_in_preview_as_in_up(project: Project) -> None:
    exists(project)
    unfit = 'provider=pulumi.Output.secret("sk-TOPSECRET-987")'
    project.program(service(more="adopt=True,").replace('provider="tongyi"', unfit))
    sentence = (
        "Model service taken cannot be adopted: its provider is 'tongyi', which cannot be changed, and the program "
        "says otherwise. Set provider='tongyi', or choose another name."
    )
    for run in (project.preview(check=False), project.up(check=False)):
        assert run.code != 0
        assert sentence in run.console
        assert "TOPSECRET" not in run.console + json.dumps(run.events)
        assert "Traceback" not in run.console


@pytest.mark.parametrize("door", DOORS)
def test_taken_names_are_looked_for_where_the_setting_says_so(project: Project) -> None:
    exists(project)
    project.program(service() + service("free", logical="b"))
    assert project.preview().changed == {"a": "create", "b": "create"}
    project.pulumi("config", "set", "agentrun:checkNames", "true")
    run = project.preview(check=False)
    assert run.code != 0
    assert "Model service taken exists already, so nothing was created. To take it over: set adopt=True" in run.console
    assert project.resources() == {}
    project.program(service(more="adopt=True,") + service("free", logical="b"))
    assert project.preview().changed == {"a": "create", "b": "create"}


@pytest.mark.parametrize("door", DOORS)
def test_a_plan_made_with_a_look_is_carried_out(project: Project, tmp_path: Path) -> None:
    exists(project)
    project.program(service(more="adopt=True,"))
    plan = str(tmp_path / "plan.json")
    project.preview("--save-plan", plan)
    (planned,) = [
        entry for entry in json.loads(Path(plan).read_text())["resourcePlans"].values() if "adopt" in str(entry)
    ]
    assert "__preview" not in planned["goal"]["inputDiff"]["adds"]
    project.up("--plan", plan)
    assert [item.description for item in project.client.list(ModelServiceListInput())] == ["a secret of the program"]


@pytest.mark.parametrize("door", DOORS)
def test_a_replacement_under_its_own_name_is_no_taken_one(project: Project) -> None:
    project.pulumi("config", "set", "agentrun:checkNames", "true")
    project.program(service())
    assert project.preview().changed == {"a": "create"}, "there is no platform yet, which is nothing to fail at"
    project.up()
    project.program(service(provider="openai"))
    assert "replace" in project.preview().changed["a"]
    project.program(service(provider="openai", more="adopt=True,"))
    run = project.preview()
    assert said(run, "info").get("a") is None
    project.up()
    assert [item.provider for item in project.client.list(ModelServiceListInput())] == ["openai"]


@pytest.mark.parametrize("door", DOORS)
def test_what_cannot_be_reached_is_an_error_of_the_preview(project: Project) -> None:
    project.pulumi("config", "set", "agentrun:endpoint", "http://127.0.0.1:9")
    project.program(service(more="adopt=True,"))
    env = {"AGENTRUN_ACCESS_KEY_ID": "id-1", "AGENTRUN_ACCESS_KEY_SECRET": "secret-of-the-account"}
    run = project.preview(check=False, env=env)
    assert run.code != 0
    assert "Whether model service taken exists could not be found out, as adopt=True has a preview do: " in run.console
    assert "secret-of-the-account" not in run.console
    assert "Traceback" not in run.console
    project.program(service())
    assert project.preview(env=env).changed == {"a": "create"}, "without adopt, nobody is asked"


@pytest.mark.parametrize("door", DOORS)
def test_only_a_preview_looks_and_only_where_it_is_asked_to(tmp_path: Path, door: str) -> None:
    stage = Stage(tmp_path / "project", door)
    with ServedPlatform(tmp_path / "platform") as served:
        stage.serve(served)

        def calls(verb: str, text: str, config: str = "false") -> list[str]:
            stage.project.program(text)
            stage.project.pulumi("config", "set", "agentrun:checkNames", config)
            served.calls.clear()
            getattr(stage.project, verb)()
            return [method for method, _ in served.calls]

        alone = service("one", logical="a")
        assert calls("preview", alone) == []
        assert calls("preview", alone, "true") == ["GET"]
        made = calls("up", alone)
        both = alone + service("two", logical="b", more="adopt=True,")
        assert calls("preview", both) == ["GET"]
        assert calls("preview", both, "true") == ["GET"], "what is in state already is not looked for"
        assert calls("up", both, "true") == made, "an update looks no more often than it did"
        assert calls("preview", both, "true") == []


@pytest.mark.parametrize("door", ["dynamic"])
def test_a_profile_has_the_setting_too(project: Project, door: str) -> None:
    exists(project)
    project.pulumi("config", "set", "--path", "agentrun:profiles.here.endpoint", "file://platform")
    project.program(service(more='profile="here",'))
    assert project.preview().changed == {"a": "create"}
    project.pulumi("config", "set", "--path", "agentrun:profiles.here.checkNames", "true")
    run = project.preview(check=False)
    assert run.code != 0
    assert "Model service taken exists already" in run.console
