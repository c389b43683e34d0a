"""By what a waiter tells an older answer from a newer one, and what is on its way from what has settled."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.models import ModelService
from pulumi_agentrun.client.waiters import BLIND, LOOKING, SETTLING, YOUNG, Written, is_failed, is_settled, youth


def shown(**fields: Any) -> ModelService:
    return ModelService(model_service_name="a", **fields)


@pytest.mark.parametrize(
    ("status", "settled", "failed"),
    [
        (None, True, False),
        ("READY", True, False),
        ("RUNNING", True, False),
        ("SERVING", True, False),
        ("ACTIVE", True, False),
        ("CREATE_FAILED", True, True),
        ("ERROR", True, True),
        ("CREATING", False, False),
        ("PENDING", False, False),
        ("QUEUED", False, False),
        ("IN_PROGRESS", False, False),
    ],
)
def test_a_status_is_understood_as_far_as_it_goes(status: str | None, settled: bool, failed: bool) -> None:
    assert (is_settled(status), is_failed(status)) == (settled, failed)


@pytest.mark.parametrize(
    ("written", "found", "is_older"),
    [
        ("2026-11-24T10:00:00Z", "2026-11-24T09:59:59Z", True),
        ("2026-11-24T10:00:00Z", "2026-11-24T18:00:01+08:00", False),
        ("2026-11-24T10:00:00+02:00", "2026-11-24T08:00:01", False),
        ("2026-11-24T10:00:00.250Z", "2026-11-24T10:00:00.200Z", True),
        ("1795514400", "1795514399", True),
        ("1795514400", "1795514401000", False),
        ("1795514400500", "1795514400400", True),
        ("2026-11-24T10:00:00Z", "1795514399", True),
    ],
)
def test_times_tell_an_older_answer_however_they_are_written(written: str, found: str, is_older: bool) -> None:
    before, after = shown(last_updated_at=written), shown(last_updated_at=found)
    contradicting = Written(before, lambda answer: is_older)
    assert contradicting.is_older(after, SERVICE, 1.0) == is_older


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("2026-11-24T10:00:00.750Z", "2026-11-24T10:00:00Z"),
        ("1795514400", "2026-11-24T10:00:00.250Z"),
        (None, "2026-11-24T10:00:00Z"),
        ("yesterday", "today"),
    ],
    ids=["no fractions", "no fractions before", "one is missing", "no times"],
)
def test_where_times_do_not_tell_what_is_shown_does(written: str | None, found: str) -> None:
    before, after = shown(last_updated_at=written), shown(last_updated_at=found)
    assert Written(before, lambda answer: False).is_older(after, SERVICE, BLIND + 1)
    assert not Written(before, lambda answer: True).is_older(after, SERVICE, 0.0)
    assert Written(before, lambda answer: None).is_older(after, SERVICE, BLIND - 1)
    assert not Written(before, lambda answer: None).is_older(after, SERVICE, BLIND)


def test_an_answer_about_what_had_the_name_before_is_older() -> None:
    written = Written(shown(model_service_id="new", created_at="2026-11-24T10:00:00Z"))
    assert written.is_older(shown(model_service_id="old"), SERVICE, 1.0)
    assert written.is_older(shown(created_at="2026-11-24T09:00:00Z"), SERVICE, 1.0)
    assert not written.is_older(shown(model_service_id="new"), SERVICE, 1.0)
    assert not written.is_older(shown(), SERVICE, 1.0)


def test_no_answer_is_older_for_ever() -> None:
    written = Written(shown(model_service_id="new"), lambda answer: False)
    assert not written.is_older(shown(model_service_id="old"), SERVICE, SETTLING)


def test_what_was_just_made_is_young_and_no_longer_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_795_514_403.0)
    assert youth("2026-11-24T10:00:00Z") == YOUNG - 3
    assert youth("2026-11-24T09:59:40Z") == LOOKING, "a look or two may be old all the same"
    assert youth("2026-11-24T09:00:00Z") == 0.0
    assert youth("2026-11-24T11:00:00Z") == YOUNG, "this machine's clock may be behind the service's"
    assert youth(None) == youth("yesterday") == 0.0
