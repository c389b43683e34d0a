"""Finds, installs or builds the Pulumi CLI with its Python language host, and prints the directory that holds it."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

RECIPE = Path(__file__).parent
BESIDE = ("pulumi-language-python", "pulumi-resource-pulumi-python")
WHOLE = ("pulumi", "pulumi-language-python-exec", "pulumi-language-yaml", *BESIDE)
FORCE = "AGENTRUN_ENGINE_SOURCE"
WAYS = ("path", "cache", "install", "build")
SLOW = ("install", "build")
TO_BUILD = "packages to build: "
SITE = "https://get.pulumi.com/install.sh"

REACH = "import sys, urllib.request as r; r.urlopen(r.Request(sys.argv[1], method='HEAD'), timeout=5)"
INSTALL = (
    "import sys; from pulumi.automation import PulumiCommand; from semver import VersionInfo; "
    "PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))"
)

Version = tuple[int, int, int, bool]


class Unavailable(Exception):
    """Says why a way leads to no engine, and what would help."""


def say(text: str) -> None:
    """Report progress on stderr, since stdout is for the answer."""
    print(text, file=sys.stderr, flush=True)


def parse(text: str) -> Version | None:
    """Read `v3.259.0` or `3.260.0-dev`; a pre-release sorts before its release."""
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)(-[\w.+-]+|\+[\w.+-]+)?", text.strip())
    if match is None:
        return None
    major, minor, patch = (int(part) for part in match.groups()[:3])
    return major, minor, patch, not (match[4] or "").startswith("-")


def pinned(recipe: Path = RECIPE) -> str:
    """Read the engine's version off go.mod, the only place that names it."""
    match = re.search(r"github\.com/pulumi/pulumi/pkg/v3 v([\d.]+)", (recipe / "go.mod").read_text())
    assert match is not None
    return match[1]


