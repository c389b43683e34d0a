"""TypeScript and Go: the examples compiled, and deployed where their hosts are; a project that a checkout restores."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from e2e.test_examples import ELSEWHERE, EXAMPLES, MADE, Clone
from pulumi_agentrun.client import BackendType, ModelServiceCreateInput, ModelServiceListInput, ProviderSettings
from pydantic import SecretStr
from unit.test_engine_tool import engine

ROOT = EXAMPLES.parent
KEY = "sk-try"
HOSTS = {"typescript": "pulumi-language-nodejs", "go": "pulumi-language-go"}
COMPILERS = {"typescript": ("go", "node", "npm"), "go": ("go",)}
"""What compiling an example takes: Pulumi's generators of SDKs are run with Go."""

each = pytest.mark.parametrize("name", sorted(ELSEWHERE))
patiently = pytest.mark.timeout(1200)  # packages are downloaded


def need(command: str, whatfor: str) -> None:
    """Skip a test, saying what to install."""
    if shutil.which(command) is None:
        pytest.skip(f"There is no {command} on PATH, so {whatfor}: install {_from(command)}")


def reach(command: str, whatfor: str) -> None:
    """Skip a test where a compiler cannot have the packages that it needs."""
    asked = {"go": ["go", "mod", "download"], "npm": ["npm", "view", "typescript", "version"]}.get(command)
    if (
        asked
        and subprocess.run(asked, cwd=ROOT / "tools" / "sdks", capture_output=True, check=False, timeout=600).returncode
    ):
        pytest.skip(f"{command} reaches no packages, so {whatfor}: go online, or set its proxy or registry")


def _from(command: str) -> str:
    if command.startswith("pulumi-"):
        return (
            "a release of Pulumi (https://www.pulumi.com/docs/install/), which has it; a CLI built from source has not"
        )
    return {"go": "Go 1.26 or newer (https://go.dev/doc/install)"}.get(command, "Node with npm (https://nodejs.org)")


@patiently
@each
def test_the_program_compiles(tmp_path: Path, name: str) -> None:
    for compiler in COMPILERS[name]:
        need(compiler, f"examples/{name} was not compiled")
    done = engine.cache_root(os.environ).parent / "programs" / f"{name}-{_digest(name)}"
    if not done.exists():  # by an earlier run, with the same compilers
        for compiler in COMPILERS[name]:
            reach(compiler, f"examples/{name} was not compiled")
        command = ["sh", str(ROOT / "tools" / "sdks" / "program.sh"), name, str(tmp_path / "program")]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
        assert run.returncode == 0, run.stdout + run.stderr
        assert run.stdout.endswith(f"{name}: program compiled\n")
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()


def _digest(name: str) -> str:
    """Hash all that decides whether an example compiles, so that it is compiled once for each."""
    tools = [subprocess.check_output([c, "version" if c == "go" else "--version"]) for c in COMPILERS[name]]
    schema = ROOT / "provider" / "pulumi_agentrun" / "plugin" / "schema.json"
    sources = [*(ROOT / "tools" / "sdks").iterdir(), *(EXAMPLES / name).iterdir(), schema]
    digest = hashlib.sha256(b"\0".join(tools))
    for path in sorted(path for path in sources if path.is_file() and path.suffix != ".md"):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class Checkout(Clone):
    """A copy that has the folder `provider` too, and what the package in it is made of."""

    patience = 900.0

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.env["PIP_NO_COMPILE"] = "1"  # most of what is installed is not even imported
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy2(ROOT / name, root)
        shutil.copytree(ROOT / "provider", root / "provider", ignore=shutil.ignore_patterns("venv", "__pycache__"))


@patiently
@each
def test_the_example_is_deployed_changed_and_destroyed(tmp_path: Path, name: str) -> None:
    need(HOSTS[name], f"examples/{name} was not deployed")
    checkout = Checkout(tmp_path)
    shown = checkout.follow(name)
    assert "+ 6 created" in shown
    assert re.search(r"~ 1 updated\n\s*5 unchanged", shown), shown
    proxies = checkout.proxies()
    assert proxies.keys() == {"gateway", "search"}
    config = proxies["gateway"].proxy_config
    assert config
    assert config.policies
    assert config.policies.num_retries == 5
    assert checkout.outputs(name) == {
        "endpoint": proxies["gateway"].endpoint,
        "searchEndpoint": proxies["search"].endpoint,
        "status": "READY",
        "services": sorted(str(live.model_service_name) for live in checkout.client.list(ModelServiceListInput())),
    }
    shown += checkout.again(name, "pulumi up --yes --expect-no-changes\npulumi stack export")
    shown += imported(checkout, name)
    shown += checkout.again(name, "pulumi stack export\npulumi destroy --yes")
    assert checkout.client.list(ModelServiceListInput()) == []
    states = [path.read_text() for path in (tmp_path / ".state").rglob("*") if path.is_file()]
    assert states
    assert all(KEY not in text for text in [shown, *states])


