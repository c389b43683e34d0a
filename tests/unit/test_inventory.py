"""What the inventory shows and writes, over the embedded platform."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi_agentrun.cli.command import main
from pulumi_agentrun.client import (
    Config,
    CredentialClient,
    CredentialConfig,
    CredentialCreateInput,
    ModelClient,
    ModelProxyCreateInput,
    ModelServiceCreateInput,
    ProviderSettings,
    ProxyConfig,
    ProxyConfigEndpoint,
)
from pulumi_agentrun.dynamic import ModelServiceProvider
from pulumi_agentrun.platform import Platform

KEY = "sk-never-written"


@pytest.fixture
def endpoint(tmp_path: Path) -> str:
    return f"file://{tmp_path / 'platform'}"


@pytest.fixture
def client(endpoint: str) -> Iterator[ModelClient]:
    with ModelClient(Config(endpoint=endpoint)) as client:
        yield client


def service(client: ModelClient, name: str, key: str | None = KEY, **more: Any) -> None:
    settings = ProviderSettings(api_key=key, base_url="https://example.com/v1", model_names=["m"])
    client.create(
        ModelServiceCreateInput(
            model_service_name=name, model_type="llm", provider="tongyi", provider_settings=settings, **more
        )
    )


def proxy(client: ModelClient, name: str, *services: str) -> None:
    endpoints = [ProxyConfigEndpoint(model_service_name=name, weight=weight) for weight, name in enumerate(services, 1)]
    client.create(ModelProxyCreateInput(model_proxy_name=name, proxy_config=ProxyConfig(endpoints=endpoints)))


def run(endpoint: str, *more: str) -> int:
    return main(["inventory", "--endpoint", endpoint, *more])


def written(folder: Path) -> tuple[str, dict[str, dict[str, Any]]]:
    """Return the program and the resources of the import file by name."""
    resources = json.loads((folder / "import.json").read_text("utf-8"))["resources"]
    return (folder / "__main__.py").read_text("utf-8"), {resource["name"]: resource for resource in resources}


def test_the_table_has_services_and_proxies_by_name(
    client: ModelClient, endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    service(client, "b")
    service(client, "a")
    proxy(client, "gateway", "a", "b")
    assert run(endpoint) == 0
    shown = capsys.readouterr().out
    cells = [[line.split()[column] for column in (0, 1, 2)] for line in shown.splitlines()]
    assert cells == [
        ["KIND", "NAME", "STATUS"],
        ["service", "a", "READY"],
        ["service", "b", "READY"],
        ["proxy", "gateway", "READY"],
    ]
    assert "multi: a 1, b 2" in shown
    assert KEY not in shown


def test_an_account_that_is_not_there_is_not_taken_for_an_empty_one(
    endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(endpoint) == 1
    assert "There is no embedded platform in" in capsys.readouterr().err


def test_an_empty_account_is_a_heading(client: ModelClient, endpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    service(client, "qwen")
    client.delete("qwen")
    assert run(endpoint) == 0
    assert capsys.readouterr().out == "KIND  NAME  STATUS  CHANGED  WHAT\n"


def test_what_it_writes_holds_no_key(
    client: ModelClient, endpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service(client, "qwen")
    assert run(endpoint, "--write", str(tmp_path / "out")) == 0
    program, resources = written(tmp_path / "out")
    assert KEY not in program + json.dumps(resources) + capsys.readouterr().out
    assert '"api_key": config.require_secret("qwen_api_key"),' in program
    assert resources["qwen"]["inputs"]["provider_settings"]["api_key"] == ""


def test_it_says_what_to_do_next(
    client: ModelClient, endpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service(client, "qwen")
    run(endpoint, "--write", str(tmp_path / "out"))
    said = capsys.readouterr().out
    assert "pulumi config set --secret qwen_api_key\n" in said
    assert "pulumi import --file import.json" in said


def test_the_import_file_has_all_that_keeps_pulumi_from_asking(
    client: ModelClient, endpoint: str, tmp_path: Path
) -> None:
    service(client, "qwen", description="Qwen")
    run(endpoint, "--write", str(tmp_path))
    _, resources = written(tmp_path)
    qwen = resources["qwen"]
    assert (qwen["type"], qwen["id"]) == ("pulumi-python:dynamic/agentrun:ModelService", "qwen")
    assert qwen["inputs"]["description"] == qwen["outputs"]["description"] == "Qwen"
    assert qwen["inputs"]["__provider"] == serialize_provider(ModelServiceProvider())
    assert (qwen["outputs"]["status"], qwen["outputs"]["region"]) == ("READY", "embedded")
    assert "status" not in qwen["inputs"]


def test_the_program_runs_and_links_proxies_to_their_services(
    client: ModelClient, endpoint: str, tmp_path: Path
) -> None:
    service(client, "7-class é")
    service(client, "pulumi")
    proxy(client, "pulumi", "7-class é", "not-here")
    run(endpoint, "--only", "*", "--write", str(tmp_path))
    program, _ = written(tmp_path)
    compile(program, "__main__.py", "exec")
    assert "service_7_class = ModelService(\n" in program
    assert "pulumi_service = ModelService(\n" in program
    assert "pulumi_proxy = ModelProxy(\n" in program
    assert '"model_service_name": service_7_class.model_service_name,' in program
    assert '"model_service_name": "not-here",' in program


def test_names_that_look_alike_get_variables_of_their_own(client: ModelClient, endpoint: str, tmp_path: Path) -> None:
    for name in ("a-b", "a.b", "a_b"):
        service(client, name)
    run(endpoint, "--write", str(tmp_path))
    program, _ = written(tmp_path)
    assert [line.split(" = ")[0] for line in program.splitlines() if "ModelService(" in line] == [
        "a_b",
        "a_b_service",
        "a_b_service_2",
    ]


def test_a_service_with_a_credential_needs_no_key(client: ModelClient, endpoint: str, tmp_path: Path) -> None:
    service(client, "qwen", key=None, credential_name="qwen")
    run(endpoint, "--write", str(tmp_path))
    program, resources = written(tmp_path)
    assert "config" not in program
    assert "api_key" not in json.dumps(resources)


@pytest.mark.parametrize("shown", ["masked", "absent"])
def test_a_key_that_the_service_does_not_show_is_asked_for_all_the_same(
    client: ModelClient, endpoint: str, tmp_path: Path, shown: str
) -> None:
    service(client, "qwen")
    Platform.open(tmp_path / "platform", {}).switch(api_key=shown)
    run(endpoint, "--write", str(tmp_path / "out"))
    program, resources = written(tmp_path / "out")
    assert 'config.require_secret("qwen_api_key")' in program
    assert resources["qwen"]["inputs"]["provider_settings"]["api_key"] == ""


def test_only_takes_a_pattern(client: ModelClient, endpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    service(client, "team-a")
    service(client, "other")
    run(endpoint, "--only", "team-*")
    shown = capsys.readouterr().out
    assert "team-a" in shown
    assert "other" not in shown


def test_what_is_not_settled_is_left_aside(
    client: ModelClient, endpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Platform.open(tmp_path / "platform", {}).switch(latency=60.0)
    service(client, "slow")
    assert run(endpoint, "--write", str(tmp_path / "out")) == 1
    assert capsys.readouterr().err == (
        "model service slow is left aside: it is CREATING\n"
        "error: There is nothing to write: no resource named * is there to be taken over.\n"
    )
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_over(
    client: ModelClient, endpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service(client, "qwen")
    (tmp_path / "__main__.py").write_text("mine")
    assert run(endpoint, "--write", str(tmp_path)) == 1
    assert "exists already; nothing was written" in capsys.readouterr().err
    assert (tmp_path / "__main__.py").read_text() == "mine"
    assert not (tmp_path / "import.json").exists()


def test_a_missing_account_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AGENTRUN_ACCESS_KEY_ID", "only-half")
    assert main(["inventory"]) == 1
    assert capsys.readouterr().err.startswith("error: AGENTRUN_ACCESS_KEY_ID is set but")


def test_no_file_has_the_secret_of_any_kind(client: ModelClient, endpoint: str, tmp_path: Path) -> None:
    """Whether or not the service shows it: in what a program sets, and in what the service adds."""
    service(client, "qwen")
    config = CredentialConfig.inbound_api_key(KEY)
    with CredentialClient(Config(endpoint=endpoint)) as credentials:
        credentials.create(CredentialCreateInput(credential_name="caller", credential_config=config))
        shown = credentials.get("caller").credential_secret
        assert shown is not None
        assert shown.get_secret_value() == KEY, "this platform shows it"
    assert run(endpoint, "--write", str(tmp_path / "out")) == 0
    texts = [path.read_text("utf-8") for path in (tmp_path / "out").iterdir()]
    assert len(texts) == 2
    assert any('"caller"' in text for text in texts)
    assert not any(KEY in text for text in texts)
