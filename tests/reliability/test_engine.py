"""The small engine asks the provider the same as the real one did: each recording, replayed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.client import ModelServiceCreateInput, ModelServiceUpdateInput, ProviderSettings, operations
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.platform import Fault
from pydantic import SecretStr
from reliability.calls import Call, Names
from reliability.engine.stack import Ended, Stack
from reliability.histories import KEY, Configured, Outside, Run, Switched, Trouble
from reliability.recorder import files
from reliability.table import HISTORIES

CASES = [(name, door) for name, history in HISTORIES.items() for door in history.doors]


@pytest.mark.parametrize(("name", "door"), CASES)
def test_the_small_engine_does_what_the_real_one_did(tmp_path: Path, name: str, door: str) -> None:
    recorded = files.read(name)[door]
    stack, names = Stack(tmp_path, door), Names()
    try:
        for event in HISTORIES[name].events:
            if isinstance(event, Run):
                assert_same(recorded.pop(0), stack.run(event), stack, names)
            else:
                happen(stack, event)
    finally:
        stack.close()
    assert not recorded


def assert_same(recorded: dict[str, Any], ended: Ended, stack: Stack, names: Names) -> None:
    calls, state = names.plain(ended.calls), names.plain(stack.shown())
    assert_in_order(recorded["command"], recorded["calls"], calls, ended.waves)
    assert ended.how == recorded["ends"], (recorded["command"], ended.console)
    assert state == recorded["state"], recorded["command"]


def assert_in_order(command: str, recorded: list[Call], calls: list[Call], waves: Sequence[int | None]) -> None:
    """Hold that the calls are the recorded ones; what is deleted in one wave, the engine takes in any order."""
    ours, theirs = list(calls), list(recorded)
    for index, wave in enumerate(waves):
        if wave is not None and index < len(theirs) and theirs[index] != ours[index]:
            same = [i for i in range(index, len(ours)) if waves[i] == wave and ours[i] == theirs[index]]
            if same:
                ours[index], ours[same[0]] = ours[same[0]], ours[index]
    for index, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        assert one == other, f"call {index + 1} of {command}"
    assert len(ours) == len(theirs), (command, ours[len(theirs) :] or theirs[len(ours) :])


def happen(stack: Stack, event: Outside | Trouble | Configured | Switched) -> None:
    """Let something happen that is no command."""
    if isinstance(event, Configured):
        stack.configure(event.key, event.value)
    elif isinstance(event, Switched):
        stack.world.platform.switch(**event.values)
    elif isinstance(event, Trouble):
        stack.world.platform.inject(Fault(**event.fault))
    else:
        name = stack.fill(event.name)
        if event.what == "create":
            settings = ProviderSettings(base_url="https://model.example", api_key=SecretStr(KEY))
            made = ModelServiceCreateInput(
                model_service_name=name, model_type="llm", provider="tongyi", description="one",
                provider_settings=settings,
            )  # fmt: skip
            stack.world.outside(operations.create(made))
        elif event.what == "change":
            stack.world.outside(operations.update(name, ModelServiceUpdateInput(description="changed")))
        else:
            stack.world.outside(operations.delete(SERVICE, name))