def imported(checkout: Clone, name: str) -> str:
    """Bring in a service that was made by hand, with the program that Pulumi prints; return what was shown."""
    settings = ProviderSettings(base_url="https://example.com/v1", api_key=SecretStr(KEY), model_names=["a"])
    checkout.client.create(
        ModelServiceCreateInput(
            model_service_name="old", model_type="llm", provider="deepseek", provider_settings=settings
        )
    )
    command = "pulumi import agentrun:index:ModelService old old --yes --protect=false --out imported.txt"
    shown = checkout.again(name, command)
    folder = checkout.root / "examples" / name
    printed = (folder / "imported.txt").read_text()
    source = folder / {"typescript": "index.ts", "go": "main.go"}[name]
    source.write_text(together(name, source.read_text(), printed))
    shown += printed + checkout.again(name, "pulumi up --yes --expect-no-changes")
    found = checkout.client.get("old", BackendType.SERVICE).provider_settings
    assert found
    assert found.api_key == SecretStr(KEY)
    return shown


def together(name: str, program: str, printed: str) -> str:
    """Return a program with the resource of another one."""
    if name == "typescript":
        return program + re.sub(r"^import .*\n", "", printed, flags=re.MULTILINE)
    (body,) = re.findall(r" error \{\n(.*)\t\treturn nil\n", printed, re.DOTALL)
    return program.replace("\t\treturn nil\n", f"\t\t{{\n{body}\t\t}}\n\t\treturn nil\n")


PROGRAM = """\
import pulumi
import pulumi_agentrun_sdk as agentrun

agentrun.ModelService(
    "qwen", model_type="llm", provider="tongyi",
    provider_settings={"base_url": "https://example.com/v1", "api_key": pulumi.Config().require_secret("apiKey")},
)
"""
WRITTEN = {
    "Pulumi.yaml": "name: restored\nruntime: {name: python, options: {toolchain: pip, virtualenv: venv}}\n",
    "requirements.txt": "pulumi>=3.259,<4\n",
    "__main__.py": PROGRAM,
}


@patiently
def test_a_fresh_checkout_is_restored_by_install(tmp_path: Path) -> None:
    index = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(tmp_path), "sniffio"]
    if subprocess.run(index, capture_output=True, check=False, timeout=60).returncode:
        pytest.skip("pip reaches no package index, so `pulumi install` was not tried: go online, or set PIP_INDEX_URL")
    ours, theirs = Checkout(tmp_path / "ours"), Checkout(tmp_path / "theirs")
    project = ours.root / "examples" / "restored"
    project.mkdir()
    for file, text in WRITTEN.items():
        (project / file).write_text(text)
    ours.again("restored", "pulumi package add ../../provider")
    assert "agentrun: ../../provider" in (project / "Pulumi.yaml").read_text()
    if "sdks/agentrun" not in (project / "requirements.txt").read_text():  # Pulumi's own host has put it there
        (project / "requirements.txt").write_text(WRITTEN["requirements.txt"] + "sdks/agentrun\n")

    committed = theirs.root / "examples" / "restored"
    shutil.copytree(project, committed, ignore=shutil.ignore_patterns(*MADE, "venv"))
    assert {path.name for path in committed.iterdir()} == WRITTEN.keys()
    theirs.env["PATH"] = os.pathsep.join([str(alone(tmp_path)), *without_plugin(os.environ["PATH"])])
    shown = theirs.run(
        f"mkdir .state\nexport PULUMI_BACKEND_URL=file://$PWD/.state PULUMI_CONFIG_PASSPHRASE=try-me\ncd {committed}\n"
        f"pulumi install\npulumi stack init dev\npulumi config set agentrun:endpoint file://$PWD/platform\n"
        f"pulumi config set --secret apiKey {KEY}\npulumi preview --non-interactive\n"
    )
    assert re.search(r"agentrun:index:ModelService +qwen +create", shown), shown
    assert KEY not in shown


def alone(folder: Path) -> Path:
    """Return a folder with this Python, and nothing of what is installed beside it."""
    (folder / "bin").mkdir()
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(Path(sys.executable).resolve())
    return folder / "bin"


def without_plugin(search: str) -> list[str]:
    """Return a search path without what has the plugin: the folder `provider` alone is to serve it."""
    return [entry for entry in search.split(os.pathsep) if not (Path(entry) / "pulumi-resource-agentrun").exists()]
