"""The options that several subcommands have."""

from __future__ import annotations

import click

from ..client import Config, ModelClient

endpoint = click.option(
    "--endpoint",
    metavar="URL",
    help="https://HOST, or file://PATH for the embedded platform; "
    "else AGENTRUN_CONTROL_ENDPOINT, else the region's public endpoint.",
)
region = click.option("--region", metavar="REGION", help="Else AGENTRUN_REGION, FC_REGION, else cn-hangzhou.")
as_json = click.option("--json", "is_json", is_flag=True, help="Write JSON, for programs.")


def client_of(endpoint: str | None, region: str | None) -> ModelClient:
    """Return a client of the account that the options and the environment name. Raises ConfigError."""
    return ModelClient(Config(endpoint=endpoint, region=region))
