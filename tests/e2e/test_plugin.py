"""What only the plugin can do: import, functions, detailed diffs, several providers, and creations that are kept."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from e2e.project import Project
from pulumi.runtime.proto.plugin_pb2 import PluginAttach
from pulumi.runtime.proto.provider_pb2 import ReadRequest
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub
from pulumi_agentrun.client import (
    BackendType,
    ModelProxyCreateInput,
    ModelServiceCreateInput,
    ModelServiceListInput,
    ProviderSettings,
    ProxyConfig,
)
from pulumi_agentrun.platform import Fault
from pydantic import SecretStr

SERVICE = """
service = ModelService(
    "qwen", model_type="llm", provider="tongyi", description="first", {more}
    provider_settings={{"base_url": "https://example.com/v1", "api_key": "sk-plain-1", "model_names": ["a", "b"]}},
)
"""


@pytest.fixture
def door() -> str:
    return "plugin"


def service(more: str = "") -> str:
    return SERVICE.format(more=more)


def there(project: Project, name: str) -> None:
    """Create a service and a proxy in front of it outside of Pulumi."""
    settings = ProviderSettings(
        base_url="https://example.com/v1", api_key=SecretStr("sk-plain-1"), model_names=["a", "b"]
    )
    project.client.create(
        ModelServiceCreateInput(
            model_service_name=name, model_type="llm", provider="tongyi", description="first",
            provider_settings=settings,
        )
    )  # fmt: skip
    endpoints = [{"model_service_name": name, "model_names": ["a"], "weight": 3}]
    project.client.create(
        ModelProxyCreateInput(model_proxy_name=f"{name}-gw", proxy_config=ProxyConfig(endpoints=endpoints))
    )


def test_what_exists_is_imported_with_all_its_inputs(project: Project) -> None:
    there(project, "old")
    project.program("")
    project.up()
    for type_, name, id_ in (("ModelService", "qwen", "old"), ("ModelProxy", "gateway", "old-gw")):
        plugin = Path(sys.executable).with_name("pulumi-resource-agentrun")
        assert plugin.exists()
        out = project.folder / f"{name}.py"
        run = project.pulumi("import", f"agentrun:index:{type_}", name, id_, "--yes", "--out", str(out))
        assert "sk-plain-1" not in run.console
    inputs = project.resources()["qwen"]["inputs"]
    assert {k: v for k, v in inputs.items() if k != "providerSettings"} == {
        "description": "first", "modelServiceName": "old", "modelType": "llm", "provider": "tongyi",
    }  # fmt: skip
    assert "sk-plain-1" not in project.state()
    project.program(
        service("model_service_name='old', opts=pulumi.ResourceOptions(protect=True),")
        + "ModelProxy('gateway', model_proxy_name='old-gw', opts=pulumi.ResourceOptions(protect=True),\n"
        "           proxy_config={'endpoints': [{'model_service_name': 'old', 'model_names': ['a'], 'weight': 3}]})\n"
    )
    assert project.up().changed == {}


def test_what_pulumi_prints_of_an_import_clears_no_key(project: Project) -> None:
    """The printed program has no key, and a program that never set one does not manage it, also after a refresh."""
    there(project, "old")
    project.program("")
    project.up()
    out = project.folder / "qwen.py"
    project.pulumi(
        "import", "agentrun:index:ModelService", "qwen", "old", "--yes", "--protect=false", "--out", str(out)
    )
    (project.folder / "__main__.py").write_text(out.read_text())
    assert project.up().changed == {}
    project.refresh()
    assert project.up().changed == {}
    settings = project.client.get("old", BackendType.SERVICE).provider_settings
    assert settings
    assert settings.api_key == SecretStr("sk-plain-1")


def test_functions_look_up_and_list(project: Project) -> None:
    there(project, "old")
    project.program(
        "import pulumi_agentrun_sdk as agentrun\n"
        "one = agentrun.get_model_service_output(model_service_name='old')\n"
        "pulumi.export('base_url', one.provider_settings.base_url)\n"
        "pulumi.export('one', one)\n"
        "gateway = agentrun.get_model_proxy_output(model_proxy_name='old-gw')\n"
        "pulumi.export('endpoint', gateway.endpoint)\n"
        "pulumi.export('weight', gateway.proxy_config.endpoints[0].weight)\n"
        "names = agentrun.list_model_services_output(provider='tongyi').model_services\n"
        "pulumi.export('all', names)\n"
        "pulumi.export('names', names.apply(lambda found: [item.model_service_name for item in found]))\n"
        "none = agentrun.list_model_proxies_output(proxy_mode='multi').model_proxies\n"
        "pulumi.export('none', none.apply(len))\n"
    )
    run = project.up()
    outputs = project.outputs()
    assert outputs == json.loads(project.pulumi("stack", "output", "--json", "--stack", "dev").console), "no secret"
    assert "sk-plain-1" not in str(outputs)
    assert (outputs["base_url"], outputs["weight"]) == ("https://example.com/v1", 3)
    assert outputs["endpoint"].startswith("http://127.0.0.1:8080/models/")
    assert (outputs["names"], outputs["none"]) == (["old"], 0)
    assert "sk-plain-1" not in run.console + project.state()
    project.program(
        "import pulumi_agentrun_sdk as agentrun\nagentrun.get_model_service_output(model_service_name='no')\n"
    )
    run = project.preview(check=False)
    assert run.code != 0
    assert "does not exist" in run.console


def test_a_diff_names_the_property_that_differs(project: Project) -> None:
    project.program(service())
    project.up()
    project.program(service().replace("/v1", "/v2").replace("sk-plain-1", "sk-plain-2").replace('"a", "b"', '"b", "a"'))
    plan = project.preview()
    [diff] = [e["resourcePreEvent"]["metadata"]["detailedDiff"] for e in plan.events if _is("update", e)]
    assert set(diff) == {"providerSettings.apiKey", "providerSettings.baseUrl"}
    assert "sk-plain" not in plan.console
    project.program(service().replace("tongyi", "openai"))
    diffs = [e["resourcePreEvent"]["metadata"]["detailedDiff"] for e in project.preview().events if _is("replace", e)]
    replaced = {"diffKind": "update-replace", "inputDiff": True}
    assert diffs == [{"provider": replaced, "modelServiceName": replaced}], "for the replacement has a name of its own"


def _is(op: str, event: dict[str, Any]) -> bool:
    return bool(event.get("resourcePreEvent", {}).get("metadata", {}).get("op") == op)


def test_an_update_keeps_known_what_it_does_not_touch(project: Project) -> None:
    program = (
        service()
        + "pulumi.export('id', service.model_service_id)\nModelService('second', model_type='llm',\n"
        + (
            "    provider='openai', description=service.created_at, provider_settings={'base_url': 'https://b.example'})\n"
        )
    )
    project.program(program)
    project.up()
    project.program(program.replace("first", "other"))
    assert project.preview().changed == {"qwen": "update"}, "what depends on it stays as it is"


def test_a_failed_creation_is_kept_and_made_anew(project: Project) -> None:
    project.platform.switch(latency=0.3)
    project.platform.inject(Fault(operation="CreateModelService", outcome="CREATE_FAILED", reason="no such upstream"))
    project.program(service())
    run = project.up(check=False)
    assert run.code != 0
    assert "ended in CREATE_FAILED: no such upstream" in run.console
    assert "It is kept" in run.console
    assert project.resources()["qwen"]["id"] == project.client.list(ModelServiceListInput())[0].model_service_name
    assert project.preview().steps["qwen"] == "delete-replaced+replace+create-replacement"
    project.up()
    [live] = project.client.list(ModelServiceListInput())
    assert live.status == "READY"
    assert project.up().changed == {}


def test_a_slow_creation_is_waited_for_in_the_next_run(project: Project) -> None:
    project.platform.switch(latency=3.0)
    project.program(service("opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create='1s')),"))
    run = project.up(check=False)
    assert "was not ready within 1 seconds" in run.console
    made = project.client.list(ModelServiceListInput())[0].created_at
    assert project.up().changed == {"qwen": "update"}
    [live] = project.client.list(ModelServiceListInput())
    assert (live.status, live.created_at) == ("READY", made)
    assert project.up().changed == {}


def test_providers_lead_to_accounts_of_their_own(make_project: Callable[..., Project]) -> None:
    project = make_project({"agentrun:endpoint": ""}, door="plugin")
    project.program(
        "import pulumi_agentrun_sdk as agentrun\n"
        "for name in ('eu', 'us'):\n"
        "    account = agentrun.Provider(name, endpoint=f'file://{os.getcwd()}/{name}', access_key_id='id',\n"
        "                                access_key_secret=f'secret-of-{name}')\n"
        "    ModelService(f'{name}-qwen', model_service_name='qwen', model_type='llm', provider='tongyi',\n"
        "                 provider_settings={'base_url': f'https://{name}.example'},\n"
        "                 opts=pulumi.ResourceOptions(provider=account))\n"
    )
    run = project.up()
    assert (project.folder / "eu").is_dir()
    assert (project.folder / "us").is_dir()
    assert "secret-of" not in run.console + project.state()
    assert project.up().changed == {}
    project.destroy()


def test_a_wrong_configuration_fails_the_preview_in_a_sentence(make_project: Callable[..., Project]) -> None:
    project = make_project({"agentrun:endpoint": ""}, door="plugin")
    project.program(service())
    run = project.preview(check=False)
    assert run.code != 0
    assert "No AgentRun credentials are configured: set agentrun:accessKeyId" in run.console
    assert "Traceback" not in run.console


def test_autonaming_of_the_stack_is_followed(make_project: Callable[..., Project]) -> None:
    project = make_project(door="plugin")
    project.program(service())
    project.pulumi("config", "set", "--path", "pulumi:autonaming.mode", "verbatim")
    project.up()
    assert project.resources()["qwen"]["id"] == "qwen"
    project.pulumi("config", "set", "--path", "pulumi:autonaming.mode", "disabled")
    assert project.up().changed == {}, "what has a name keeps it"


def test_dynamic_resources_move_to_the_plugin_untouched(make_project: Callable[..., Project]) -> None:
    project = make_project()
    named = "model_service_name='qwen', {}"
    project.program(service(named.format("opts=pulumi.ResourceOptions(retain_on_delete=True),")))
    project.up()
    before = project.client.get("qwen", BackendType.SERVICE)
    moved = make_project(name="moved", door="plugin")
    project.door, project.env = "plugin", moved.env | {"PULUMI_BACKEND_URL": project.env["PULUMI_BACKEND_URL"]}
    project.program(service(named.format("adopt=True,")))
    run = project.up()
    assert run.code == 0
    after = project.client.get("qwen", BackendType.SERVICE)
    assert (after.model_service_id, after.created_at) == (before.model_service_id, before.created_at)
    project.program(service("model_service_name='qwen',"))
    assert project.up().changed == {}
    deployment = json.loads(project.state())["deployment"]["resources"]
    assert not [r for r in deployment if "pulumi-python" in r["type"]]


@contextmanager
def started_by_hand(project: Project) -> Iterator[tuple[dict[str, str], subprocess.Popen[str]]]:
    """A plugin as a debugger has it: Pulumi attaches to the process, with these variables, instead of starting one."""
    plugin = [str(Path(sys.executable).with_name("pulumi-resource-agentrun")), "127.0.0.1:1"]
    with subprocess.Popen(plugin, env=project.env, cwd=project.folder, text=True, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield {"PULUMI_DEBUG_PROVIDERS": f"agentrun:{process.stdout.readline().strip()}"}, process
        finally:
            process.terminate()


def test_a_plugin_that_was_started_by_hand_serves_one_run_after_another(project: Project) -> None:
    project.program(service())
    with started_by_hand(project) as (env, process):
        assert project.up(env=env).changed == {"qwen": "create"}
        project.program(service().replace("first", "second"))
        assert project.pulumi("up", "--yes", env=env).code == 0
        assert [found.description for found in project.client.list(ModelServiceListInput())] == ["second"]
        project.pulumi("config", "set", "agentrun:readyTimeout", "77")
        assert project.up(env=env).changed == {}
        before = open_files(process)
        for _ in range(3):
            project.up(env=env)
        assert open_files(process) <= before, "a run that has ended keeps no file and no connection"


def open_files(process: subprocess.Popen[str]) -> int:
    """Return how many files and connections a process has."""
    return len(list(Path(f"/proc/{process.pid}/fd").iterdir()))


def test_runs_at_the_same_time_through_a_plugin_that_was_started_by_hand_have_each_its_own_account(
    project: Project, make_project: Callable[..., Project]
) -> None:
    other = make_project(name="other", door="plugin")
    other.pulumi("config", "set", "agentrun:endpoint", f"file://{other.data}")  # not the one beside the plugin
    both = {"mine": project, "theirs": other}
    for name, one in both.items():
        one.program("".join(service(f"model_service_name='{name}-{i}',").replace("qwen", f"{i}") for i in range(8)))
        one.platform.switch(latency=2.0)
    with started_by_hand(project) as (env, _), ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(one.up, "--parallel", "2", env=env) for one in both.values()]
        assert [run.result().code for run in runs] == [0, 0]
    for name, one in both.items():
        names = {service.model_service_name for service in one.client.list(ModelServiceListInput())}
        assert names == {f"{name}-{i}" for i in range(8)}


def test_nobody_attaches_to_a_plugin_that_the_engine_has_started() -> None:
    """Nor configures it: any user of the machine may call, and would lead what is under way elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as engine:
        plugin = Path(sys.executable).with_name("pulumi-resource-agentrun")
        address = f"127.0.0.1:{engine.getsockname()[1]}"
        with subprocess.Popen([plugin, address], text=True, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None
                with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
                    calls = ResourceProviderStub(channel)
                    with pytest.raises(grpc.RpcError, match="Pulumi has started this provider process itself"):
                        calls.Attach(PluginAttach(address="127.0.0.1:1"))
                    with pytest.raises(grpc.RpcError, match="Pulumi has not configured this provider process"):
                        calls.Read(ReadRequest(urn="urn:pulumi:dev::p::agentrun:index:ModelService::s", id="s"))
            finally:
                process.terminate()


@pytest.mark.parametrize("engine", ["x", "127.0.0.1:x", "127.0.0.1:99999", ":1"])
def test_what_is_no_address_of_an_engine_is_refused(engine: str) -> None:
    plugin = Path(sys.executable).with_name("pulumi-resource-agentrun")
    done = subprocess.run([plugin, engine], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "argument engine: must be HOST:PORT" in done.stderr