def fingerprint(recipe: Path = RECIPE) -> str:
    """Hash what decides a source build, so that a changed recipe is built anew."""
    digest = hashlib.sha256()
    for file in sorted(file for file in recipe.rglob("*") if file.suffix in (".sh", ".go", ".mod", ".sum")):
        digest.update(str(file.relative_to(recipe)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:8]


def cache_root(environ: Mapping[str, str]) -> Path:
    """Tell where engines are kept, for all clones of this user."""
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pulumi-agentrun" / "engine"


def is_whole(directory: Path) -> bool:
    """Tell whether a directory of the cache holds everything that a deployment runs."""
    return all(os.access(directory / name, os.X_OK) for name in WHOLE)


def version_of(command: str) -> Version | None:
    """Ask a `pulumi` its version; one that does not answer has none."""
    environ = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run([command, "version"], env=environ, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse(answer.stdout) if answer.returncode == 0 else None


def on_path(search: str, cache: Path, minimum: str) -> Path:
    """Find a supported `pulumi` on a search path, with its Python parts beside it or on that path too."""
    # What an earlier run linked to is the cache's to judge, or a changed recipe would never be built.
    entries = [entry for entry in search.split(os.pathsep) if entry and not is_inside(Path(entry), cache)]
    command = shutil.which("pulumi", path=os.pathsep.join(entries)) if entries else None
    if command is None:
        raise Unavailable("There is no pulumi on PATH.")
    least, found = parse(minimum), version_of(command)
    assert least is not None
    if found is None or found < least or found[0] != least[0]:
        shown = "of an unknown version" if found is None else ".".join(str(part) for part in found[:3])
        wanted = f"{minimum} or a newer {least[0]}.x is needed"
        raise Unavailable(f"The pulumi on PATH ({command}) is {shown}; {wanted}.")
    around = os.pathsep.join([str(Path(command).parent), str(Path(command).resolve().parent), *entries])
    for name in BESIDE:
        if shutil.which(name, path=around) is None:
            raise Unavailable(f"The pulumi on PATH ({command}) comes without {name}: Pulumi's own releases have it.")
    return Path(command).parent.resolve()


def is_inside(path: Path, directory: Path) -> bool:
    """Tell whether a path, its links followed, is in a directory."""
    return directory.resolve() in path.resolve().parents


def cached(*directories: Path) -> Path:
    """Take the first whole engine that an earlier run left."""
    for directory in directories:
        if is_whole(directory):
            return directory
    raise Unavailable("No earlier run left an engine in the cache.")


@contextmanager
def locked(cache: Path) -> Iterator[None]:
    """Let one process at a time change the cache; the lock goes with the process, however it ends."""
    # What is in there is run: nobody else may write to it, whatever the umask, nor to a folder that leads to it.
    for missing in reversed([folder for folder in (cache, *cache.parents) if not folder.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    if cache.stat().st_mode & 0o022:
        cache.chmod(0o700)
    with (cache / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another clone is getting the engine: waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def publish(directory: Path, make: Callable[[Path], None], inner: str = ".") -> Path:
    """Have an engine made beside its place in the cache and move it there whole; one that is there is kept."""
    cache = directory.parent
    with locked(cache):
        if is_whole(directory / inner):
            return directory / inner
        for leftover in cache.glob(".partial-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=cache))
        try:
            make(partial)
            if not is_whole(partial / inner):
                raise Unavailable(f"What was made for {directory.name} is not whole: remove {cache} and try again.")
            shutil.rmtree(directory, ignore_errors=True)
            partial.chmod(0o755)
            partial.rename(directory)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return directory / inner


def watch(
    what: str, command: list[str], log: Path, limit: float, beat: float = 20, told: Callable[[Path], str] | None = None
) -> None:
    """Run a command into a log for a limited time, saying now and then what the log tells; it never outlives us."""
    begin = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        while True:
            passed = time.monotonic() - begin
            if passed >= limit:
                raise Unavailable(f"{what} did not end within {limit:.0f} s (see {log}).")
            try:
                code = process.wait(min(beat, limit - passed))
                break
            except subprocess.TimeoutExpired:
                say(f"  {time.monotonic() - begin:.0f} s  {(told or last_line)(log)}")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if code != 0:
        raise Unavailable(f"{what} failed: {last_line(log) or f'exit code {code}'} (see {log}).")


def last_line(log: Path) -> str:
    """Quote the end of a log, shortened."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip()[:160] if lines else ""


def share(log: Path) -> str:
    """Say how much is built, by the number of packages that build.sh announces and the line that Go writes for each."""
    _, _, built = log.read_text(errors="replace").partition(TO_BUILD)
    total, _, lines = built.partition("\n")
    if not total.isdigit() or total == "0":
        return last_line(log)
    done = sum(1 for line in lines.splitlines() if line and " " not in line)
    return f"{done} of {int(total)} packages, {100 * done // int(total)} %"


def install(version: str, cache: Path, directory: Path) -> None:
    """Run Pulumi's official installer, if its download site answers."""
    log = cache / "install.log"
    try:
        watch("", [sys.executable, "-c", REACH, SITE], log, limit=6)
    except Unavailable:
        raise Unavailable("Pulumi's download site cannot be reached from here.") from None
    say(f"Installing Pulumi {version} with its official installer: about a minute, once.")
    watch("Pulumi's installer", [sys.executable, "-c", INSTALL, str(directory), version], log, limit=600)


def build(version: str, cache: Path, directory: Path) -> None:
    """Build the engine from its Go modules."""
    require_go(RECIPE)
    say(f"Building Pulumi {version} from source: about 5 minutes on two cores and 3 GB of Go's caches, once.")
    command = ["sh", str(RECIPE / "build.sh"), str(directory)]
    watch("The source build", command, cache / "build.log", limit=3600, told=share)


def require_go(recipe: Path) -> None:
    """Check that Go is there, and new enough or able to fetch what go.mod asks for."""
    match = re.search(r"^go (\d+\.\d+)", (recipe / "go.mod").read_text(), re.MULTILINE)
    assert match is not None
    advice = f"install Go {match[1]} or newer (https://go.dev/doc/install)"
    command = shutil.which("go")
    if command is None:
        raise Unavailable(f"The source build needs Go: {advice}.")
    # In the recipe's directory an older Go either switches to a newer one by itself or says that it may not.
    answer = subprocess.run([command, "env", "GOVERSION"], cwd=recipe, capture_output=True, text=True)
    found = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    needed = tuple(int(part) for part in match[1].split("."))
    if answer.returncode or found is None or (int(found[1]), int(found[2])) < needed:
        raise Unavailable(f"The Go on PATH ({command}) is too old for the source build: {advice}.")


def first(ways: Mapping[str, Callable[[], Path]], forced: str = "") -> Path:
    """Try the ways in their order, or the forced one alone; fail with a sentence that says what to do."""
    if forced and forced not in ways:
        raise Unavailable(f"{FORCE} is {forced!r}: set it to one of {', '.join(ways)}, or unset it.")
    reasons: list[str] = []
    told = 0
    for name in [forced] if forced else ways:
        if name in SLOW:
            # Whoever is about to wait for minutes wants to know why; whoever need not wait does not.
            for reason in reasons[told:]:
                say(reason)
            told = len(reasons)
        try:
            return ways[name]()
        except Unavailable as error:
            reasons.append(str(error))
    help_text = "Install Pulumi (https://www.pulumi.com/docs/install/) or see to one of these, then run this again:"
    raise Unavailable("\n  - ".join([f"No Pulumi engine. {help_text}", *reasons]))


def link(place: Path, directory: Path) -> None:
    """Make a symbolic link, or point the one that is there elsewhere in one step."""
    if place.exists() and not place.is_symlink():
        raise Unavailable(f"{place} is in the way of the link to the engine: move it elsewhere.")
    fresh = place.with_name(f"{place.name}.{os.getpid()}")
    fresh.symlink_to(directory)
    fresh.replace(place)


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    """Print the engine's directory as the last line of stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--link", type=Path, metavar="DIR", help="make this a symbolic link to the directory")
    options = parser.parse_args(arguments)
    version, cache = pinned(), cache_root(environ)
    installed, built = cache / f"v{version}", cache / f"v{version}-{fingerprint()}"
    makers: list[Callable[[], Path]] = [
        lambda: on_path(environ.get("PATH", ""), cache, version),
        lambda: cached(installed / "bin", built),
        lambda: publish(installed, lambda place: install(version, cache, place), "bin"),
        lambda: publish(built, lambda place: build(version, cache, place)),
    ]
    try:
        directory = first(dict(zip(WAYS, makers, strict=True)), environ.get(FORCE, ""))
        if options.link:
            link(options.link, directory)
    except Unavailable as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("Interrupted: nothing is left half made, the next run starts again.")
        return 130
    print(directory)
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:], os.environ))
