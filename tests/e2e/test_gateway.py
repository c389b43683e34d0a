"""What `pulumi up` deploys to `file://` answers at its `endpoint` once the platform is served from the same folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from e2e.project import DOORS, Project
from openai import OpenAI

pytestmark = pytest.mark.parametrize("door", DOORS)

PROGRAM = """
service = ModelService("qwen", model_type="llm", provider="tongyi", model_service_name="qwen", provider_settings={
    "base_url": "https://example.com/v1", "api_key": "sk-1", "model_names": ["m"]})
gateway = ModelProxy("gateway", model_proxy_name="gate",
                     proxy_config={"endpoints": [{"model_service_name": service.model_service_name}]})
pulumi.export("endpoint", gateway.endpoint)
"""


@contextmanager
def served(project: Project, port: str = "0") -> Iterator[str]:
    """Serve the project's platform in a process of its own; give its address."""
    command = [sys.executable, "-m", "pulumi_agentrun.platform", "--port", port, "--data", str(project.data)]
    environment = os.environ | {"AGENTRUN_PLATFORM_CREDENTIAL": "id:served-secret"}
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip().removeprefix("listening on ")
        finally:
            process.terminate()


def said(project: Project) -> str:
    token = (project.data / "token").read_text().strip()
    with OpenAI(base_url=project.outputs()["endpoint"] + "/v1", api_key=token) as client:
        answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
    return str(answer.choices[0].message.content)


def test_a_deployed_gateway_answers_and_an_address_that_changes_is_no_surprise(project: Project) -> None:
    project.program(PROGRAM)
    project.up()
    assert project.outputs()["endpoint"] == "http://127.0.0.1:8080/models/gate", "where `make platform` serves"
    with served(project) as address:
        assert project.preview().changed == {}, "an update has nothing to do with it"
        project.refresh()
        assert project.up().changed == {}
        assert project.outputs()["endpoint"] == f"{address}/models/gate"
        assert said(project) == "This is m of qwen, simulated. You said: hi"
    project.program(PROGRAM.replace("gate", "door"))
    project.up()
    assert project.outputs()["endpoint"] == f"{address}/models/door", "it is remembered while nothing is served"
    with served(project, address.rpartition(":")[2]):
        assert said(project) == "This is m of qwen, simulated. You said: hi"
