"""A probe of a gateway: what counts as answered, and that its credential goes nowhere but to the gateway."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.drill import finding
from pulumi_agentrun.promotion.probing import Probe, endpoint_of, probed
from pydantic import SecretStr
from unit.test_promotion import stack

KEY = "key-never-shown"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what a gateway answers, one after the other: each a status with a body, or an error."""
    given: list[Any] = []

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.headers.get("authorization") in (f"Bearer {KEY}", None)
        answer = given.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    real = httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **more: real(transport=httpx.MockTransport(handle), **more))
    return given


def said(model: str) -> httpx.Response:
    return httpx.Response(200, json={"model": model, "choices": [{}]})


def test_only_answers_count_and_of_a_chosen_model_only_its_own(answers: list[Any]) -> None:
    many = [said("m"), said("openai/m"), said("n"), httpx.Response(503), httpx.Response(200, text="<html>"),
            httpx.Response(200, json={}), httpx.ConnectError(KEY)]  # fmt: skip
    answers += many
    found = probed("https://a.example", Probe(7, 0.4, None, SecretStr(KEY)), "m")
    assert (found.answered, found.is_good) == (3, True)
    assert found.said == (
        "3 of 7 calls answered as wanted (1 by m, 1 by openai/m, 1 by n, 1 failed with HTTP 503, "
        "1 failed with JSONDecodeError, 1 failed with HTTP 200, 1 failed with ConnectError)"
    )
    answers += many
    found = probed("https://a.example/", Probe(7, 0.4, "m", None), "m")
    assert (found.answered, found.is_good) == (2, False)
    assert KEY not in repr(found) + found.said + str(found.to_json())


def test_a_credential_that_no_header_can_carry_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    found = probed("http://127.0.0.1:9", Probe(1, 1.0, None, SecretStr(f"{KEY}\n\x00x")), "m")
    assert found.answered == 0
    assert KEY not in found.said + "".join(capsys.readouterr())


@pytest.mark.parametrize("url", ["http://a.example", "", None, "ftp://a.example", "file:///x"])
def test_a_credential_goes_over_tls_or_stays_on_the_machine(url: str | None) -> None:
    state = stack(endpoint=url)
    with pytest.raises(ConfigError, match="https is needed"):
        endpoint_of(state, finding.of_state(state, None))


@pytest.mark.parametrize("url", ["https://a.example/models/gate", "http://127.0.0.1:8080/models/gate"])
def test_the_endpoint_is_that_of_the_state(url: str) -> None:
    state = stack(endpoint=url)
    assert endpoint_of(state, finding.of_state(state, None)) == url
