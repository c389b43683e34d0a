"""What users' unit tests see of resources: names, links, outputs and refusals as the provider has them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_agentrun import GatewayReference, ModelGateway, ModelProxy, ModelService
from pulumi_agentrun.client import BackendType, ModelProxyListInput, ModelServiceCreateInput, ModelServiceListInput
from pulumi_agentrun.lifecycle.names import automatic_name
from pulumi_agentrun.testing import AgentRunMocks, gateway_contract
from unit.running import deploy

KEY = "sk-nobody-may-see-this"
URN = "urn:pulumi:dev::unit::pulumi-python:dynamic/agentrun:{}::{}"


@pytest.fixture
def mocks() -> Iterator[AgentRunMocks]:
    made = AgentRunMocks(stacks={"organization/platform/prod": {"gateway": gateway_contract(credential_name="c")}})
    yield from use(made)


def use(mocks: AgentRunMocks, preview: bool = False) -> Iterator[AgentRunMocks]:
    pulumi.runtime.set_mocks(mocks, project="unit", stack="dev", preview=preview)
    yield mocks
    pulumi.runtime.settings.reset_options()


def service(name: str = "qwen", **more: Any) -> ModelService:
    settings = {"api_key": KEY, "base_url": "https://a.example/v1", "model_names": ["m1"]}
    return ModelService(name, **({"model_type": "llm", "provider": "tongyi", "provider_settings": settings} | more))


def proxy(name: str = "gateway", **more: Any) -> ModelProxy:
    endpoint: Any = {"model_service_name": "s", **more}
    return ModelProxy(name, proxy_config={"endpoints": [endpoint]})


def test_names_are_those_that_an_up_gives_and_links_and_outputs_are_there(mocks: AgentRunMocks) -> None:
    def program() -> pulumi.Output[Any]:
        qwen = service()
        gateway = ModelProxy("gateway", proxy_config={"endpoints": [{"model_service_name": qwen.model_service_name}]})
        shown = ("id", "model_proxy_name", "proxy_config", "proxy_mode", "cpu", "memory", "endpoint", "status",
                 "region", "function_name", "created_at", "model_proxy_id")  # fmt: skip
        return pulumi.Output.all(
            pulumi.Output.all(id=qwen.id, name=qwen.model_service_name, status=qwen.status),
            pulumi.Output.all(**{name: getattr(gateway, name) for name in shown}),
        )

    qwen, gateway = deploy(program)
    name = automatic_name(URN.format("ModelService", "qwen"), {"model_type": "llm", "provider": "tongyi"})
    assert qwen == {"id": name, "name": name, "status": "READY"}
    assert gateway["proxy_config"]["endpoints"] == [{"model_service_name": name}]
    assert gateway["id"] == gateway["model_proxy_name"]
    assert gateway["id"].startswith("gateway-")
    assert gateway["endpoint"] == f"http://127.0.0.1:8080/models/{gateway['id']}"
    assert (gateway["proxy_mode"], gateway["cpu"], gateway["memory"]) == ("single", 2, 4096)
    assert (gateway["status"], gateway["region"]) == ("READY", "embedded")
    assert all(gateway[key] for key in ("function_name", "created_at", "model_proxy_id"))


class Part(pulumi.ComponentResource):
    def __init__(self, level: int, parent: pulumi.Resource | None) -> None:
        super().__init__(f"acme:index:Part{level}", f"part{level}", {}, pulumi.ResourceOptions(parent=parent))


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_a_name_has_all_the_types_above_it(mocks: AgentRunMocks, depth: int) -> None:
    def program() -> pulumi.Output[Any]:
        parent = None
        for level in range(depth):
            parent = Part(level, parent)
        opts = pulumi.ResourceOptions(parent=parent)
        return pulumi.Output.all(service(opts=opts).model_service_name, parent.urn if parent else "")

    parts = "$".join(f"acme:index:Part{level}" for level in range(depth))
    urn = f"urn:pulumi:dev::unit::{parts}$pulumi-python:dynamic/agentrun:ModelService::qwen"
    name = automatic_name(urn, {"model_type": "llm", "provider": "tongyi"})
    assert deploy(program) == [name, f"urn:pulumi:dev::unit::{parts}::part{depth - 1}"]


def test_a_name_is_that_of_its_own_project_after_tests_of_another(mocks: AgentRunMocks) -> None:
    def program() -> pulumi.Output[Any]:
        root = pulumi.runtime.get_root_resource()
        names = [made.model_service_name for made in (
            service(opts=pulumi.ResourceOptions(parent=root)),
            service("below", opts=pulumi.ResourceOptions(parent=service("above"))),
        )]  # fmt: skip
        return pulumi.Output.all(*names)

    deploy(program)
    pulumi.runtime.set_mocks(AgentRunMocks(), project="second", stack="prod", preview=False)
    kind = "pulumi-python:dynamic/agentrun:ModelService"
    urns = (f"pulumi:pulumi:Stack${kind}::qwen", f"{kind}${kind}::below")
    identity = {"model_type": "llm", "provider": "tongyi"}
    assert deploy(program) == [automatic_name(f"urn:pulumi:prod::second::{urn}", identity) for urn in urns]


def test_everything_that_is_wrong_with_a_resource_is_said_in_the_providers_words(mocks: AgentRunMocks) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        deploy(lambda: (proxy(weight=-1, model_nmes=["m"]), None)[1])
    about = "pulumi-python:dynamic/agentrun:ModelProxy resource 'gateway' has a problem: proxy_config.endpoints[0]"
    assert sorted(str(caught.value).splitlines()) == [
        f"{about}.model_nmes: there is no such property; did you mean model_names?",
        f"{about}.weight: must be at least 0",
    ]
    with pytest.raises(pulumi.RunError) as caught:
        deploy(lambda: (service(provider_settings={"api_key": {"a": KEY}, "model_names": [KEY, 7]}), None)[1])
    assert "provider_settings.model_names[1]: must be a string" in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_secret_number_is_in_no_exception(mocks: AgentRunMocks) -> None:
    settings = {"api_key": pulumi.Output.secret(482913), "base_url": pulumi.Output.secret(48_291_300)}
    for program in (
        lambda: (service(provider_settings=settings), None)[1],
        lambda: (proxy(weight=pulumi.Output.secret(-482913e9)), None)[1],
    ):
        with pytest.raises(pulumi.RunError) as caught:
            deploy(program)
        assert "must be" in str(caught.value)
        assert "4829" not in str(caught.value)
        assert "4.829" not in str(caught.value)


def test_two_resources_of_one_name_are_refused(mocks: AgentRunMocks) -> None:
    # Pulumi registers what a program declares at once: which of them comes first is open.
    with pytest.raises(pulumi.RunError, match=r"service taken is (a|b) in this program, so it cannot be (b|a) too"):
        deploy(lambda: (service("a", model_service_name="taken"), service("b", model_service_name="taken"), None)[2])


def test_a_key_is_a_secret_and_so_is_what_the_program_makes_one(mocks: AgentRunMocks) -> None:
    def program() -> pulumi.Output[Any]:
        made = service(description=pulumi.Output.secret("hidden"))
        outputs = (made.provider_settings, made.description, made.model_service_name)
        return pulumi.Output.all(*(output.is_secret() for output in outputs), made.provider_settings)

    *secret, settings = deploy(program)
    assert secret == [True, True, False]
    assert settings["api_key"] == KEY


def test_a_gateway_has_a_contract_that_another_program_reads(mocks: AgentRunMocks) -> None:
    made = {"a": {"provider": "tongyi", "model_names": ["m1"]}, "b": {"provider": "openai", "model_names": ["m2"]}}

    def program() -> pulumi.Output[Any]:
        gateway = ModelGateway("chat", services=made, credential_name="c")  # type: ignore[arg-type]
        read = GatewayReference("organization/platform/prod")
        return pulumi.Output.all(gateway.contract, gateway.proxy.proxy_config, read.model_names, read.credential_name)

    contract, config, names, credential = deploy(program)
    assert contract["endpoint"].endswith(f"/{contract['model_proxy_name']}")
    assert {**gateway_contract(), **contract}.keys() == gateway_contract(credential_name="c").keys()
    spare = config["policies"]["fallbacks"][0]["model_service_name"]
    assert mocks.client.get(spare, BackendType.SERVICE).provider == "openai"
    assert (names, credential) == (["qwen-max"], "c")


def test_a_stack_that_no_one_told_of_is_asked_for(mocks: AgentRunMocks) -> None:
    name = "organization/other/dev"
    with pytest.raises(pulumi.RunError, match=r"no stack 'organization/other/dev': .* AgentRunMocks\(stacks="):
        mocks.new_resource(pulumi.runtime.MockResourceArgs("pulumi:pulumi:StackReference", name, {"name": name}))


def test_what_was_there_before_is_looked_up_and_adopted_and_else_missed(
    mocks: AgentRunMocks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    mocks.client.create(ModelServiceCreateInput(
        model_service_name="old", model_type="llm", provider="tongyi", provider_settings={"model_names": ["m0"]},
    ))  # fmt: skip
    found = deploy(lambda: ModelService.get("old", "old").provider_settings)
    assert found["model_names"] == ["m0"]
    with pytest.raises(Exception, match="Model service gone does not exist"):
        deploy(lambda: ModelService.get("gone", "gone").status)
    with pytest.raises(Exception, match="old exists already"):
        deploy(lambda: service("old", model_service_name="old").status)
    assert deploy(lambda: service("old", model_service_name="old", adopt=True).model_service_name) == "old"
    assert len(mocks.client.list(ModelServiceListInput())) == 1
    assert list(tmp_path.iterdir()) == []


def test_other_resources_are_what_they_are_given_or_what_a_subclass_says() -> None:
    class Others(AgentRunMocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
            if args.typ == "acme:index:Bucket":
                return "b-1", {**args.inputs, "url": "s3://b-1"}
            return super().new_resource(args)

    class Other(pulumi.CustomResource):
        url: pulumi.Output[str]
        size: pulumi.Output[int]

    def program() -> pulumi.Output[Any]:
        bucket = Other("acme:index:Bucket", "bucket", {"url": None, "size": 3})
        table = Other("acme:index:Table", "table", {"url": None, "size": 4})
        called = pulumi.runtime.invoke("acme:index:get", {}).value
        return pulumi.Output.all(bucket.id, bucket.url, table.id, table.size, service().status, called)

    for _ in use(Others()):
        assert deploy(program) == ["b-1", "s3://b-1", "table-id", 4, "READY", {}]


def test_a_program_may_run_again_and_makes_nothing_twice(mocks: AgentRunMocks) -> None:
    names = [deploy(lambda: proxy().model_proxy_name) for _ in range(2)]
    assert names[0] == names[1]
    assert len(mocks.client.list(ModelProxyListInput())) == 1


def test_a_preview_knows_what_a_preview_knows() -> None:
    for mocks in use(AgentRunMocks(), preview=True):

        def program() -> pulumi.Output[Any]:
            made = service()
            unknown: Any = made.created_at
            late = ModelProxy("late", proxy_config={"endpoints": [{"model_service_name": unknown}]})
            return pulumi.Output.all(*(o.is_known() for o in (made.model_service_name, made.status, late.id)))

        assert deploy(program) == [True, False, False]
        assert mocks.client.list(ModelServiceListInput()) == []


def test_a_preview_after_an_update_is_one(mocks: AgentRunMocks) -> None:
    assert deploy(lambda: pulumi.Output.from_input(service().status.is_known())) is True
    for preview in use(AgentRunMocks(), preview=True):
        assert deploy(lambda: pulumi.Output.from_input(service().status.is_known())) is False
        assert preview.client.list(ModelServiceListInput()) == []
    for update in use(AgentRunMocks()):
        assert deploy(lambda: pulumi.Output.from_input(service().status.is_known())) is True
        assert len(update.client.list(ModelServiceListInput())) == 1


def test_a_profile_is_one_of_the_configuration(mocks: AgentRunMocks) -> None:
    with pytest.raises(pulumi.RunError, match="no profile 'eu' in agentrun:profiles, which is not set"):
        deploy(lambda: service(profile="eu").status)
    pulumi.runtime.set_all_config({"agentrun:profiles": '{"eu": {"region": "eu-central-1"}}'})
    try:
        assert deploy(lambda: service("here", profile="eu", model_service_name="one").status) == "READY"
        assert deploy(lambda: service("there", model_service_name="one").status) == "READY"
    finally:
        pulumi.runtime.set_all_config({})


def test_the_environment_leads_nowhere_else(mocks: AgentRunMocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTRUN_CONTROL_ENDPOINT", "https://agentrun.invalid")
    monkeypatch.setenv("AGENTRUN_REGION", "cn-hangzhou")
    assert deploy(lambda: service().region) == "embedded"


def test_what_is_on_disk_is_removed_at_the_end(tmp_path: Path) -> None:
    code = "from pulumi_agentrun.testing import AgentRunMocks as M; import os; M(); m = M(); print(os.listdir({!r}))"
    command = [sys.executable, "-W", "error", "-c", code.format(str(tmp_path))]
    env = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.count("agentrun-mocks-") == 1
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
