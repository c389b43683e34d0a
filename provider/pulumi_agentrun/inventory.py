"""`python -m pulumi_agentrun.inventory`, the same as `pulumi-agentrun inventory`."""

from __future__ import annotations

import sys

from .cli.command import main

if __name__ == "__main__":
    sys.exit(main(["inventory", *sys.argv[1:]]))
