"""The command itself: which subcommands there are, and how each of them ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from ..client.errors import AgentRunError
from .audit import audit
from .doctor import doctor, version_of
from .drill import drill
from .explain import explain
from .inventory import inventory
from .options import TERMINAL
from .platform import platform
from .printing import sentence
from .promote import promote

PROGRAM = "pulumi-agentrun"
UNUSABLE = 2
"""The exit code of a command line that makes no sense."""


@click.group(PROGRAM, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version_of("pulumi-agentrun"), prog_name=PROGRAM, message="%(prog)s %(version)s")
def app() -> None:
    """AgentRun's model services and model proxies, beside Pulumi: what an account holds, and whether all is well.

    A command ends with 0 if all is well, with 1 if something is not, and with 2 if the command line makes no sense or
    the answer could not be found out. What goes wrong is one sentence on standard error; --json writes for programs.

    For completion in bash: eval "$(_PULUMI_AGENTRUN_COMPLETE=bash_source pulumi-agentrun)"; zsh and fish likewise.
    """


for command in (inventory, audit, explain, promote, drill, doctor, platform):
    app.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, that of the process by default, and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = app.main(given or ["--help"], PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        of = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else PROGRAM
        sentence(f"{error.format_message().rstrip('.')}. See {of} --help.")
        return UNUSABLE
    except (KeyboardInterrupt, click.Abort):
        sentence("It was interrupted.")
        return 130
    except AgentRunError as error:
        sentence(error.told(TERMINAL))
        return 1
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
