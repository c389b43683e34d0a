"""Makes the plugin an executable with its interpreter, in the archive for this platform that Pulumi installs.

Run it with a Python that has the package, the extra `credentials` and PyInstaller; `make dist` does.
"""

from __future__ import annotations

import gzip
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

NAME = "pulumi-resource-agentrun"
ENTRY = "from pulumi_agentrun.plugin.__main__ import main\n\nmain()\n"
BY_NAME = [f"pulumi_agentrun.{folder}" for folder in ("client", "engine", "lifecycle", "platform", "plugin")]
"""What of the package it imports by name, which PyInstaller does not see."""
PROCESSORS = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def archive_name() -> str:
    """Return what Pulumi calls the plugin's archive for this platform."""
    processor = PROCESSORS[platform.machine().lower()]
    return f"{NAME}-v{version('pulumi-agentrun')}-{platform.system().lower()}-{processor}.tar.gz"


def build(work: Path) -> Path:
    """Make the executable and what stands beside it; return their folder."""
    entry = work / "entry.py"
    entry.write_text(ENTRY, "utf-8")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level=ERROR", "--onedir", f"--name={NAME}"]
    command += [f"--distpath={work}", f"--workpath={work / 'build'}", f"--specpath={work}"]
    # With their metadata, for there the packages have their licences.
    command += [f"--recursive-copy-metadata={package}" for package in ("pulumi-agentrun", "alibabacloud-credentials")]
    command += ["--collect-data=pulumi_agentrun.plugin"]
    command += [f"--collect-submodules={package}" for package in BY_NAME]
    command += ["--strip"] if platform.system() == "Linux" else []  # elsewhere it breaks signatures
    subprocess.run([*command, str(entry)], check=True, env=os.environ | {"PYTHONHASHSEED": "1"})
    return work / NAME


def pack(folder: Path, archive: Path) -> None:
    """Write the files of a folder into an archive, the same bytes for the same files."""
    with (
        gzip.GzipFile(archive, "wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", dereference=True) as tar,
    ):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):  # Pulumi makes folders, no links
            info = tar.gettarinfo(path, path.relative_to(folder).as_posix())
            info.mtime, info.uid, info.gid, info.uname, info.gname = 0, 0, 0, "", ""
            info.mode = 0o755 if info.mode & 0o100 else 0o644
            with path.open("rb") as data:
                tar.addfile(info, data)


def main() -> None:
    """Write the archive into the directory that is given."""
    target = Path(sys.argv[1]) / archive_name()
    with tempfile.TemporaryDirectory() as work:
        pack(build(Path(work)), target)


if __name__ == "__main__":
    main()
