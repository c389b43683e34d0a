"""A stack belongs to the place where it was made: settings that lead elsewhere change nothing, whatever the verb."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e.project import DOORS, Project
from e2e.served import CREDENTIALS, ServedPlatform
from pulumi_agentrun.client import ModelProxyListInput, ModelServiceListInput

both = pytest.mark.parametrize("door", DOORS)

PROGRAM = """
service = ModelService("qwen", model_type="llm", provider="tongyi", provider_settings={"api_key": "sk-1"})
ModelProxy("gateway", proxy_config={"endpoints": [{"model_service_name": service.model_service_name}]})
"""
ACCOUNT = {"agentrun:region": "cn-hangzhou", "agentrun:accessKeyId": "LTAI-of-nobody"}
REFUSED = (
    ("preview",), ("preview", "--refresh"), ("up",), ("up", "--refresh"), ("refresh", "--preview-only"), ("refresh",),
    ("refresh", "--run-program"), ("destroy", "--refresh"), ("destroy", "--run-program"), ("destroy",),
)  # fmt: skip
"""What is refused, in an order in which the `up` that is refused has left its settings in state for what follows."""


def lead_away(project: Project) -> None:
    """Set what getting-started says to set for an account, on the stack of the embedded platform."""
    project.pulumi("config", "rm", "agentrun:endpoint")
    for key, value in ACCOUNT.items():
        project.pulumi("config", "set", key, value)
    project.pulumi("config", "set", "--secret", "agentrun:accessKeySecret", "secret-of-nobody")


def lead_back(project: Project) -> None:
    """Undo it."""
    project.pulumi("config", "set", "agentrun:endpoint", "file://platform")
    for key in (*ACCOUNT, "agentrun:accessKeySecret"):
        project.pulumi("config", "rm", key)


@both
def test_no_verb_follows_settings_that_lead_elsewhere(project: Project) -> None:
    project.program(PROGRAM)
    project.up()
    before = {name: resource["id"] for name, resource in project.resources().items()}
    lead_away(project)
    for verb, *args in REFUSED:
        is_plan = verb == "preview" or "--preview-only" in args
        run = project.pulumi(verb, *args, *(() if is_plan else ("--yes", "--skip-preview")), check=False)
        assert run.code != 0, (verb, args)
        assert "but the settings lead to https://agentrun.cn-hangzhou.aliyuncs.com" in run.console, (verb, args)
        assert "run pulumi up, or pulumi destroy --run-program" in run.console
        assert "secret-of-nobody" not in run.console
    assert {name: resource["id"] for name, resource in project.resources().items()} == before
    assert len(project.client.list(ModelServiceListInput()) + project.client.list(ModelProxyListInput())) == 2


REGIONAL = """
from pulumi_agentrun_sdk import Provider

provider = Provider("pr", region=pulumi.Config().get("region"))
settings = {"model_type": "llm", "provider": "tongyi", "provider_settings": {"api_key": "sk-1"}}
ModelService("qwen", **settings, opts=pulumi.ResourceOptions(provider=provider))
"""


@pytest.mark.parametrize("door", ["plugin"])
def test_no_region_of_a_provider_replaces_what_lives_elsewhere(project: Project, tmp_path: Path) -> None:
    project.env |= {"AGENTRUN_ACCESS_KEY_ID": "id", "AGENTRUN_ACCESS_KEY_SECRET": CREDENTIALS["id"]}
    project.pulumi("config", "rm", "agentrun:endpoint")
    project.pulumi("config", "set", "region", "cn-beijing")
    project.program(REGIONAL)
    with ServedPlatform(tmp_path / "served") as served:
        project.env["AGENTRUN_CONTROL_ENDPOINT"] = served.url
        project.up()
        before = project.resources()["qwen"]["id"]
        del project.env["AGENTRUN_CONTROL_ENDPOINT"]
        project.pulumi("config", "set", "region", "cn-shanghai")
        project.program(REGIONAL + "\nModelService('new', **settings, opts=pulumi.ResourceOptions(provider=provider))")
        for verb, *args in (("preview",), ("up", "--skip-preview"), ("destroy", "--run-program", "--skip-preview")):
            run = project.pulumi(verb, *args, *(() if verb == "preview" else ("--yes",)), check=False)
            text = f"is in {served.url}, but the settings lead to https://agentrun.cn-shanghai.aliyuncs.com"
            assert run.code != 0, (verb, args)
            assert text in run.console, (verb, args)
            assert "replace" not in run.console, (verb, args)
            assert project.resources()["qwen"]["id"] == before
        project.env["AGENTRUN_CONTROL_ENDPOINT"] = served.url
        assert project.up().changed == {"new": "create"}, "beside an endpoint, a region leads nowhere"


@both
@pytest.mark.parametrize("way", ["up", "destroy --run-program"])
def test_what_the_refusal_says_helps(project: Project, way: str) -> None:
    project.program(PROGRAM)
    project.up()
    lead_away(project)
    project.up(check=False)
    lead_back(project)
    assert project.destroy(check=False).code != 0, "for it goes by what the refused update has left"
    if way == "up":
        assert project.up().changed == {}
        project.destroy()
    else:
        project.destroy("--run-program")
    assert project.resources() == {}
    assert project.client.list(ModelServiceListInput()) == []
    assert project.client.list(ModelProxyListInput()) == []


@both
def test_another_address_of_the_same_service_is_written_into_state(project: Project, tmp_path: Path) -> None:
    project.env |= {"AGENTRUN_ACCESS_KEY_ID": "id", "AGENTRUN_ACCESS_KEY_SECRET": CREDENTIALS["id"]}
    project.program(PROGRAM)
    with ServedPlatform(tmp_path / "served") as first:
        project.pulumi("config", "set", "agentrun:endpoint", first.url)
        project.up()
    with ServedPlatform(tmp_path / "served") as second:
        project.pulumi("config", "set", "agentrun:endpoint", second.url)
        assert f"AGENTRUN_MOVED_FROM={first.url} pulumi refresh --run-program" in project.preview(check=False).console
        project.env["AGENTRUN_MOVED_FROM"] = first.url
        project.refresh("--run-program")
        del project.env["AGENTRUN_MOVED_FROM"]
        assert project.up().changed == {}
        project.destroy()


@both
@pytest.mark.parametrize("verb", ["refresh", "destroy", "up"])
def test_another_service_is_not_believed_to_be_the_same(project: Project, tmp_path: Path, verb: str) -> None:
    project.env |= {"AGENTRUN_ACCESS_KEY_ID": "id", "AGENTRUN_ACCESS_KEY_SECRET": CREDENTIALS["id"]}
    project.program(PROGRAM)
    with ServedPlatform(tmp_path / "one") as first, ServedPlatform(tmp_path / "other") as second:
        project.pulumi("config", "set", "agentrun:endpoint", first.url)
        project.up()
        before = {name: resource["id"] for name, resource in project.resources().items()}
        project.pulumi("config", "set", "agentrun:endpoint", second.url)
        project.env["AGENTRUN_MOVED_FROM"] = first.url
        project.program(PROGRAM.replace("sk-1", "sk-2"))
        run = project.pulumi(
            verb, *(() if verb == "up" else ("--run-program",)), "--yes", "--skip-preview", check=False
        )
        assert run.code != 0
        assert f"AGENTRUN_MOVED_FROM says that {second.url} is the same service as {first.url}" in run.console
        assert "pulumi state delete" in run.console
        assert {name: resource["id"] for name, resource in project.resources().items()} == before
        assert {method for method, _ in second.calls} == {"GET"}
