"""What the processes of one run tell each other, and that another run never reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.lifecycle import notes
from pulumi_agentrun.lifecycle.claims import Claims
from pulumi_agentrun.lifecycle.journal import Journal
from pulumi_agentrun.lifecycle.places import MADE, ORIGIN, Place

HERE = Place(address="https://a.example", location="https://a.example")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path.parent / f"{tmp_path.name}-home"))


def test_processes_of_a_run_know_what_each_of_them_holds() -> None:
    first, second, other = Journal("127.0.0.1:1"), Journal("127.0.0.1:1"), Journal("127.0.0.1:2")
    one, two = Claims(first), Claims(second)
    one.hold(SERVICE, HERE, "a", {ORIGIN: {MADE: "new"}})
    assert two.spares(SERVICE, HERE, "a", {ORIGIN: {MADE: "old"}})
    assert not two.spares(SERVICE, HERE, "a", {ORIGIN: {MADE: "new"}})
    assert list(other.entries()) == []
    for journal in (first, second, other):
        journal.close()


def test_another_run_at_the_same_address_starts_anew(tmp_path: Path) -> None:
    code = "from pulumi_agentrun.lifecycle.journal import Journal; Journal('127.0.0.1:1').add({'a': 1})"
    subprocess.run([sys.executable, "-c", code], check=True, env={"TMPDIR": str(tmp_path)}, timeout=60)
    (folder,) = tmp_path.iterdir()
    (file,) = folder.iterdir()
    assert file.read_text() == '{"a": 1}\n'
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    journal = Journal("127.0.0.1:1")
    assert list(journal.entries()) == []
    journal.close()


def test_a_folder_that_is_not_ours_is_not_used(tmp_path: Path) -> None:
    Journal("127.0.0.1:1").close()
    (folder,) = tmp_path.iterdir()
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    journal = Journal("127.0.0.1:1")
    journal.add({"a": 1})
    assert list(journal.entries()) == []


def test_no_folder_of_ours_is_open_to_others_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "new" / "home"))
    before = os.umask(0)
    try:
        Journal("127.0.0.1:1").close()
        notes.note(notes.TAKEN, HERE.key(SERVICE, "a"))
        found = [path for path in tmp_path.rglob("*") if path.is_dir()]
        assert len(found) == 4
        assert {path.stat().st_mode & 0o777 for path in found} == {0o700}
        for path in found:
            path.chmod(0o777)
        Journal("127.0.0.1:1").close()
        notes.note(notes.TAKEN, HERE.key(SERVICE, "b"))
        ours = [path for path in found if path.name.startswith(("pulumi-agentrun", "agentrun"))]
        assert {path.stat().st_mode & 0o777 for path in ours} == {0o700}
    finally:
        os.umask(before)
