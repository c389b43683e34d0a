"""Gateways of two stacks compared by contract alone: what that tells, what it does not, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.cli.command import main
from pulumi_agentrun.promotion.contracts import NOT_TOLD
from pulumi_agentrun.testing import gateway_contract
from unit.fake_engine import pulumi

pytestmark = pytest.mark.usefixtures("nowhere")
LINE = ["promote", "--from", "dev.json", "--to", "prod.json"]
PROD = gateway_contract(
    ["qwen-max", "old"], model_proxy_name="chat-0a1b2c3", endpoint="https://1.prod.example/v1",
    credential_name="callers", region="cn-hangzhou",
)  # fmt: skip
DEV = gateway_contract(
    ["new", "qwen-max"], model_proxy_name="chat-1111111", endpoint="http://dev.example/v1", region="cn-shanghai"
)


def given(folder: Path, **outputs: Any) -> None:
    for name, value in outputs.items():
        (folder / f"{name}.json").write_text(json.dumps(value))


def test_contracts_that_are_the_same_but_for_addresses_and_hashes_are_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = {**PROD, "endpoint": "https://2.dev.example/v1", "model_proxy_name": "chat-2222222"}
    given(tmp_path, dev={**same, "of_a_newer_release": 1}, prod=PROD)
    assert main(LINE) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Callers of prod.json would notice nothing.",
        f"Contracts tell no more than that: nothing of {', '.join(NOT_TOLD)}. Both stacks' states would.",
    ]


def test_what_callers_would_notice_is_told_and_what_nobody_expects_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given(tmp_path, dev=DEV, prod=PROD)
    assert main(LINE) == 1
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:-1]]
    assert [" ".join(row) for row in rows] == [
        "chat old model there nothing weaker UNEXPECTED",
        "chat new model nothing there UNEXPECTED",
        "chat default model qwen-max new UNEXPECTED",
        "chat credential of callers callers nothing weaker UNEXPECTED",
        "chat region cn-hangzhou cn-shanghai UNEXPECTED",
        "chat endpoint by https http weaker UNEXPECTED",
    ]
    wanted = ("*model*", "credential of callers", "region", "endpoint by", "shares")
    assert main([*LINE, *(word for text in wanted for word in ("--expect", text))]) == 0
    assert "Expected to differ, and the same: shares." in capsys.readouterr().out


def test_outputs_of_a_stack_hold_several_gateways_beside_other_things(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given(
        tmp_path,
        dev={"chat": PROD, "search": {**PROD, "model_proxy_name": "search"}, "callerKey": "[secret]", "n": 1},
        prod={"chat": PROD, "draw": {**PROD, "model_proxy_name": "\x1b[2J"}, "callerKey": "[secret]"},
    )
    assert main([*LINE, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(item["proxy"], item["what"], item["before"], item["effect"]) for item in found["differences"]] == [
        ("draw", "gateway", "there", "weaker"),
        ("search", "gateway", "nothing", ""),
    ]
    assert (found["isGood"], found["notTold"]) == (False, [*NOT_TOLD])
    assert main([*LINE, "--format", "markdown"]) == 1
    comment = capsys.readouterr().out
    assert comment.startswith("### From <code>dev.json</code> to <code>prod.json</code>: not as expected")
    assert "\x1b" not in comment


def test_one_gateway_is_compared_with_one_whatever_it_is_exported_as(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given(tmp_path, dev={"gateway": PROD}, prod={**PROD, "model_proxy_name": "talk-2222222"})
    assert main(LINE) == 1
    assert "talk          name of the gateway  talk       chat" in capsys.readouterr().out


def test_a_stack_that_may_be_read_stands_beside_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(tmp_path, prod=PROD, shown={"chat": PROD})
    script = f"""[ "$*" = "--non-interactive stack output --json --stack dev" ] && cat {tmp_path}/shown.json"""
    pulumi(tmp_path, script, monkeypatch)
    assert main(["promote", "--from", "dev", "--to", "prod.json"]) == 0
    assert "Callers of prod.json would notice nothing." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("dev", "more", "sentence"),
    [
        ({"n": 1}, [], "There is no contract of a ModelGateway in dev.json: export it there, and write what pulumi"),
        ({"chat": "[secret]"}, [], "--json says to a file. What is secret there (chat) is not looked into."),
        (
            {"chat": "[secret]", "draw": PROD},
            [],
            "chat of dev.json is secret: write pulumi stack output chat --json to a file.",
        ),
        ([PROD], [], "There is no contract of a ModelGateway in dev.json"),
        ({**PROD, "version": 2}, [], "Stack dev.json has version 2 of the gateway contract and this program reads"),
        (
            {"chat": {**PROD, "model_names": None}},
            [],
            "Stack dev.json (output 'chat') lacks model_names in its gateway",
        ),
        ({**PROD, "version": 10**400}, [], "Stack dev.json has version unknown of the gateway contract"),
        ({**PROD, "version": True}, [], "Stack dev.json is no gateway"),
        ({**PROD, "model_names": [{"a": "sk-1"}]}, [], "Stack dev.json lacks model_names in its gateway contract"),
        ({**PROD, "credential_name": 7}, [], "Stack dev.json lacks credential_name in its gateway"),
        ({**PROD, "region": {"a": "sk-1"}}, [], "Stack dev.json lacks region in its gateway contract"),
        ({**PROD, "credential_name": {"a": "sk-1"}}, [], "Stack dev.json lacks credential_name in its gateway"),
        (PROD, ["--apply", "model"], "A contract has no settings and no resources: --apply, --preset, --config need"),
        (PROD, ["--preset", "production"], "A contract has no settings and no resources:"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(
    dev: Any, more: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given(tmp_path, dev=dev, prod={"chat": PROD})
    assert main([*LINE, *more]) == 2
    shown = capsys.readouterr()
    assert sentence in shown.err
    assert (shown.out, shown.err.count("\n")) == ("", 1)


def test_an_address_that_makes_no_sense_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given(tmp_path, dev={**PROD, "endpoint": "http://["}, prod=PROD)
    assert main(LINE) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "endpoint by https nothing weaker" in shown
