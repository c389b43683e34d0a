"""What a credential is made of, the words for it, and the official SDK's ways to make one.

Source: alibabacloud-agentrun20250910 5.7.5, `models.CredentialPublicConfig` and what is in it; agentrun-sdk 0.0.54,
`agentrun.credential.model`, for the words and for `CredentialConfig`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from .fields import Count, HttpUrl, Model, NotEmpty, Prose, SecretValue, Text, Unordered
from .shared import Word


class CredentialAuthType(Word):
    """How who has a credential proves it; the API takes other words too."""

    JWT = "jwt"
    API_KEY = "api_key"
    BASIC = "basic"
    AKSK = "ak_sk"
    CUSTOM_HEADER = "custom_header"


class CredentialSourceType(Word):
    """What a credential opens; the API takes other words too."""

    LLM = "external_llm"
    TOOL = "external_tool"
    INTERNAL = "internal"


AuthTypeWord = Annotated[CredentialAuthType | str, NotEmpty(), Field(union_mode="left_to_right")]
SourceTypeWord = Annotated[CredentialSourceType | str, NotEmpty(), Field(union_mode="left_to_right")]


class CredentialBasicAuth(Model):
    """Who may come in by name and password."""

    username: Text | None = None
    """The name."""
    password: SecretValue | None = None
    """The password. Kept secret in state."""


class CredentialRemoteConfig(Model):
    """Where the keys are published that tokens are checked with."""

    uri: HttpUrl | None = None
    """The URL of the key set (JWKS)."""
    timeout: Count | None = None
    """How long to wait for it; 3000 in the official SDK, which names no unit."""
    ttl: Count | None = None
    """How long it holds; 30000 in the official SDK, which names no unit."""


class CredentialPublicConfig(Model):
    """What goes with a secret, by `credential_auth_type`."""

    auth_config: dict[str, SecretValue] | None = None
    """For `ak_sk` and `custom_header`: the parts of the key, or the headers to send, by name. Kept secret in state."""
    auth_type: str | None = None
    """For `jwt`: `static_jwks` where `jwks` has the keys."""
    header_key: str | None = None
    """For `api_key`: the header that the key is in."""
    jwks: Annotated[str, Prose()] | None = None
    """For `jwt`: the keys that tokens are checked with, as JSON."""
    prefix: str | None = None
    """What stands before the key in its header."""
    provider: str | None = None
    """Who is to be reached with it: a model provider, or one of tools."""
    remote_config: CredentialRemoteConfig | None = None
    """For `jwt`: where the keys are published that tokens are checked with."""
    users: Annotated[list[CredentialBasicAuth], Unordered()] | None = None
    """For `basic`: who may come in."""


class CredentialConfig(Model):
    """The part of an input that the official SDK keeps together, and its ways to make one."""

    credential_auth_type: AuthTypeWord | None = None
    credential_source_type: SourceTypeWord | None = None
    credential_public_config: CredentialPublicConfig | None = None
    credential_secret: SecretValue | None = None

    @classmethod
    def inbound_api_key(cls, api_key: str, header_key: str = "Authorization") -> CredentialConfig:
        """Return that of a key which callers of AgentRun must have."""
        return _config("internal", "api_key", {"header_key": header_key}, api_key)

    @classmethod
    def inbound_static_jwt(cls, jwks: str) -> CredentialConfig:
        """Return that of tokens of callers, checked with the given keys."""
        return _config("internal", "jwt", {"auth_type": "static_jwks", "jwks": jwks})

    @classmethod
    def inbound_remote_jwt(cls, uri: str, timeout: int = 3000, ttl: int = 30000, **more: Any) -> CredentialConfig:
        """Return that of tokens of callers, checked with the keys that a URL has."""
        return _config("internal", "jwt", {"remote_config": {"uri": uri, "timeout": timeout, "ttl": ttl}, **more})

    @classmethod
    def inbound_basic(cls, users: Sequence[CredentialBasicAuth]) -> CredentialConfig:
        """Return that of names and passwords of callers."""
        return _config("internal", "basic", {"users": list(users)})

    @classmethod
    def outbound_llm_api_key(cls, api_key: str, provider: str) -> CredentialConfig:
        """Return that of a model provider's key."""
        return _config("external_llm", "api_key", {"provider": provider}, api_key)

    @classmethod
    def outbound_tool_api_key(cls, api_key: str) -> CredentialConfig:
        """Return that of a tool's key."""
        return _config("external_tool", "api_key", {}, api_key)

    @classmethod
    def outbound_tool_ak_sk(
        cls, provider: str, access_key_id: str, access_key_secret: str, account_id: str
    ) -> CredentialConfig:
        """Return that of a tool's access key."""
        parts = {"accessKey": access_key_id, "accountId": account_id}
        return _config("external_tool", "ak_sk", {"provider": provider, "auth_config": parts}, access_key_secret)

    @classmethod
    def outbound_tool_ak_sk_custom(cls, auth_config: dict[str, str]) -> CredentialConfig:
        """Return that of a tool's access key with parts of its own."""
        return _config("external_tool", "ak_sk", {"provider": "custom", "auth_config": auth_config})

    @classmethod
    def outbound_tool_custom_header(cls, headers: dict[str, str]) -> CredentialConfig:
        """Return that of headers for a tool."""
        return _config("external_tool", "custom_header", {"auth_config": headers})


def _config(source: str, auth: str, public: Mapping[str, Any], secret: str | None = None) -> CredentialConfig:
    return CredentialConfig.model_validate(
        {
            "credential_source_type": source,
            "credential_auth_type": auth,
            "credential_public_config": public,
            "credential_secret": secret,
        }
    )


def spread(data: Any, known: Mapping[str, Any]) -> Any:
    """Return the data of an input with the fields of its `credential_config` as its own, as the API has them."""
    if not isinstance(data, dict) or "credential_config" not in data:
        return data
    config = CredentialConfig.model_validate(data["credential_config"] or {})
    inside = {name: value for name, value in config if value is not None and name in known}
    return inside | {name: value for name, value in data.items() if name != "credential_config"}
