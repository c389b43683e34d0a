"""Bringing what exists already under Pulumi, with what the inventory writes and the real engine."""

from __future__ import annotations

import pytest
from e2e.project import Project, Run
from pulumi_agentrun.cli import programs
from pulumi_agentrun.cli.command import main
from pulumi_agentrun.client import (
    BackendType,
    ModelProxyCreateInput,
    ModelServiceCreateInput,
    ModelServiceUpdateInput,
    ProviderSettings,
    ProxyConfig,
    ProxyConfigEndpoint,
    ProxyConfigFallback,
    ProxyConfigPolicies,
)


def make_by_hand(project: Project, pairs: int) -> None:
    """Create services with a key of their own, and a proxy of the same name before each."""
    with project.client as client:
        for number in range(pairs):
            settings = {"api_key": f"sk-{number}-hidden", "base_url": "https://example.com/v1", "model_names": ["m"]}
            client.create(
                ModelServiceCreateInput(
                    model_service_name=f"team-{number}",
                    model_type="llm",
                    provider="tongyi",
                    description=f"Made by hand, number {number}",
                    provider_settings=ProviderSettings.model_validate(settings),
                )
            )
        for number in range(pairs):
            name, spare = f"team-{number}", f"team-{(number + 1) % pairs}"
            config = ProxyConfig(
                endpoints=[ProxyConfigEndpoint(model_service_name=name, model_names=["m"], weight=100)],
                policies=ProxyConfigPolicies(fallbacks=[ProxyConfigFallback(model_service_name=spare, model_name="m")]),
            )
            client.create(ModelProxyCreateInput(model_proxy_name=name, cpu=0.5, memory=1024, proxy_config=config))


def bring_in(project: Project, pairs: int) -> None:
    """Do what the inventory says to do, up to the import."""
    assert main(["inventory", "--endpoint", f"file://{project.data}", "--write", str(project.folder)]) == 0
    keys = [f"--secret=team_{number}_api_key=sk-{number}-hidden" for number in range(pairs)]
    project.pulumi("config", "set-all", "--stack", "dev", *keys)
    flags = ("--protect=false", "--generate-code=false", "--yes")
    project.pulumi("import", "--file", "import.json", "--stack", "dev", *flags)


def changes(run: Run) -> dict[str, str]:
    """Return what was done to a resource, by its kind and name: services and proxies share names here."""
    steps = [event["resourcePreEvent"]["metadata"] for event in run.events if "resourcePreEvent" in event]
    done = [step for step in steps if step["op"] not in ("same", "refresh")]
    return {" ".join(step["urn"].split(":")[-3::2]): step["op"] for step in done}


def test_fifty_resources_are_imported_and_the_next_up_changes_nothing(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    make_by_hand(project, 25)
    changed = project.client.get("team-0", BackendType.SERVICE).last_updated_at
    bring_in(project, 25)
    run = project.up("--refresh")
    assert changes(run) == {}
    assert "51 unchanged" in run.console  # and the stack itself
    assert project.client.get("team-0", BackendType.SERVICE).last_updated_at == changed
    everything = project.state() + run.console + "".join(capsys.readouterr())
    assert "-hidden" not in everything + (project.folder / "import.json").read_text()


def test_what_was_imported_is_managed_like_anything_else(project: Project) -> None:
    make_by_hand(project, 2)
    bring_in(project, 2)
    project.up("--refresh")
    project.client.update("team-0", ModelServiceUpdateInput(description="changed outside"))
    assert changes(project.up("--refresh")) == {"ModelService team-0": "update"}
    assert project.client.get("team-0", BackendType.SERVICE).description == "Made by hand, number 0"
    project.destroy()
    assert programs.listed(project.client) == []


@pytest.mark.parametrize(("shown", "refresh"), [("masked", ("--refresh",)), ("absent", ("--refresh",)), ("clear", ())])
def test_a_key_that_nobody_has_read_is_set_once_in_place(
    project: Project, shown: str, refresh: tuple[str, ...]
) -> None:
    make_by_hand(project, 2)
    project.platform.switch(api_key=shown, nested="replace")
    bring_in(project, 2)
    assert changes(project.up(*refresh)) == {"ModelService team-0": "update", "ModelService team-1": "update"}
    assert changes(project.up("--refresh")) == {}
    project.platform.switch(api_key="clear")
    settings = project.client.get("team-1", BackendType.SERVICE).provider_settings
    assert settings is not None
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == "sk-1-hidden"
