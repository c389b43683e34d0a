"""Runs random programs on a hostile network for as long as asked: `make soak HOURS=1`.

Both doors take turns. A turn is a command on a program that was changed a little, with a share of all calls in trouble;
what failed is run again, in trouble and at last in peace, and then all must be right. It ends with 1 if anything was
lost, and says how to replay that.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from e2e.project import DOORS
from pulumi_agentrun.client import ModelServiceCreateInput
from reliability.hostile.declared import differences
from reliability.hostile.gardener import Gardener
from reliability.hostile.process import HostileProxy
from reliability.hostile.replicas import Lag
from reliability.hostile.script import Trouble
from reliability.hostile.trial import Aftermath, Trial, stage_at

READY_TIMEOUT = 60.0
TRIES = 6
"""How often a run that failed is tried again in trouble, before it is tried in peace."""
PATIENCE = 600.0
RESOURCES = 200
SHARE = 0.05
BYSTANDER = "bystander"
COMMANDS = {
    ("up",): 60, ("up", "--refresh"): 25, ("refresh",): 9, ("destroy",): 3, ("destroy", "--refresh"): 3,
}  # fmt: skip
"""What is run, and how often in a hundred turns."""


@dataclass(frozen=True)
class Plan:
    """How long, how much, and where the random numbers begin."""

    folder: Path
    seed: str
    resources: int
    share: float


@dataclass
class Totals:
    """What came of all runs."""

    runs: int = 0
    failed: int = 0
    calls: int = 0
    troubled: int = 0
    lost: list[str] = field(default_factory=list)


KEYS: list[Literal["clear", "masked", "absent"]] = ["clear", "masked", "absent"]


class Lost(Exception):
    """Something was lost, taken, said falsely or never came right."""


class Soak:
    """One stack, through one door, and its turns."""

    def __init__(self, plan: Plan, door: str, era: int, totals: Totals, stack: ExitStack) -> None:
        self._plan, self._door, self._totals = plan, door, totals
        self.folder = plan.folder / f"{door}-{era}"
        self._proxy = stack.enter_context(HostileProxy(lifetime=100 * 3600.0))
        stage = stage_at(self.folder / "stage", door, READY_TIMEOUT)
        stage.project.patience = PATIENCE
        # A service shows keys or does not, and goes on so: whose a creation is, they prove or do not.
        stage.project.platform.switch(api_key=random.Random(f"{plan.seed}/{door}/{era}").choice(KEYS))
        self._trial = stack.enter_context(Trial(stage, self._proxy, bystanders=BYSTANDER))
        self._gardener = Gardener(plan.resources)
        for number in range(3):
            self._trial.outside.create(
                ModelServiceCreateInput(
                    model_service_name=f"{BYSTANDER}-{number}", model_type="llm", provider="custom",
                    description="not of this stack", provider_settings={"base_url": "https://elsewhere.example"},
                )
            )  # fmt: skip
        self._bystanders = self._trial.everything()

    def turn(self, number: int) -> str:
        """Change the program and run a command until all is right; return a line about it. Raises Lost."""
        started, dice = time.monotonic(), random.Random(f"{self._plan.seed}/{self._door}/{number}")
        changes = self._gardener.tend(dice)
        [command] = dice.choices(list(COMMANDS), list(COMMANDS.values())) if number > 2 else [("up",)]
        switches = {"latency": dice.choice([0.0, 0.2]), "deletion": dice.choice(["immediate", "gradual"])}
        self._trial.stage.project.platform.switch(**switches)
        tries = calls = troubled = 0
        adopt: list[str] = []
        while True:
            found = self._attempt(f"{number}/{tries}", command, adopt, dice, is_quiet=tries == TRIES)
            calls += len(found.records)
            troubled += sum(record.trouble != Trouble() or record.is_stale for record in found.records)
            if found.run.code == 0:
                break
            adopt += found.adoptable
            tries += 1
            if tries > TRIES + 2:
                raise Lost(f"it does not converge: {found.run.console}")
        self._all_is_right(command, found)
        self._totals.runs += 1 + tries
        self._totals.failed += tries
        self._totals.calls += calls
        self._totals.troubled += troubled
        return (
            f"{number:4} {self._door:8}{' '.join(command):14}{len(self._gardener.program):4} resources "
            f"{changes:4} changes {troubled:4} of {calls:5} calls in trouble "
            f"{tries:2} failed runs {time.monotonic() - started:7.1f} s"
        )

    def finish(self) -> None:
        """Destroy everything in peace. Raises Lost if anything is left."""
        self._proxy.script(self._trial.served)
        found = self._trial.observed("destroy")
        if found.run.code or found.live or found.ids:
            raise Lost(f"after a quiet destroy: {found.live.keys()} {found.run.console}")

    def _attempt(
        self, position: str, command: Sequence[str], adopt: list[str], dice: random.Random, *, is_quiet: bool
    ) -> Aftermath:
        lag = Lag(dice.choice([0.0, 0.0, 1.0, 2.0]), flickers=dice.random() < 0.5)
        if is_quiet:
            self._proxy.script(self._trial.served)
        else:
            seed = f"{self._plan.seed}/{self._door}/{position}"
            self._proxy.seed(self._trial.served, seed, self._plan.share, lag)
        options = ["--parallel", "64", *command[1:]]
        try:
            found = self._trial.observed(command[0], *options, adopt=adopt, program=self._gardener.program)
        except subprocess.TimeoutExpired:
            raise Lost(f"{' '.join(command)} did not end in {PATIENCE:g} seconds") from None
        (self.folder / "console.txt").write_text(found.run.console)
        (self.folder / "records.json").write_text(json.dumps([asdict(record) for record in found.records]))
        others = {key: item for key, item in self._trial.everything().items() if key[1].startswith(BYSTANDER)}
        wrong = [*found.problems, *(["what others made was touched"] if others != self._bystanders else [])]
        if wrong:
            raise Lost("\n".join(wrong))
        self._forget_history()
        return found

    def _all_is_right(self, command: Sequence[str], found: Aftermath) -> None:
        if command[0] == "destroy":
            wrong = [f"there is still {found.live.keys()}"] if found.live or found.ids else []
            self._gardener.program = []
        elif command[0] == "refresh":
            wrong = [] if set(found.live) == set(found.ids.values()) else ["state and platform differ"]
        else:
            wrong = list(differences(self._gardener.program, found.ids, found.live))
            self._gardener.settle()
        if wrong:
            raise Lost("\n".join([*wrong, found.run.console]))

    def _forget_history(self) -> None:
        """Drop what the file backend keeps of all earlier runs: it would fill the disk."""
        for folder in ("history", "backups"):
            shutil.rmtree(self._trial.stage.project.folder / "state" / ".pulumi" / folder, ignore_errors=True)


def soak(plan: Plan, seconds: float, runs: int | None) -> Totals:
    """Take turns until the time is up or so many turns were taken."""
    totals, until, number = Totals(), time.monotonic() + seconds, 0
    stacks = {door: ExitStack() for door in DOORS}
    soaks: dict[str, Soak] = {}
    try:
        while time.monotonic() < until and (runs is None or number < runs):
            door = list(DOORS)[number % len(DOORS)]
            try:
                if door not in soaks:
                    soaks[door] = Soak(plan, door, number, totals, stacks[door])
                number += 1
                _say(soaks[door].turn(number))
            except Lost as error:
                _lose(totals, soaks.pop(door), number, error)
                stacks[door].close()
        for door, one in list(soaks.items()):
            try:
                one.finish()
            except Lost as error:
                _lose(totals, soaks.pop(door), number, error)
    except KeyboardInterrupt:
        _say("interrupted")
    finally:
        for stack in stacks.values():
            stack.close()
        for one in soaks.values():
            shutil.rmtree(one.folder, ignore_errors=True)
    return totals


def _lose(totals: Totals, one: Soak, number: int, error: Lost) -> None:
    totals.lost.append(f"turn {number}, kept in {one.folder}")
    _say(f"LOST at turn {number}, see {one.folder}:\n{error}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, soak, and return 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--hours", type=float, default=0.0)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--turns", type=int, default=None, help="end after so many turns; to replay, with the seed")
    parser.add_argument("--seed", default=None)
    parser.add_argument("--resources", type=int, default=RESOURCES)
    parser.add_argument("--share", type=float, default=SHARE, help="the share of all calls that come to trouble")
    parser.add_argument("--folder", type=Path, default=Path(".soak"))
    given = parser.parse_args(arguments)
    seed = given.seed or f"{random.SystemRandom().randrange(10**6):06}"
    seconds = (given.hours * 3600 + given.minutes * 60) or 3600.0
    _say(
        f"seed {seed}: {seconds / 60:g} minutes, {given.resources} resources, {given.share:.0%} of all calls in trouble"
    )
    folder = given.folder.absolute() / seed
    totals = soak(Plan(folder, seed, given.resources, given.share), seconds, given.turns)
    if not totals.lost:
        shutil.rmtree(folder, ignore_errors=True)
    _say(
        f"seed {seed}: {totals.runs} runs, {totals.failed} of them failed, {totals.calls} calls, {totals.troubled} in "
        f"trouble; " + ("; ".join(["LOST", *totals.lost]) if totals.lost else "nothing lost")
    )
    for lost in totals.lost:
        turn = lost.split(",")[0].removeprefix("turn ")
        _say(f"to replay: make soak SEED={seed} TURNS={turn} RESOURCES={given.resources} SHARE={given.share}")
    return int(bool(totals.lost))


if __name__ == "__main__":
    sys.exit(main())
