"""Stages to begin trials on: deployed in peace, made once and copied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from e2e.served import Stage
from reliability.hostile.declared import Program
from reliability.hostile.process import HostileProxy
from reliability.hostile.trial import Trial, stage_at


class Origins:
    """Stages on which something was deployed in peace, made once and copied."""

    def __init__(self, folder: Path, proxy: HostileProxy) -> None:
        self.proxy = proxy
        self._folder = folder
        self._made: dict[tuple[Any, ...], Stage] = {}

    def copy(self, folder: Path, door: str, before: Program, timeout: float) -> Stage:
        key = (door, tuple(before), timeout)
        if key not in self._made:
            stage = stage_at(self._folder / f"origin-{len(self._made)}", door, timeout)
            if before:
                with Trial(stage, self.proxy) as trial:
                    found = trial.run("up", program=before)
                    assert found.run.code == 0, found.run.console
            self._made[key] = stage
        return self._made[key].copy(folder)
