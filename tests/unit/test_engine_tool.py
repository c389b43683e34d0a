from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "engine" / "engine.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("engine_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


engine = load()


def script(path: Path, text: str = "exit 0") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def fill(directory: Path, version: str = "v3.259.0", leave_out: str = "") -> Path:
    for name in engine.WHOLE:
        if name != leave_out:
            script(directory / name, f"echo {version}")
    return directory


def found(*names: str) -> dict[str, Callable[[], Path]]:
    """The four ways, of which only the named ones lead to an engine."""

    def way(name: str) -> Callable[[], Path]:
        def go() -> Path:
            if name in names:
                return Path(name)
            raise engine.Unavailable(f"not by {name}.")

        return go

    return {name: way(name) for name in engine.WAYS}


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.259.0\n", (3, 259, 0, True)),
        ("3.260.1", (3, 260, 1, True)),
        ("v3.260.0+dirty", (3, 260, 0, True)),
        ("v3.260.0-dev", (3, 260, 0, False)),
        ("v3.260.0-alpha.1+x2", (3, 260, 0, False)),
        ("", None),
        ("warning: v3.260.0", None),
    ],
)
def test_versions_are_read(text: str, version: object) -> None:
    assert engine.parse(text) == version


def test_a_pre_release_is_older_than_its_release() -> None:
    assert engine.parse("3.259.0-dev") < engine.parse("3.259.0") < engine.parse("3.259.1-dev")


def test_the_version_is_the_recipes() -> None:
    assert engine.parse(engine.pinned()) is not None
    assert f"sdk/v3 v{engine.pinned()}\n" in (TOOL.parent / "go.mod").read_text()


def test_a_changed_recipe_has_another_fingerprint(tmp_path: Path) -> None:
    for folder in ("pulumi-language-python", "yaml"):
        (tmp_path / folder).mkdir()
    for name in ("build.sh", "go.mod", "go.sum", "pulumi-language-python/main.go", "yaml/go.mod", "yaml/go.sum"):
        (tmp_path / name).write_text("x")
    seen = {engine.fingerprint(tmp_path)}
    assert engine.fingerprint(tmp_path) in seen
    for name in ("pulumi-language-python/run.go", "go.sum", "yaml/go.mod"):
        (tmp_path / name).write_text("y")
        seen.add(engine.fingerprint(tmp_path))
    (tmp_path / "README.md").write_text("y")
    assert engine.fingerprint(tmp_path) in seen, "what is only read does not decide"
    assert len(seen) == 4


@pytest.mark.parametrize("count", range(1, 5))
def test_ways_are_tried_in_their_order(count: int) -> None:
    assert engine.first(found(*engine.WAYS[-count:])) == Path(engine.WAYS[-count])


def test_a_forced_way_is_the_only_one() -> None:
    assert engine.first(found("path", "build"), "build") == Path("build")
    with pytest.raises(engine.Unavailable, match=r"not by install\.$"):
        engine.first(found("path", "build"), "install")


def test_an_unknown_forced_way_names_those_there_are() -> None:
    with pytest.raises(engine.Unavailable, match="'brew': set it to one of path, cache, install, build"):
        engine.first(found(), "brew")


def test_without_any_engine_every_reason_is_given() -> None:
    with pytest.raises(engine.Unavailable) as failure:
        engine.first(found())
    assert str(failure.value).splitlines()[0].endswith("then run this again:")
    assert [line.strip() for line in str(failure.value).splitlines()[1:]] == [f"- not by {w}." for w in engine.WAYS]


def test_reasons_are_told_before_what_takes_minutes_only(capsys: pytest.CaptureFixture[str]) -> None:
    engine.first(found("cache"))
    assert capsys.readouterr().err == ""
    engine.first(found("build"))
    assert capsys.readouterr().err == "not by path.\nnot by cache.\nnot by install.\n"


@pytest.mark.parametrize("version", ["v3.259.0", "v3.300.2"])
def test_a_supported_pulumi_on_path_is_taken(tmp_path: Path, version: str) -> None:
    directory = fill(tmp_path / "bin", version)
    assert engine.on_path(f"{tmp_path}{os.pathsep}{directory}", tmp_path / "cache", "3.259.0") == directory


