"""Makes the stack of `make up`: a passphrase of its own, the embedded platform as endpoint, a key for the models.

The Makefile says by environment where its state and its passphrase are.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PASSPHRASE = Path(os.environ["PULUMI_CONFIG_PASSPHRASE_FILE"])


def main(stack: str) -> None:
    """Create the stack unless it is there, with the settings that the quickstart needs."""
    PASSPHRASE.parent.mkdir(mode=0o700, exist_ok=True)
    if not PASSPHRASE.exists():
        PASSPHRASE.touch(mode=0o600)
        PASSPHRASE.write_text(secrets.token_urlsafe(24))
    if (ROOT / f"Pulumi.{stack}.yaml").exists() and pulumi("stack", "select", stack, check=False):
        return
    pulumi("stack", "select", "--create", stack)
    pulumi("config", "set", "agentrun:endpoint", "file://.agentrun", "--stack", stack)
    # Read from standard input, so that it never stands in a process list.
    key = f"sk-local-{secrets.token_hex(12)}"
    pulumi("config", "set", "--secret", "apiKey", "--stack", stack, input=key)


def pulumi(*args: str, input: str = "", check: bool = True) -> bool:
    """Run the CLI quietly; say what it printed if it fails."""
    command = ["pulumi", "--non-interactive", *args]
    done = subprocess.run(command, cwd=ROOT, input=input, text=True, capture_output=True, check=False)
    if check and done.returncode:
        sys.exit(f"`pulumi {' '.join(args)}` failed:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


if __name__ == "__main__":
    main(sys.argv[1])
