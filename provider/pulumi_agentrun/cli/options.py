"""The options that several subcommands have."""

from __future__ import annotations

from typing import NamedTuple

import click

from ..client import Config, ModelClient
from ..client.wording import Reader, dotted

endpoint = click.option(
    "--endpoint",
    metavar="URL",
    help="https://HOST, or file://PATH for the embedded platform; "
    "else AGENTRUN_CONTROL_ENDPOINT, else the region's public endpoint.",
)
region = click.option("--region", metavar="REGION", help="Else AGENTRUN_REGION, FC_REGION, else cn-hangzhou.")
as_json = click.option("--json", "is_json", is_flag=True, help="Write JSON, for programs.")


_SETTINGS = {
    "endpoint": "--endpoint",
    "region": "--region",
    "access_key_id": "AGENTRUN_ACCESS_KEY_ID",
    "access_key_secret": "AGENTRUN_ACCESS_KEY_SECRET",
    "security_token": "AGENTRUN_SECURITY_TOKEN",
    "allow_insecure": "AGENTRUN_ALLOW_INSECURE",
}
TERMINAL = Reader(setting=lambda setting: _SETTINGS.get(setting.name, setting.name), property=dotted)
"""Who has the options and the environment, and no stack."""


class Account(NamedTuple):
    """The account that options name."""

    endpoint: str | None
    region: str | None


def client_of(endpoint: str | None, region: str | None) -> ModelClient:
    """Return a client of the account that the options and the environment name. Raises ConfigError."""
    return ModelClient(Config(endpoint=endpoint, region=region))
