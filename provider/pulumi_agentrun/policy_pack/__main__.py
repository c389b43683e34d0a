"""The rules as a pack: `pulumi preview --policy-pack PATH`; AGENTRUN_POLICIES names the preset."""

import os
import sys

from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.policy import policies
from pulumi_agentrun.policy.presets import PRESET_VARIABLE

try:
    from pulumi_policy import PolicyPack
except ModuleNotFoundError:
    sys.exit("error: The policy pack needs Pulumi's policy SDK: pip install 'pulumi-agentrun[policy]'")
try:
    chosen = policies(os.environ.get(PRESET_VARIABLE, "baseline"))
except ConfigError as error:
    sys.exit(f"error: {PRESET_VARIABLE}: {error}")
PolicyPack("agentrun", chosen)