def test_the_language_host_may_be_elsewhere_on_path(tmp_path: Path) -> None:
    script(tmp_path / "cli" / "pulumi", "echo v3.259.0")
    search = f"{tmp_path / 'cli'}{os.pathsep}{fill(tmp_path / 'host', leave_out='pulumi')}"
    assert engine.on_path(search, tmp_path / "cache", "3.259.0") == tmp_path / "cli"


def test_the_language_host_may_be_beside_what_a_link_points_to(tmp_path: Path) -> None:
    opt, bin_ = fill(tmp_path / "opt"), tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "pulumi").symlink_to(opt / "pulumi")
    assert engine.on_path(str(bin_), tmp_path / "cache", "3.259.0") == bin_


@pytest.mark.parametrize(
    ("version", "shown"),
    [("v3.258.9", "3.258.9"), ("v3.259.0-dev", "3.259.0"), ("v4.0.0", "4.0.0"), ("what?", "of an unknown version")],
)
def test_an_unsupported_pulumi_on_path_is_refused(tmp_path: Path, version: str, shown: str) -> None:
    search = str(fill(tmp_path / "bin", version))
    with pytest.raises(engine.Unavailable, match=rf"is {shown}; 3\.259\.0 or a newer 3\.x is needed\."):
        engine.on_path(search, tmp_path / "cache", "3.259.0")


@pytest.mark.parametrize("missing", engine.BESIDE)
def test_a_pulumi_without_its_python_parts_is_refused(tmp_path: Path, missing: str) -> None:
    search = str(fill(tmp_path / "bin", leave_out=missing))
    with pytest.raises(engine.Unavailable, match=f"comes without {missing}"):
        engine.on_path(search, tmp_path / "cache", "3.259.0")


def test_a_link_into_the_cache_is_no_pulumi_of_the_users(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    fill(cache / "v3.259.0-old")
    (tmp_path / ".engine").symlink_to(cache / "v3.259.0-old")
    with pytest.raises(engine.Unavailable, match="no pulumi on PATH"):
        engine.on_path(str(tmp_path / ".engine"), cache, "3.259.0")


def test_a_half_finished_engine_in_the_cache_is_ignored(tmp_path: Path) -> None:
    half = fill(tmp_path / "half", leave_out="pulumi-language-python-exec")
    whole = fill(tmp_path / "whole")
    assert engine.cached(half, whole) == whole
    with pytest.raises(engine.Unavailable):
        engine.cached(half, tmp_path / "none")


def test_publishing_replaces_what_is_half_finished_and_clears_up(tmp_path: Path) -> None:
    target = tmp_path / "cache" / "v1"
    fill(target, leave_out="pulumi")
    (tmp_path / "cache" / ".partial-of-a-killed-run").mkdir()
    assert engine.is_whole(engine.publish(target, fill))
    assert sorted(entry.name for entry in target.parent.iterdir()) == [".lock", "v1"]


def test_nothing_shows_in_the_cache_until_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "cache" / "v1"

    def make(place: Path) -> None:
        fill(place)
        assert not target.exists()

    assert engine.publish(target, make) == target


@pytest.mark.parametrize("error", [engine.Unavailable("no"), KeyboardInterrupt()])
def test_a_failed_or_interrupted_making_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    def make(place: Path) -> None:
        script(place / "pulumi")
        raise error

    with pytest.raises(type(error)):
        engine.publish(tmp_path / "cache" / "v1", make)
    assert [entry.name for entry in (tmp_path / "cache").iterdir()] == [".lock"]


def test_what_was_made_in_part_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(engine.Unavailable, match=r"is not whole: remove .* and try again"):
        engine.publish(tmp_path / "cache" / "v1", lambda place: script(place / "pulumi"))
    assert not (tmp_path / "cache" / "v1").exists()


def test_of_two_clones_at_once_one_makes_the_engine(tmp_path: Path) -> None:
    target, made = tmp_path / "cache" / "v1", []
    inside, go = threading.Event(), threading.Event()

    def make(place: Path) -> None:
        made.append(fill(place))
        inside.set()
        assert go.wait(10)

    threads = [threading.Thread(target=engine.publish, args=(target, make)) for _ in range(2)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join(10)
    assert len(made) == 1
    assert engine.is_whole(target)


def test_a_watched_command_gives_signs_of_life(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun = tmp_path / "begun"
    waits = f"echo compiling; while [ ! -e {begun} ]; do :; done"
    timer = threading.Timer(0.2, begun.touch)
    timer.start()
    engine.watch("It", ["sh", "-c", waits], tmp_path / "log", limit=10, beat=0.02)
    timer.join()
    assert "s  compiling" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("", ""),
        ("go: downloading x v1\n", "go: downloading x v1"),
        ("packages to build: 0\n", "packages to build: 0"),
        ("packages to build: 4\n", "0 of 4 packages, 0 %"),
        (
            "go: downloading x v1\npackages to build: 4\ncrypto\n# crypto\ngo: finding y\nnet/http\n",
            "2 of 4 packages, 50 %",
        ),
    ],
)
def test_the_share_that_is_built_is_told(tmp_path: Path, log: str, said: str) -> None:
    (tmp_path / "log").write_text(log)
    assert engine.share(tmp_path / "log") == said


def test_a_watched_command_that_fails_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(engine.Unavailable, match="It failed: no such module "):
        engine.watch("It", ["sh", "-c", "echo no such module; exit 3"], tmp_path / "log", limit=10)


def test_a_watched_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(engine.Unavailable, match="It did not end within 0 s"):
        engine.watch("It", ["sh", "-c", f"sleep 600 > {pipe} & wait"], tmp_path / "log", limit=0.3)
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""  # the end comes once no process holds the other side
    os.close(reader)


def go_that_says(directory: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script(directory / "go", text)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}/usr/bin{os.pathsep}/bin")


@pytest.mark.parametrize("answer", ["echo go1.22.4", "echo go.mod requires a newer go >&2; exit 1"])
def test_a_go_that_is_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    go_that_says(tmp_path, answer, monkeypatch)
    with pytest.raises(engine.Unavailable, match=r"is too old .*: install Go \d\.\d+ or newer"):
        engine.require_go(TOOL.parent)


def test_a_go_that_is_new_enough_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_that_says(tmp_path, "echo go9.0", monkeypatch)
    engine.require_go(TOOL.parent)


def test_a_missing_go_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(engine.Unavailable, match=r"needs Go: install Go \d\.\d+ or newer"):
        engine.require_go(TOOL.parent)


def test_the_link_is_made_and_refreshed(tmp_path: Path) -> None:
    place = tmp_path / ".engine"
    for name in ("one", "two"):
        engine.link(place, tmp_path / name)
        assert place.readlink() == tmp_path / name
    assert [entry.name for entry in tmp_path.iterdir()] == [".engine"]


def test_a_directory_in_the_way_of_the_link_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".engine").mkdir()
    with pytest.raises(engine.Unavailable, match="in the way of the link"):
        engine.link(tmp_path / ".engine", tmp_path / "one")


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(TOOL), *arguments], env=environ, capture_output=True, text=True)


