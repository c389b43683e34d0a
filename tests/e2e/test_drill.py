"""Drills of what the real engine deploys, and of what it would: through both front doors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from e2e.project import DOORS, Project

KEY = "sk-nobody-may-see-this"
PROGRAM = f"""
def service(name, provider, **more):
    reach = {{"api_key": {KEY!r}, "base_url": f"https://{{name}}.example/v1", "model_names": ["m"]}}
    return ModelService(name, model_type="llm", provider=provider, provider_settings=reach, **more)

stable, backup = service("stable", "tongyi"), service("backup", "deepseek")
ModelProxy(
    "gate",
    proxy_mode="multi",
    proxy_config={{
        "endpoints": [{{"model_service_name": stable.model_service_name, "weight": WEIGHT}}],
        "policies": {{
            "num_retries": 0,
            "fallbacks": [{{"model_service_name": backup.model_service_name, "model_name": "m"}}],
        }},
    }},
)
"""


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def drill(project: Project, *line: str) -> dict[str, Any]:
    command = [str(Path(sys.executable).with_name("pulumi-agentrun")), "drill", "--json", "--calls", "500", *line]
    done = subprocess.run(
        command,
        cwd=project.folder,
        env=project.env,
        capture_output=True,
        text=True,
        timeout=project.patience,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def test_what_would_be_is_drilled_and_what_is(project: Project) -> None:
    project.program(PROGRAM.replace("WEIGHT", "1"))
    line = ["--event", "stable down 10m..20m", "--event", "provider deepseek slow 1s", "--expect", "success == 100%"]
    before = drill(project, "--preview", "--stack", "dev", *line)
    project.up()
    assert drill(project, "--stack", "dev", *line) == before
    assert drill(project, "--preview", "--stack", "dev", *line) == before  # where nothing would change
    assert [row["name"] for row in before["services"]] == ["stable", "backup"]
    assert 0.1 < before["fallback"] < 0.25
    assert drill(project, "--endpoint", project.config.endpoint or "", *line)["fallback"] == before["fallback"]
