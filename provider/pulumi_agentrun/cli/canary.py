"""`pulumi-agentrun promote --canary`: a share moved by steps with a gate between them, and taken back if one fails."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr

from ..client.errors import AgentRunError, ConfigError
from ..client.printable import printable
from ..drill import finding
from ..drill.playing import drill
from ..drill.scenario import Scenario, scenario, scenario_file
from ..promotion.canary import Move, Record, keep, moves, record_file, recorded, steps_of
from ..promotion.probing import Probe, Probed, endpoint_of, probed
from ..promotion.settings import Settings, project_folder, settings_of, with_value, write
from . import options
from .printing import as_json, remark, said
from .pulumi_command import carry_out
from .subjects import exported, previewed

MOST_CALLS = 10_000
_OPTIONS = (
    click.option("--canary", "steps", metavar="STEPS", help="Move the canary's share in --to by steps: 5,25,100."),
    click.option(
        "--canary-key", "key", metavar="NAME", default="canaryPercent", show_default=True,
        help="The setting that the program reads the canary's share from.",
    ),
    click.option("--take-back", "is_back", is_flag=True, help="Take a canary back that was begun and not ended."),
    click.option("--proxy", metavar="NAME", help="Which model proxy a canary is drilled or probed in, if several."),
    click.option(
        "--drill", "drill_file", metavar="FILE", type=click.Path(path_type=Path),
        help="Before each step: this scenario, as drill --scenario, must be as expected.",
    ),
    click.option(
        "--probe", "calls", metavar="N", type=click.IntRange(1, MOST_CALLS),
        help="After each step: N real calls of the gateway, one after the other.",
    ),
    click.option(
        "--probe-success", "success", metavar="PERCENT", type=click.FloatRange(0, 100, min_open=True), default=100.0,
        show_default=True, help="How many of them must be answered.",
    ),
    click.option("--probe-model", "model", metavar="NAME", help="What they ask for; then only its own answers count."),
    click.option(
        "--probe-key-env", "variable", metavar="VARIABLE", help="Where the credential is that they present."
    ),
)  # fmt: skip


def canary_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a canary; it takes them as **canary."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class _Gates:
    proxy: str | None
    scenario: Scenario | None
    probe: Probe | None


class _GateFailed(Exception):
    """A drill or a probe was not as wanted."""


def move(target: str, given: dict[str, Any], is_json: bool) -> int:
    """Move a canary's share, or take it back, and return the exit code. Raises AgentRunError, KeyboardInterrupt."""
    folder = project_folder(Path.cwd())
    if folder is None:
        raise ConfigError("There is no Pulumi.yaml here or above: a canary is a setting of a stack of a project.")
    run = _Run(target, folder, remark if is_json else lambda line: said(printable(line)))
    try:
        if given["is_back"]:
            run.take_back(run.under_way())
            outcome = "taken back"
        else:
            steps = steps_of(given["steps"])
            gates = _gates(given)
            outcome = run.climb(run.settings().whole(given["key"]), steps, gates)
    except KeyboardInterrupt:
        remark(run.left())
        raise
    if is_json:
        as_json({"stack": target, "outcome": outcome, "steps": run.told})
    return 0 if outcome == "done" or given["is_back"] else 1


def _gates(given: dict[str, Any]) -> _Gates:
    wanted = scenario(scenario_file(given["drill_file"])) if given["drill_file"] else None
    if wanted is not None and not wanted.expectations:
        raise ConfigError(f"The scenario {given['drill_file']} expects nothing, so it stops nothing: give it `expect`.")
    if wanted is None and not given["calls"]:
        raise ConfigError("A canary needs a gate between its steps: --drill FILE, or --probe N, or both.")
    return _Gates(given["proxy"], wanted, _probe(given) if given["calls"] else None)


def _probe(given: dict[str, Any]) -> Probe:
    variable, key = given["variable"], None
    if variable:
        key = os.environ.get(variable, "").strip()
        if not key:
            raise ConfigError(f"The environment has no {variable}, which --probe-key-env names.")
    return Probe(given["calls"], given["success"] / 100, given["model"], SecretStr(key) if key else None)


