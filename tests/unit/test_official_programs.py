"""Programs for the official SDK run here with their imports changed and nothing else; docs/client.md says which not."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from pulumi_agentrun import client
from pulumi_agentrun.platform import Platform
from unit.official_programs import CONFIG, DO_NOT, PRELUDE, RUN, SIGNATURES, with_our_imports

PAGE = Path(__file__).parents[2] / "docs" / "client.md"


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a program an empty account, by the variables that the official SDK reads."""
    Platform.open(tmp_path, {}).close()
    monkeypatch.setenv("AGENTRUN_CONTROL_ENDPOINT", f"file://{tmp_path}")
    monkeypatch.setenv("AGENTRUN_ACCOUNT_ID", "1")


def run(program: str) -> None:
    exec(compile(with_our_imports(PRELUDE + program), "program", "exec"), {"__name__": "program"})


@pytest.mark.parametrize("name", RUN)
def test_it_runs(name: str) -> None:
    run(RUN[name])


@pytest.mark.parametrize("name", DO_NOT)
def test_it_does_not_run_and_the_page_says_why(name: str) -> None:
    program, error, why = DO_NOT[name]
    with pytest.raises(Exception) as caught:  # noqa: PT011
        run(program)
    assert caught.type.__name__ == error
    assert why in " ".join(PAGE.read_text().split())


def test_the_page_counts_them() -> None:
    assert len(RUN) >= 50
    assert f"Of {len(RUN) + len(DO_NOT)} programs, {len(RUN)} run" in " ".join(PAGE.read_text().split())


@pytest.mark.parametrize("line", SIGNATURES.split("\n")[1:-1])
def test_methods_take_what_the_official_ones_do(line: str) -> None:
    owner, method = line.partition("(")[0].split(".")
    for name in {owner, owner.replace("Service", "Proxy")}:
        for twin in (method, method + "_async") if method not in ("__init__", "set_config") else (method,):
            taken = inspect.signature(getattr(getattr(client, name), twin)).replace(
                return_annotation=inspect.Signature.empty
            )
            bare = [item.replace(annotation=inspect.Parameter.empty) for item in taken.parameters.values()]
            assert f"{owner}.{method}{taken.replace(parameters=bare)}" == line


def test_a_configuration_takes_what_the_official_one_does() -> None:
    taken = inspect.signature(client.Config.__init__).parameters.values()
    assert tuple(item.name for item in taken if item.kind is item.POSITIONAL_OR_KEYWORD)[1:] == CONFIG
