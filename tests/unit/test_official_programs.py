"""Programs for the official SDK run here with their imports changed and nothing else; docs/client.md says which not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi_agentrun.platform import Platform
from unit.official_programs import DO_NOT, PRELUDE, RUN, with_our_imports

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