class _Run:
    """One run of the command with one stack."""

    def __init__(self, stack: str, folder: Path, tell: Callable[[str], None]) -> None:
        self.stack = stack
        self.told: list[dict[str, Any]] = []
        """The steps, for programs."""
        self._folder = folder
        self._tell = tell

    def settings(self) -> Settings:
        """Return the stack's settings as they are now."""
        return settings_of(self.stack, self._folder)

    def under_way(self) -> Record:
        """Return the record of what was begun. Raises ConfigError."""
        record = recorded(self.settings())
        if record is None:
            raise ConfigError(f"No canary of {self.stack} is under way: there is nothing to take back.")
        return record

    def left(self) -> str:
        """Say what an interruption leaves."""
        record = recorded(self.settings())
        if record is None:
            return f"Nothing of {self.stack} was changed."
        return f"{record.said}. The same command goes on with it; promote --to {self.stack} --take-back takes it back."

    def climb(self, key: str, steps: list[int], gates: _Gates) -> str:
        """Take the steps that are left, and say how it ended: `done`, or `taken back`."""
        record = self._resumed(key, steps) or self._begun(key, steps)
        if record.is_going_back:
            self.take_back(record)
            return "taken back"
        for at in range(record.at, len(steps)):
            try:
                self._step(record.model_copy(update={"at": at}), gates)
            except (AgentRunError, _GateFailed) as error:
                return self._failed(record, steps[at], error)
        self._ended()
        name = self.settings().path.name
        self._tell(f"{self.stack} has {record.key} {steps[-1]} now. Next: git diff, and commit {name}.")
        return "done"

    def _resumed(self, key: str, steps: list[int]) -> Record | None:
        """Return what was begun, if something was, and say so. Raises ConfigError if it is not this."""
        settings = self.settings()
        record = recorded(settings)
        if record is None:
            return None
        there = settings.values.get(record.key)
        if (record.key, record.steps) != (key, steps):
            way = "Go on with it by its own steps and setting"
        elif str(there) not in map(str, (record.before, *steps)):
            way = f"Since then somebody has set it to {there}: set it to one of these"
        else:
            self._tell(f"A canary of {self.stack} is under way: {record.said}. Going on with that.")
            return record
        raise ConfigError(f"A canary of {self.stack} is under way: {record.said}. {way}, or --take-back.")

    def _failed(self, record: Record, step: int, error: AgentRunError | _GateFailed) -> str:
        """Go back to what was before the first step, and say so; where nothing was changed, say what is wrong."""
        is_begun = record_file(self.settings()).exists()
        if isinstance(error, AgentRunError) and not is_begun:
            raise error
        why = _said(error)
        if not is_begun:
            self._tell(f"Step {step} failed: {why} Nothing of {self.stack} was changed.")
            return "not begun"
        self._tell(f"Step {step} failed: {why} Taking {record.key} back.")
        self.take_back(record)
        return "taken back"

    def take_back(self, record: Record) -> None:
        """Put the share back to what it was. Raises ConfigError, and leaves the record, if that cannot be done."""
        back = record.model_copy(update={"is_going_back": True})
        try:
            keep(self.settings(), back)
            text = with_value(self.settings(), record.key, record.before)
            self._deploy(text, moves(self._preview(text)))
        except AgentRunError as error:
            raise ConfigError(
                f"{self.stack} is not back to what it was: {_said(error)} "
                f"When that is mended: promote --to {self.stack} --take-back."
            ) from None
        self._ended()
        self._tell(f"{self.stack} is back: {record.key} is {'not set' if record.before is None else record.before}.")

    def _begun(self, key: str, steps: list[int]) -> Record:
        settings = self.settings()
        before = settings.values.get(key)
        if not isinstance(before, (str, int, float, type(None))):
            raise ConfigError(f"{key} in {settings.path.name} must be a plain number, which a canary can move.")
        # Then whatever a step changes is by the share alone, secrets (which no preview shows) with it.
        if moves(previewed(self.stack)):
            raise ConfigError(f"{self.stack} is not as its settings say: run pulumi up --stack {self.stack} first.")
        if not moves(self._preview(with_value(settings, key, str(steps[-1])))) and str(before) != str(steps[-1]):
            raise ConfigError(
                f"{key} at {steps[-1]} moves no weight of {self.stack}: "
                "it is so already, or the program reads another setting (--canary-key)."
            )
        return Record(key=key, before=before, steps=steps, at=0)

    def _step(self, record: Record, gates: _Gates) -> None:
        value = record.steps[record.at]
        text = with_value(self.settings(), record.key, str(value))
        shown = self._preview(text)
        moved = moves(shown)
        entry: dict[str, Any] = {"step": value, "moves": [item._asdict() for item in moved]}
        self.told.append(entry)
        self._tell(f"Step {value}: {_moved(moved)}")
        if gates.scenario:
            report = drill(finding.of_preview(shown, gates.proxy), gates.scenario)
            entry["drill"] = report.to_json()
            for verdict in report.verdicts:
                met = "met" if verdict.is_met else "NOT MET"
                self._tell(f"  drill: {verdict.expected.text} {met}: {verdict.said}")
            for event in report.idle:
                self._tell(f"  drill: {event} happened to nothing: NOT TRIED")
            if not report.is_good:
                raise _GateFailed("the drill is not as expected")
        keep(self.settings(), record)
        self._deploy(text, moved)
        if gates.probe:
            found = self._probed(gates.probe, gates.proxy)
            entry["probe"] = found.to_json()
            self._tell(f"  probe: {found.said}")
            if not found.is_good:
                raise _GateFailed("the probe did not get the answers that it wants")

    def _probed(self, probe: Probe, proxy: str | None) -> Probed:
        state = exported(self.stack)
        subject = finding.of_state(state, proxy)
        (model,) = subject.asked([probe.model] if probe.model else [])
        return probed(endpoint_of(state, subject), probe, model)

    def _preview(self, text: str) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="agentrun-canary-") as folder:
            path = Path(folder, self.settings().path.name)
            path.write_text(text, "utf-8")
            return previewed(self.stack, path)

    def _deploy(self, text: str, moved: list[Move]) -> None:
        write(self.settings(), text)
        if moved:
            carry_out(["up", "--yes", "--skip-preview", "--stack", self.stack], "move the weights")

    def _ended(self) -> None:
        record_file(self.settings()).unlink(missing_ok=True)


def _said(error: AgentRunError | _GateFailed) -> str:
    text = error.told(options.TERMINAL) if isinstance(error, AgentRunError) else str(error)
    return f"{text.rstrip('.')}."


def _moved(found: list[Move]) -> str:
    return ", ".join(f"{item.service} {item.before} -> {item.after}" for item in found) or "no weight has to change"
