"""The types of the API's request bodies as tables, and the check of a body against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from .errors import InvalidParameter


class Scalar(Enum):
    """A JSON value without parts; the value says it in a sentence."""

    STRING = "a string"
    INTEGER = "an integer"
    NUMBER = "a number"
    BOOLEAN = "a boolean"
    ANYTHING = "any value"


@dataclass(frozen=True)
class Map:
    """An object of any keys, with values of one shape."""

    item: Shape


Shape: TypeAlias = "Scalar | Fields | list[Shape] | Map"
Fields: TypeAlias = "Mapping[str, Shape]"

STRING, INTEGER, NUMBER, BOOLEAN, ANYTHING = Scalar
_TYPES: dict[Scalar, tuple[type, ...]] = {STRING: (str,), INTEGER: (int,), NUMBER: (int, float), BOOLEAN: (bool,)}

PROVIDER_SETTINGS: Fields = {"apiKey": STRING, "baseUrl": STRING, "modelNames": [STRING]}
MODEL_FEATURES: Fields = dict.fromkeys(
    ("agentThought", "multiToolCall", "streamToolCall", "toolCall", "vision"), BOOLEAN
)
MODEL_PARAMETER_RULE: Fields = {
    "name": STRING,
    "type": STRING,
    "required": BOOLEAN,
    "default": ANYTHING,
    "min": NUMBER,
    "max": NUMBER,
}
MODEL_INFO_CONFIG: Fields = {
    "modelName": STRING,
    "modelFeatures": MODEL_FEATURES,
    "modelProperties": {"contextSize": INTEGER},
    "modelParameterRules": [MODEL_PARAMETER_RULE],
}
NETWORK_CONFIGURATION: Fields = {
    "networkMode": STRING,
    "securityGroupId": STRING,
    "vpcId": STRING,
    "vswitchIds": [STRING],
}
LOG_CONFIGURATION: Fields = {"project": STRING, "logstore": STRING}
ARMS_CONFIGURATION: Fields = {"armsLicenseKey": STRING, "cmsWorkspace": STRING, "enableArms": BOOLEAN}
AI_GUARDRAIL_CONFIG: Fields = {
    "checkRequest": BOOLEAN,
    "checkResponse": BOOLEAN,
    "blockOnContentModeration": BOOLEAN,
    "blockOnMaliciousUrl": BOOLEAN,
    "blockOnModelHallucination": BOOLEAN,
    "blockOnPromptAttack": BOOLEAN,
    "blockOnSensitiveData": BOOLEAN,
    "level": STRING,
    "maxTextLength": INTEGER,
}
CREDENTIAL_PUBLIC_CONFIG: Fields = {
    "authConfig": Map(STRING),
    "authType": STRING,
    "headerKey": STRING,
    "jwks": STRING,
    "prefix": STRING,
    "provider": STRING,
    "remoteConfig": {"timeout": INTEGER, "ttl": INTEGER, "uri": STRING},
    "users": [{"password": STRING, "username": STRING}],
}
POLICIES: Fields = {
    "cache": BOOLEAN,
    "concurrencyLimit": INTEGER,
    "numRetries": INTEGER,
    "requestTimeout": INTEGER,
    "fallbacks": [{"modelName": STRING, "modelServiceName": STRING}],
    "tokenRateLimiter": {"tps": INTEGER, "tpm": INTEGER, "tph": INTEGER, "tpd": INTEGER},
    "aiGuardrailConfig": AI_GUARDRAIL_CONFIG,
}
ENDPOINT: Fields = {"baseUrl": STRING, "modelNames": [STRING], "modelServiceName": STRING, "weight": INTEGER}
PROXY_CONFIG: Fields = {"endpoints": [ENDPOINT], "policies": POLICIES}


def accept(fields: Fields, value: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return the known fields of an object that are not null, or refuse the first of a wrong type."""
    given = ((name, shape, value.get(name)) for name, shape in fields.items())
    return {name: _accept(shape, item, f"{path}{name}") for name, shape, item in given if item is not None}


def _accept(shape: Shape, value: Any, path: str) -> Any:
    if isinstance(shape, (Mapping, Map)):
        if not isinstance(value, dict):
            raise InvalidParameter(path, "an object")
        fields = shape if isinstance(shape, Mapping) else dict.fromkeys(value, shape.item)
        return accept(fields, value, f"{path}.")
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise InvalidParameter(path, "a list")
        return [_accept(shape[0], item, f"{path}[{index}]") for index, item in enumerate(value)]
    if shape is not ANYTHING and not _is(value, shape):
        raise InvalidParameter(path, shape.value)
    return value


def _is(value: Any, scalar: Scalar) -> bool:
    # In Python a bool is an int; in JSON it is not.
    return isinstance(value, _TYPES[scalar]) and (scalar is BOOLEAN or not isinstance(value, bool))
