"""One command, `pulumi-agentrun`, with a subcommand a file."""
