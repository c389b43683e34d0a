"""Brings the pages of the whole repository into the site, at the paths that they have here, so that links hold."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
OF_THE_REGISTRY = {"docs/_index.md", "docs/installation-configuration.md"}
"""Pages in the Markdown of Pulumi's Registry."""
_LINK = re.compile(r"(\]\()(?!\w+:)([^)#\s]+)((?:#[^)\s]*)?\))")
_BLOCK = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)

log = get_plugin_logger("documentation")


def sources() -> Iterator[str]:
    """Yield the paths of what the site has, from the repository's root."""
    pages = [path for pattern in ("*.md", "docs/**/*.md", "examples/*/README.md", "tools/*/README.md")
             for path in ROOT.glob(pattern)]  # fmt: skip
    for path in sorted([*pages, *ROOT.glob("docs/*.svg")]):
        name = path.relative_to(ROOT).as_posix()
        if name not in OF_THE_REGISTRY:
            yield name


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Take the theme's own files, and the pages from where they are."""
    kept = [file for file in files if Path(file.src_dir or "") != Path(config.docs_dir)]
    made = [File.generated(config, name, abs_src_path=str(ROOT / name)) for name in sources()]
    return Files([*kept, *made])


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead a link to what is no page to the repository, and one to a folder to the page in it."""
    here = posixpath.dirname(page.file.src_uri)

    def lead(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(here, link[2]))
        if files.get_file_from_path(target):
            return link[0]
        if files.get_file_from_path(f"{target}/README.md"):
            return f"{link[1]}{link[2].rstrip('/')}/README.md{link[3]}"
        if not (ROOT / target).exists():
            log.warning(f"{page.file.src_uri}: there is no {link[2]}")
        return f"{link[1]}{config.repo_url}/blob/main/{target}{link[3]}"

    blocks = _BLOCK.finditer(markdown)
    parts, end = [], 0
    for block in blocks:
        parts += [_LINK.sub(lead, markdown[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, _LINK.sub(lead, markdown[end:])])
