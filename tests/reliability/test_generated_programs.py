"""Generated programs on the real engine: deployed, they are unchanged, refreshed or not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from e2e.project import DOORS, Project

pytestmark = pytest.mark.e2e


def program(seed: int) -> str:
    """Return a program of some services and proxies with whatever properties chance gives them."""
    chance = random.Random(seed)
    names = [f"s{index}" for index in range(chance.randint(2, 5))]
    lines = [service(name, chance) for name in names]
    lines += [proxy(f"p{index}", names, chance) for index in range(chance.randint(1, 3))]
    return "\n".join(lines)


def service(name: str, chance: random.Random) -> str:
    models = chance.sample(["m1", "m2", "m3", "m4"], chance.randint(1, 4))
    settings: dict[str, object] = {"base_url": f"https://{name}.example/v1", "model_names": models}
    if chance.random() < 0.7:
        settings["api_key"] = f"sk-{name}"
    props: dict[str, object] = {"provider": chance.choice(["tongyi", "custom"]), "model_type": "llm"}
    if chance.random() < 0.5:
        props["description"] = chance.choice(["plain", "ünïcode 模型", 'quotes " and \\'])
    if chance.random() < 0.5:
        rules = [{"name": "temperature", "type": "float", "min": 0, "max": 1.5, "default": 0.7}]
        props["model_info_configs"] = [
            {"model_name": model, "model_features": {"vision": chance.random() < 0.5}, "model_parameter_rules": rules}
            for model in models
        ]
    if chance.random() < 0.3:
        props["network_configuration"] = {"network_mode": "PRIVATE", "vpc_id": "vpc-1", "vswitch_ids": ["b", "a"]}
    arguments = ", ".join(f"{key}={value!r}" for key, value in props.items())
    return f"{name} = ModelService({name!r}, {arguments}, provider_settings={settings!r})"


def proxy(name: str, services: list[str], chance: random.Random) -> str:
    chosen = chance.sample(services, chance.randint(1, len(services)))
    endpoints = ", ".join(
        f'{{"model_service_name": {service}.model_service_name, "weight": {chance.randint(0, 100)}}}'
        for service in chosen
    )
    policies: dict[str, object] = {"num_retries": chance.randint(0, 3), "cache": chance.random() < 0.5}
    if chance.random() < 0.5:
        policies["token_rate_limiter"] = {"tpm": 1000, "tpd": 100000}
    if chance.random() < 0.5:
        policies["ai_guardrail_config"] = {"check_request": True, "level": "high", "max_text_length": 4000}
    size = f"cpu={chance.choice([0.5, 2, 4.0])}, memory={chance.choice([1024, 4096])}"
    return (
        f'{name} = ModelProxy({name!r}, {size}, proxy_config={{"endpoints": [{endpoints}], "policies": {policies!r}}})'
    )


@pytest.mark.parametrize(("seed", "door"), [(1, "dynamic"), (2, "dynamic"), (3, "plugin")])
@pytest.mark.parametrize("api_key", ["clear", "masked"])
def test_a_generated_program_stays_unchanged(tmp_path: Path, seed: int, door: str, api_key: str) -> None:
    assert door in DOORS
    project = Project(tmp_path / "project", tmp_path / "home", door=door)
    project.platform.switch(api_key=api_key, list_order="sorted", computed="filled", nested="replace")
    project.program(program(seed))
    first = project.up()
    assert set(first.changed.values()) == {"create"}
    assert project.up().changed == {}
    project.refresh()
    assert project.up().changed == {}
    project.program("")
    project.up()
    assert project.resources() == {}
