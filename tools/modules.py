"""The list of the package's modules, as text made from their docstrings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

MARK = "<!-- Below: written by tools/generate.py from the docstrings: change those, then run `make format`. -->\n"


def page(text: str, package: Path) -> str:
    """Return the page with everything below its mark written anew."""
    return text.partition(MARK)[0] + MARK + "\n" + "\n".join(_folders(package))


def _folders(package: Path) -> Iterator[str]:
    modules = sorted(package.rglob("*.py"), key=lambda path: (path.parent != package, path))
    for folder in dict.fromkeys(path.relative_to(package).parts[:-1][:1] for path in modules):
        inside = [path for path in modules if path.relative_to(package).parts[:-1][:1] == folder]
        rows = [f"| `{path.relative_to(package).as_posix()}` | {_duty(path)} |" for path in inside]
        title = f"`{folder[0]}/`" if folder else "`pulumi_agentrun/` itself"
        yield "\n".join([f"### {title}\n", "| Module | Duty |", "|---|---|", *rows, ""])


def _duty(path: Path) -> str:
    """Return the first paragraph of a module's docstring in one line."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")
