"""A credential as the API has it, and the inputs of its operations.

Source: alibabacloud-agentrun20250910 5.7.5, `models.Credential`, `models.CredentialListItem`,
`models.CreateCredentialInput`, `models.UpdateCredentialInput`, `models.ListCredentialsRequest`; the classes' names
are those of agentrun-sdk 0.0.54, `agentrun.credential`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import model_validator

from .credential_config import AuthTypeWord, CredentialPublicConfig, SourceTypeWord, spread
from .exchange import CreateInput, ListInput, SystemProps, UpdateInput
from .fields import Description, Fleeting, Model, SecretValue, Text
from .resource import Resource

if TYPE_CHECKING:
    from ..config import Config


class RelatedResource(Model):
    """What uses a credential."""

    resource_id: str | None = None
    """Its id."""
    resource_name: str | None = None
    """Its name."""
    resource_type: str | None = None
    """What it is, in the service's words."""


class CredentialImmutableProps(Model):
    """What only the creation of a credential can set."""

    credential_name: Text | None = None
    """The name that the API addresses the credential by, and that services and proxies name; unique in an account and
    region."""
    credential_auth_type: AuthTypeWord | None = None
    """How who has it proves it: `api_key`, `jwt`, `basic`, `ak_sk`, `custom_header`, …"""
    credential_source_type: SourceTypeWord | None = None
    """What it opens: `external_llm` for a model provider, `external_tool` for tools, `internal` for a proxy or another
    resource of AgentRun."""


class CredentialMutableProps(Model):
    """What an update of a credential can change."""

    credential_public_config: CredentialPublicConfig | None = None
    """What goes with the secret."""
    credential_secret: SecretValue | None = None
    """The key itself, for `api_key` and `ak_sk`. Kept secret in state. A change rotates it in place."""
    description: Description | None = None
    """What the credential is for."""
    enabled: bool | None = None
    """Whether it can be used."""
    workspace_id: str | None = None
    """The workspace that it belongs to."""


class _Changed(SystemProps):
    updated_at: str | None = None
    """When it was last changed (ISO 8601, with offset)."""

    @property
    def changed_at(self) -> str | None:
        """When it was last changed, if the service says so."""
        return self.updated_at


class CredentialSystemProps(_Changed):
    """What the service itself says of a credential."""

    credential_id: str | None = None
    """The service's own id."""
    related_resources: Annotated[list[RelatedResource] | None, Fleeting()] = None
    """What uses it."""


class Credential(
    CredentialImmutableProps,
    CredentialMutableProps,
    CredentialSystemProps,
    Resource["CredentialCreateInput", "CredentialUpdateInput"],
):
    """A key that AgentRun keeps, for services and proxies to use by name."""

    _name_field: ClassVar[str] = "credential_name"
    if TYPE_CHECKING:

        @classmethod
        def list_all(  # type: ignore[override]
            cls, *, config: Config | None = None, **filters: Any
        ) -> list[CredentialListItem]:
            """Return what a list shows of those of all pages, each once."""

        @classmethod
        async def list_all_async(  # type: ignore[override]
            cls, *, config: Config | None = None, **filters: Any
        ) -> list[CredentialListItem]:
            """Return what a list shows of those of all pages, as `list_all` does."""


class CredentialListItem(CredentialImmutableProps, _Changed):
    """What a list shows of a credential."""

    credential_id: str | None = None
    """The service's own id."""
    description: Description | None = None
    """What the credential is for."""
    enabled: bool | None = None
    """Whether it can be used."""
    related_resource_count: int | None = None
    """How many resources use it."""
    workspace_id: str | None = None
    """The workspace that it belongs to."""

    def to_credential(self, config: Config | None = None) -> Credential:
        """Get all of it. Raises ResourceNotExistError."""
        return Credential.get_by_name(str(self.credential_name), config or self._config)

    async def to_credential_async(self, config: Config | None = None) -> Credential:
        """Get all of it, as `to_credential` does."""
        return await Credential.get_by_name_async(str(self.credential_name), config or self._config)


CredentialListOutput = CredentialListItem
"""As the official SDK calls it."""


class CredentialCreateInput(CredentialImmutableProps, CredentialMutableProps, CreateInput[Credential]):
    """A credential to create. It takes the official SDK's `credential_config` too."""

    credential_name: Text
    credential_auth_type: AuthTypeWord
    credential_source_type: SourceTypeWord

    @model_validator(mode="before")
    @classmethod
    def _spread_config(cls, data: Any) -> Any:
        return spread(data, cls.model_fields)


class CredentialUpdateInput(CredentialMutableProps, UpdateInput[Credential]):
    """Changes to a credential. It takes the official SDK's `credential_config` too, for what can be changed."""

    _fixed: ClassVar[type[Model]] = CredentialImmutableProps

    @model_validator(mode="before")
    @classmethod
    def _spread_config(cls, data: Any) -> Any:
        return spread(data, cls.model_fields)


class CredentialListInput(ListInput[CredentialListItem]):
    """Which credentials to list."""

    credential_auth_type: AuthTypeWord | None = None
    """Only those of this type."""
    credential_name: str | None = None
    """Only the one of this name."""
    credential_source_type: SourceTypeWord | None = None
    """Only those that open this."""
    enabled: bool | None = None
    """Only those that can be used, or only those that cannot."""
    provider: str | None = None
    """Only those of this provider."""
    workspace_id: str | None = None
    """Only those of this workspace."""
    workspace_ids: str | None = None
    """Only those of these workspaces, separated by commas."""
