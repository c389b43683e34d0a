"""Starts the proxy process, tells it what to do, and asks it what it did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from e2e.served import CREDENTIALS, ServedPlatform
from reliability.hostile.network import Record
from reliability.hostile.replicas import Lag
from reliability.hostile.script import Rule, Trouble, to_json

TESTS = Path(__file__).parents[2]


class HostileProxy:
    """A proxy process on a port that stays the same, whatever platform is behind it."""

    def __init__(self, lifetime: float = 3600.0) -> None:
        [(key, secret)] = CREDENTIALS.items()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "reliability.hostile.proxy", str(lifetime), key, secret],
            env=os.environ | {"PYTHONPATH": str(TESTS)}, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.url: str = self._answer()["url"]

    def __enter__(self) -> HostileProxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def script(self, served: ServedPlatform, rules: Sequence[Rule] = (), lag: Lag | None = None) -> None:
        """Begin anew before a platform, with trouble by rules."""
        self._order(upstream=_address(served), rules=to_json(rules), lag=asdict(lag or Lag()))

    def seed(self, served: ServedPlatform, seed: str, share: float, lag: Lag) -> None:
        """Begin anew before a platform, with trouble by a seed for a share of all calls."""
        self._order(upstream=_address(served), seed=seed, share=share, lag=asdict(lag))

    def records(self) -> list[Record]:
        """Return what became of each call since it began anew, once everything that was under way has arrived."""
        found = self._order(records=True)["records"]
        return [Record(**{**record, "trouble": Trouble(**record["trouble"])}) for record in found]

    def _order(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the proxy process has ended"
        return dict(json.loads(line))


def _address(served: ServedPlatform) -> str:
    return served.url.removeprefix("http://")
