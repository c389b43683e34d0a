"""What unit tests see on mocks is what `pulumi up` makes."""

from __future__ import annotations

import json
import subprocess
import sys

from e2e.project import Project

PROGRAM = """\
from pulumi_agentrun import ModelGateway
SERVICE = {'provider': 'tongyi', 'model_names': ['m'], 'base_url': 'https://a.example/v1', 'api_key': 'sk-x'}


class Part(pulumi.ComponentResource):
    def __init__(self, name, parent=None):
        super().__init__(f'acme:index:{name.title()}', name, {}, pulumi.ResourceOptions(parent=parent))


def gateway(name, parent=None):
    return ModelGateway(name, services={'stable': SERVICE}, opts=pulumi.ResourceOptions(parent=parent))


gateway('alone')
outer = Part('outer')
inner = Part('inner', Part('middle', outer))
inner.urn.apply(lambda urn: gateway('late', inner))
service = gateway('deep', inner).services['stable']
ModelService('root', model_type='llm', provider='tongyi', provider_settings={'model_names': ['m']},
             opts=pulumi.ResourceOptions(parent=pulumi.runtime.get_root_resource()))
ModelService('below', model_type='llm', provider='tongyi', provider_settings={'model_names': ['m']},
             opts=pulumi.ResourceOptions(parent=service))
"""
UNIT_TEST = """\
import json, runpy
import pulumi
from pulumi_agentrun.client import ModelProxyListInput, ModelServiceListInput
from pulumi_agentrun.testing import AgentRunMocks

for project, stack in (('earlier', 'test'), ('e2e', 'dev')):
    mocks = AgentRunMocks()
    pulumi.runtime.set_mocks(mocks, project=project, stack=stack, preview=False)
    pulumi.runtime.test(lambda: (runpy.run_path('__main__.py'), None)[1])()
found = [*mocks.client.list(ModelServiceListInput()), *mocks.client.list(ModelProxyListInput())]
print(json.dumps([getattr(one, 'model_service_name', None) or one.model_proxy_name for one in found]))
"""


def test_names_on_mocks_are_those_of_an_up(project: Project) -> None:
    project.program(PROGRAM)
    project.up()
    made = sorted(one["id"] for one in project.state_resources() if "id" in one)
    assert len(made) == 8
    done = subprocess.run(
        [sys.executable, "-c", UNIT_TEST], cwd=project.folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(done.stdout)) == made
