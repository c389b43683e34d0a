"""What the client refuses: an error of this package, by path, that has no value of the input in any form."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from pulumi_agentrun.client import (
    AgentRunError,
    Config,
    ConfigError,
    CredentialConfig,
    CredentialCreateInput,
    InvalidArgumentError,
    ModelProxyCreateInput,
    ModelServiceCreateInput,
    ProviderSettings,
)
from pydantic import SecretStr

KEY = "sk-never-shown"
SERVICE_INPUT: Any = ModelServiceCreateInput
PROXY_INPUT: Any = ModelProxyCreateInput
CREDENTIAL_INPUT: Any = CredentialCreateInput
CREDENTIAL: Any = CredentialConfig
ANY_CONFIG: Any = Config
REFUSED: list[Callable[[], Any]] = [
    lambda: ModelServiceCreateInput.model_validate({"provider_settings": KEY, "model_type": {"k": KEY}}),
    lambda: SERVICE_INPUT(provider_settings={"api_key": [KEY]}),
    lambda: ModelServiceCreateInput.model_validate_json(f'{{"providerSettings": {{"apiKey": ["{KEY}"]}}}}'),
    lambda: ModelServiceCreateInput.model_validate_strings({"cpu": KEY, "providerSettings": KEY}),
    lambda: PROXY_INPUT(model_proxy_name="p", cpu=KEY),
    lambda: CREDENTIAL_INPUT(credential_name="c", credential_config={"credential_secret": [KEY]}),
    lambda: CREDENTIAL.outbound_tool_ak_sk_custom({"secret": [KEY]}),
    lambda: ModelServiceCreateInput.parse_raw(f'{{"api_key": "{KEY}"'),
    lambda: ANY_CONFIG.parse_raw(f'{{"access_key_secret": "{KEY}"'),
    lambda: ANY_CONFIG.model_validate_json(f'{{"access_key_secret": "{KEY}"'),
    lambda: ANY_CONFIG.model_validate(KEY),
    lambda: SERVICE_INPUT.validate([KEY]),
    lambda: ANY_CONFIG(headers=KEY),
    lambda: ANY_CONFIG(endpoint="https://h", access_key_secret=[KEY], headers={"Authorization": [KEY]}),
]


@pytest.mark.parametrize("make", REFUSED)
def test_what_is_refused_is_in_no_form_of_the_error(make: Callable[[], Any]) -> None:
    """Nor in the errors that it leads back to, which loggers print."""
    with pytest.raises(AgentRunError) as caught:
        make()
    error: BaseException | None = caught.value
    assert isinstance(error, (InvalidArgumentError, ConfigError))
    while error is not None:
        shown = [str(error), repr(error), repr(vars(error)), repr(error.args)]
        assert all(KEY not in text for text in [*shown, "".join(traceback.format_exception(error))])
        error = error.__cause__ or error.__context__


def test_a_refusal_names_each_field_by_its_path_in_the_programs_spelling() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        SERVICE_INPUT(model_type=4, provider_settings={"base_url": 3, "model_names": ["a", 3]})
    assert [reason.split(" should")[0] for reason in str(caught.value).split("; ")] == [
        "ModelServiceCreateInput: provider_settings.base_url: it",
        "provider_settings.model_names[1]: it",
        "model_service_name: it is required",
        "model_type: it",
        "provider: it is required",
    ]


def test_a_key_that_is_assigned_is_a_secret_too() -> None:
    settings: Any = ProviderSettings()
    settings.api_key = KEY
    assert settings.api_key == SecretStr(KEY)
    assert KEY not in f"{settings!r} {settings}"
    assert settings.to_wire() == {"apiKey": KEY}
