"""What each step costs the account, on the real engine: so many requests, and no more."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from e2e.project import DOORS
from e2e.served import ServedPlatform, Stage

PROGRAM = """
def serve(name, **key):
    ModelService(name, model_service_name=name, model_type="llm", provider="tongyi", description="{said}",
                 provider_settings={{"base_url": "https://a.example/v1", "model_names": ["m"], **key}})
for i in range(3):
    serve(f"plain-{{i}}")
    serve(f"keyed-{{i}}", api_key=pulumi.Output.secret("sk"))
"""


@pytest.mark.parametrize("door", DOORS)
def test_a_step_asks_no_more_than_it_needs(tmp_path: Path, door: str) -> None:
    stage = Stage(tmp_path / "project", door)

    def asked(*verb: str) -> dict[tuple[str, str], float]:
        with ServedPlatform(stage.project.data, port=stage.port) as served:
            stage.serve(served)
            stage.project.pulumi(*verb, "--yes", "--skip-preview", "--stack", "dev")
            named = [(method, path.rpartition("/")[2].partition("-")[0]) for method, path in served.calls]
            return {key: count / 3 for key, count in Counter(named).items() if key[1] in ("plain", "keyed", "model")}

    stage.project.program(PROGRAM.format(said="one"))
    # Whether it is there already; and of one with a key, whether the service shows it, or a change would go unseen.
    assert asked("up") == {("GET", "plain"): 1, ("GET", "keyed"): 2, ("POST", "model"): 2}
    assert asked("up") == {}
    stage.project.program(PROGRAM.format(said="two"))
    assert asked("up") == {("PUT", "plain"): 1, ("PUT", "keyed"): 1, ("GET", "keyed"): 1}
    assert asked("refresh") == {("GET", "plain"): 1, ("GET", "keyed"): 1}
    # Until it is gone.
    assert asked("destroy") == {(method, name): 1 for method in ("DELETE", "GET") for name in ("plain", "keyed")}
