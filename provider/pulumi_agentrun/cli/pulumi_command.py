"""Asks Pulumi's own command, and says in a sentence why it gives no answer."""

from __future__ import annotations

import json
import shutil
import signal
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
    command = _pulumi(purpose)
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
    raise _refusal(arguments, purpose, reason)


def carry_out(arguments: Sequence[str], purpose: str) -> None:
    """Let a command of Pulumi's do its work, however long it takes, and show nothing of it.

    An interruption is handed on to it, and raised when it has ended: killed in its work, it would leave a stack locked.
    Raises ConfigError with the first error that the command shows.

    :param purpose: What it is to do, after "cannot".
    """
    command = [_pulumi(purpose), "--non-interactive", *arguments]
    arrived: list[int] = []
    running: list[subprocess.Popen[str]] = []

    def hand_on(number: int, _: object) -> None:
        arrived.append(number)
        for process in running:
            process.send_signal(number)

    before = signal.signal(signal.SIGINT, hand_on)
    try:
        # A session of its own: a terminal would interrupt it too, and a second interruption has Pulumi drop everything.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True,
        )  # fmt: skip
        is_early = bool(arrived)
        running.append(process)
        if is_early:
            process.send_signal(signal.SIGINT)
        shown = process.communicate()[0]
    finally:
        signal.signal(signal.SIGINT, before)
    if arrived:
        raise KeyboardInterrupt
    if process.returncode != 0:
        errors = [line.partition("error:")[2] for line in shown.splitlines() if "error:" in line]
        raise _refusal(arguments, purpose, next(filter(str.strip, errors), "it gave no reason"))


def _pulumi(purpose: str) -> str:
    command = shutil.which("pulumi")
    if command is None:
        raise ConfigError(f"Without a pulumi on PATH, it is not possible to {purpose}.")
    return command


def _refusal(arguments: Sequence[str], purpose: str, reason: str) -> ConfigError:
    verb = " ".join(arguments).partition(" -")[0]
    return ConfigError(f"pulumi {verb} cannot {purpose}: {reason.strip().removeprefix('error: ')}")
