"""The plugin's schema: what the Registry asks of it, what later ones may not change, its examples in each language."""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.pages import ROOT
from unit.test_documents import ROWS

TOOLS = ROOT / "tools"
SCHEMA = json.loads((ROOT / "provider" / "pulumi_agentrun" / "plugin" / "schema.json").read_text("utf-8"))
LANGUAGES = ("typescript", "python", "go", "csharp", "yaml")
EVERYTHING = SCHEMA["resources"] | SCHEMA["functions"]


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Import the tools as they import each other."""
    monkeypatch.syspath_prepend(str(TOOLS))


@pytest.mark.parametrize("key", ["homepage", "repository", "logoUrl", "pluginDownloadURL", "publisher", "license"])
def test_the_registry_is_told(key: str) -> None:
    assert SCHEMA[key]


def test_the_logo_and_the_pages_are_there() -> None:
    assert (ROOT / "docs" / SCHEMA["logoUrl"].rpartition("/")[2]).exists()
    for name in ("_index.md", "installation-configuration.md"):
        text = (ROOT / "docs" / name).read_text("utf-8")
        head = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
        assert head
        assert {line.partition(":")[0] for line in head[1].splitlines()} == {"title", "meta_desc", "layout"}


@pytest.mark.parametrize("token", EVERYTHING)
def test_everything_has_an_example_in_each_language(token: str) -> None:
    text = EVERYTHING[token]["description"]
    assert tuple(re.findall(r"^```(\w+)$", text, re.MULTILINE))[: len(LANGUAGES)] == LANGUAGES
    assert text.count("{{% example") == text.count("{{% /example") == 2


@pytest.mark.parametrize("name", SCHEMA["config"]["variables"])
def test_the_registrys_page_has_them_as_the_schema_does(name: str) -> None:
    page = (ROOT / "docs" / "installation-configuration.md").read_text("utf-8")
    row = re.search(rf"^\| `agentrun:{name}` \|([^|]*)\|", page, re.MULTILINE)
    assert row
    assert row[1].strip() == ROWS[name].strip()


@pytest.mark.parametrize("name", SCHEMA["config"]["variables"])
def test_settings_name_the_variables_that_stand_in_for_them(name: str) -> None:
    """That those do, test_documents.py holds of the README's."""
    named = SCHEMA["config"]["variables"][name].get("defaultInfo", {}).get("environment", [])
    assert named == re.findall(r"`(\w+)`", ROWS[name])


def test_no_sdk_writes_the_environment_into_state() -> None:
    assert [n for n, spec in SCHEMA["provider"]["inputProperties"].items() if "defaultInfo" in spec] == []


def test_an_example_is_written_in_every_language_or_not_at_all(tmp_path: Path) -> None:
    from program import read

    path = tmp_path / "Wrong.yaml"
    resource = "resources:\n  a:\n    type: agentrun:ModelService\n    properties: {modelType: llm}\n"
    for text, why in [
        ("config: {n: {type: integer}}\noutputs: {}\n", "every setting of an example is a secret text"),
        (resource + "outputs: {}\n", "nothing uses a"),
        (resource + "outputs: {x: a}\n", "'a' is no reference"),
    ]:
        path.write_text(text)
        with pytest.raises(ValueError, match=re.escape(why)):
            read(path)


def changed(change: Callable[[Any], object]) -> list[str]:
    """Return what would break after a change of the schema."""
    from compatibility import breaking, shape

    other = copy.deepcopy(SCHEMA)
    change(other)
    return list(breaking(shape(SCHEMA), shape(other)))


SERVICE, PROXY = "agentrun:index:ModelService", "agentrun:index:ModelProxy"
TYPE, WORDS, GET = "agentrun:index:ProxyConfig", "agentrun:index:ModelType", "agentrun:index:getModelService"
BREAKS: list[tuple[str, Callable[[Any], object]]] = [
    (f"{PROXY} is gone.", lambda s: s["resources"].pop(PROXY)),
    (f"{GET} is gone.", lambda s: s["functions"].pop(GET)),
    (f"{TYPE} is gone.", lambda s: s["types"].pop(TYPE)),
    ("config, inputs: region is gone.", lambda s: s["config"]["variables"].pop("region")),
    ("provider, inputs: region is gone.", lambda s: s["provider"]["inputProperties"].pop("region")),
    (f"{SERVICE}, inputs: description is gone.",
     lambda s: s["resources"][SERVICE]["inputProperties"].pop("description")),
    (f"{SERVICE}, outputs: status is gone.", lambda s: s["resources"][SERVICE]["properties"].pop("status")),
    (f"{SERVICE}, inputs: description is required now.",
     lambda s: s["resources"][SERVICE]["requiredInputs"].append("description")),
    (f"{SERVICE}, outputs: status may be missing now.", lambda s: s["resources"][SERVICE]["required"].remove("status")),
    (f'{SERVICE}, outputs: status was {{"type": "string"}} and is {{"type": "integer"}}.',
     lambda s: s["resources"][SERVICE]["properties"]["status"].update(type="integer")),
    (f'{GET}, outputs: status was {{"type": "string"}} and is {{"type": "string", "secret": true}}.',
     lambda s: s["functions"][GET]["outputs"]["properties"]["status"].update(secret=True)),
    (f"{TYPE}: endpoints is required now.", lambda s: s["types"][TYPE]["required"].append("endpoints")),
    (f"{WORDS} has no 'llm' any more.",
     lambda s: s["types"][WORDS].update(enum=[w for w in s["types"][WORDS]["enum"] if w["value"] != "llm"])),
    (f"{WORDS} was words and is both.", lambda s: s["types"].update({WORDS: s["types"][TYPE]})),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "change"), BREAKS, ids=[sentence for sentence, _ in BREAKS])
def test_what_breaks_programs_is_said(sentence: str, change: Callable[[Any], object]) -> None:
    assert sentence in changed(change)


def test_what_breaks_no_program_passes() -> None:
    def grow(schema: Any) -> None:
        schema["resources"]["agentrun:index:Another"] = schema["resources"][SERVICE]
        inputs = schema["resources"][SERVICE]
        inputs["inputProperties"]["more"] = inputs["properties"]["more"] = {"type": "string"}
        inputs["requiredInputs"].remove("modelType")
        inputs["description"] = "other words"
        inputs["inputProperties"]["description"]["willReplaceOnChanges"] = True
        schema["types"][WORDS]["enum"].append({"name": "New", "value": "new"})

    assert changed(grow) == []


def test_the_schema_breaks_nothing_that_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import compatibility

    monkeypatch.setattr(sys, "argv", ["compatibility.py"])
    assert (compatibility.main(), capsys.readouterr().out) == (0, "")
    recorded = json.loads(compatibility.RECORDED.read_text("utf-8"))
    recorded["resources"]["agentrun:index:Gone"] = recorded["resources"][SERVICE]
    monkeypatch.setattr(compatibility, "RECORDED", tmp_path / "recorded.json")
    compatibility.RECORDED.write_text(json.dumps(recorded))
    assert compatibility.main() == 1
    said = capsys.readouterr().out
    assert "agentrun:index:Gone is gone." in said
    assert "run `make record-schema`" in said
    monkeypatch.setattr(sys, "argv", ["compatibility.py", "--record"])
    assert compatibility.main() == 0
    monkeypatch.setattr(sys, "argv", ["compatibility.py"])
    assert (compatibility.main(), capsys.readouterr().out) == (0, "")
