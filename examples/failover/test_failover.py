"""What the program promises: calls are answered while a region, or a whole provider, is not there."""

import runpy
from pathlib import Path

import pytest
from pulumi_agentrun.testing import DrillFailed, LocalGateway, StackMaker, drill
from pydantic import SecretStr

HERE = Path(__file__).parent


def program() -> None:
    runpy.run_path(str(HERE / "__main__.py"))


def test_a_day_on_which_things_fail() -> None:
    drill(program, scenario=HERE / "drill.json", config={"apiKey": "sk-none"})


def test_nothing_helps_where_all_of_it_fails() -> None:
    with pytest.raises(DrillFailed, match=r"NOT MET success >= 99\.9%"):
        drill(program, "all down 10m..20m", expect="success >= 99.9%", config={"apiKey": "sk-none"})


def test_the_deployed_gateway_asks_the_backup_when_both_regions_fail(
    agentrun_gateway: LocalGateway, agentrun_stack: StackMaker
) -> None:
    agentrun_stack(program, config={"apiKey": SecretStr("sk-none")}).up()
    hangzhou, singapore, backup = map(agentrun_gateway.upstream, ("hangzhou", "singapore", "backup"))
    assert agentrun_gateway.chat("Hello").model == "qwen-max"

    hangzhou.answers(0)
    assert agentrun_gateway.chat("Hello").model == "qwen-max", "the other region has it"

    singapore.answers(503)
    backup.answers("I am still here.")
    reply = agentrun_gateway.chat("Hello")
    assert (reply.text, reply.model) == ("I am still here.", "deepseek-chat")
    assert [call.texts for call in backup.calls] == [["Hello"]]
