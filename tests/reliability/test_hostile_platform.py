"""The hostile network itself: it does to calls what it is told, in process on a clock of its own and as a process."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from e2e.served import CREDENTIALS, ServedPlatform
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.client.operations import ROOT
from pulumi_agentrun.platform import ConnectionDropped, Platform
from reliability.hostile.answers import ANSWERS, NOT_ABOUT_IT, answer
from reliability.hostile.calls import Answer, Call, encoded
from reliability.hostile.platform import EMBEDDED, HostilePlatform
from reliability.hostile.process import HostileProxy
from reliability.hostile.replicas import Lag
from reliability.hostile.script import MENU, Rule, Script, Seeded, Trouble, from_json, to_json
from reliability.hostile.shapes import SHAPES, changed
from reliability.hostile.signing import signer

BODY = {"modelServiceName": "a", "modelType": "llm", "provider": "p", "providerSettings": {"apiKey": "sk-abcdefgh"}}


class Caller:
    """Calls a platform behind a hostile network; time passes only when something waits."""

    def __init__(self, folder: Path, rules: list[Rule] | None = None, lag: Lag | None = None) -> None:
        self.now = 1_000.0
        self._sign = signer(*EMBEDDED)
        platform = Platform.open(folder, dict([EMBEDDED]), sleep=self.sleep)
        self.hostile = HostilePlatform(
            platform, Script(rules or []), lag or Lag(), clock=lambda: self.now, sleep=self.sleep
        )

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def __call__(self, method: str, name: str = "", body: dict[str, Any] | None = None) -> int | None:
        found = self.ask(method, name, body)
        return found.status if found else None

    def ask(self, method: str, name: str = "", body: dict[str, Any] | None = None) -> Answer | None:
        target = f"{ROOT}/model-services" + (f"/{name}" if name else "")
        call = self._sign(Call(method, target, (("host", "embedded"),), encoded(body) if body else b""))
        try:
            found = self.hostile.handle(method, target, call.headers, call.body)
        except ConnectionDropped:
            return None
        return Answer(found.status, found.body, tuple(found.headers))

    def effects(self) -> list[list[int]]:
        return [record.effects for record in self.hostile.network.records]


@pytest.fixture
def call(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Caller]:
    rules, lag = getattr(request, "param", ([], None))
    caller = Caller(tmp_path, rules, lag)
    yield caller
    caller.hostile.close()


def when(*rules: Rule, lag: Lag | None = None) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("call", [(list(rules), lag)], indirect=True)


def test_without_trouble_calls_pass(call: Caller) -> None:
    assert [call("POST", body=BODY), call("GET", "a"), call("GET"), call("DELETE", "a"), call("GET", "a")] == [
        200, 200, 200, 200, 404,
    ]  # fmt: skip


@when(Rule(Trouble(effect="none", cut="whole"), "CreateModelService"), Rule(Trouble(cut="whole"), "Create*"))
def test_calls_are_cut_before_and_after_their_effect(call: Caller) -> None:
    assert [call("POST", body=BODY), call("GET", "a"), call("POST", body=BODY), call("GET", "a")] == [
        None, 404, 200, 200,
    ], "the second rule had counted the first call, too"  # fmt: skip
    assert call.effects() == [[], [404], [200], [200]]


@when(Rule(Trouble(effect="replayed"), "Get*", skip=1), Rule(Trouble(effect="anew"), "Create*"))
def test_calls_are_sent_twice(call: Caller) -> None:
    assert [call("POST", body=BODY), call("GET", "a"), call("GET", "a")] == [409, 200, 400]
    assert call.effects() == [[200, 409], [200], [200, 400]]


@when(Rule(Trouble(effect="late", delay=5, answer="504"), "Create*"))
def test_calls_take_effect_after_others_have_overtaken_them(call: Caller) -> None:
    assert [call("POST", body=BODY), call("GET", "a"), call("POST", body=BODY)] == [504, 404, 200]
    assert call("DELETE", "a") == 200
    call.hostile.settle()
    assert call("GET", "a") == 200
    assert call.effects()[0] == [200]


@when(lag=Lag(seconds=3, seen_by=("Get", "List", "Delete", "Create")))
def test_reads_lie_behind_writes_for_a_time(call: Caller) -> None:
    assert [call("POST", body=BODY), call("GET", "a"), call("DELETE", "a")] == [200, 404, 404]
    assert [item["modelServiceName"] for item in listed(call)] == []
    call.sleep(3)
    assert [call("GET", "a"), len(listed(call))] == [200, 1]
    assert call("PUT", "a", {"description": "new"}) == 200
    assert ["description" in item for item in listed(call)] == [False]
    call.sleep(3)
    assert [item["description"] for item in listed(call)] == ["new"]
    assert [call("DELETE", "a"), call("GET", "a"), call("POST", body=BODY), len(listed(call))] == [200, 200, 409, 1]
    call.sleep(3)
    assert [call("GET", "a"), len(listed(call)), call("POST", body=BODY)] == [404, 0, 200]


def listed(call: Caller) -> list[dict[str, Any]]:
    found = call.ask("GET")
    assert found
    assert found.data["total"] == len(found.data["items"])
    return list(found.data["items"])


@when(lag=Lag(calls=2))
def test_reads_lie_behind_writes_for_some_calls(call: Caller) -> None:
    assert [call("POST", body=BODY), *(call("GET", "a") for _ in range(3))] == [200, 404, 404, 200]


@when(lag=Lag(seconds=9, flickers=True))
def test_replicas_disagree(call: Caller) -> None:
    assert [call("POST", body=BODY), *(call("GET", "a") for _ in range(4))] == [200, 404, 200, 404, 200]


@pytest.mark.parametrize("name", [*ANSWERS, *NOT_ABOUT_IT])
def test_answers_are_what_their_names_say(name: str) -> None:
    of_service = Call("GET", f"{ROOT}/model-services/a")
    found = answer(name, of_service)
    assert name[:3] == str(found.status) or not name[0].isdigit() or name.startswith("30 MB")
    assert len(found.body) < 2_000_000 or name == "30 MB"
    if name in NOT_ABOUT_IT:
        assert found.status == 404
        assert b"model service a" not in found.body


def test_shapes_change_what_the_platform_says(call: Caller) -> None:
    call("POST", body=BODY)
    found = call.ask("GET", "a")
    assert found
    for name in SHAPES:
        other = changed(name, found.data)
        assert other != found.data
        assert other["modelServiceName"] == "a"
        assert changed(name, {"items": [found.data]}) == {"items": [other]}


CALLS = st.lists(st.tuples(st.sampled_from(["GET", "PUT", "DELETE"]), st.sampled_from("ab")), max_size=40)


@given(CALLS, st.integers(0, 9), st.randoms(use_true_random=False))
def test_the_same_seed_makes_the_same_trouble_in_whatever_order(
    made: list[tuple[str, str]], seed: int, dice: random.Random
) -> None:
    def outcome(order: list[tuple[str, str]]) -> dict[tuple[str, str], list[Trouble]]:
        decide = Seeded(str(seed), 0.5)
        found: dict[tuple[str, str], list[Trouble]] = {}
        for method, name in order:
            found.setdefault((method, name), []).append(decide(Call(method, f"{ROOT}/model-services/{name}")))
        return found

    shuffled = list(made)
    dice.shuffle(shuffled)
    assert outcome(made) == outcome(shuffled)


def test_the_share_in_trouble_is_as_asked() -> None:
    decide = Seeded("s", 0.05)
    found = [decide(Call("GET", f"{ROOT}/model-services/{i}")) for i in range(10_000)]
    assert 400 < sum(trouble != Trouble() for trouble in found) < 600
    assert {trouble for trouble in found if trouble != Trouble()} == {*MENU["*"], *MENU["Get*"]}


def test_rules_travel_to_another_process() -> None:
    rules = [Rule(Trouble(effect="late", delay=1), "Get*", times=None), Rule(Trouble(shape="nulls"), name="a", skip=3)]
    assert from_json(to_json(rules)) == rules


@pytest.fixture(scope="module")
def proxy() -> Iterator[HostileProxy]:
    with HostileProxy(lifetime=300) as running:
        yield running


def test_the_process_does_the_same_on_the_wire(tmp_path: Path, proxy: HostileProxy) -> None:
    sign = signer(*next(iter(CREDENTIALS.items())))

    def ask(method: str, name: str = "") -> httpx.Response | httpx.TransportError | httpx.DecodingError:
        url = f"{proxy.url}{ROOT}/model-services" + (f"/{name}" if name else "")
        host = (("host", proxy.url.removeprefix("http://")),)
        body = encoded(BODY) if method == "POST" else b""
        call = sign(Call(method, url.removeprefix(proxy.url), host, body))
        try:
            with httpx.Client(trust_env=False) as client:
                return client.request(method, url, headers=call.headers, content=body)
        except (httpx.TransportError, httpx.DecodingError) as error:
            return error

    rules = [
        Rule(Trouble(effect="anew"), "Create*"),
        Rule(Trouble(cut="middle"), "Get*"),
        Rule(Trouble(answer="bad gzip"), "Get*", skip=1),
        Rule(Trouble(dribble="head", pace=0.001), "Get*", skip=2),
        Rule(Trouble(answer="204"), "Get*", skip=3),
        Rule(Trouble(effect="late", delay=0.2), "Delete*"),
    ]
    with ServedPlatform(tmp_path) as served:
        proxy.script(served, rules)
        made = ask("POST")
        assert isinstance(made, httpx.Response)
        assert made.status_code == 409
        assert isinstance(ask("GET", "a"), httpx.RemoteProtocolError)
        assert isinstance(ask("GET", "a"), httpx.DecodingError)
        whole = ask("GET", "a")
        assert isinstance(whole, httpx.Response)
        assert whole.json()["data"]["modelServiceName"] == "a"
        assert isinstance(ask("GET", "a"), httpx.Response)
        assert isinstance(ask("DELETE", "a"), httpx.RemoteProtocolError)
        records = proxy.records()
        assert [record.effects for record in records] == [[200, 409], [200], [200], [200], [200], [200]]
        assert [record.action for record in records][::5] == ["CreateModelService", "DeleteModelService"]
        assert [call[0] for call in served.calls].count("POST") == 2
        proxy.script(served, lag=Lag(seconds=60))
        assert [ask("POST"), ask("GET", "a")][1].status_code == 404  # type: ignore[union-attr]
        assert [record.is_stale for record in proxy.records()] == [False, True]
