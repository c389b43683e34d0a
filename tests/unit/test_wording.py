"""A sentence is one value for several readers, and nothing in it is taken for what it is not."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pulumi_agentrun.client
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.cli.options import TERMINAL
from pulumi_agentrun.client import errors
from pulumi_agentrun.client.kinds import KINDS
from pulumi_agentrun.client.wording import CLIENT, Message, Property, Setting, joined, naming, tell
from pulumi_agentrun.lifecycle.casing import properties
from pulumi_agentrun.lifecycle.readers import PYTHON, SCHEMA

CLIENT_FOLDER = Path(pulumi_agentrun.client.__file__).parent
READERS = [CLIENT, TERMINAL, PYTHON, SCHEMA]


def test_a_setting_is_spelled_by_its_reader() -> None:
    said = Message("{endpoint} is wrong", endpoint=Setting("endpoint", "eu"))
    assert [said.told(reader) for reader in READERS] == [
        "endpoint is wrong",
        "--endpoint is wrong",
        "agentrun:profiles.eu.endpoint is wrong",
        "agentrun:profiles.eu.endpoint is wrong",
    ]
    assert tell(Setting("allow_insecure"), SCHEMA) == "agentrun:allowInsecure"


def test_a_property_is_spelled_by_its_reader() -> None:
    weight = Property(("proxy_config", "endpoints", 1, "base_url"))
    assert tell(weight, PYTHON) == "proxy_config.endpoints[1].base_url"
    assert tell(weight, SCHEMA) == "proxyConfig.endpoints[1].baseUrl"
    assert tell(naming("set {proxy_config.policies} or {credential_name}"), SCHEMA) == (
        "set proxyConfig.policies or credentialName"
    )
    assert tell(naming("not beside {api_key}"), SCHEMA) == "not beside apiKey", "which stands in an object"
    assert tell(Property(("no_such_name",)), SCHEMA) == "no_such_name", "which a program has made up"
    assert tell(Property(("proxy_config", "no_such_name", 1)), SCHEMA) == "proxyConfig.no_such_name[1]"


@given(st.text())
def test_no_text_is_taken_for_a_place_a_setting_or_a_property(text: str) -> None:
    """As the name of a resource: it may be `credential_name`, `{endpoint}` or `agentrun:endpoint`."""
    for reader in READERS:
        assert Message("{name} exists", name=text).told(reader) == f"{text} exists"
        assert joined(text, errors.ConfigError(text)).told(reader) == " ".join(
            [text] * (1 + bool(text)) if text else [""]
        )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.token)
def test_a_resource_that_is_named_as_a_property_keeps_its_name(kind: object) -> None:
    for name in properties(KINDS[0]):
        error = errors.ConfigError(
            Message("{name} is taken: choose another {field}.", name=name, field=Property((name,)))
        )
        assert error.told(PYTHON) == f"{name} is taken: choose another {name}."
        assert error.told(SCHEMA).startswith(f"{name} is taken: ")


def test_an_error_in_an_error_is_told_to_the_same_reader() -> None:
    inner = errors.ConfigError(Message("{region} is wrong.", region=Setting("region")))
    outer = errors.AgentRunError(joined(inner, "Nothing was done."))
    assert str(outer) == "region is wrong. Nothing was done."
    assert outer.told(PYTHON) == "agentrun:region is wrong. Nothing was done."
    assert repr(outer) == "AgentRunError('region is wrong. Nothing was done.')"
    assert str(pickle.loads(pickle.dumps(outer))) == str(outer)


def test_advice_is_that_of_who_reads_it() -> None:
    error = errors.ThrottledError("Too many", status_code=429)
    assert "--parallel" not in str(error)
    assert error.told(PYTHON).endswith("(--parallel).")


@pytest.mark.parametrize("path", sorted(CLIENT_FOLDER.rglob("*.py")), ids=lambda path: path.name)
def test_the_client_speaks_of_nothing_that_only_a_stack_has(path: Path) -> None:
    """Its sentences, not its documentation: who uses it alone has no stack, no program and no `agentrun:` settings."""
    allowed = re.compile(r"pulumi[-_]agentrun|agentrun:\*Model\*")
    for text in _sentences(ast.parse(path.read_text())):
        said = allowed.sub("", text)
        assert not re.search(r"agentrun:|\bpulumi\b|\bstack\b|--parallel|AGENTRUN_ADOPT", said, re.IGNORECASE), text


def _sentences(node: ast.AST) -> Iterator[str]:
    """Yield the texts of a module that are not documentation."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        elif not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield from _sentences(child)
