"""What a configuration says, as programs ask the official SDK's `Config` (agentrun-sdk 0.0.54): by methods."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .errors import ConfigError

if TYPE_CHECKING:
    from pydantic import SecretStr


class Getters:
    """The settings, completed from the environment and by defaults; what is secret is in clear."""

    if TYPE_CHECKING:
        access_key_id: str | None
        access_key_secret: SecretStr | None
        security_token: SecretStr | None
        account_id: str | None
        token: SecretStr | None
        region: str | None
        endpoint: str | None
        data_endpoint: str | None
        timeout: float | None
        read_timeout: float
        headers: tuple[tuple[str, str], ...] | None

    def get_access_key_id(self) -> str:
        """Return the access key's id, empty if there is none."""
        return self.access_key_id or _of("AGENTRUN_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_ID")

    def get_access_key_secret(self) -> str:
        """Return the access key's secret in clear, empty if there is none."""
        secret = self.access_key_secret
        names = "AGENTRUN_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
        return secret.get_secret_value() if secret else _of(*names)

    def get_security_token(self) -> str:
        """Return a temporary key's token in clear, empty if there is none."""
        token = self.security_token
        names = "AGENTRUN_SECURITY_TOKEN", "ALIBABA_CLOUD_SECURITY_TOKEN"
        return token.get_secret_value() if token else _of(*names)

    def get_account_id(self) -> str:
        """Return the account's id. Raises ConfigError if none is set."""
        found = self.account_id or _of("AGENTRUN_ACCOUNT_ID", "FC_ACCOUNT_ID")
        if not found:
            raise ConfigError("No account id is set: set AGENTRUN_ACCOUNT_ID, or Config's account_id.")
        return found

    def get_token(self) -> str | None:
        """Return the data plane's token in clear."""
        token = self.token
        return token.get_secret_value() if token else None

    def get_region_id(self) -> str:
        """Return the region."""
        return self.region or _of("AGENTRUN_REGION", "FC_REGION") or "cn-hangzhou"

    def get_timeout(self) -> float | None:
        """Return the seconds that a whole exchange may take, if set."""
        return self.timeout

    def get_read_timeout(self) -> float:
        """Return the seconds to wait for each piece of an answer."""
        return self.read_timeout

    def get_control_endpoint(self) -> str:
        """Return the address of the API."""
        endpoint = self.endpoint or _of("AGENTRUN_CONTROL_ENDPOINT")
        return endpoint or f"https://agentrun.{self.get_region_id()}.aliyuncs.com"

    def get_data_endpoint(self) -> str:
        """Return the address of the data plane. Raises ConfigError if that takes an account id and none is set."""
        endpoint = self.data_endpoint or _of("AGENTRUN_DATA_ENDPOINT")
        return endpoint or f"https://{self.get_account_id()}.agentrun-data.{self.get_region_id()}.aliyuncs.com"

    def get_headers(self) -> dict[str, str]:
        """Return the data plane's headers."""
        return dict(self.headers or ())


def _of(*names: str) -> str:
    return next((value for name in names if (value := os.environ.get(name))), "")
