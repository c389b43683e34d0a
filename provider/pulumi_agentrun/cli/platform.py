"""`pulumi-agentrun platform`: serves the embedded platform, with the options of the platform's own command."""

from __future__ import annotations

import click

from ..platform.__main__ import main


# Every option passes, --help too: the platform stands by itself and knows its own.
@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def platform(context: click.Context, options: tuple[str, ...]) -> None:
    """Serve the embedded platform over HTTP(S), for any client.

    Example: pulumi-agentrun platform --data .agentrun --credential-file .agentrun/credential
    """
    context.exit(main(options))
