"""Many resources wait for the platform at once, though Pulumi's dynamic host has only four threads by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e.project import DOORS
from e2e.served import ServedPlatform, Stage
from pulumi_agentrun.client import ModelClient, ModelServiceListInput

MANY = 24


@pytest.mark.parametrize("door", DOORS)
def test_more_than_four_resources_are_created_at_once(tmp_path: Path, door: str) -> None:
    stage = Stage(tmp_path / "project", door)
    stage.project.program(
        f"for i in range({MANY}):\n"
        "    ModelService(f's{i}', model_type='llm', provider='tongyi', provider_settings={'base_url': 'https://x.y'})\n"
    )
    statuses: list[str] = []

    def look_when_all_have_come(index: int, moment: str) -> None:
        created = [path for method, path in served.calls if method == "POST"]
        if moment == "after" and not statuses and len(created) == MANY:
            with ModelClient(stage.project.config) as client:
                statuses.extend(str(item.status) for item in client.iterate(ModelServiceListInput()))

    with ServedPlatform(stage.project.data, look_when_all_have_come) as served:
        stage.serve(served)
        stage.project.platform.switch(latency=4.0)
        stage.project.up("--parallel", str(MANY))
        polls = [path for method, path in served.calls if method == "GET"]
    # The first has not become ready when the last is asked for: none waited for another's turn.
    assert statuses
    assert set(statuses) == {"CREATING"}
    assert len(polls) <= MANY * 12, "waiting does not hammer: in 4 seconds a look before, and about seven while waiting"
