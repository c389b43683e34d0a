"""What a type checker makes of the client's calls, also of inputs that may be of either kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
from collections.abc import AsyncIterator, Iterator
from typing import Union
from typing_extensions import assert_type
from pulumi_agentrun.client import (
    BackendType, Credential, CredentialClient, CredentialCreateInput, CredentialListItem, CredentialUpdateInput,
    ModelClient, ModelProvider, ModelProxy, ModelProxyCreateInput, ModelProxyListInput,
    ModelProxyUpdateInput, ModelService, ModelServiceCreateInput, ModelServiceListInput, ModelServiceUpdateInput,
)

Either = Union[ModelService, ModelProxy]

def sync(
    client: ModelClient,
    made: tuple[ModelServiceCreateInput, ModelProxyCreateInput, Union[ModelServiceCreateInput, ModelProxyCreateInput]],
    new: tuple[ModelServiceUpdateInput, ModelProxyUpdateInput, Union[ModelServiceUpdateInput, ModelProxyUpdateInput]],
    page: tuple[ModelServiceListInput, ModelProxyListInput, Union[ModelServiceListInput, ModelProxyListInput]],
    kind: Union[BackendType, None],
) -> None:
    assert_type(client.create(made[0]), ModelService)
    assert_type(client.create(made[1]), ModelProxy)
    assert_type(client.create(made[2]), Either)
    assert_type(client.update("a", new[0]), ModelService)
    assert_type(client.update("a", new[1]), ModelProxy)
    assert_type(client.update("a", new[2]), Either)
    assert_type(client.list(page[0]), list[ModelService])
    assert_type(client.list(page[1]), list[ModelProxy])
    assert_type(client.list(page[2]), Union[list[ModelService], list[ModelProxy]])
    assert_type(client.iterate(page[0]), Iterator[ModelService])
    assert_type(client.iterate(page[2]), Union[Iterator[ModelService], Iterator[ModelProxy]])
    assert_type(client.iterate_async(page[1]), AsyncIterator[ModelProxy])
    assert_type(client.get("a", BackendType.SERVICE), ModelService)
    assert_type(client.get("a", BackendType.PROXY), ModelProxy)
    assert_type(client.get("a"), Either)
    assert_type(client.get("a", kind), Either)
    assert_type(client.delete("a", BackendType.PROXY), ModelProxy)
    assert_type(client.delete("a"), Either)
    assert_type(client.list_model_providers(), list[ModelProvider])
    service = client.create(made[0])
    assert_type(service.refresh(), ModelService)
    assert_type(service.update(new[0]), ModelService)
    assert_type(ModelProxy.list_all(), list[ModelProxy])
    assert_type(ModelProxy.create(made[1]), ModelProxy)

def credentials(client: CredentialClient, made: CredentialCreateInput, new: CredentialUpdateInput) -> None:
    assert_type(client.create(made), Credential)
    assert_type(client.update("a", new), Credential)
    assert_type(client.get("a").refresh(), Credential)
    assert_type(client.list(), list[CredentialListItem])
    assert_type(Credential.list_all(), list[CredentialListItem])
    assert_type(client.list()[0].to_credential(), Credential)

async def on_a_loop(
    client: ModelClient,
    made: Union[ModelServiceCreateInput, ModelProxyCreateInput],
    new: Union[ModelServiceUpdateInput, ModelProxyUpdateInput],
    page: Union[ModelServiceListInput, ModelProxyListInput],
    proxy: ModelProxy,
) -> None:
    assert_type(await client.create_async(made), Either)
    assert_type(await client.update_async("a", new), Either)
    assert_type(await client.list_async(page), Union[list[ModelService], list[ModelProxy]])
    assert_type(await client.get_async("a", BackendType.SERVICE), ModelService)
    assert_type(await client.delete_async("a"), Either)
    assert_type(await proxy.refresh_async(), ModelProxy)
    assert_type(await ModelService.list_all_async(), list[ModelService])
    async for service in client.iterate_async(ModelServiceListInput()):
        assert_type(service, ModelService)
"""
WRONG = """
from pulumi_agentrun.client import ModelClient, ModelProxy, ModelServiceCreateInput, ModelServiceUpdateInput

def wrong(client: ModelClient, proxy: ModelProxy, made: ModelServiceCreateInput, new: ModelServiceUpdateInput) -> None:
    client.create(new)
    proxy.update(new)
    ModelProxy.create(made)
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    pytest.importorskip("mypy", reason="mypy is a tool of the checks")
    folder = tmp_path_factory.mktemp("typing")
    (folder / "right.py").write_text(PROGRAM)
    (folder / "wrong.py").write_text(WRONG)
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(folder)]
    done = subprocess.run(
        [*command, "right.py", "wrong.py"], cwd=folder, env={"MYPYPATH": str(ROOT / "provider")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.splitlines() + done.stderr.splitlines()


def test_the_result_is_of_the_kind_of_the_input(answer: list[str]) -> None:
    assert [line for line in answer if line.startswith("right.py")] == []
    assert answer[-1].startswith("Found 3 errors in 1 file (checked 2"), answer


def test_what_belongs_to_another_kind_is_an_error(answer: list[str]) -> None:
    assert [line.split(":")[1] for line in answer if line.startswith("wrong.py") and ": error:" in line] == [
        "5",
        "6",
        "7",
    ]
