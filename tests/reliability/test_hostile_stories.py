"""What takes more than one run to go wrong on a hostile network, or somebody else: real engine, both doors.

The numbers are those of the table in test_hostile_network.py.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from e2e.project import DOORS
from e2e.served import CREDENTIALS
from pulumi_agentrun.client import ModelServiceCreateInput
from reliability.hostile.declared import KEY, Declared, services
from reliability.hostile.origins import Origins
from reliability.hostile.process import HostileProxy
from reliability.hostile.replicas import Lag
from reliability.hostile.script import LOST, UNSENT, Trouble, answered, rule, unheard
from reliability.hostile.trial import Trial, stage_at

pytestmark = pytest.mark.e2e

ONE = services(["one"])
CHANGED = services(["one"], description="changed")
CREATE, UPDATE, GET = "Create*", "Update*", "Get*"


# 2: somebody else creates the same name, just when a creation fails.


def strangers_service(trial: Trial) -> None:
    settings = {"base_url": "https://strangers.example", "api_key": "sk-of-a-stranger"}
    trial.outside.create(
        ModelServiceCreateInput(
            model_service_name="one", model_type="llm", provider="openai", description="a stranger's",
            provider_settings=settings,
        )
    )  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "happens", [UNSENT, unheard("503"), unheard("500"), unheard("504"), unheard("bad gzip"), Trouble(effect="replayed")]
)
def test_what_a_stranger_creates_is_not_taken_over(
    tmp_path: Path, origins: Origins, door: str, happens: Trouble
) -> None:
    def hook(index: int, moment: str) -> None:
        if (index, moment) == (0, "after"):  # the provider has looked, and nothing was there
            strangers_service(trial)

    stage = origins.copy(tmp_path / "stage", door, (), 12.0)
    with Trial(stage, origins.proxy, hook) as trial:
        found = trial.run("up", rules=rule(happens, CREATE), program=ONE)
        found.check()
        assert found.run.code != 0, "it is not ours"
        assert found.ids == {}
        assert found.live["service", "one"]["description"] == "a stranger's"
        again = trial.run("up", program=ONE)
        assert again.run.code != 0
        assert again.live["service", "one"]["provider"] == "openai"
        trial.run("destroy")
        assert trial.live(), "a stranger's is not deleted"


@pytest.mark.parametrize("door", DOORS)
def test_another_stack_with_the_same_program_keeps_what_it_made(tmp_path: Path, origins: Origins, door: str) -> None:
    """Found by an attack: both had it in state, without a word, and the first to be destroyed deleted it."""

    def hook(index: int, moment: str) -> None:
        if (index, moment) == (0, "after"):  # the provider has looked, and nothing was there
            settings = {"base_url": "https://tongyi.example", "api_key": KEY}
            trial.outside.create(
                ModelServiceCreateInput(
                    model_service_name="one", model_type="llm", provider="tongyi", provider_settings=settings
                )
            )

    stage = origins.copy(tmp_path / "stage", door, (), 12.0)
    with Trial(stage, origins.proxy, hook) as trial:
        found = trial.run("up", rules=[], program=ONE)
        found.check()
        assert found.run.code != 0
        assert "AGENTRUN_ADOPT=one pulumi up" in found.run.console
        assert found.ids == {}
        trial.run("destroy")
        assert trial.live(), "it is the other stack's"
        trial.converge(ONE, found)


@pytest.mark.parametrize("door", DOORS)
def test_what_a_stranger_creates_while_nothing_answers_is_not_taken_over(
    tmp_path: Path, origins: Origins, door: str
) -> None:
    """The first creation never arrives, the second is refused, for by then a stranger has the name."""
    stage = origins.copy(tmp_path / "stage", door, (), 12.0)
    with Trial(stage, origins.proxy, lambda index, moment: None if index != 1 else arrive(moment)) as trial:

        def arrive(moment: str) -> None:
            if moment == "after":
                strangers_service(trial)

        found = trial.run("up", rules=rule(UNSENT, CREATE), program=ONE)
        if ("service", "one") in found.ids.values():
            assert found.live["service", "one"]["description"] is None, "ours was first"
        else:
            assert found.live["service", "one"]["description"] == "a stranger's"
        found.check()


# 4, across runs: what was written a moment ago.


@pytest.mark.parametrize("door", DOORS)
def test_a_refresh_right_after_a_creation_loses_nothing(tmp_path: Path, origins: Origins, door: str) -> None:
    with Trial(origins.copy(tmp_path / "stage", door, (), 12.0), origins.proxy) as trial:
        found = trial.run("up", lag=Lag(seconds=5, calls=4), program=ONE)
        assert (found.run.code, found.problems) == (0, [])
        found = trial.observed("refresh")
        found.check()
        trial.converge(ONE, found)


# 5: updates and deletions whose end nobody saw.


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("happens", [LOST, answered("503")])
def test_a_deletion_whose_answer_is_lost_spares_what_a_stranger_made_since(
    tmp_path: Path, origins: Origins, door: str, happens: Trouble
) -> None:
    """Found by an attack: the deletion was sent again, without a look at what had the name by then."""

    def hook(index: int, moment: str) -> None:
        if moment == "after" and not trial.live():
            strangers_service(trial)

    with Trial(origins.copy(tmp_path / "stage", door, ONE, 12.0), origins.proxy, hook) as trial:
        found = trial.run("destroy", rules=rule(happens, "Delete*"))
        assert found.run.code == 0
        assert found.live["service", "one"]["description"] == "a stranger's"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("happens", [LOST, answered("500"), answered("bad gzip"), Trouble(effect="late", delay=1)])
def test_an_update_whose_answers_are_lost_can_be_put_back(
    tmp_path: Path, origins: Origins, door: str, happens: Trouble
) -> None:
    before = services(["one"], description="before")
    with Trial(origins.copy(tmp_path / "stage", door, before, 4.0), origins.proxy) as trial:
        rules = rule(happens, UPDATE, times=None) + rule(unheard("503"), GET, times=None)
        found = trial.run("up", rules=rules, program=CHANGED)
        assert found.run.code != 0
        found.check()
        trial.converge(before, found)


@pytest.mark.parametrize("door", DOORS)
def test_what_is_on_its_way_out_is_made_anew_when_the_program_wants_it_back(
    tmp_path: Path, origins: Origins, door: str
) -> None:
    with Trial(origins.copy(tmp_path / "stage", door, ONE, 4.0), origins.proxy) as trial:
        trial.stage.project.platform.switch(deletion="gradual", latency=15.0)
        found = trial.run("up", program=())
        assert found.run.code != 0
        found.check()
        back = trial.run("up", program=ONE)
        back.check()
        assert back.run.code or "one" in back.run.changed, "it is not unchanged"
        trial.stage.project.platform.switch(deletion="immediate", latency=0.0)
        trial.stage.project.pulumi("config", "set", "agentrun:readyTimeout", "60")  # a busy machine needs its time
        trial.converge(ONE, back)


# 6: the credentials end in the middle.


class Credentials:
    """Serves an access key that is always about to expire, until it is told to stop."""

    def __init__(self) -> None:
        self.stopped = stopped = Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                soon = datetime.now(timezone.utc) + timedelta(seconds=30)
                key = {"AccessKeyId": "id", "AccessKeySecret": CREDENTIALS["id"], "SecurityToken": "t"}
                answer = {"Code": "Success", "Expiration": soon.strftime("%Y-%m-%dT%H:%M:%SZ"), **key}
                body = b"internal server error" if stopped.is_set() else json.dumps(answer).encode()
                self.send_response(500 if stopped.is_set() else 200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Credentials:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.mark.parametrize("door", DOORS)
def test_credentials_that_end_during_a_creation_lose_nothing(tmp_path: Path, origins: Origins, door: str) -> None:
    def hook(index: int, moment: str) -> None:
        if (trial.served.calls[index][0], moment) == ("POST", "after") and index < 3:  # the first creation
            chain.stopped.set()

    stage = origins.copy(tmp_path / "stage", door, (), 12.0)
    with Credentials() as chain, Trial(stage, origins.proxy, hook) as trial:
        for variable in ("AGENTRUN_ACCESS_KEY_ID", "AGENTRUN_ACCESS_KEY_SECRET"):
            del stage.project.env[variable]
        stage.project.env |= {
            "ALIBABA_CLOUD_CREDENTIALS_URI": f"http://127.0.0.1:{chain.server.server_address[1]}/",
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        }
        stage.project.platform.switch(latency=0.5)
        found = trial.run("up", program=ONE)
        assert chain.stopped.is_set()
        assert found.run.code != 0
        found.check()
        chain.stopped.clear()
        trial.converge(ONE, found)


# 8: answers that never end.


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("dribbles", ["head", "body"])
@pytest.mark.parametrize("action", [CREATE, GET])
def test_an_answer_that_dribbles_is_not_waited_for(
    tmp_path: Path, origins: Origins, door: str, dribbles: Any, action: str
) -> None:
    """Byte by byte they would take an hour; a command may take as long as `patience` says."""
    with Trial(origins.copy(tmp_path / "stage", door, (), 3.0), origins.proxy) as trial:
        trial.stage.project.patience = 60.0
        trial.stage.project.platform.switch(latency=0.5)
        slow = Trouble(dribble=dribbles, pace=4.0)
        found = trial.run("up", rules=rule(slow, action, skip=int(action == GET)), program=ONE)
        found.check()
        trial.stage.project.platform.switch(latency=0.0)
        trial.converge(ONE, found)


# 10: another account.


@pytest.mark.parametrize("door", DOORS)
def test_another_account_is_refused(tmp_path: Path, origins: Origins, door: str) -> None:
    with Trial(origins.copy(tmp_path / "stage", door, ONE, 12.0), origins.proxy) as trial:
        elsewhere = stage_at(tmp_path / "elsewhere", door, 12.0)
        with Trial(elsewhere, origins.proxy) as other, HostileProxy() as another:
            another.script(other.served)
            trial.stage.project.env["AGENTRUN_CONTROL_ENDPOINT"] = another.url
            for args in (["up", "--refresh"], ["up", "--refresh"], ["refresh"], ["up"], ["destroy"]):
                found = trial.run(args[0], *args[1:])
                assert found.ids == {"one": ("service", "one")}, args
                assert found.run.code != 0, args
                assert other.live() == {}, "nothing, and no key, goes to another account"
            trial.stage.project.env["AGENTRUN_CONTROL_ENDPOINT"] = origins.proxy.url
            trial.converge(ONE, found)


PROFILE = 'profile="same", adopt=True'
PROVIDER = "adopt=True, opts=pulumi.ResourceOptions(provider=same)"


@pytest.mark.parametrize("door", DOORS)
def test_another_profile_of_the_same_account_is_the_same_account(tmp_path: Path, origins: Origins, door: str) -> None:
    with Trial(origins.copy(tmp_path / "stage", door, ONE, 12.0), origins.proxy) as trial:
        project = trial.stage.project
        if door == "dynamic":
            [(key, secret)] = CREDENTIALS.items()
            for name, value in {"endpoint": origins.proxy.url, "accessKeyId": key}.items():
                project.pulumi("config", "set", "--stack", "dev", "--path", f"agentrun:profiles.same.{name}", value)
            secrets = ("--stack", "dev", "--path", "--secret")
            project.pulumi("config", "set", *secrets, "agentrun:profiles.same.accessKeySecret", secret)
        moved = [Declared("one", "one", more=PROFILE if door == "dynamic" else PROVIDER)]
        text = "".join(declared.text for declared in moved)
        head = "import pulumi_agentrun_sdk\nsame = pulumi_agentrun_sdk.Provider('same')\n" if door == "plugin" else ""
        trial.proxy.script(trial.served)
        project.program(head + text)
        found = trial.observed("up")
        found.check()
        assert ("service", "one") in found.live, "what was taken over is not deleted under its old record"
        assert found.ids == {"one": ("service", "one")}
        again = trial.observed("up", "--refresh")
        assert (again.run.code, again.run.changed, again.problems) == (0, {}, []), again.run.console
