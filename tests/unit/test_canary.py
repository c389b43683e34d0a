"""A canary without an engine: which steps there are, what a preview may change, what is kept of it, what is refused."""

from __future__ import annotations

import json
import signal
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.cli.command import main
from pulumi_agentrun.cli.pulumi_command import carry_out
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.policy.view import DYNAMIC, PLUGIN
from pulumi_agentrun.promotion.canary import Move, Record, keep, moves, record_file, recorded, steps_of
from pulumi_agentrun.promotion.settings import Settings, with_value
from unit.fake_engine import pulumi


@pytest.mark.parametrize(("text", "steps"), [("5,25,100", [5, 25, 100]), (" 1 , 2 ", [1, 2]), ("50", [50])])
def test_steps_are_percents_that_rise(text: str, steps: list[int]) -> None:
    assert steps_of(text) == steps


@pytest.mark.parametrize("text", ["", "5,", "25,5", "5,5", "0,5", "101", "5%", "-1", "1.5", "٥", "5;10"])
def test_other_steps_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="must be whole percents that rise, from 1 to 100, such as 5,25,100"):
        steps_of(text)


def preview(door: str = DYNAMIC) -> dict[str, Any]:
    """Return a preview that moves two weights."""
    config = "proxy_config" if door == DYNAMIC else "proxyConfig"
    service = "model_service_name" if door == DYNAMIC else "modelServiceName"

    def state(*given: int) -> dict[str, Any]:
        endpoints = [{service: name, "weight": weight} for name, weight in zip("ab", given, strict=True)]
        inputs = {config: {"endpoints": endpoints, "policies": {"retries": 1}}, "description": "d"}
        return {"type": f"{door}ModelProxy", "inputs": inputs}

    update = {"op": "update", "urn": "urn:pulumi:p::p::t::gate", "oldState": state(95, 5), "newState": state(75, 25)}
    return {"steps": [{"op": "same", "urn": "urn:pulumi:p::p::t::other"}, update]}


@pytest.mark.parametrize("door", [DYNAMIC, PLUGIN])
def test_weights_are_what_moves(door: str) -> None:
    assert moves(preview(door)) == [Move("a", 95, 75), Move("b", 5, 25)]
    assert moves({"steps": [{"op": "same"}, {"op": "read"}]}) == []


def changed(kind: str) -> dict[str, Any]:
    shown = preview()
    step = shown["steps"][1]
    new = step["newState"]
    if kind == "another property":
        new["inputs"]["description"] = "e"
    elif kind == "another policy":
        new["inputs"]["proxy_config"]["policies"]["retries"] = 2
    elif kind == "one endpoint more":
        new["inputs"]["proxy_config"]["endpoints"].append({"model_service_name": "c", "weight": 0})
    elif kind == "another service":
        new["inputs"]["proxy_config"]["endpoints"][0]["model_service_name"] = "c"
    elif kind == "a replacement":
        step["op"] = "replace"
    elif kind == "a creation":
        shown["steps"].append({**deepcopy(step), "op": "create", "oldState": None})
    elif kind == "a deletion":
        shown["steps"].append({**deepcopy(step), "op": "delete", "newState": None})
    else:
        new["type"] = "aws:s3/bucket:Bucket"
    return shown


@pytest.mark.parametrize(
    "kind",
    ["another property", "another policy", "one endpoint more", "another service", "a replacement", "a creation",
     "a deletion", "another kind of resource"],
)  # fmt: skip
def test_nothing_else_may_move(kind: str) -> None:
    with pytest.raises(ConfigError, match=r"A canary only moves weights, and .*gate.*: deploy that first"):
        moves(changed(kind))


RECORD = Record(key="p:canary", before="5", steps=[5, 25], at=1)


def test_a_record_says_how_far_it_got(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "Pulumi.prod.yaml", "p", "")
    assert recorded(settings) is None
    keep(settings, RECORD)
    assert recorded(settings) == RECORD
    assert [path.name for path in tmp_path.iterdir()] == ["Pulumi.prod.canary.json"]
    assert RECORD.said == "p:canary was 5 before; of the steps 5, 25, step 25 was begun"
    back = RECORD.model_copy(update={"before": None, "is_going_back": True})
    assert back.said == "p:canary was not set before; of the steps 5, 25, taking it back was begun"


