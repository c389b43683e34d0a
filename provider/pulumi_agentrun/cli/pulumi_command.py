"""Asks Pulumi's own command, and says in a sentence why it gives no answer."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

from ..client.errors import ConfigError


def json_of(arguments: Sequence[str], purpose: str, *, patience: float) -> dict[str, Any]:
    """Return what a command of Pulumi's answers as JSON; this process's memory is all that holds it.

    Raises ConfigError with the command's own last words.

    :param purpose: What it is to do, after "cannot".
    :param patience: Seconds that it may take.
    """
    command = shutil.which("pulumi")
    if command is None:
        raise ConfigError(f"Without a pulumi on PATH, it is not possible to {purpose}.")
    try:
        done = subprocess.run(
            [command, "--non-interactive", *arguments],
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 or done.stdout else {}
        if done.returncode == 0:
            return found
        reasons = [item["message"] for item in found.get("diagnostics", ()) if item.get("severity") == "error"]
        reason = (reasons or done.stderr.strip().splitlines()[-1:] or ["it gave no reason"])[0]
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        reason = type(error).__name__
    verb = " ".join(arguments).partition(" -")[0]
    raise ConfigError(f"pulumi {verb} cannot {purpose}: {reason.strip().removeprefix('error: ')}")
