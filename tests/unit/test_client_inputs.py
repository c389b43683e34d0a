"""What an input does not know is refused with the nearest name; what an answer has in addition passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pulumi_agentrun.client import (
    InvalidArgumentError,
    ModelInfoConfig,
    ModelProxyCreateInput,
    ModelProxyListInput,
    ModelProxyUpdateInput,
    ModelService,
    ModelServiceUpdateInput,
    NetworkConfig,
    NetworkConfiguration,
    ProviderSettings,
    ProxyConfig,
    lenient,
)
from pulumi_agentrun.client.kinds import KINDS, SERVICE
from pulumi_agentrun.client.models import ModelProvider
from pydantic.alias_generators import to_camel

KEY = "sk-never-shown"
MISSPELT: list[tuple[Callable[[], Any], str]] = [
    (lambda: ModelServiceUpdateInput(descripton="d"), "there is no descripton: did you mean description?"),
    (lambda: ModelServiceUpdateInput(Description="d"), "there is no Description: did you mean description?"),
    (lambda: ModelProxyListInput(page=1), "there is no page: did you mean page_size?"),
    (lambda: ModelInfoConfig(zzz=1), "there is no zzz"),
    (lambda: ProviderSettings(api_ky=KEY, model_name=["m"]), "api_ky: did you mean api_key?; there is no model_name"),
    (lambda: ProviderSettings.model_validate({"apikey": KEY}), "there is no apikey: did you mean api_key?"),
    (
        lambda: ModelServiceUpdateInput(provider_settings={"apiKeyy": KEY}),
        "provider_settings: there is no apiKeyy",
    ),
    (
        lambda: ModelProxyCreateInput(model_proxy_name="p", proxy_config={"endpoints": [{"wieght": 1}]}),
        "no wieght: did",
    ),
    (lambda: ModelProxyUpdateInput(cpu=4), "cpu can only be set at creation"),
    (lambda: ModelServiceUpdateInput(provider="openai"), "provider can only be set at creation"),
]


@pytest.mark.parametrize(("make", "expected"), MISSPELT)
def test_a_misspelt_field_is_refused_with_the_nearest_name(make: Callable[[], Any], expected: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        make()
    assert expected in str(caught.value)
    assert KEY not in str(caught.value) + repr(caught.value)


def test_a_misspelt_field_cannot_be_set_later_either() -> None:
    wanted = ModelServiceUpdateInput(provider_settings=ProviderSettings(model_names=["m"]))
    assert wanted.provider_settings
    for one, name in ((wanted, "descripton"), (wanted.provider_settings, "api_ky"), (wanted, "workspaceId")):
        with pytest.raises(ValueError, match=f"there is no {name}: did you mean") as caught:
            setattr(one, name, KEY)
        assert KEY not in str(caught.value)
    wanted.description = "d"
    assert wanted.to_wire() == {"providerSettings": {"modelNames": ["m"]}, "description": "d"}


def test_names_of_the_wire_are_taken() -> None:
    made = ModelServiceUpdateInput.model_validate({"providerSettings": {"modelNames": ["m"]}, "workspaceId": "w"})
    assert made == ModelServiceUpdateInput(provider_settings=ProviderSettings(model_names=["m"]), workspace_id="w")
    assert ModelServiceUpdateInput(credentialName="c").to_wire() == {"credentialName": "c"}


def test_what_an_answer_has_in_addition_passes() -> None:
    data = {
        "modelServiceName": "a", "brandNew": 1, "items": [1],
        "providerSettings": {"modelNames": ["m"], "region": "r"},
        "modelInfoConfigs": [{"modelName": "m", "x": {"y": 1}}],
    }  # fmt: skip
    found = lenient.read(SERVICE, data)
    assert found.to_wire() == data
    assert lenient.read_as(ModelProvider, {"providerName": "p", "more": 1}).to_wire() == {
        "providerName": "p",
        "more": 1,
    }
    assert ModelService(brand_new=1).to_state() == {"brand_new": 1}


def test_every_field_of_every_input_is_taken_by_both_names() -> None:
    for kind in KINDS:
        for model in (kind.create_input, kind.update_input, kind.list_input):
            for name in model.model_fields:
                for key in (name, to_camel(name)):
                    with pytest.raises(InvalidArgumentError) as caught:
                        model.model_validate({key: object()})
                    assert "there is no" not in str(caught.value)


def test_the_network_of_the_official_sdk_has_its_default() -> None:
    made = ModelProxyUpdateInput(network_configuration=NetworkConfig(vpc_id="v"))
    assert made.to_wire() == {"networkConfiguration": {"networkMode": "PUBLIC", "vpcId": "v"}}
    assert NetworkConfiguration(vpc_id="v").to_wire() == {"vpcId": "v"}
    assert ModelProxyCreateInput(model_proxy_name="p", proxy_config=ProxyConfig()).network_configuration is None