@pytest.mark.parametrize("text", ["{", "[]", "{}", json.dumps({**RECORD.model_dump(), "at": 2})])
def test_a_record_that_makes_no_sense_is_an_error_and_stays(tmp_path: Path, text: str) -> None:
    settings = Settings(tmp_path / "Pulumi.prod.yaml", "p", "")
    record_file(settings).write_text(text)
    with pytest.raises(ConfigError, match="canary"):
        recorded(settings)
    assert record_file(settings).read_text() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Ours.\n",
        "config:\n  p:a: 1 # one\n  # two\n  p:b: x\n",
        "encryptionsalt: v1:x\nconfig:\n    p:a:\n      - 1\nother: 2\n",
    ],
)
def test_a_setting_that_is_set_and_taken_out_leaves_the_file_as_it_was(text: str) -> None:
    def settings(of: str) -> Settings:
        return Settings(Path("Pulumi.prod.yaml"), "p", of)

    there = with_value(settings(text), "canary", "5")
    assert settings(there).values["p:canary"] == "5"
    there = with_value(settings(there), "canary", "25")
    assert with_value(settings(there), "canary", None).strip("\n") == text.strip("\n")
    assert with_value(settings(text), "canary", None) == text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--canary", "5", "--from", "dev", "--probe", "1"], "--canary and --take-back are about --to alone"),
        (["--canary", "5", "--take-back"], "--canary and --take-back are about --to alone"),
        (["--canary", "5"], "A canary needs a gate between its steps: --drill FILE, or --probe N, or both."),
        (["--canary", "5", "--drill", "drill.json"], "The scenario drill.json expects nothing, so it stops nothing"),
        (["--canary", "x", "--probe", "1"], "--canary 'x' must be whole percents that rise"),
        (["--canary", "5", "--probe", "0"], "Invalid value for '--probe': 0 is not in the range 1<=x<=10000"),
        (["--canary", "5", "--probe", "1", "--probe-key-env", "NO_KEY"], "The environment has no NO_KEY, which"),
        (["--take-back"], "No canary of prod is under way: there is nothing to take back."),
        ([], "Say --from which stack."),
    ],
)
@pytest.mark.usefixtures("nowhere")
def test_a_line_that_makes_no_sense_touches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: p\n")
    (tmp_path / "drill.json").write_text('{"calls": 1}')
    assert main(["promote", "--to", "prod", *line]) == 2
    assert said in capsys.readouterr().err
    assert not [*tmp_path.glob("Pulumi.prod*")]


def test_an_interruption_is_handed_on_and_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "trap 'kill $! 2>/dev/null; touch $0.ended; exit 3' INT; kill -INT $PPID; sleep 60 & wait $!"
    pulumi(tmp_path, script, monkeypatch)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        carry_out(["up"], "move the weights")
    assert (tmp_path / "bin" / "pulumi.ended").exists()
    assert signal.getsignal(signal.SIGINT) is before


def test_an_update_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi(
        tmp_path,
        "echo 'Updating'; echo '  error: \x1b[31mno quota'; echo 'error: update failed'; exit 255",
        monkeypatch,
    )
    with pytest.raises(ConfigError, match=r"^pulumi up cannot move the weights: .*no quota"):
        carry_out(["up", "--yes"], "move the weights")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a canary at 25 of which the engine can preview everything and deploy nothing."""
    (tmp_path / "Pulumi.yaml").write_text("name: p\n")
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  p:canary: '25'\n")
    keep(Settings(tmp_path / "Pulumi.prod.yaml", "p", ""), RECORD)
    (tmp_path / "preview").write_text(json.dumps(preview()))
    script = f'case "$2" in preview) cat {tmp_path}/preview;; *) echo "error: no quota"; exit 1;; esac'
    pulumi(tmp_path, script, monkeypatch)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("nowhere")
def test_what_cannot_be_taken_back_is_said_and_kept_for_the_next_run(
    engine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["promote", "--to", "prod", "--canary", "5,25", "--canary-key", "canary", "--probe", "1"]
    assert main(line) == 2
    shown = capsys.readouterr()
    assert f"A canary of prod is under way: {RECORD.said}. Going on with that." in shown.out
    assert "Step 25 failed: pulumi up cannot move the weights: no quota. Taking p:canary back." in shown.out
    assert "prod is not back to what it was: pulumi up cannot move the weights: no quota. When" in shown.err
    record = recorded(Settings(engine / "Pulumi.prod.yaml", "p", ""))
    assert record is not None
    assert record.is_going_back
    assert main(line) == 2
    assert "taking it back was begun. Going on with that." in capsys.readouterr().out
