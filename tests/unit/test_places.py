"""That no other place is taken for the one where a resource lives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.client.config import Config, resolve
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.lifecycle import steps
from pulumi_agentrun.lifecycle.places import ORIGIN, Place, check_gone, check_same, digest
from pulumi_agentrun.lifecycle.profiles import Accounts
from pulumi_agentrun.platform import Platform
from unit.world import World, create, wanted

A = "https://agentrun.cn-hangzhou.aliyuncs.com"
B = "https://agentrun.cn-shanghai.aliyuncs.com"


def place(location: str = A, **more: Any) -> Place:
    return Place(address=location, location=location, **more)


def olds(where: Place) -> dict[str, Any]:
    return {ORIGIN: where.origin}


def test_another_location_is_refused_with_what_helps() -> None:
    check_same(SERVICE, "a", olds(place()), place())
    with pytest.raises(
        ConfigError, match=rf"Model service a is in {A}, but the settings lead to {B}: set agentrun"
    ) as e:
        check_same(SERVICE, "a", olds(place()), place(B))
    assert f"AGENTRUN_MOVED_FROM={A} pulumi refresh --run-program once" in str(e.value)
    assert "back and run pulumi up, or pulumi destroy --run-program" in str(e.value)
    assert "make a stack for each" in str(e.value)


def test_what_has_moved_on_purpose_may_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTRUN_MOVED_FROM", f"https://other, {A}")
    check_same(SERVICE, "a", olds(place()), place(B))
    check_gone(SERVICE, "a", olds(place(access_key="one")), place(B, access_key="two"))


def test_what_does_not_exist_where_it_has_moved_to_is_not_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, news = World(tmp_path), wanted(description="new")
    state = wanted() | {"model_service_id": "id-there"} | olds(place())
    elsewhere = place(B, timeout=60)
    monkeypatch.setenv("AGENTRUN_MOVED_FROM", A)
    text = f"model service a does not exist at {B}, though AGENTRUN_MOVED_FROM says that {B} is the same service as {A}"
    steps_of = (
        steps.read(SERVICE, "a", state, elsewhere),
        steps.update(SERVICE, "a", state, news, elsewhere),
        steps.delete(SERVICE, "a", state, elsewhere),
    )
    for flow in steps_of:
        with pytest.raises(ConfigError, match=f"(?i)^{text}.*pulumi state delete"):
            world.run(flow)
    assert set(world.calls) == {"GetModelService"}
    create(world)
    for flow in (steps.read(SERVICE, "a", state, elsewhere), steps.delete(SERVICE, "a", state, elsewhere)):
        with pytest.raises(ConfigError, match=f"^Model service a at {B} is another than the one that state knows"):
            world.run(flow)
    here = world.run(steps.read(SERVICE, "a", wanted() | olds(place(B)), elsewhere))
    moved = world.run(steps.read(SERVICE, "a", here.outputs | olds(place()), elsewhere))
    assert moved.outputs[ORIGIN]["location"] == B


def test_another_account_is_refused() -> None:
    with pytest.raises(ConfigError, match="is in account 1, but the settings lead to account 2"):
        check_same(SERVICE, "a", olds(place(account="1")), place(account="2"))
    check_same(SERVICE, "a", olds(place(account="1")), place())


def test_another_access_key_is_not_believed_that_something_is_gone() -> None:
    was = olds(place(access_key="one"))
    check_gone(SERVICE, "a", was, place(access_key="one"))
    check_gone(SERVICE, "a", was, place())
    with pytest.raises(ConfigError, match="was made with another access key, and with this one it does not exist"):
        check_gone(SERVICE, "a", was, place(access_key="two"))
    check_gone(SERVICE, "a", olds(place(access_key="one", account="1")), place(access_key="two", account="1"))


def test_state_of_an_older_release_knows_its_region_only() -> None:
    check_same(SERVICE, "a", {"region": "cn-hangzhou"}, place(region="cn-hangzhou"))
    with pytest.raises(ConfigError, match="is in cn-hangzhou, but the settings lead to cn-shanghai"):
        check_same(SERVICE, "a", {"region": "cn-hangzhou"}, place(region="cn-shanghai"))
    check_same(SERVICE, "a", {}, place())


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        (None, A),
        ("agentrun.cn-hangzhou.aliyuncs.com", A),
        ("https://agentrun-vpc.cn-hangzhou.aliyuncs.com", A),
        ("https://agentrun.cn-hangzhou.aliyuncs.com:8443", "https://agentrun.cn-hangzhou.aliyuncs.com:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://evil.example", "https://evil.example"),
    ],
)
def test_a_region_is_one_place_on_all_its_networks(endpoint: str | None, address: str) -> None:
    env = {"AGENTRUN_ACCESS_KEY_ID": "id", "AGENTRUN_ACCESS_KEY_SECRET": "secret"}
    connection = resolve(Config(endpoint=endpoint, region="cn-hangzhou"), env)
    assert connection.address == connection.location == address


def test_an_embedded_platform_is_known_by_what_it_is_and_not_by_its_path(tmp_path: Path) -> None:
    def where(name: str) -> Place:
        return Accounts({"agentrun:endpoint": f"file://{tmp_path / name}"}.get, lambda text: None).place(None)

    assert where("one").location is None, "nothing is made by a look"
    assert not (tmp_path / "one").exists()
    Platform.open(tmp_path / "one", {}).close()
    before = where("one")
    (tmp_path / "one").rename(tmp_path / "two")
    assert where("two").location == before.location
    with pytest.raises(ConfigError, match=r"is in embedded:\w+, but the settings lead to .* there is no embedded"):
        check_same(SERVICE, "a", olds(before), where("one"))
    Platform.open(tmp_path / "one", {}).close()
    with pytest.raises(ConfigError, match=r"is in embedded:\w+, but the settings lead to embedded:\w+"):
        check_same(SERVICE, "a", olds(before), where("one"))


def test_only_permanent_access_keys_are_remembered() -> None:
    assert digest("LTAI5t") == digest("LTAI5t") != digest("LTAI5u")
    assert digest("STS.abc") is None
    assert digest("") is None
