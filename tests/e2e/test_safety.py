"""What must never happen: secrets shown, bad input half applied, things taken over or left behind unasked."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.project import DOORS, Project, Run
from pulumi_agentrun.client import (
    BackendType,
    ModelServiceCreateInput,
    ModelServiceListInput,
    ModelServiceUpdateInput,
    ProviderSettings,
    ResourceNotExistError,
)
from pulumi_agentrun.platform import Fault
from pydantic import SecretStr

both = pytest.mark.parametrize("door", DOORS)

KEY = 'sk-"top\\secret"/geheim+ü'

SERVICE = """
service = ModelService(
    "qwen", model_type="llm", provider="tongyi", {more}
    provider_settings={{"base_url": "https://example.com/v1", "api_key": {key}, "model_names": ["m"]}},
)
"""


def service(key: str = "'sk-1'", more: str = "") -> str:
    return SERVICE.format(key=key, more=more)


def shapes_of(secret: str) -> list[bytes]:
    """Return what a secret looks like in text, JSON and base64 (at any offset)."""
    raw = secret.encode()
    shapes = [raw, json.dumps(secret)[1:-1].encode(), json.dumps(secret, ensure_ascii=False)[1:-1].encode()]
    for pad in range(3):
        encoded = base64.b64encode(b"x" * pad + raw)
        shapes.append(encoded[4:-4])
    return shapes


@both
@pytest.mark.parametrize("given", ["'KEY'", "pulumi.Output.secret('KEY')", "pulumi.Output.from_input('KEY')"])
def test_a_key_is_nowhere_to_be_seen(project: Project, given: str) -> None:
    key = given.replace("'KEY'", "os.environ['TEST_KEY']")
    env = {"TEST_KEY": KEY}
    project.program(service(key))
    runs = [project.preview(env=env), project.up(env=env), project.preview(env=env)]
    project.program(service(key + " + 'rotated'" if "Output" not in key else key + ".apply(lambda k: k + 'rotated')"))
    runs += [project.preview("--debug", env=env), project.up("--debug", env=env), project.refresh()]
    assert runs[3].changed == {"qwen": "update"}
    assert "[secret]" in runs[3].console
    name = project.resources()["qwen"]["id"]
    kept = project.client.get(name, BackendType.SERVICE).provider_settings
    assert kept is not None
    assert kept.api_key is not None
    assert kept.api_key.get_secret_value() == KEY + "rotated"
    for shape in shapes_of(KEY):
        assert all(shape not in run.console.encode() for run in runs)
        for path in project.folder.rglob("*"):
            if path.is_file() and project.data not in path.parents:
                assert shape not in path.read_bytes(), path
        assert shape not in project.state().encode()


@both
def test_an_output_that_holds_all_settings_is_secret_too(project: Project) -> None:
    project.program(
        "settings = pulumi.Output.from_input({'api_key': 'sk-hidden-1', 'base_url': 'https://example.com'})\n"
        "service = ModelService('qwen', model_type='llm', provider='tongyi', provider_settings=settings)\n"
        "pulumi.export('url', service.provider_settings)\n"
    )
    console = project.preview().console + project.up().console
    assert "sk-hidden-1" not in console + project.state()
    assert project.up().changed == {}


@both
def test_bad_input_is_stopped_in_preview_with_every_failure_named(project: Project) -> None:
    project.program(
        """
ModelProxy(
    "gateway",
    memory="plenty",
    proxy_config={"endpoints": [{"model_service_name": "a"}, {"model_service_name": "", "weight": -1}],
                  "policies": {"retrys": 3, "cache": 7}},
    network_configuration={"network_mode": "PRIVATE"},
)
"""
    )
    run = project.preview(check=False)
    assert run.code != 0
    assert project.up("--skip-preview", check=False).code != 0
    for text in (
        "network_configuration.vpc_id: must be set, for a private network needs a VPC",
        "memory: must be a whole number, not a string",
        "proxy_config.endpoints[1].model_service_name: must not be empty",
        "proxy_config.endpoints[1].weight: must be at least 0",
        "proxy_config.policies.retrys: there is no such property; did you mean num_retries?",
        "proxy_config.policies.cache: must be true or false, not a number",
    ):
        assert project.spelled(text) in run.console
    assert "Traceback" not in run.console
    assert not project.data.exists()


@both
def test_a_key_in_the_wrong_place_is_not_printed(project: Project) -> None:
    project.program("ModelService('a', model_type='llm', provider='x', provider_settings='sk-in-the-wrong-place')")
    run = project.preview(check=False)
    assert run.code != 0
    assert project.spelled("provider_settings: must be an object, not a string") in run.console
    assert "sk-in-the-wrong-place" not in run.console


@both
def test_a_secret_number_in_the_wrong_place_is_not_printed(project: Project) -> None:
    project.pulumi("config", "set", "--secret", "num", "48291377")
    project.program(
        """
