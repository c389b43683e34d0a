"""The examples of the schema's descriptions: in YAML as they are written, and in Python as they are translated.

`docs/_index.md` shows one of them, `docs/plugin.md` a program of its own.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from e2e.project import Project
from e2e.test_yaml import KEY, Yaml
from pulumi_agentrun.client import (
    CredentialClient,
    CredentialCreateInput,
    ModelProxyCreateInput,
    ModelServiceCreateInput,
    ProviderSettings,
    ProxyConfig,
)
from pydantic import SecretStr

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "provider" / "pulumi_agentrun" / "plugin" / "schema.json").read_text())
EXAMPLES = [
    dict(re.findall(r"^```(\w+)\n(.*?)^```$", thing["description"], re.DOTALL | re.MULTILINE))
    for thing in (SCHEMA["resources"] | SCHEMA["functions"]).values()
]
PAGE = (ROOT / "docs" / "plugin.md").read_text()
MADE = dict.fromkeys(["dashscope", "qwen", "deepseek", "gateway", "chat-stable"], "create")
MADE["chat"] = "create+create"  # the component, and the proxy in it


def there(project: Project) -> None:
    """Create what the examples look up."""
    name = "made-by-hand"
    settings = ProviderSettings(base_url="https://example.com/v1", model_names=["a"])
    project.client.create(
        ModelServiceCreateInput(
            model_service_name=name, model_type="llm", provider="tongyi", provider_settings=settings
        )
    )  # fmt: skip
    config = ProxyConfig(endpoints=[{"model_service_name": name}])
    project.client.create(ModelProxyCreateInput(model_proxy_name=name, proxy_config=config))
    CredentialClient(project.config).create(
        CredentialCreateInput(
            credential_name=name, credential_auth_type="api_key", credential_source_type="external_llm",
            credential_secret=SecretStr(KEY),
        )
    )  # fmt: skip


def in_yaml() -> dict[str, Any]:
    """Return all examples as one program, what they look up and put out under names of their own."""
    whole: dict[str, Any] = {"name": "e2e", "runtime": "yaml"}
    for number, texts in enumerate(EXAMPLES):
        part = yaml.safe_load(re.sub(r"\bfound\b", f"found{number}", texts["yaml"]))
        part["outputs"] = {f"{name}{number}": value for name, value in part["outputs"].items()}
        for section in ("config", "resources", "variables", "outputs"):
            assert not (part.get(section, {}).keys() & whole.get(section, {}).keys() - {"apiKey"})
            whole[section] = whole.get(section, {}) | part.get(section, {})
    return whole


@pytest.mark.parametrize("language", ["yaml", "python"])
def test_the_examples_are_previewed(tmp_path: Path, language: str) -> None:
    project = (Yaml if language == "yaml" else Project)(tmp_path / "project", tmp_path / "home", door="plugin")
    project.pulumi("config", "set", "--secret", "apiKey", KEY, "--stack", "dev")
    there(project)
    if language == "yaml":
        (project.folder / "Pulumi.yaml").write_text(json.dumps(in_yaml()))
    else:
        (shown,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
        programs = [shown.replace('"qwen"', '"page"'), *(texts["python"] for texts in EXAMPLES)]
        (project.folder / "__main__.py").write_text("".join(programs))
    run = project.preview()
    assert run.changed == MADE | ({} if language == "yaml" else {"page": "create"}), run.console
    assert KEY not in run.console
