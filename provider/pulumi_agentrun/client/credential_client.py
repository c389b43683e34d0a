"""CredentialClient: the keys that AgentRun keeps, each method one line over a flow.

Source: agentrun-sdk 0.0.54, `agentrun.credential.CredentialClient`.
"""

from __future__ import annotations

from . import flows, operations
from .calls import Calls
from .config import Config
from .kinds import CREDENTIAL
from .models import (
    Credential,
    CredentialCreateInput,
    CredentialListInput,
    CredentialListItem,
    CredentialUpdateInput,
)

Items = list[CredentialListItem]  # `list` is a method in the class below


class CredentialClient(Calls):
    """A client of AgentRun's credentials, with connections and a `config` for each call as the `ModelClient` has them.

    All methods raise `AgentRunError`.
    """

    def create(self, input: CredentialCreateInput, config: Config | None = None) -> Credential:
        """Create a credential.

        Raises ResourceAlreadyExistError if the name is taken. Sent again only if it surely never arrived.
        """
        return self._run(flows.call(operations.create(input)), config)

    async def create_async(self, input: CredentialCreateInput, config: Config | None = None) -> Credential:
        """Create a credential, as `create` does."""
        return await self._run_async(flows.call(operations.create(input)), config)

    def delete(self, credential_name: str, config: Config | None = None) -> Credential:
        """Delete the credential that has a name. Raises ResourceNotExistError."""
        return self._run(flows.call(operations.delete(CREDENTIAL, credential_name)), config)

    async def delete_async(self, credential_name: str, config: Config | None = None) -> Credential:
        """Delete the credential that has a name, as `delete` does."""
        return await self._run_async(flows.call(operations.delete(CREDENTIAL, credential_name)), config)

    def update(self, credential_name: str, input: CredentialUpdateInput, config: Config | None = None) -> Credential:
        """Change what the input sets; the rest is left alone."""
        return self._run(flows.call(operations.update(credential_name, input)), config)

    async def update_async(
        self, credential_name: str, input: CredentialUpdateInput, config: Config | None = None
    ) -> Credential:
        """Change what the input sets, as `update` does."""
        return await self._run_async(flows.call(operations.update(credential_name, input)), config)

    def get(self, credential_name: str, config: Config | None = None) -> Credential:
        """Get the credential that has a name. Raises ResourceNotExistError."""
        return self._run(flows.call(operations.get(CREDENTIAL, credential_name)), config)

    async def get_async(self, credential_name: str, config: Config | None = None) -> Credential:
        """Get the credential that has a name, as `get` does."""
        return await self._run_async(flows.call(operations.get(CREDENTIAL, credential_name)), config)

    def list(self, input: CredentialListInput | None = None, config: Config | None = None) -> Items:
        """Return the items of one page."""
        return self._run(flows.call(operations.list_page(input or CredentialListInput())), config).items

    async def list_async(self, input: CredentialListInput | None = None, config: Config | None = None) -> Items:
        """Return the items of one page."""
        operation = operations.list_page(input or CredentialListInput())
        return (await self._run_async(flows.call(operation), config)).items
