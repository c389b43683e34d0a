"""examples/gateway's canary on the real engine: all steps, a step that fails, interruptions at the worst moments."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.test_examples import Clone, weights
from e2e.test_pages import in_order
from e2e.test_promotion import shown_by
from pulumi_agentrun.testing import LocalGateway

SCENARIO = {"calls": 300, "events": ["canary down 10m..20m"], "expect": ["success == 100%"]}
UP = "promote --to local --canary 5,25,100 --probe 6 --probe-key-env GATEWAY_KEY"
EDITED = "# Ours.\nconfig:\n  # The share.\n  agentrun-gateway:canaryPercent: '5'  # careful\n"


class Canary:
    """The example's stack, deployed to a gateway that is served, and the command."""

    def __init__(self, root: Path, gateway: LocalGateway) -> None:
        self.clone = Clone(root)
        self.gateway = gateway
        self.token = gateway.platform.folder.joinpath("token").read_text().strip()
        self.clone.env["GATEWAY_KEY"] = self.token
        self.folder = root / "examples" / "gateway"
        self.settings = self.folder / "Pulumi.local.yaml"
        self.clone.run("mkdir -p -m 700 .state")
        self.clone.again(
            "gateway",
            f"pulumi stack init local\npulumi config set agentrun:endpoint file://{gateway.platform.folder}\n"
            "pulumi config set --secret apiKey sk-try\npulumi up --yes --skip-preview",
        )
        self.settings.write_text(self.settings.read_text().replace("config:\n", EDITED))
        self.before = self.settings.read_text()

    def __call__(self, line: str, ends_with: int = 0) -> str:
        """Run a command line of ours, and return what it shows."""
        shown = self.clone.again("gateway", f"pulumi-agentrun {line} || echo ended with $?")
        ended = re.search(r"ended with (\d+)\n", shown)
        assert (int(ended[1]) if ended else 0) == ends_with, shown
        assert self.token not in shown
        assert "sk-try" not in shown
        return shown

    @property
    def weights(self) -> list[int | None]:
        from pulumi_agentrun.client import ModelProxyListInput

        (proxy,) = self.gateway.platform.client.list(ModelProxyListInput())
        return weights(proxy)

    def is_as_before(self) -> bool:
        return (self.weights, self.settings.read_text(), self.records) == ([95, 5], self.before, [])

    @property
    def records(self) -> list[Path]:
        return [*self.folder.glob("*.canary.*")]

    def wrap(self, script: str) -> Callable[[], None]:
        """Put a script in the engine's place, which finds the engine as $REAL; return what puts the engine back."""
        real = (self.clone.root / ".engine").resolve()
        wrapped = self.clone.root / "wrapped"
        wrapped.mkdir()
        for tool in real.iterdir():
            if tool.name != "pulumi":
                (wrapped / tool.name).symlink_to(tool)
        (wrapped / "pulumi").write_text(
            f'#!/bin/sh\nREAL={real}/pulumi\nPATH={real}:$PATH\n{script}\nexec $REAL "$@"\n'
        )
        (wrapped / "pulumi").chmod(0o755)
        self._link(wrapped)

        def put_back() -> None:
            self._link(real)
            shutil.rmtree(wrapped)

        return put_back

    def _link(self, to: Path) -> None:
        (self.clone.root / ".engine").unlink()
        (self.clone.root / ".engine").symlink_to(to)


@pytest.fixture
def canary(tmp_path: Path, agentrun_gateway: LocalGateway) -> Canary:
    return Canary(tmp_path, agentrun_gateway)


def test_a_canary_takes_all_steps_with_a_drill_and_a_probe_at_each(canary: Canary) -> None:
    (canary.folder / "drill.json").write_text(json.dumps(SCENARIO))
    (_, _, (line, lines)) = shown_by("docs/promotion.md").items()
    shown = canary(line.removeprefix("pulumi-agentrun "))
    in_order(lines, shown)
    assert len(canary.gateway.calls) == 18
    assert canary.weights == [0, 100]
    assert canary.settings.read_text() == canary.before.replace("'5'  # careful", "'100'  # careful")
    assert canary.records == []


def test_a_step_that_fails_is_taken_back(canary: Canary) -> None:
    canary.gateway.upstream("canary").answers(503)
    shown = canary(f"{UP} --json", ends_with=0)
    assert json.loads(shown[shown.index("{") :])["outcome"] == "done", "retries and fallbacks hide it from callers"
    canary.settings.write_text(canary.before)
    canary.clone.again("gateway", "pulumi up --yes --skip-preview")
    shown = canary(f"{UP} --probe-model qwen3-max", ends_with=1)
    assert "Step 5 failed: the probe did not get the answers that it wants. Taking" in shown
    assert "by deepseek-chat" in shown
    assert "local is back: agentrun-gateway:canaryPercent is 5" in shown
    assert canary.is_as_before()


def test_nothing_but_weights_is_touched(canary: Canary) -> None:
    program = canary.folder / "__main__.py"
    program.write_text(program.read_text().replace("200_000", "100_000"))
    shown = canary(UP, ends_with=2)
    assert "more than weights would change in chat: deploy that first" in shown
    assert canary.is_as_before()
    canary.clone.again("gateway", "pulumi up --yes --skip-preview")
    program.write_text(program.read_text().replace("100_000", "100_000 + (canary == 25)"))
    shown = canary(f"{UP} --canary-key canary", ends_with=2)
    assert "agentrun-gateway:canary at 100 moves no weight of local: it is so already, or" in shown
    shown = canary(UP, ends_with=1)
    assert "Step 25 failed: A canary only moves weights" in shown
    assert canary.is_as_before()


INTERRUPTED, KILLED = "kill -INT $PPID", '$REAL "$@"; kill -KILL $PPID; exit 1'


@pytest.mark.parametrize(
    ("moment", "ends_with", "goes_on"),
    [
        pytest.param(INTERRUPTED, 130, True, id="interrupted in the update, goes on"),
        pytest.param(KILLED, 137, False, id="killed after it, goes back"),
        pytest.param(KILLED, 137, True, id="killed after it, goes on"),
    ],
)
def test_what_was_interrupted_is_explained_and_goes_on_or_back(
    canary: Canary, moment: str, ends_with: int, goes_on: bool
) -> None:
    line = "promote --to local --canary 25,100 --probe 3 --probe-key-env GATEWAY_KEY"
    put_back = canary.wrap(f'case "$*" in *"up --yes"*) {moment};; esac')
    shown = canary(line, ends_with)
    put_back()
    said = "agentrun-gateway:canaryPercent was 5 before; of the steps 25, 100, step 25 was begun"
    assert moment == KILLED or f"{said}. The same command goes on with it; promote --to local --take-back" in shown
    assert len(canary.records) == 1
    shown = canary("promote --to local --canary 50 --probe 1", ends_with=2)
    assert f"A canary of local is under way: {said}. Go on with it by its own steps" in shown
    if goes_on:
        assert f"A canary of local is under way: {said}. Going on with that." in canary(line)
        assert (canary.weights, canary.records) == ([0, 100], [])
    else:
        canary("promote --to local --take-back")
        assert canary.is_as_before()
