"""The pages that people read, taken apart: what is code on them, and what is prose."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in (
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md")),
        *sorted(ROOT.glob("docs/**/*.md")),
        *sorted(ROOT.glob("examples/*/README.md")),
        ROOT / "tools" / "engine" / "README.md",
    )
]
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
"""A piece of code in the text."""

_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_MEASURED = re.compile(r"<!-- benchmarks -->.*?<!-- /benchmarks -->", re.DOTALL)
_WRITTEN = re.compile(r"<!-- (?:Below: w|W)ritten by .*", re.DOTALL)
_NUMBERED = re.compile(r"^ *\d+\. ", re.MULTILINE)
_TARGET = re.compile(r"\]\([^)]*\)")


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def code(page: str) -> list[str]:
    """Return each line of a page's blocks, comments left out, and each piece of code in its text, in one line."""
    text = text_of(page)
    lines = [line for _, block in _BLOCK.findall(text) for line in block.splitlines()]
    spans = [" ".join(span.split()) for span in SPAN.findall(_BLOCK.sub("", text))]
    return [line.partition(" #")[0].strip() for line in lines] + spans


def prose(page: str) -> str:
    """Return what people have written on a page: no blocks, no targets of links, nothing that a tool writes there."""
    text = _WRITTEN.sub("", _MEASURED.sub("", text_of(page)))
    return " ".join(_TARGET.sub("]", _NUMBERED.sub("", _BLOCK.sub("", text))).split())
