"""A resource's status follows the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from pulumi_agentrun.platform import Fault, Platform

SERVICE, PROXY = "model-services/svc", "model-proxies/gate"


def test_everything_is_ready_at_once_without_latency(call: Any) -> None:
    assert call.create_service().data["status"] == "READY"
    assert call("PUT", SERVICE, {"description": "d"}).data["status"] == "READY"


def test_a_create_takes_its_time(call: Any, platform: Platform, clock: Any) -> None:
    platform.switch(latency=2.5)
    assert call.create_proxy().data["status"] == "CREATING"
    clock.now += 2.4
    assert call("GET", PROXY).data["status"] == "CREATING"
    clock.now += 0.1
    assert call("GET", PROXY).data["status"] == "READY"
    assert call("GET", "model-proxies?status=READY").data["total"] == 1


def test_an_update_takes_its_time_and_shows_at_once(call: Any, platform: Platform, clock: Any) -> None:
    call.create_service()
    platform.switch(latency=3)
    updated = call("PUT", SERVICE, {"description": "new"}).data
    assert (updated["status"], updated["description"]) == ("UPDATING", "new")
    clock.now += 3
    assert call("GET", SERVICE).data["status"] == "READY"


def test_a_latency_changed_later_leaves_what_is_under_way(call: Any, platform: Platform, clock: Any) -> None:
    platform.switch(latency=5)
    call.create_service()
    platform.switch(latency=0)
    assert call("GET", SERVICE).data["status"] == "CREATING"
    clock.now += 5
    assert call("GET", SERVICE).data["status"] == "READY"


def test_a_gradual_deletion_ends_in_nothing(call: Any, platform: Platform, clock: Any) -> None:
    call.create_service()
    platform.switch(latency=2, deletion="gradual")
    assert call("DELETE", SERVICE).data["status"] == "DELETING"
    assert call("GET", SERVICE).data["status"] == "DELETING"
    assert call.create_service().status == 409
    clock.now += 1
    # Neither of these holds the deletion up.
    assert call("DELETE", SERVICE).data["status"] == "DELETING"
    assert call("PUT", SERVICE, {"description": "too late"}).data["status"] == "DELETING"
    clock.now += 1
    assert call("GET", SERVICE).body["message"] == "model service svc does not exist"
    assert call("DELETE", SERVICE).status == 404
    assert call("GET", "model-services").data["total"] == 0
    first = call.create_service().data
    assert (first["status"], "description" in first) == ("CREATING", False)


@pytest.mark.parametrize(
    ("verb", "during", "outcome"),
    [
        ("Create", "CREATING", "CREATE_FAILED"),
        ("Update", "UPDATING", "UPDATE_FAILED"),
        ("Delete", "DELETING", "DELETE_FAILED"),
    ],
)
def test_a_change_can_fail(call: Any, platform: Platform, clock: Any, verb: str, during: str, outcome: Any) -> None:
    if verb != "Create":
        call.create_service()
    platform.switch(latency=1)
    platform.inject(Fault(operation=f"{verb}ModelService", name="svc", outcome=outcome, reason="no quota"))
    if verb == "Create":
        reply = call.create_service()
    else:
        reply = call("PUT", SERVICE, {"description": "d"}) if verb == "Update" else call("DELETE", SERVICE)
    assert reply.data["status"] == during
    assert "statusReason" not in call("GET", SERVICE).data
    clock.now += 1
    failed = call("GET", SERVICE).data
    assert (failed["status"], failed["statusReason"]) == (outcome, "no quota")
    # The next change gets over it.
    call("PUT", SERVICE, {"description": "again"})
    clock.now += 1
    assert (call("GET", SERVICE).data["status"], call("GET", SERVICE).data.get("statusReason")) == ("READY", None)
    assert call("DELETE", SERVICE).status == 200
    assert call("GET", SERVICE).status == 404


def test_an_update_can_carry_a_status(call: Any) -> None:
    call.create_service()
    changed = call("PUT", SERVICE, {"status": "PAUSED", "statusReason": "by hand"}).data
    assert (changed["status"], changed["statusReason"]) == ("PAUSED", "by hand")


def test_timestamps(call: Any, clock: Any) -> None:
    def times(data: Any) -> tuple[datetime, datetime]:
        form = "%Y-%m-%dT%H:%M:%S.%f%z"
        return datetime.strptime(data["createdAt"], form), datetime.strptime(data["lastUpdatedAt"], form)

    created, updated = times(call.create_service().data)
    assert created == updated
    assert created.timestamp() == clock.now
    seen = [updated]
    for pause in (0, 0, 1.25, -3):
        clock.now += pause
        again, updated = times(call("PUT", SERVICE, {}).data)
        assert again == created
        seen.append(updated)
    assert seen == sorted(set(seen))
    assert times(call("GET", SERVICE).data) == (created, seen[-1])
