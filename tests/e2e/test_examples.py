"""The examples, each deployed by the commands of its README, word for word."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi_agentrun.client import Config, ModelClient, ModelProxy, ModelProxyListInput, ModelServiceListInput

EXAMPLES = Path(__file__).parents[2] / "examples"
MADE = ("Pulumi.local.yaml", ".venv", "sdks", "node_modules")
"""What stands in an example's folder once its README was followed."""
ELSEWHERE = {"go", "typescript"}
"""Those that another language host than Python's deploys: test_languages.py follows them, where it is there."""


class Clone:
    """A copy of the repository as a new user has it after `make install engine`, and a terminal in its root."""

    patience = 240.0
    """Seconds that the commands of a terminal may take."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(EXAMPLES, root / "examples", ignore=shutil.ignore_patterns(*MADE))
        engine = shutil.which("pulumi")
        assert engine, "the tests need the Pulumi CLI: run `make engine`, or `make test`, which does"
        (root / ".engine").symlink_to(Path(engine).parent)
        (root / ".venv").symlink_to(sys.prefix)
        self.env = os.environ | {
            "PULUMI_HOME": str(root / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "NO_COLOR": "1",
        }

    def follow(self, *names: str) -> str:
        """Do what READMEs say, one after the other in one terminal; return what was shown."""
        blocks = [b for name in names for b in commands((self.root / "examples" / name / "README.md").read_text())]
        return self.run("\n".join(blocks).replace("make install engine\n", ""))

    def run(self, script: str) -> str:
        """Run commands in a terminal of their own."""
        command = ["bash", "-euc", script]
        done = subprocess.run(
            command, cwd=self.root, env=self.env, text=True, check=False, timeout=self.patience,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    def again(self, name: str, script: str) -> str:
        """Run commands in an example's folder, in a new terminal that was set up as the READMEs say."""
        setup = commands((EXAMPLES / "gateway" / "README.md").read_text())[0].replace("make install engine\n", "")
        return self.run(f"{setup}\ncd examples/{name}\n{script}")

    def outputs(self, name: str, *flags: str) -> dict[str, Any]:
        """Return the outputs of an example's stack."""
        return dict(json.loads(self.again(name, f"pulumi stack output --json {' '.join(flags)}")))

    @property
    def client(self) -> ModelClient:
        """A client of the embedded platform that the examples use."""
        return ModelClient(Config(endpoint=f"file://{self.root / '.agentrun'}"))

    def proxies(self) -> dict[str, ModelProxy]:
        """Return the proxies by the first part of their names."""
        return {
            str(proxy.model_proxy_name).rsplit("-", 1)[0]: proxy for proxy in self.client.list(ModelProxyListInput())
        }