def test_the_last_line_of_output_is_the_directory(tmp_path: Path) -> None:
    directory = fill(tmp_path / "bin", f"v{engine.pinned()}")
    environ = {"PATH": f"{directory}{os.pathsep}/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    answer = run(environ, "--link", str(tmp_path / ".engine"))
    assert (answer.returncode, answer.stdout.splitlines()[-1], answer.stderr) == (0, str(directory), "")
    assert (tmp_path / ".engine").resolve() == directory


def test_a_cached_engine_is_taken_before_anything_is_installed(tmp_path: Path) -> None:
    built = fill(tmp_path / "pulumi-agentrun" / "engine" / f"v{engine.pinned()}-{engine.fingerprint()}")
    answer = run({"PATH": "/nowhere", "XDG_CACHE_HOME": str(tmp_path)})
    assert (answer.returncode, answer.stdout.strip()) == (0, str(built))


def test_without_an_engine_it_fails_with_a_sentence(tmp_path: Path) -> None:
    answer = run({"PATH": "/nowhere", "XDG_CACHE_HOME": str(tmp_path), engine.FORCE: "path"})
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith("No Pulumi engine. Install Pulumi")
    assert answer.stderr.endswith("\n  - There is no pulumi on PATH.\n")


def test_nobody_else_can_write_what_is_run_whatever_the_umask(tmp_path: Path) -> None:
    cache = tmp_path / "caches" / "pulumi-agentrun" / "engine"
    before = os.umask(0)
    try:
        for _ in range(2):
            with engine.locked(cache):
                modes = {part.stat().st_mode & 0o777 for part in (cache, cache.parent, cache.parent.parent)}
            assert modes == {0o700}
            cache.chmod(0o777)  # as an older release has made it
    finally:
        os.umask(before)
