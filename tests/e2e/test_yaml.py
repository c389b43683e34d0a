"""Programs in YAML, on Pulumi's own language host: the lifecycle through the plugin, and what a first preview says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from e2e.project import Project
from pulumi_agentrun.client import BackendType, ModelServiceCreateInput, ModelServiceUpdateInput, ProviderSettings
from pydantic import SecretStr

EXAMPLE = (Path(__file__).parents[2] / "examples" / "yaml" / "Pulumi.yaml").read_text()
KEY = "sk-never-shown-1"


class Yaml(Project):
    """A project whose program is in its project file."""

    def program(self, text: str) -> None:
        """Replace the program, for the stack that there is."""
        (self.folder / "Pulumi.yaml").write_text(re.sub(r"^name: .*", "name: e2e", text))

    def import_(self, name: str, id_: str) -> str:
        """Import a service and return what was printed to put in the program."""
        out = self.folder / "imported.yaml"
        self.pulumi(
            "import", "agentrun:index:ModelService", name, id_,
            "--yes", "--protect=false", "--stack", "dev", "--out", str(out),
        )  # fmt: skip
        return out.read_text()


@pytest.fixture
def project(tmp_path: Path) -> Yaml:
    made = Yaml(tmp_path / "project", tmp_path / "home", door="plugin")
    made.program(EXAMPLE)
    made.pulumi("config", "set", "--secret", "apiKey", KEY, "--stack", "dev")
    return made


def names(project: Yaml) -> dict[str, str]:
    return {name: str(resource["id"]) for name, resource in project.resources().items()}


def test_the_example_is_deployed_changed_replaced_and_destroyed(project: Yaml) -> None:
    assert project.preview().changed == {"qwen": "create", "gateway": "create"}
    consoles = [project.up().console]
    assert project.outputs()["status"] == "READY"
    assert project.up().changed == {}

    project.program(EXAMPLE.replace("default: 2", "default: 5"))
    run = project.up()
    assert run.changed == {"gateway": "update"}
    found = project.client.get(names(project)["gateway"], BackendType.PROXY)
    assert found.proxy_config
    assert found.proxy_config.policies
    assert found.proxy_config.policies.num_retries == 5

    project.program(EXAMPLE.replace("provider: tongyi", "provider: openai"))
    before = names(project)
    run = project.up()
    assert set(run.changed) == {"qwen", "gateway"}
    assert "replace" in run.changed["qwen"]
    assert names(project)["qwen"] != before["qwen"]

    refreshed = project.refresh()
    assert refreshed.changed == {}
    consoles += [run.console, refreshed.console, project.state(), project.destroy().console]
    assert project.resources() == {}
    assert all(KEY not in text for text in consoles)


def test_what_somebody_changed_is_put_back(project: Yaml) -> None:
    project.up()
    service = project.client.get(names(project)["qwen"], BackendType.SERVICE)
    service.update(ModelServiceUpdateInput(description="by hand"))
    assert project.refresh().changed == {}
    assert project.resources()["qwen"]["outputs"]["description"] == "by hand"
    assert project.up().changed == {"qwen": "update"}
    assert project.up().changed == {}


def test_a_service_that_exists_is_imported(project: Yaml) -> None:
    project.client.create(
        ModelServiceCreateInput(
            model_service_name="old", model_type="llm", provider="tongyi", description="by hand",
            provider_settings=ProviderSettings(
                base_url="https://example.com/v1", api_key=SecretStr(KEY), model_names=["a"]
            ),
        )
    )  # fmt: skip
    printed = project.import_("old", "old")
    assert KEY not in printed + project.state()
    project.program(f"name: e2e\nruntime: yaml\n{printed}")
    assert project.up().changed == {}, printed
    service = project.client.get("old", BackendType.SERVICE)
    assert service.provider_settings
    assert service.provider_settings.api_key == SecretStr(KEY)


LISTED = """
  all:
    fn::invoke:
      function: agentrun:listModelServices
      arguments: {provider: "${qwen.provider}"}
      return: modelServices
"""


def test_data_sources_list_what_is_there(project: Yaml) -> None:
    project.program(EXAMPLE.replace("variables:", f"variables:{LISTED.rstrip()}") + "  all: ${all}\n")
    project.up()
    [found] = project.outputs()["all"]
    assert found["modelServiceName"] == names(project)["qwen"]
    assert found["providerSettings"]["modelNames"] == ["qwen-max", "qwen-plus"]
    assert KEY not in project.state() + str(found)
    assert project.up().changed == {}


@pytest.mark.parametrize("made", [False, True], ids=["no platform yet", "a platform"])
def test_a_look_by_a_name_before_the_resource_is_there_says_what_works(project: Yaml, made: bool) -> None:
    if made:
        assert project.platform
    project.program(EXAMPLE.replace("${qwen.id}", "${qwen.modelServiceName}"))
    run = project.preview(check=False)
    assert run.code != 0
    assert "If this very program makes it, look it up by its id (in YAML ${resource.id})" in run.console
    assert bool(re.search(r"request id [0-9A-F-]+", run.console)) is made


def test_bad_input_is_told_in_the_spelling_of_yaml(project: Yaml) -> None:
    project.program(EXAMPLE.replace("weight: 100", "weight: -1"))
    run = project.preview(check=False)
    assert run.code != 0
    assert "proxyConfig.endpoints[0].weight" in run.console
    assert "Traceback" not in run.console
