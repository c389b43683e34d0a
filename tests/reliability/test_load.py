"""Several engines and clients at once, on one served platform and on one directory: nothing lost, nothing torn."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from e2e.project import Project
from e2e.served import CREDENTIALS, ServedPlatform
from pulumi_agentrun.client import (
    BackendType,
    Config,
    ModelClient,
    ModelServiceCreateInput,
    ModelServiceListInput,
    ModelServiceUpdateInput,
)
from pydantic import SecretStr

pytestmark = pytest.mark.e2e
MANY = 25
WRITES = 15
STACKS = 2
PROGRAM = """
for i in range({many}):
    ModelService(f"{prefix}{{i}}", model_type="llm", provider="tongyi", description={text!r},
                 model_service_name=f"{prefix}{{i}}", provider_settings={{"base_url": "https://a.example"}})
"""
# A client in a process of its own that changes one service again and again, and says what was acknowledged.
WRITER = """
import sys
from pulumi_agentrun.client import Config, ModelClient, ModelServiceUpdateInput
from pydantic import SecretStr

endpoint, name, count = sys.argv[1:]
config = Config(endpoint=endpoint, access_key_id="id", access_key_secret=SecretStr("served-secret"))
with ModelClient(config) as client:
    for number in range(int(count)):
        client.update(name, ModelServiceUpdateInput(description=str(number)))
print(number)
"""


def service(name: str) -> ModelServiceCreateInput:
    return ModelServiceCreateInput(
        model_service_name=name, model_type="llm", provider="p", provider_settings={"base_url": "https://a.example"}
    )


async def hammer(config: Config, names: list[str]) -> None:
    """Create, change and read services, all at once on one event loop."""

    async def one(client: ModelClient, name: str) -> None:
        await client.create_async(service(name))
        for number in range(3):
            await client.update_async(name, ModelServiceUpdateInput(description=str(number)))
            found = await client.get_async(name, BackendType.SERVICE)
            assert found.description == str(number), "what was acknowledged is read back"

    async with ModelClient(config) as client:
        await asyncio.gather(*(one(client, name) for name in names))


@pytest.mark.parametrize("kind", ["served", "directory"])
def test_engines_and_clients_at_once_lose_nothing(tmp_path: Path, kind: str) -> None:
    data = tmp_path / "data"
    with ServedPlatform(data) as served:
        endpoint = served.url if kind == "served" else f"file://{data}"
        config = Config(endpoint=endpoint, access_key_id="id", access_key_secret=SecretStr(CREDENTIALS["id"]))
        with ModelClient(config) as client:
            client.create(service("written"))
            projects = [Project(tmp_path / f"p{i}", tmp_path / "home") for i in range(STACKS)]
            for index, project in enumerate(projects):
                project.pulumi("config", "set", "agentrun:endpoint", endpoint)
                project.env |= {"AGENTRUN_ACCESS_KEY_ID": "id", "AGENTRUN_ACCESS_KEY_SECRET": CREDENTIALS["id"]}
                project.program(PROGRAM.format(many=MANY, prefix=f"stack{index}-", text="first"))
            writer = subprocess.Popen(
                [sys.executable, "-c", WRITER, endpoint, "written", str(WRITES)],
                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            loop = threading.Thread(target=asyncio.run, args=(hammer(config, [f"async-{i}" for i in range(20)]),))
            loop.start()
            with ThreadPoolExecutor() as pool:
                runs = list(pool.map(lambda project: project.up(), projects))
            loop.join()
            written, complaints = writer.communicate(timeout=60)
            assert (written.strip(), complaints) == (str(WRITES - 1), "")
            assert [len(run.changed) for run in runs] == [MANY] * STACKS
            live = {str(s.model_service_name): s for s in client.iterate(ModelServiceListInput(page_size=7))}
            names = {f"stack{i}-{j}" for i in range(STACKS) for j in range(MANY)} | {f"async-{i}" for i in range(20)}
            assert set(live) == names | {"written"}
            assert live["written"].description == str(WRITES - 1)
            assert all(live[f"async-{i}"].description == "2" for i in range(20))
            for index, project in enumerate(projects):
                project.program(PROGRAM.format(many=MANY, prefix=f"stack{index}-", text="second"))
            with ThreadPoolExecutor() as pool:
                runs = list(pool.map(lambda project: project.up(), projects))
            assert [set(run.changed.values()) for run in runs] == [{"update"}] * STACKS
            live = {str(s.model_service_name): s for s in client.iterate(ModelServiceListInput())}
            assert {s.description for name, s in live.items() if name.startswith("stack")} == {"second"}
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda project: project.destroy(), projects))
            assert {str(s.model_service_name) for s in client.iterate(ModelServiceListInput())} == {
                "written", *(f"async-{i}" for i in range(20)),
            }  # fmt: skip
