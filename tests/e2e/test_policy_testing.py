"""The kit for tests of rules hands resources to a pack as the real engine does."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from e2e.project import DOORS, Project
from e2e.recording import recorders
from pulumi_agentrun.lifecycle.unknown import UNKNOWN
from pulumi_agentrun.policy.testing import Door, Secret, declared, told

TESTS = Path(__file__).parents[1]
SECRET = "sk-handed-to-policies-in-plain-text"
PACK = """
import json, os
from e2e.recording import recorders
from pulumi_policy import PolicyPack

def write(noted):
    with open(os.environ["NOTES"], "a") as file:
        file.write(json.dumps(noted) + "\\n")

PolicyPack("recording", recorders(write))
"""
SERVICE: dict[str, Any] = {
    "model_type": "llm",
    "provider": "tongyi",
    "description": "qwen",
    "provider_settings": {"base_url": "https://a.example/v1", "api_key": Secret(SECRET), "model_names": ["m2", "m1"]},
    "model_info_configs": [{"model_name": "m1", "model_parameter_rules": [{"name": "t", "min": 0.5, "max": 2}]}],
}
GATE: dict[str, Any] = {
    "proxy_config": {
        "endpoints": [{"model_service_name": "qwen", "base_url": UNKNOWN, "model_names": ["m1"], "weight": 1}],
        "policies": {"num_retries": UNKNOWN, "fallbacks": UNKNOWN, "cache": True, "ai_guardrail_config": {}},
    },
    "description": UNKNOWN,
}
PROGRAM = """
UNKNOWN = object()
service = ModelService("service", model_service_name="qwen", **{SERVICE})
def late(value):
    if isinstance(value, dict):
        return {{key: late(item) for key, item in value.items()}}
    if isinstance(value, list):
        return [late(item) for item in value]
    return service.created_at.apply(str) if value is UNKNOWN else value
ModelProxy("gate", model_proxy_name="gate", opts=pulumi.ResourceOptions(protect=True), **late({GATE}))
"""


def written(value: Any) -> str:
    """Return a value as a program writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, Secret):
        return f"pulumi.Output.secret({value.value!r})"
    return "UNKNOWN" if value is UNKNOWN else repr(value)


@pytest.mark.parametrize("door", DOORS)
def test_the_kit_hands_over_what_the_engine_does(project: Project, door: Door, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (pack / "__main__.py").write_text(PACK)
    project.program(PROGRAM.format(SERVICE=written(SERVICE), GATE=written(GATE)))
    notes = tmp_path / "notes"
    paths = os.pathsep.join([str(TESTS), *filter(None, [project.env.get("PYTHONPATH")])])
    project.preview("--policy-pack", str(pack), env={"NOTES": str(notes), "PYTHONPATH": paths})
    by_engine = [json.loads(line) for line in notes.read_text().splitlines()]

    by_kit: list[dict[str, Any]] = []
    settings = {"endpoint": "file://platform"}
    service = declared(
        "ModelService", "service", {"model_service_name": "qwen", **SERVICE}, door=door, settings=settings
    )
    gate = declared(
        "ModelProxy", "gate", {"model_proxy_name": "gate", **GATE}, door=door, settings=settings, protect=True
    )
    told(recorders(by_kit.append), [service, gate])
    for noted in by_kit:
        assert noted in by_engine
    of_ours = [noted for noted in by_engine if noted["type"] in (service.type, gate.type)]
    assert len(of_ours) == len(by_kit) == 4
    assert SECRET in json.dumps(of_ours), "policies see it, so no message of theirs may hold a value"
    assert "not known" in json.dumps(of_ours)
    assert "_DictProxy" in json.dumps(of_ours)
