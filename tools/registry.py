"""What Pulumi's Registry shows of the package: where it is, and an example of everything in each language."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import languages
import program

Json = dict[str, Any]

EXAMPLES = Path(__file__).parent / "examples"
REPOSITORY = "github.com/pulumi-agentrun/pulumi-agentrun"
"""Where the package is published from: releases, the Go module, the pages."""
PLACES: Json = {
    "homepage": f"https://{REPOSITORY}",
    "repository": f"https://{REPOSITORY}",
    "logoUrl": f"https://raw.githubusercontent.com/{REPOSITORY.partition('/')[2]}/main/docs/logo.svg",
    "pluginDownloadURL": f"github://api.{REPOSITORY}",
}
SCHEMA = Path(__file__).resolve().parents[1] / "provider" / "pulumi_agentrun" / "plugin" / "schema.json"
SOURCES = {
    "typescript": "{}.ts",
    "python": "{}.py",
    "go": "{}/main.go",
    "csharp": "{}/Program.cs",
    "yaml": "{}/Pulumi.yaml",
}
"""Where each language wants a program."""
GO_MODULE = f"{REPOSITORY}/sdk/go"
MARK = "<!-- Below: written by tools/generate.py from tools/examples: change those, then run `make format`. -->\n"


def add_examples(spec: Json) -> None:
    """Put the example of each resource and function into its description, where SDKs and the Registry have it from."""
    for token, thing in (spec["resources"] | spec["functions"]).items():
        word = token.rpartition(":")[2]
        thing["description"] += f"\n\n{''.join(_examples(word, spec))}"
        if token in spec["resources"] and not thing.get("isComponent"):  # those have no id to import
            thing["description"] += f"\n## Import\n\n```sh\n$ pulumi import {token} existing NAME\n```\n"


def _examples(word: str, spec: Json) -> Iterator[str]:
    yield "{{% examples %}}\n## Example Usage\n\n{{% example %}}\n"
    for language, text in _in_each(word, spec).items():
        yield f"```{language}\n{text}```\n"
    yield "{{% /example %}}\n{{% /examples %}}\n"


def index(text: str, spec: Json) -> str:
    """Return the package's first page in the Registry with everything below its mark written anew."""
    written = _in_each("ModelProxy", spec)
    blocks = [
        f"{{{{% choosable language {language} %}}}}\n\n```{language}\n{code}```\n\n{{{{% /choosable %}}}}\n"
        for language, code in written.items()
    ]
    chooser = f'{{{{< chooser language "{",".join(written)}" >}}}}\n'
    return "\n".join([text.partition(MARK)[0] + MARK, chooser, *blocks, "{{< /chooser >}}\n"])


def _in_each(word: str, spec: Json) -> dict[str, str]:
    return languages.in_each(program.read(EXAMPLES / f"{word}.yaml"), spec)


def write(folder: Path) -> None:
    """Write every example in every language, a folder a language."""
    spec = json.loads(SCHEMA.read_text("utf-8"))
    for path in sorted(EXAMPLES.glob("*.yaml")):
        for language, text in _in_each(path.stem, spec).items():
            target = folder / language / SOURCES[language].format(path.stem)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
