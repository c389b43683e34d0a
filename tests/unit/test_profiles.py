"""What stack configuration comes to: one account and region for each profile, or a sentence that names the setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.lifecycle.profiles import KEYS, Accounts, from_project
from pulumi_agentrun.lifecycle.readers import PYTHON

CREDENTIALS = {"accessKeyId": "id", "accessKeySecret": "secret"}


def accounts(profiles: Any = None, **settings: Any) -> Accounts:
    given = {f"agentrun:{key}": value for key, value in settings.items()} | {"agentrun:profiles": profiles}
    return Accounts(given.get, lambda notice: None)


def told(found: Accounts, profile: str | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        found.place(profile)
    return caught.value.told(PYTHON)


def test_a_profile_falls_back_on_no_setting_of_the_stack() -> None:
    found = accounts({"eu": CREDENTIALS | {"region": "eu-central-1"}}, **CREDENTIALS, region="cn-beijing")
    assert found.place(None).region == "cn-beijing"
    assert found.place("eu").region == "eu-central-1"
    assert accounts({"eu": CREDENTIALS}, region="cn-beijing").place("eu").region == "cn-hangzhou"
    assert "agentrun:profiles.eu.accessKeySecret is not" in told(accounts({"eu": {"accessKeyId": "id"}}), "eu")


def test_profiles_may_be_the_text_that_pulumi_keeps_of_a_map() -> None:
    found = accounts('{"eu": {"accessKeyId": "id", "accessKeySecret": "secret", "region": "eu-central-1"}}')
    assert found.place("eu").region == "eu-central-1"


@pytest.mark.parametrize(
    ("profiles", "sentence"),
    [
        (None, "There is no profile 'eu' in agentrun:profiles, which is not set."),
        ({"us": {}, "cn": {}}, "There is no profile 'eu' in agentrun:profiles (there are cn, us)."),
        ({"eu": "cn-beijing"}, "There is no profile 'eu' in agentrun:profiles (there are eu)."),
        ("[]", "There is no profile 'eu' in agentrun:profiles, which is not set."),
        ("cn-beijing", "agentrun:profiles must be a map of names to settings."),
        (
            {"eu": {"regions": "cn-beijing"}},
            f"agentrun:profiles.eu.regions is no setting; there are {', '.join(KEYS)}.",
        ),
        ({"eu": {"region": ["cn-beijing"]}}, "agentrun:profiles.eu.region must be a single value."),
    ],
)
def test_what_is_wrong_with_profiles_is_one_sentence(profiles: Any, sentence: str) -> None:
    assert told(accounts(profiles), "eu") == sentence


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "ten", True])
def test_a_timeout_that_is_no_number_of_seconds_is_refused(seconds: Any) -> None:
    assert told(accounts(**CREDENTIALS, readyTimeout=seconds)) == (
        "agentrun:readyTimeout must be a number of seconds above 0."
    )


@pytest.mark.parametrize(("given", "seconds"), [(None, 600.0), ("1.5", 1.5), (30, 30.0)])
def test_a_timeout_is_in_seconds(given: Any, seconds: float) -> None:
    assert accounts(**CREDENTIALS, readyTimeout=given).place(None).timeout == seconds


@pytest.mark.parametrize("folder", [".", "infra/models"])
def test_a_relative_path_is_taken_from_the_folder_of_the_project(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").touch()
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / folder)
    assert from_project("file://.agentrun") == f"file://{tmp_path}/.agentrun"
    for endpoint in (None, "https://agentrun.example.com", f"file://{tmp_path}/a", "file://."):
        assert from_project(endpoint) == endpoint


def test_outside_of_a_project_a_relative_path_stays_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert from_project("file://.agentrun") == "file://.agentrun"


def test_what_is_connected_once_stays_connected(tmp_path: Path) -> None:
    found = accounts({"eu": {"endpoint": f"file://{tmp_path}/eu"}}, endpoint=f"file://{tmp_path}/plain")
    assert found.connected("eu") is None
    session, place = found.connect("eu", make=True)
    try:
        assert found.connected("eu") == found.connect("eu") == (session, place)
        assert place.address == f"file://{tmp_path}/eu"
        assert found.connected(None) is None
    finally:
        session.close()
