"""The policy pack in the real engine: what is advised, blocked, configured, and not known yet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from e2e.project import DOORS, Project, Run

PACK = Path(__file__).parents[2] / "provider" / "policy_pack"
SECRET = "sk-seen-by-no-policy-message"
SERVICE = f"""
service = ModelService(
    "qwen", model_type="llm", provider="tongyi", model_service_name="qwen",
    provider_settings={{"base_url": "https://a.example/v1", "api_key": "{SECRET}", "model_names": ["m1"]}},
)
"""
PROXY = """
ModelProxy("gateway", proxy_config={"endpoints": [{"model_service_name": service.model_service_name,
           "model_names": ["m1"]}]})
"""


def run(project: Project, verb: str, config: dict[str, Any] | None = None, preset: str = "baseline") -> Run:
    """Run with the pack."""
    file = project.folder / "policies.json"
    file.write_text(json.dumps(config or {}))
    operate = {"up": project.up, "preview": project.preview}[verb]
    options = ("--policy-pack", str(PACK), "--policy-pack-config", str(file))
    done = operate(*options, check=False, env={"AGENTRUN_POLICIES": preset})
    assert SECRET not in done.console
    assert "Traceback" not in done.console
    return done


@pytest.mark.parametrize("door", DOORS)
def test_advice_is_shown_and_mandates_block(project: Project, door: str) -> None:
    project.program(SERVICE + PROXY)
    done = run(project, "up")
    assert done.code == 0, done.console
    assert "[advisory]" in done.console
    assert project.spelled("provider_settings.api_key: must not be set; use credential_name.") in done.console
    assert "[mandatory]" not in done.console

    project.program(SERVICE.replace("https://a", "http://a") + PROXY)
    done = run(project, "preview")
    assert done.code != 0
    assert "[mandatory]" in done.console
    assert project.spelled("provider_settings.base_url: must begin with https://. Use the provider's") in done.console
    done = run(project, "up", {"agentrun-secure-base-urls": "disabled"})
    assert done.code == 0, done.console


def test_settings_and_levels_are_configured(project: Project) -> None:
    project.program(SERVICE)
    done = run(project, "preview", {"agentrun-allowed-providers": {"allowed": ["openai", "azure*"]}})
    assert done.code != 0
    assert "provider: must be one of openai, azure*." in done.console
    done = run(
        project, "preview",
        {"agentrun-allowed-providers": {"enforcementLevel": "advisory", "allowed": ["openai"]}},
    )  # fmt: skip
    assert done.code == 0
    done = run(project, "preview", {"agentrun-allowed-providers": {"allowed": 7}})
    assert done.code != 0
    assert "allowed" in done.console
    assert "Expected: array" in done.console.replace("expected", "Expected")


def test_production_blocks_what_baseline_lets_pass(project: Project) -> None:
    project.program(SERVICE + PROXY)
    done = run(project, "preview", preset="production")
    assert done.code != 0
    for policy in ("no-inline-api-key", "private-networking", "naming"):
        assert f"agentrun-{policy}" in done.console


def test_a_stack_that_breaks_a_rule_is_blocked_before_anything_is_touched(project: Project) -> None:
    project.program(
        "team = pulumi.ComponentResource('acme:index:Team', 'team')\n"
        + SERVICE.replace('"tongyi",', '"tongyi", opts=pulumi.ResourceOptions(parent=team),')
        + PROXY.replace('"m1"', '"m2"')
    )
    done = project.pulumi(
        "up", "--yes", "--stack", "dev", "--policy-pack", str(PACK), check=False, env={"AGENTRUN_POLICIES": "baseline"}
    )
    assert done.code != 0
    assert "model_names[0]: is not offered by its model service." in done.console
    assert not project.data.exists(), "the preview has stopped it"


def test_what_is_not_known_is_checked_in_the_update(project: Project) -> None:
    project.program(
        SERVICE
        + "late = service.created_at.apply(lambda at: 'http://' + at[:4] + '.example')\n"
        + "ModelService('late', model_type='llm', provider='openai', provider_settings={'base_url': late})\n"
    )
    done = run(project, "preview")
    assert done.code == 0, done.console
    assert "provider_settings.base_url is not known yet; it will be checked in the update" in done.console
    done = run(project, "up")
    assert done.code != 0
    assert "provider_settings.base_url: must begin with https://" in done.console
    assert set(project.resources()) == {"qwen"}


@pytest.mark.parametrize("door", DOORS)
def test_regions_are_known_before_anything_is_there(project: Project, door: str) -> None:
    """As the provider will find them: the embedded platform is a region of its own, whatever is set beside it."""
    project.pulumi("config", "set", "agentrun:region", "cn-hangzhou")
    project.program(SERVICE)
    done = run(project, "preview", {"agentrun-allowed-regions": {"allowed": ["cn-hangzhou"]}})
    assert done.code != 0
    assert "region: must be one of cn-hangzhou." in done.console
    assert run(project, "preview", {"agentrun-allowed-regions": {"allowed": ["embedded"]}}).code == 0


def test_the_region_of_a_profile_is_its_own(project: Project) -> None:
    for key, value in {"endpoint": "https://agentrun.example", "region": "cn-beijing", "accessKeyId": "id"}.items():
        project.pulumi("config", "set", "--path", f"agentrun:profiles.north.{key}", value)
    project.pulumi("config", "set", "--secret", "--path", "agentrun:profiles.north.accessKeySecret", "s")
    project.program(SERVICE.replace('provider="tongyi",', 'provider="tongyi", profile="north",'))
    done = run(project, "preview", {"agentrun-allowed-regions": {"allowed": ["embedded"]}})
    assert "region: must be one of embedded." in done.console
    assert run(project, "preview", {"agentrun-allowed-regions": {"allowed": ["cn-beijing"]}}).code == 0


@pytest.mark.parametrize("profiles", ['{"north": "cn-beijing"}', '["north"]'])
def test_profiles_that_are_none_are_the_providers_to_refuse(project: Project, profiles: str) -> None:
    project.pulumi("config", "set", "--secret", "agentrun:profiles", profiles)
    project.program(SERVICE.replace('provider="tongyi",', 'provider="tongyi", profile="north",'))
    done = run(project, "preview", {"agentrun-allowed-regions": {"allowed": ["cn-beijing"]}})
    assert done.code != 0
    assert "There is no profile 'north' in agentrun:profiles" in done.console
    assert "AttributeError" not in done.console
