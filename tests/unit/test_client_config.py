"""Settings have the official SDK's names and order, are put together field by field, and refused if there are none."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from pulumi_agentrun.client import Config, ConfigError, ModelClient, TransportError
from pulumi_agentrun.client.config import resolve
from pulumi_agentrun.client.flows import once
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.operations import get

KEY = "sk-never-shown"


def test_settings_have_the_official_names_and_order() -> None:
    by_position = Config("id", KEY, KEY, "1", KEY, "cn-a", 60, 90, "https://e.example", headers={"X-Key": KEY})
    assert by_position == Config(
        access_key_id="id", access_key_secret=KEY, security_token=KEY, account_id="1", token=KEY, region="cn-a",
        timeout=60, read_timeout=90, endpoint="https://e.example", headers={"X-Key": KEY},
    )  # fmt: skip
    connection = resolve(by_position, {})
    assert (connection.base_url, connection.region, connection.account_id) == ("https://e.example", "cn-a", "1")
    assert (connection.timeout, connection.read_timeout) == (60, 90)
    assert KEY not in "".join(f(value) for f in (repr, str) for value in (by_position, connection))
    assert by_position.get_access_key_secret() == by_position.get_token() == by_position.get_headers()["X-Key"] == KEY


def test_settings_are_put_together_field_by_field() -> None:
    first, second = Config(headers={"a": "1", "b": "1"}, timeout=9), Config(headers={"b": "2"}, region_id="cn-b")
    assert second.over(first) == Config(headers={"a": "1", "b": "2"}, timeout=9, region="cn-b")
    assert Config.with_configs(first, None, second) == first.update(second) == second.over(first)
    assert first.timeout == 9
    assert first.region is None
    assert len({first, second, Config(timeout=9, headers={"b": "1", "a": "1"})}) == 2


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"regoin_id": KEY}, "Config has no regoin_id: did you mean region_id?"),
        ({"Endpoint": KEY}, "Config has no Endpoint: did you mean endpoint?"),
        ({"zzzzz": KEY}, "Config has no zzzzz."),
        ({"region": "a", "region_id": "b"}, "region and region_id are one setting under two names: give one of them."),
        ({"endpoint": KEY, "control_endpoint": "b"}, "endpoint and control_endpoint are one setting under two names"),
    ],
)
def test_a_setting_that_there_is_not_is_named(settings: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config(**settings)
    assert expected in str(caught.value)
    assert KEY not in str(caught.value)


def test_an_account_that_is_not_set_is_said_what_to_do_about() -> None:
    for ask in (Config().get_account_id, Config().get_data_endpoint):
        with pytest.raises(ConfigError, match="set AGENTRUN_ACCOUNT_ID, or Config's account_id"):
            ask()


def test_no_headers_are_none() -> None:
    assert Config(headers={}) == Config()


def test_a_whole_exchange_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        config = Config("id", KEY, control_endpoint=endpoint, timeout=0.2)
        with ModelClient(config) as client, pytest.raises(TransportError, match="got no answer") as caught:
            client.session().run(once(get(SERVICE, "a")))
    assert KEY not in str(caught.value)