def commands(readme: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def weights(proxy: ModelProxy) -> list[int | None]:
    assert proxy.proxy_config is not None
    return [endpoint.weight for endpoint in proxy.proxy_config.endpoints or ()]


def test_every_example_has_a_test() -> None:
    projects = {path.parent.name for path in EXAMPLES.glob("*/README.md")} - {"ci", "quickstart"} - ELSEWHERE
    assert projects == {"adopt", "application", "environments", "failover", "gateway", "platform", "yaml"}


def test_gateway_shifts_traffic_to_the_canary_in_place(clone: Clone) -> None:
    shown = clone.follow("gateway")
    assert "+ 6 created" in shown
    assert re.search(r"~ 1 updated\n\s*5 unchanged", shown), shown
    chat = clone.proxies()["chat"]
    assert weights(chat) == [80, 20]
    assert chat.created_at != chat.last_updated_at
    assert chat.proxy_config is not None
    assert chat.proxy_config.policies is not None
    assert [fallback.model_name for fallback in chat.proxy_config.policies.fallbacks or ()] == ["deepseek-chat"]
    outputs = clone.outputs("gateway")
    assert (outputs["endpoint"], outputs["model"]) == (chat.endpoint, "qwen-max")
    assert "sk-try" not in shown + clone.again("gateway", "pulumi stack export")
    clone.again("gateway", "pulumi up --yes --expect-no-changes && pulumi destroy --yes")
    assert clone.client.list(ModelServiceListInput()) == []


def test_yaml_is_changed_in_place(clone: Clone) -> None:
    shown = clone.follow("yaml")
    assert "+ 3 created" in shown
    assert re.search(r"~ 1 updated\n\s*2 unchanged", shown), shown
    assert clone.outputs("yaml")["status"] == "READY"
    assert "sk-try" not in shown + clone.again("yaml", "pulumi stack export")
    clone.again("yaml", "pulumi up --yes --expect-no-changes && pulumi destroy --yes")
    assert clone.client.list(ModelServiceListInput()) == []


def test_environments_differ_by_their_settings_only(clone: Clone) -> None:
    shown = clone.follow("environments")
    live = {str(proxy.description).rsplit(" ", 1)[1]: proxy for proxy in clone.client.list(ModelProxyListInput())}
    assert {name: (proxy.cpu, proxy.memory) for name, proxy in live.items()} == {
        "dev": (0.5, 1024),
        "staging": (1, 2048),
        "prod": (4, 8192),
    }
    assert len(clone.client.list(ModelServiceListInput())) == 1 + 2 + 2
    states = clone.again("environments", "for s in dev staging prod; do pulumi stack export --stack $s; done")
    assert "sk-try" not in shown + states
    assert "env:DASHSCOPE_API_KEY" in states


def test_an_application_reads_the_gateways_of_the_platform(clone: Clone) -> None:
    shown = clone.follow("platform", "application")
    chat, search = clone.proxies()["chat"], clone.proxies()["search"]
    hidden = clone.outputs("application")
    assert (hidden["models"], hidden["credential"]) == (["qwen-max", "qwen-plus"], "callers")
    assert clone.outputs("application", "--show-secrets")["environment"] == {
        "OPENAI_BASE_URL": chat.endpoint,
        "OPENAI_API_KEY": "ck-try",
        "CHAT_MODEL": "qwen-max",
        "EMBEDDING_BASE_URL": search.endpoint,
        "EMBEDDING_MODEL": "text-embedding-v4",
    }
    exported = clone.again("application", "pulumi stack export") + clone.again("platform", "pulumi stack export")
    assert "ck-try" not in json.dumps(hidden) + shown + exported
    assert "sk-try" not in shown + exported


def test_a_producer_that_is_older_fails_the_preview_in_a_sentence(clone: Clone) -> None:
    producer = clone.root / "examples" / "platform" / "__main__.py"
    producer.write_text(
        "import pulumi\n"
        "pulumi.export('callerKey', pulumi.Output.secret('ck-try'))\n"
        "for name in ('chat', 'search'):\n    pulumi.export(name, {'version': 0})\n"
    )
    clone.follow("platform")
    shown = clone.again("application", "pulumi stack init local\npulumi preview && exit 1 || true")
    # Of several failures, Pulumi shows the first that comes.
    sentence = r"agentrun-platform/local \(output '(chat|search)'\) has version 0 of the gateway contract .* upgrade"
    assert re.search(sentence, shown), shown
    assert "Traceback" not in shown


def test_failover_is_drilled_before_it_is_deployed_and_after(clone: Clone) -> None:
    shown = clone.follow("failover")
    assert "+ 6 created" in shown
    assert shown.count("100 % answered, ") == 2
    assert len(re.findall("^met     ", shown, re.MULTILINE)) == 2 * 6
    assert "NOT MET" not in shown
    (tests,) = re.findall(r"^```\n(.*)\n```", (EXAMPLES / "failover" / "README.md").read_text(), re.MULTILINE)
    assert tests in shown
    assert "<svg" in (clone.root / "examples" / "failover" / "drill.html").read_text()
    assert "sk-try" not in shown + clone.again("failover", "pulumi stack export")
    program = clone.root / "examples" / "failover" / "__main__.py"
    program.write_text(program.read_text().replace("num_retries=3", "num_retries=0"))
    drill = "pulumi-agentrun drill --preview --stack local --scenario drill.json && exit 1 || test $? = 1"
    assert "NOT MET share(singapore) during 11m..20m >= 90%" in clone.again("failover", drill)
    clone.again("failover", "pulumi destroy --yes")
    assert clone.client.list(ModelServiceListInput()) == []


def test_the_drills_workflow_runs_what_the_example_does(clone: Clone) -> None:
    workflow = yaml.safe_load((EXAMPLES / "failover" / "github-actions.yml").read_text())
    steps = [step["run"] for step in workflow["jobs"]["drill"]["steps"] if "Install" not in step.get("name", "Install")]
    assert len(steps) == 2
    runner = [
        "set -o pipefail",
        "export PATH=$PWD/.engine:$PWD/.venv/bin:$PATH PULUMI_BACKEND_URL=file://$PWD PULUMI_CONFIG_PASSPHRASE=x",
        "cp -r examples/failover checkout && cd checkout && export GITHUB_STEP_SUMMARY=$PWD/summary",
        "sed -i s,../../.venv,../.venv, Pulumi.yaml",
    ]
    shown = clone.run("\n".join([*runner, *steps]))
    assert "met     success >= 99.9%: 100 %" in (clone.root / "checkout" / "summary").read_text()
    assert "3 passed" in shown
    assert "sk-none" not in shown


def test_adopt_takes_over_what_exists_and_replaces_nothing(clone: Clone) -> None:
    shown = clone.follow("adopt")
    assert re.search(r"service +legacy-qwen +READY", shown)
    assert re.search(r"proxy +legacy-gateway +READY", shown)
    assert "model service legacy-qwen exists and is taken over" in shown
    service = clone.client.get("legacy-qwen")
    assert service.description == "Taken over by Pulumi"
    assert service.created_at != service.last_updated_at
    assert "sk-legacy" not in shown + clone.again("adopt", "pulumi stack export")
