"""`python -m pulumi_agentrun.policy`, the same as `pulumi-agentrun audit`."""

from __future__ import annotations

import sys

from ..cli.command import main

if __name__ == "__main__":
    sys.exit(main(["audit", *sys.argv[1:]]))
