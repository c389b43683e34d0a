"""The platform stands alone: else the client would be tested against itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pulumi_agentrun.platform
import pytest

FOLDER = Path(pulumi_agentrun.platform.__file__).parent
SERVING = {"server.py": {"anyio", "httptools", "starlette", "uvicorn"}}


def _imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.name)
def test_a_module_needs_only_its_folder_and_the_standard_library(file: Path) -> None:
    imports = _imports(file)
    assert not [name for name in imports if name.startswith(("..", "pulumi"))]
    roots = {name.split(".")[0] for name in imports if not name.startswith(".")}
    assert roots - set(sys.stdlib_module_names) == SERVING.get(file.name, set())


def test_in_process_it_loads_no_server() -> None:
    script = "import sys, pulumi_agentrun.platform; print({'starlette', 'uvicorn', 'anyio'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_public_names_are_sorted_and_there() -> None:
    names = pulumi_agentrun.platform.__all__
    assert names == sorted(names)
    assert all(hasattr(pulumi_agentrun.platform, name) for name in names)