num = pulumi.Config().require_secret_int("num")
ModelProxy("gateway", description=num, cpu=num.apply(lambda n: -n), proxy_config={"endpoints": [
    {"model_service_name": "a", "weight": num.apply(lambda n: n * -1_000_000)}]})
"""
    )
    run = project.preview(check=False)
    assert run.code != 0
    for text in (
        "description: must be a string, not a number",
        "cpu: must be at least 0",
        "proxy_config.endpoints[0].weight: must be at least 0",
    ):
        assert project.spelled(text) in run.console
    assert "4829" not in run.console
    assert "4.829" not in run.console


@both
def test_unknown_values_pass_preview_and_are_resolved_in_up(project: Project) -> None:
    project.program(
        service()
        + """
late = service.created_at.apply(lambda at: "https://late-" + at[:4])
second = ModelService("second", model_type=service.status.apply(lambda s: "llm"), provider="openai",
                      provider_settings={"base_url": late, "model_names": [late]})
ModelProxy("gateway", description=late, proxy_config=service.status.apply(lambda s: {
    "endpoints": [{"model_service_name": "a"}, {"model_service_name": "b"}]}))
ModelProxy("other", proxy_config={"endpoints": [{"model_service_name": second.model_service_name, "weight": 3}]})
"""
    )
    plan = project.preview()
    assert plan.changed == dict.fromkeys(("qwen", "second", "gateway", "other"), "create")
    assert project.up().changed == plan.changed
    resources, spelled = project.resources(), project.spelled
    assert resources["gateway"]["inputs"][spelled("proxy_mode")] == "multi"
    endpoint = resources["other"]["inputs"][spelled("proxy_config")]["endpoints"][0]
    assert endpoint[spelled("model_service_name")] == resources["second"]["id"]
    assert project.up().changed == {}


@both
@pytest.mark.parametrize("scheme", ["env", "file"])
def test_a_key_by_reference_is_in_no_state_at_all(project: Project, tmp_path: Path, scheme: str) -> None:
    file = tmp_path / "key"

    def env(key: str) -> dict[str, str]:
        file.write_text(f"{key}\n")
        return {"MODEL_KEY": key}

    reference = "env:MODEL_KEY" if scheme == "env" else f"file:{file}"
    project.program(
        service().replace("'api_key': 'sk-1'", "").replace("\"api_key\": 'sk-1'", f'"api_key_from": {reference!r}')
    )
    project.up(env=env("sk-by-reference-1"))
    name = project.resources()["qwen"]["id"]

    def live() -> str:
        settings = project.client.get(name, BackendType.SERVICE).provider_settings
        assert settings is not None
        assert settings.api_key is not None
        return settings.api_key.get_secret_value()

    assert live() == "sk-by-reference-1"
    assert project.up(env=env("sk-by-reference-1")).changed == {}
    plan = project.preview(env=env("sk-by-reference-2"))
    assert plan.changed == {"qwen": "update"}
    assert "[secret]" in plan.console
    project.up(env=env("sk-by-reference-2"))
    assert live() == "sk-by-reference-2"
    shown = project.pulumi("stack", "export", "--show-secrets", "--stack", "dev").console
    assert "sk-by-reference" not in shown
    assert reference in shown
    project.client.update(
        name, ModelServiceUpdateInput(provider_settings=ProviderSettings(api_key=SecretStr("sk-other")))
    )
    project.refresh()
    assert project.up(env=env("sk-by-reference-2")).changed == {"qwen": "update"}
    assert live() == "sk-by-reference-2"
    project.refresh()
    assert project.up(env=env("sk-by-reference-2")).changed == {}
    file.unlink()
    run = project.preview(check=False)
    assert project.spelled("provider_settings.api_key_from: the") in run.console


def there(project: Project, name: str) -> None:
    project.client.create(
        ModelServiceCreateInput(
            model_service_name=name,
            model_type="llm",
            provider="tongyi",
            provider_settings={"base_url": "https://old.example.com"},
        )
    )


@both
def test_what_exists_is_not_taken_over_unasked(project: Project) -> None:
    there(project, "mine")
    project.program(service(more="model_service_name='mine',"))
    run = project.up(check=False)
    assert run.code != 0
    assert "Model service mine exists already" in run.console
    assert "AGENTRUN_ADOPT=mine pulumi up" in run.console
    assert project.resources() == {}
    settings = project.client.get("mine", BackendType.SERVICE).provider_settings
    assert settings is not None
    assert settings.base_url == "https://old.example.com"


@both
@pytest.mark.parametrize("how", ["argument", "variable"])
def test_what_exists_is_adopted_on_request(project: Project, how: str) -> None:
    there(project, "mine")
    project.program(service(more="model_service_name='mine'," + ("adopt=True," if how == "argument" else "")))
    project.up(env={"AGENTRUN_ADOPT": "other, mine"} if how == "variable" else {})
    live = project.client.get("mine", BackendType.SERVICE)
    assert live.provider_settings is not None
    assert live.provider_settings.base_url == "https://example.com/v1"
    assert project.up().changed == {}


@both
def test_adoption_refuses_what_it_cannot_change(project: Project) -> None:
    there(project, "mine")
    project.program(service(more="model_service_name='mine', adopt=True,").replace("tongyi", "openai"))
    run = project.up(check=False)
    assert "its provider is 'tongyi', which cannot be changed" in run.console
    assert project.client.get("mine", BackendType.SERVICE).provider == "tongyi"


@both
def test_a_forced_replacement_never_deletes_what_it_keeps(project: Project) -> None:
    project.program(service())
    project.up()
    urn, name = (project.resources()["qwen"][key] for key in ("urn", "id"))
    run = project.up("--replace", urn, check=False)
    assert f"Model service {name} exists already" in run.console
    assert "set delete_before_replace=True" in run.console
    run = project.up("--replace", urn, env={"AGENTRUN_ADOPT": name})
    assert f"{name} is not deleted: it belongs to another record" in run.console
    assert project.client.get(name, BackendType.SERVICE).status == "READY"
    assert project.up().changed == {}


@both
def test_a_forced_replacement_deletes_first_if_told_to(project: Project) -> None:
    options = "opts=pulumi.ResourceOptions(delete_before_replace=True),"
    project.program(service(more=options))
    project.up()
    before = project.resources()["qwen"]
    project.up("--replace", before["urn"])
    after = project.client.get(before["id"], BackendType.SERVICE)
    assert after.created_at != before["outputs"][project.spelled("created_at")]


def test_a_failed_creation_leaves_nothing_behind(project: Project) -> None:
    project.platform.switch(latency=0.3)
    project.platform.inject(Fault(operation="CreateModelService", outcome="CREATE_FAILED", reason="no such upstream"))
    project.program(service(more="model_service_name='doomed',"))
    run = project.up(check=False)
    assert run.code != 0
    assert "ended in CREATE_FAILED: no such upstream" in run.console
    assert "request id" in run.console
    assert "nothing is left behind" in run.console
    assert project.resources() == {}
    assert project.client.list(ModelServiceListInput()) == []
    assert project.up().changed == {"qwen": "create"}


@both
def test_a_creation_whose_answer_is_lost_is_found(project: Project) -> None:
    project.platform.inject(Fault(operation="CreateModelService", drop="after"))
    project.program(service(more="model_service_name='found',"))
    assert project.up().changed == {"qwen": "create"}
    assert len(project.client.list(ModelServiceListInput())) == 1
    assert project.up().changed == {}


def failed_update(project: Project, before: str = "") -> Run:
    """Deploy a service with some inputs, and let the update of its description to `new` fail."""
    project.program(service(more=f"model_service_name='same', {before}"))
    project.up()
    project.platform.inject(Fault(operation="UpdateModelService", outcome="UPDATE_FAILED", reason="quota"))
    project.program(service(more="model_service_name='same', description='new',"))
    return project.up(check=False)


@both
def test_a_failed_update_is_tried_again(project: Project) -> None:
    run = failed_update(project)
    assert "ended in UPDATE_FAILED: quota" in run.console
    assert project.up().changed == {"qwen": "update"}
    assert project.up().changed == {}


@both
def test_a_creation_that_can_be_neither_finished_nor_undone_stays_in_state(project: Project) -> None:
    project.program(service(more="model_service_name='same',"))
    failed = Fault(operation="CreateModelService", outcome="CREATE_FAILED", reason="no quota")
    project.platform.inject(failed)
    project.platform.inject(Fault(operation="DeleteModelService", status=403, code="NoPermission", times=9))
    run = project.up(check=False)
    assert run.code != 0
    assert "CREATE_FAILED: no quota" in run.console
    assert "sk-1" not in run.console + project.state()
    assert project.resources()["qwen"]["outputs"]["status"] == "CREATE_FAILED"
    project.platform.clear_faults()
    assert "replace" in project.up().changed["qwen"]
    assert project.up("--refresh").changed == {}


@both
def test_after_a_failed_update_state_says_what_is_there(project: Project) -> None:
    """So that going back to the old program is a change, too."""
    run = failed_update(project, "description='old',")
    assert "The next pulumi up tries it again." in run.console
    outputs = project.resources()["qwen"]["outputs"]
    assert (outputs["description"], outputs["status"]) == ("new", "UPDATE_FAILED")
    project.program(service(more="model_service_name='same', description='old',"))
    assert project.up().changed == {"qwen": "update"}
    live = project.client.get("same", BackendType.SERVICE)
    assert (live.description, live.status) == ("old", "READY")
    assert project.up().changed == {}


@both
def test_a_failed_update_is_seen_by_a_refresh_and_sent_again(project: Project) -> None:
    failed_update(project)
    project.refresh()
    assert project.up().changed == {"qwen": "update"}
    assert project.client.get("same", BackendType.SERVICE).status == "READY"
    assert project.up().changed == {}


GATEWAY = """
ModelProxy("gateway", proxy_config={"endpoints": [{"model_service_name": service.model_service_name}]})
"""


@both
def test_a_replacement_of_what_is_used_says_that_it_needs_another_name(project: Project) -> None:
    project.platform.switch(delete_in_use="refused")
    project.pulumi("config", "set", "agentrun:readyTimeout", "1")
    project.program(service(more="model_service_name='one',") + GATEWAY)
    project.up()
    other = service(more="model_service_name='one',").replace("tongyi", "openai")
    project.program(other + GATEWAY)
    run = project.up(check=False)
    assert "in use by model proxy gateway" in run.console
    assert project.spelled("set another model_service_name instead") in run.console
    assert {s.model_service_name for s in project.client.list(ModelServiceListInput())} == {"one"}
    project.program(other.replace("'one'", "'two'") + GATEWAY)
    project.up()
    assert {s.model_service_name for s in project.client.list(ModelServiceListInput())} == {"two"}
    assert project.up().changed == {}


@both
@pytest.mark.parametrize("switch", ["masked", "absent"])
def test_a_key_that_is_not_shown_is_no_drift(project: Project, switch: str) -> None:
    project.platform.switch(api_key=switch, computed="filled", list_order="sorted")
    project.program(service().replace('["m"]', '["z", "a"]'))
    project.up()
    assert project.up().changed == {}
    project.refresh()
    run = project.up()
    assert run.changed == {}
    name = project.resources()["qwen"]["id"]
    project.client.update(name, ModelServiceUpdateInput(description="by hand"))
    project.refresh()
    assert project.up().changed == {}, "what the program never set is not managed"


def test_nothing_configured_fails_in_preview_with_one_sentence(make_project: Callable[..., Project]) -> None:
    project = make_project({"agentrun:endpoint": ""})
    project.program(service())
    run = project.preview(check=False)
    assert run.code != 0
    assert "No AgentRun credentials are configured" in run.console
    assert "AGENTRUN_ACCESS_KEY_ID" in run.console


def test_a_credential_in_plain_configuration_is_refused(make_project: Callable[..., Project]) -> None:
    project = make_project({"agentrun:accessKeyId": "id", "agentrun:accessKeySecret": "oops"})
    project.program(service())
    run = project.preview(check=False)
    assert run.code != 0
    assert "pulumi config set --secret agentrun:accessKeySecret" in run.console
    assert "oops" not in run.console


def test_a_credential_in_plain_configuration_is_a_secret_of_the_plugin(make_project: Callable[..., Project]) -> None:
    project = make_project(door="plugin")
    project.pulumi("config", "set", "--plaintext", "agentrun:accessKeyId", "id")
    project.pulumi("config", "set", "--plaintext", "agentrun:accessKeySecret", "oops")
    project.program(service())
    assert "oops" not in project.up().console + project.preview().console + project.state()


def test_another_region_is_never_searched(make_project: Callable[..., Project]) -> None:
    project = make_project()
    project.program(service())
    project.up()
    project.pulumi("config", "rm", "agentrun:endpoint")
    env = {"AGENTRUN_ACCESS_KEY_ID": "id", "AGENTRUN_ACCESS_KEY_SECRET": "s", "AGENTRUN_REGION": "cn-shanghai"}
    project.env |= env
    run = project.refresh("--run-program", check=False)
    assert run.code != 0
    assert re.search(r"is in embedded:\w+, but the settings lead to https://agentrun.cn-shanghai", run.console)
    assert "qwen" in project.resources()


def test_after_a_run_with_wrong_settings_everything_can_be_destroyed_as_it_says(project: Project) -> None:
    """Pulumi writes the settings into state even of an `up` that is stopped at once, and goes by them in `destroy`."""
    project.program(service())
    project.up()
    project.pulumi("config", "rm", "agentrun:endpoint")
    wrong = {
        "AGENTRUN_CONTROL_ENDPOINT": "http://127.0.0.1:9",
        "AGENTRUN_ACCESS_KEY_ID": "id",
        "AGENTRUN_ACCESS_KEY_SECRET": "s",
    }
    run = project.up(check=False, env=wrong)
    assert "is in embedded:" in run.console
    assert "--run-program" in run.console
    project.pulumi("config", "set", "agentrun:endpoint", "file://platform")
    run = project.destroy(check=False)
    assert run.code != 0
    assert "--run-program" in run.console
    project.destroy("--run-program")
    assert project.client.list(ModelServiceListInput()) == []


def test_a_profile_leads_to_another_account(project: Project) -> None:
    eu = project.folder / "eu"
    project.pulumi("config", "set", "--path", "agentrun:profiles.eu.endpoint", f"file://{eu}")
    project.program(service(more="profile='eu', model_service_name='far',"))
    project.up()
    project.platform.close()
    with pytest.raises(ResourceNotExistError):
        project.client.get("far", BackendType.SERVICE)
    project.program(service(more="profile='us', model_service_name='far',"))
    run = project.preview(check=False)
    assert run.code != 0
    assert "There is no profile 'us' in agentrun:profiles (there are eu)." in run.console


def test_the_root_project_deploys_as_a_newcomer_would(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    program = (root / "examples" / "quickstart" / "__main__.py").read_text()
    project = Project(tmp_path / "quickstart", tmp_path / "home")
    project.pulumi("config", "set", "--secret", "apiKey", "sk-quickstart")
    (project.folder / "__main__.py").write_text(program)
    plain = subprocess.run(
        ["pulumi", "up", "--yes", "--stack", "dev"],
        cwd=project.folder, env=project.env, text=True, capture_output=True, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "gateway" in plain.stdout
    assert "4 created" in plain.stdout
    assert project.up().changed == {}
    assert project.refresh().changed == {}
    assert "sk-quickstart" not in plain.stdout + project.state()


@both
def test_two_resources_of_a_program_cannot_be_one(project: Project) -> None:
    project.program(service())
    project.up()
    name = project.resources()["qwen"]["id"]
    renamed = service(more="opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name='qwen')]),")
    project.program(renamed.replace('"qwen"', '"renamed"'))
    project.up()
    renamed = service().replace('"qwen"', '"renamed"')
    project.program(renamed + service())
    run = project.up(check=False, env={"AGENTRUN_ADOPT": name})
    assert run.code != 0
    assert f"Model service {name} is " in run.console
    assert project.spelled("a model_service_name of its own") in run.console
    assert project.client.get(name, BackendType.SERVICE).status == "READY"
    project.program(renamed + service(more="model_service_name='another',"))
    project.up("--refresh")
    assert {r["id"] for r in project.resources().values()} == {name, "another"}
