"""What a terminal or a CI may know of accounts, stacks and policies, and no test is to read."""

from __future__ import annotations

import os

_FOREIGN = ("AGENTRUN_", "ALIBABA_CLOUD_", "FC_", "PULUMI_")


def leave() -> None:
    """Forget the settings of whoever started this, for this process and for those that it starts."""
    for name in [name for name in os.environ if name.startswith(_FOREIGN) or name == "CI"]:
        del os.environ[name]
