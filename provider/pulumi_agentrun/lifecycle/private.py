"""Makes folders that nobody else on this machine can look into or write to, whatever the umask."""

from __future__ import annotations

from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder and what leads to it with mode 0700; one that is there is closed to others."""
    for missing in reversed([part for part in folder.parents if not part.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
